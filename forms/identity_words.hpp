#pragma once

#include <string_view>

/// Inside of `forms/named.hpp`: whether a page says whose it is, however badly the rest was read.
namespace forms {

/// By what a page says whose it is. Only that it does is told here, not who is meant.
struct IdentityWords {
  bool number = false;
  bool name = false;
  bool birth_date = false;
  [[nodiscard]] bool any() const { return number || name || birth_date; }
};

/// Labels of a patient (患者番号, 氏名, 様, 生年月日 ...), of which OCR may have taken a character
/// for another, with something written behind them; years of birth without a label (昭和25年,
/// 1950/3). Numbers of telephones, specimens and insurers and names of doctors are no patient's.
/// `text`: width folded (NFKC), with its lines.
[[nodiscard]] IdentityWords identity_words(std::u32string_view text);

}  // namespace forms
