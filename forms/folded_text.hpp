#pragma once

#include <string>
#include <string_view>

/// Text as `forms/named.hpp` looks for names and dates in it, and as names are compared.
namespace forms {

/// UTF-8 to characters, width folded by NFKC. Nothing if it is no UTF-8.
[[nodiscard]] std::u32string characters(std::string_view text);

/// Without spaces; variants of a kanji, hiragana and katakana, small and large kana are one.
[[nodiscard]] std::u32string fold_name(std::string_view text);

/// The same without long vowels and voicing marks, which a fax swallows.
[[nodiscard]] std::u32string fold_kana(std::string_view text);

/// 0 to 9; others have become these by NFKC.
[[nodiscard]] constexpr bool digit(char32_t c) {
  return c >= U'0' && c <= U'9';
}

}  // namespace forms
