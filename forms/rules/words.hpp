#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Words of deviation (再発, 転移, ...) in free text as OCR gives it.
namespace forms::rules {

struct Mention {
  std::string word;      ///< as the definition has it
  bool negated = false;  ///< 再発なし, 転移を認めず
};

/// Compares with width, kana and old kanji forms folded and without spaces; a word of three or more
/// characters may have one character read wrongly. Each word once, not negated if it stands so
/// anywhere. Invalid UTF-8 is no text.
[[nodiscard]] std::vector<Mention> mentions(std::string_view text,
                                            const std::vector<std::string>& words);

}  // namespace forms::rules
