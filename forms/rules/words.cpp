#include "forms/rules/words.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <glib.h>

namespace forms::rules {
namespace {

struct FreeGlib {
  void operator()(void* memory) const { g_free(memory); }
};

struct Twin {
  char32_t written;
  char32_t folded;
};

/// Old forms that doctors still write, and pictures so alike that OCR takes one for the other.
constexpr Twin twins[] = {
    {U'發', U'発'}, {U'癸', U'発'}, {U'廃', U'発'}, {U'轉', U'転'}, {U'增', U'増'}, {U'惡', U'悪'},
    {U'腦', U'脳'}, {U'來', U'来'}, {U'斷', U'断'}, {U'專', U'専'}, {U'冉', U'再'}, {U'苒', U'再'},
    {U'末', U'未'}, {U'—', U'一'},  {U'―', U'一'},  {U'ー', U'一'}, {U'二', U'ニ'}, {U'カ', U'力'},
};

bool is_katakana(char32_t c) {
  return c >= U'ァ' && c <= U'ヶ';
}

/// Hiragana, and large ones: a fax does not keep the sizes apart.
char32_t fold_kana(char32_t c) {
  if (is_katakana(c)) c = c - U'ァ' + U'ぁ';
  constexpr std::u32string_view small = U"ぁぃぅぇぉっゃゅょゎ";
  constexpr std::u32string_view large = U"あいうえおつやゆよわ";
  const auto at = small.find(c);
  return at == std::u32string_view::npos ? c : large[at];
}

char32_t fold(char32_t c) {
  for (const Twin& twin : twins) {
    if (twin.written == c) c = twin.folded;
  }
  return fold_kana(c);
}

/// Width folded by NFKC, case and kana folded, white space gone.
std::u32string folded(std::string_view text) {
  const std::unique_ptr<char, FreeGlib> normal(
      g_utf8_normalize(text.data(), static_cast<gssize>(text.size()), G_NORMALIZE_ALL_COMPOSE));
  std::u32string out;
  if (!normal) return out;  // no valid UTF-8
  for (const char* at = normal.get(); *at != '\0'; at = g_utf8_next_char(at)) {
    const gunichar c = g_utf8_get_char(at);
    if (g_unichar_isspace(c) == 0) out += fold(g_unichar_tolower(c));
  }
  return out;
}

/// How many of `word`'s characters differ at `from`.
std::size_t slips(std::u32string_view text, std::size_t from, std::u32string_view word) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < word.size(); ++i) count += text[from + i] != word[i] ? 1 : 0;
  return count;
}

/// A denial that follows the word with only such characters between as belong to it:
/// 再発の徴候なし, 転移は 認めず; but 再発のため来院なし denies nothing. 来院なし itself is such a
/// word: the denial is part of it.
bool denied(std::u32string_view text, std::size_t after) {
  static const std::u32string between = folded("のはをもがとにな所見徴候兆疑いる的明らか共");
  static const std::array<std::u32string, 8> denials{
      folded("なし"), folded("無し"),     folded("認めず"), folded("認めない"),
      folded("なく"), folded("認めませ"), folded("否定"),   folded("陰性")};
  constexpr std::size_t reach = 10;
  for (std::size_t at = after; at < text.size() && at < after + reach; ++at) {
    const auto here = text.substr(at);
    if (std::ranges::any_of(denials, [&](const auto& each) { return here.starts_with(each); })) {
      return true;
    }
    if (between.find(text[at]) == std::u32string::npos) return false;
  }
  return false;
}

}  // namespace

std::vector<Mention> mentions(std::string_view text, const std::vector<std::string>& words) {
  const std::u32string searched = folded(text);
  std::vector<Mention> found;
  for (const auto& each : words) {
    const std::u32string word = folded(each);
    if (word.empty()) continue;
    const std::size_t allowed = word.size() >= 3 ? 1 : 0;
    bool here = false;
    bool plain = false;
    for (std::size_t from = 0; from + word.size() <= searched.size(); ++from) {
      if (slips(searched, from, word) > allowed) continue;
      here = true;
      plain |= !denied(searched, from + word.size());
    }
    if (here) found.push_back({each, !plain});
  }
  return found;
}

}  // namespace forms::rules
