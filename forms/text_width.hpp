#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// How wide words are in IPAexGothic, without asking a font library: the reader lays forms out too.
namespace forms {

/// In the unit of `size` (the em). Japanese characters are one em wide, half-width kana half of
/// it; Latin letters have the font's own widths. print.cpp stretches the words to exactly this.
[[nodiscard]] double text_width(std::string_view utf8, double size);

/// Splits words into lines no wider than `width`, between any two Japanese characters.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view utf8, double size, double width);

}  // namespace forms
