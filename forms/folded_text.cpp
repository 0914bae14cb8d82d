#include "forms/folded_text.hpp"

#include <glib.h>

#include <algorithm>
#include <map>
#include <memory>

namespace forms {
namespace {

constexpr std::string_view variants =
#include "kanji_variants.inc"
    ;

struct FreeGlib {
  void operator()(void* memory) const { g_free(memory); }
};

/// One line a family, the first stands for all.
std::map<char32_t, char32_t> read_variants() {
  std::map<char32_t, char32_t> folded;
  std::string_view rest = variants;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::u32string family = characters(line);
    for (const char32_t each : family) {
      if (each != family.front()) folded.emplace(each, family.front());
    }
  }
  return folded;
}

bool selector(char32_t c) {
  return (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF);
}

char32_t hiragana(char32_t c) {
  return c >= U'ァ' && c <= U'ヶ' ? c - U'ァ' + U'ぁ' : c;
}

/// Large ones: neither a fax nor OCR keeps the sizes apart.
char32_t large(char32_t c) {
  constexpr std::u32string_view small_ones = U"ぁぃぅぇぉっゃゅょゎ";
  constexpr std::u32string_view large_ones = U"あいうえおつやゆよわ";
  const auto at = small_ones.find(c);
  return at == std::u32string_view::npos ? c : large_ones[at];
}

/// Without the dots and rings that a fax swallows; ぢ and づ fall in with じ and ず, を with お.
char32_t unvoiced(char32_t c) {
  constexpr std::u32string_view voiced =
      U"がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽゔをヴ";
  constexpr std::u32string_view plain = U"かきくけこさしすせそたしすてとはひふへほはひふへほうおう";
  const auto at = voiced.find(c);
  return at == std::u32string_view::npos ? c : plain[at];
}

}  // namespace

std::u32string characters(std::string_view text) {
  const std::unique_ptr<char, FreeGlib> normal(
      g_utf8_normalize(text.data(), static_cast<gssize>(text.size()), G_NORMALIZE_ALL_COMPOSE));
  std::u32string out;
  if (!normal) return out;
  for (const char* at = normal.get(); *at != '\0'; at = g_utf8_next_char(at)) {
    out += static_cast<char32_t>(g_utf8_get_char(at));
  }
  return out;
}

std::u32string fold_name(std::string_view text) {
  static const auto folded = read_variants();
  std::u32string out;
  for (const char32_t c : characters(text)) {
    if (selector(c) || g_unichar_isspace(c) != 0) continue;
    const auto found = folded.find(c);
    out += large(hiragana(found == folded.end() ? c : found->second));
  }
  return out;
}

std::u32string fold_kana(std::string_view text) {
  std::u32string out;
  for (const char32_t c : fold_name(text)) {
    if (c != U'ー' && c != U'-' && c != U'―') out += unvoiced(c);
  }
  return out;
}

}  // namespace forms
