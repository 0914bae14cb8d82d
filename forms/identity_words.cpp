#include "forms/identity_words.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "forms/folded_text.hpp"

namespace forms {
namespace {

using Text = std::u32string_view;

bool space(char32_t c) {
  return c == U' ' || c == U'\t' || c == U'\n' || c == U'\r' || c == U'\u3000';
}

/// What stands between a label and its value, or is nothing by itself.
bool punctuation(char32_t c) {
  return Text(U":;.,・。、()[]【】「」『』<>*_-|/~'\"―—ー").find(c) != Text::npos;
}

/// Without spaces, but with the ends of lines: a value stands on the line of its label, or on the
/// next.
struct Lines {
  explicit Lines(Text text) {
    for (const char32_t c : text) {
      if (!space(c)) {
        flat += c;
      } else if (c == U'\n' && (ends.empty() || ends.back() != flat.size())) {
        ends.push_back(flat.size());
      }
    }
    ends.push_back(flat.size());
  }

  [[nodiscard]] std::size_t end_of_line(std::size_t at) const {
    return *std::ranges::upper_bound(ends.begin(), ends.end() - 1, at);
  }

  [[nodiscard]] Text value(std::size_t after) const {
    const Text all = flat;
    std::size_t from = after;
    while (from < all.size() && punctuation(all[from])) ++from;
    if (from >= all.size()) return {};
    // At the end of its line: the value is the next line, on which `from` stands already.
    return all.substr(from, end_of_line(from) - from);
  }

  [[nodiscard]] Text before(std::size_t at, std::size_t reach) const {
    const std::size_t from = at > reach ? at - reach : 0;
    return Text(flat).substr(from, at - from);
  }

  std::u32string flat;
  std::vector<std::size_t> ends;  ///< where lines end in `flat`, ascending; the last is its end
};

bool something(Text value) {
  return std::ranges::count_if(value, [](char32_t c) { return !punctuation(c); }) >= 2;
}

bool any_in(Text text, std::initializer_list<Text> words) {
  return std::ranges::any_of(words, [&](Text word) { return text.find(word) != Text::npos; });
}

/// Every place where `word` stands with at most so many characters taken for others.
template <typename Do>
void places_of(Text flat, Text word, int slips_allowed, Do&& visit) {
  for (std::size_t at = 0; at + word.size() <= flat.size(); ++at) {
    int slips = 0;
    for (std::size_t i = 0; i < word.size(); ++i) slips += flat[at + i] != word[i] ? 1 : 0;
    if (slips <= slips_allowed) visit(at, at + word.size());
  }
}

// --- numbers ---

bool number_of_something_else(Text before) {
  return any_in(before, {U"電話", U"FAX", U"保険", U"受付", U"検体", U"依頼", U"機関", U"郵便",
                         U"伝票", U"請求", U"文書", U"内線", U"受給", U"TEL", U"記号"});
}

/// Five digits begin at once: fewer are no patient's number, and behind a label that is in doubt
/// little else can be meant.
bool begins_a_number(Text value) {
  constexpr std::size_t reach = 12;
  constexpr std::size_t at_once = 3;
  const auto head = value.substr(0, std::min(reach, value.find_first_of(U"年月日/")));
  const auto first = std::ranges::find_if(head, digit) - head.begin();
  return static_cast<std::size_t>(first) < at_once && std::ranges::count_if(head, digit) >= 5;
}

bool gives_a_number(const Lines& lines) {
  bool found = false;
  const auto clear = [&](std::size_t, std::size_t after) {
    found |= something(lines.value(after));
  };
  const auto doubtful = [&](std::size_t, std::size_t after) {
    constexpr std::size_t reach = 7;
    found |= begins_a_number(lines.value(after)) &&
             !number_of_something_else(lines.before(after, reach));
  };
  for (const Text word : {U"患者番号", U"患者ID", U"カルテ番号", U"診察券番号", U"患者コード"}) {
    places_of(lines.flat, word, 0, clear);
    places_of(lines.flat, word, word.size() > 4 ? 3 : 2, doubtful);
  }
  for (const Text word : {U"番号", U"番弓", U"ID", U"Id", U"No", U"NO"}) {
    places_of(lines.flat, word, 0, doubtful);
  }
  return found;
}

// --- names ---

bool name_of_somebody_else(Text before) {
  return any_in(before, {U"医", U"担当", U"記載", U"報告者", U"検査者", U"施設", U"家族", U"連絡",
                         U"紹介者", U"技師", U"薬", U"病院", U"保険"});
}

/// 山田花子様 at the end of a line; but 地域医療連携室 様, ご担当者様, 奥さん.
bool addressed(Text line) {
  constexpr std::size_t shortest = 2;
  constexpr std::size_t longest = 15;
  for (const Text title : {U"様", U"殿", U"さま", U"さん"}) {
    if (!line.ends_with(title)) continue;
    const Text name = line.substr(0, line.size() - title.size());
    if (name.size() < shortest || name.size() > longest) return false;
    return !any_in(line, {U"患者様", U"患者さん", U"患者さま", U"同様", U"担当",       U"各位",
                          U"仕様",   U"模様",     U"病院",     U"医院", U"クリニック", U"センター",
                          U"室",     U"御中",     U"先生",     U"医師", U"皆様",       U"皆さ",
                          U"多様",   U"長殿",     U"科殿",     U"奥さ", U"娘さ",       U"息子さ",
                          U"母さ",   U"父さ",     U"お子さ",   U"家族", U"、",         U"。"});
  }
  return false;
}

bool gives_a_name(const Lines& lines) {
  bool found = false;
  constexpr std::size_t reach = 5;
  const auto labelled = [&](std::size_t at, std::size_t after) {
    found |= something(lines.value(after)) && !name_of_somebody_else(lines.before(at, reach));
  };
  // 民, 各 and 石 are what OCR makes of 氏 and 名.
  for (const Text word : {U"氏名", U"民名", U"氏各", U"氏石", U"患者名", U"名前", U"姓名"}) {
    places_of(lines.flat, word, 0, labelled);
  }
  // Words of prose, unless a colon follows.
  for (const Text word : {U"患者:", U"受診者:", U"受検者:", U"被検者:", U"受診者名", U"被検者名"}) {
    places_of(lines.flat, word, 0, labelled);
  }
  for (const Text word : {U"フリガナ", U"ふりがな"}) places_of(lines.flat, word, 1, labelled);
  std::size_t from = 0;
  for (const std::size_t end : lines.ends) {
    found |= addressed(Text(lines.flat).substr(from, end - from));
    from = end;
  }
  return found;
}

// --- dates of birth ---

/// Of this century's papers: no grown-up was born then.
bool recent(Text value) {
  return value.starts_with(U"令") || value.starts_with(U"R") ||
         (value.size() >= 3 && value.starts_with(U"20") && value[2] != U'0');
}

/// 検査年月日 and the like: what such labels have before 年月日.
bool day_of_something_else(char32_t before) {
  return Text(U"査行施術血成載取院診療告付出頼影始了断録").find(before) != Text::npos;
}

bool gives_a_birth_date(const Lines& lines) {
  bool found = false;
  const auto labelled = [&](std::size_t, std::size_t after) {
    found |= something(lines.value(after));
  };
  for (const Text word : {U"生年月日", U"誕生日"}) places_of(lines.flat, word, 0, labelled);
  const auto perhaps = [&](char32_t before, std::size_t after) {
    const auto value = lines.value(after);
    found |= something(value) && !recent(value) && !day_of_something_else(before);
  };
  places_of(lines.flat, U"生年月日", 1,
            [&](std::size_t at, std::size_t after) { perhaps(lines.flat[at], after); });
  places_of(lines.flat, U"年月日", 0, [&](std::size_t at, std::size_t after) {
    perhaps(at > 0 ? lines.flat[at - 1] : U' ', after);
  });
  return found;
}

/// 昭和25年 or 1950/3, whatever the rest of the date has become. Papers are younger than that.
bool gives_an_old_year(Text flat) {
  bool found = false;
  for (const Text era : {U"大正", U"昭和"}) {
    places_of(flat, era, 0, [&](std::size_t, std::size_t after) {
      found |= after < flat.size() && (digit(flat[after]) || flat[after] == U'元');
    });
  }
  places_of(flat, U"19", 0, [&](std::size_t at, std::size_t after) {
    const bool whole = (at == 0 || !digit(flat[at - 1])) && after + 3 < flat.size();
    found |= whole && digit(flat[after]) && digit(flat[after + 1]) &&
             Text(U"年/.-").find(flat[after + 2]) != Text::npos && digit(flat[after + 3]);
  });
  return found;
}

}  // namespace

IdentityWords identity_words(Text text) {
  const Lines lines(text);
  return {gives_a_number(lines), gives_a_name(lines),
          gives_a_birth_date(lines) || gives_an_old_year(lines.flat)};
}

}  // namespace forms
