#include "forms/named.hpp"

#include <glib.h>

#include <algorithm>

#include "forms/days_in_text.hpp"
#include "forms/era.hpp"
#include "forms/filled_form.hpp"
#include "forms/folded_text.hpp"

namespace forms {
namespace {

using std::chrono::year_month_day;

/// The fewest characters by which `word` differs from some place in `text`, if few enough.
int slips_of(std::u32string_view text, std::u32string_view word, int allowed) {
  int best = NamedBy::not_at_all;
  for (std::size_t from = 0; from + word.size() <= text.size(); ++from) {
    int slips = 0;
    for (std::size_t i = 0; i < word.size() && slips <= allowed; ++i) {
      slips += text[from + i] != word[i] ? 1 : 0;
    }
    if (slips <= allowed) best = std::min(best, slips);
    if (best == 0) break;
  }
  return best;
}

int name_slips_allowed(std::size_t length) {
  return length >= 4 ? 1 : 0;
}
int kana_slips_allowed(std::size_t length) {
  return length >= 9 ? 2 : length >= 6 ? 1 : 0;
}

/// The date of birth is called that before or after it.
bool called_birth(std::u32string_view text, const DayInText& day) {
  constexpr std::size_t reach = 12;
  const std::size_t from = day.from > reach ? day.from - reach : 0;
  const auto before = text.substr(from, day.from - from);
  const auto after = text.substr(day.to, 4);
  for (const std::u32string_view word : {U"生年", U"主年月", U"誕生", U"生まれ"}) {
    if (before.find(word) != std::u32string_view::npos) return true;
  }
  return after.find(U'生') != std::u32string_view::npos;
}

/// What stands before the digits at the end of `text` says that they are somebody's number.
bool called_number(std::u32string_view text, std::size_t digits) {
  constexpr std::size_t reach = 8;
  const std::size_t to = text.size() - digits;
  const std::size_t from = to > reach ? to - reach : 0;
  const auto before = text.substr(from, to - from);
  for (const std::u32string_view word : {U"番号", U"ID", U"Id", U"No", U"NO"}) {
    if (before.find(word) != std::u32string_view::npos) return true;
  }
  return false;
}

/// The line that the sender's machine printed, or its letterhead.
bool of_the_sender(std::u32string_view line) {
  for (const std::u32string_view word : {U"FAX", U"AX:", U"TEL", U"Tel", U"電話"}) {
    if (line.find(word) != std::u32string_view::npos) return true;
  }
  return false;
}

/// 20261110
bool is_a_day(std::string_view digits) {
  if (digits.size() != 8 || (!digits.starts_with("19") && !digits.starts_with("20"))) return false;
  const auto month = digits.substr(4, 2);
  const auto day = digits.substr(6, 2);
  return month >= "01" && month <= "12" && day >= "01" && day <= "31";
}

/// Of which names are written.
bool letter(char32_t c) {
  return g_unichar_isalpha(c) != 0 || c == U'々' || c == U'ー';
}

/// What stands before a name and is none of it: a label, or no letter.
bool begins_name(std::u32string_view before) {
  if (before.empty() || !letter(before.back())) return true;
  for (const std::u32string_view label :
       {U"氏名", U"名前", U"患者名", U"患者", U"かな", U"かな名", U"よみ", U"殿", U"様"}) {
    if (before.ends_with(label)) return true;
  }
  return false;
}

/// What stands behind a name and is none of it.
bool ends_name(std::u32string_view after) {
  if (after.empty() || !letter(after.front())) return true;
  for (const std::u32string_view word :
       {U"様",   U"さま",     U"殿",   U"さん",   U"氏",   U"男",   U"女",
        U"生年", U"性別",     U"年齢", U"明治",   U"大正", U"昭和", U"平成",
        U"令和", U"ふりかな", U"かな", U"かな名", U"患者", U"番号"}) {
    if (after.starts_with(word)) return true;
  }
  return false;
}

int digits_apart(std::string_view one, std::string_view other) {
  int apart = 0;
  for (std::size_t i = 0; i < one.size(); ++i) apart += one[i] != other[i] ? 1 : 0;
  return apart;
}

std::string eight(int year, year_month_day date) {
  const auto two = [](unsigned value) {
    return std::string{static_cast<char>('0' + value / 10 % 10),
                       static_cast<char>('0' + value % 10)};
  };
  return std::to_string(10000 + year) + two(static_cast<unsigned>(date.month())) +
         two(static_cast<unsigned>(date.day()));
}

/// How many digits two dates differ in, written in whichever way brings them closest; another era
/// counts as a digit.
int apart(year_month_day one, year_month_day other) {
  int least = digits_apart(eight(static_cast<int>(one.year()), one),
                           eight(static_cast<int>(other.year()), other));
  for (const auto& a : eras_of(one)) {
    for (const auto& b : eras_of(other)) {
      least = std::min(
          least, (a.era == b.era ? 0 : 1) + digits_apart(eight(a.year, one), eight(b.year, other)));
    }
  }
  return least;
}

}  // namespace

std::vector<std::string> NamedBy::reasons() const {
  std::vector<std::string> found;
  if (number) found.emplace_back("number");
  if (by_name()) found.emplace_back("name");
  if (by_kana()) found.emplace_back("kana");
  if (birth_date) found.emplace_back("birth_date");
  return found;
}

Naming::Naming(std::string_view text) : words_(identity_words(characters(text))) {
  for (std::size_t from = 0; from < text.size();) {
    const auto to = std::min(text.find('\n', from), text.size());
    const auto line = text.substr(from, to - from);
    names_.lines.insert(names_.text.size());
    names_.text += fold_name(line);
    kana_.lines.insert(kana_.text.size());
    kana_.text += fold_kana(line);
    from = to + 1;
  }
  names_.lines.insert(names_.text.size());
  kana_.lines.insert(kana_.text.size());
  std::u32string plain;
  std::u32string rest = characters(text);
  while (!rest.empty()) {
    const auto line = rest.substr(0, std::min(rest.find(U'\n'), rest.size() - 1) + 1);
    rest.erase(0, line.size());
    take_numbers(line, plain);
  }
  for (const auto& day : days_in(plain)) {
    days_.push_back({day.date, called_birth(plain, day)});
  }
}

void Naming::take_numbers(std::u32string_view line, std::u32string& plain) {
  const bool sender = of_the_sender(line);
  std::string run;
  const auto end_run = [&] {
    if (!run.empty()) numbers_.push_back({run, called_number(plain, run.size()), sender});
    run.clear();
  };
  for (const char32_t c : line) {
    if (digit(c)) {
      run += static_cast<char>(c);
    } else {
      end_run();
    }
    if (g_unichar_isspace(c) == 0) plain += c;
  }
  end_run();
}

NamedBy Naming::by(const Identity& person) const {
  NamedBy named;
  // A short number may be anything on a laboratory page.
  constexpr std::size_t telling = 6;
  named.number = std::ranges::any_of(numbers_, [&](const Number& each) {
    return each.digits == person.patient_id && (each.called || each.digits.size() >= telling);
  });
  constexpr std::size_t long_enough = 7;
  named.near_number = std::ranges::any_of(numbers_, [&](const Number& each) {
    return each.digits.size() == person.patient_id.size() && each.digits.size() >= long_enough &&
           digits_apart(each.digits, person.patient_id) <= 1;
  });
  const auto name = fold_name(person.name);
  if (name.size() >= 2)
    named.name_slips = slips_of(names_.text, name, name_slips_allowed(name.size()));
  const auto kana = fold_kana(person.kana);
  if (kana.size() >= 4)
    named.kana_slips = slips_of(kana_.text, kana, kana_slips_allowed(kana.size()));
  for (const auto& day : days_) {
    if (day.date != person.birth_date) continue;
    named.birth_date = true;
    named.born |= day.born;
  }
  return named;
}

bool Naming::Folded::has_whole(std::u32string_view name) const {
  for (auto at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    const auto end = at + name.size();
    const bool begins = lines.contains(at) || begins_name(std::u32string_view(text).substr(0, at));
    if (begins && (lines.contains(end) || ends_name(std::u32string_view(text).substr(end)))) {
      return true;
    }
  }
  return false;
}

bool Naming::by_whole_name(const Identity& person) const {
  return names_.has_whole(fold_name(person.name));
}

bool Naming::by_whole_kana(const Identity& person) const {
  const auto kana = fold_kana(person.kana);
  return kana.size() >= 4 && kana_.has_whole(kana);
}

bool Naming::numbered_otherwise(std::string_view patient_id) const {
  return std::ranges::any_of(numbers_, [&](const Number& each) {
    return each.called && !each.sender && each.digits.size() == patient_id.size() &&
           !is_a_day(each.digits) && digits_apart(each.digits, patient_id) > 1;
  });
}

bool Naming::is_birth(const Day& day) const {
  constexpr std::chrono::years grown_up(18);  // nobody here is younger, and few papers are older
  const auto newest = std::ranges::max_element(days_, {}, &Day::date);
  return day.born || day.date + grown_up < newest->date;
}

bool Naming::born_otherwise(year_month_day birth_date) const {
  const bool agrees =
      std::ranges::any_of(days_, [&](const Day& day) { return apart(day.date, birth_date) < 2; });
  return !agrees && std::ranges::any_of(days_, [&](const Day& day) { return is_birth(day); });
}

bool Naming::born_about(year_month_day birth_date) const {
  return std::ranges::any_of(
      days_, [&](const Day& day) { return is_birth(day) && apart(day.date, birth_date) < 2; });
}

bool Naming::says_whose(std::string_view patient_id) const {
  constexpr std::size_t long_enough = 7;
  const bool number = std::ranges::any_of(numbers_, [&](const Number& each) {
    return each.digits.size() >= long_enough && each.digits.size() == patient_id.size() &&
           !each.sender && !is_a_day(each.digits);
  });
  return number || words_.any() ||
         std::ranges::any_of(days_, [&](const Day& day) { return is_birth(day); });
}

std::vector<Proposal> propose(std::string_view text, const std::vector<Identity>& people) {
  constexpr std::size_t most = 5;
  const Naming naming(text);
  struct Candidate {
    Proposal proposal;
    int slips = 0;
  };
  std::vector<Candidate> found;
  for (const auto& person : people) {
    const auto named = naming.by(person);
    const auto reasons = named.reasons();
    const bool short_name = named.by_name() && fold_name(person.name).size() < 3;
    const bool little = reasons.size() == 1 && ((named.birth_date && !named.born) || short_name);
    if (reasons.empty() || little) continue;
    found.push_back({{person.patient_id, reasons}, std::min(named.name_slips, named.kana_slips)});
  }
  std::ranges::stable_sort(found, [](const Candidate& one, const Candidate& other) {
    const auto many = one.proposal.reasons.size();
    const auto others = other.proposal.reasons.size();
    return many != others ? many > others : one.slips < other.slips;
  });
  std::vector<Proposal> best;
  for (auto& each : found) {
    if (best.size() < most) best.push_back(std::move(each.proposal));
  }
  return best;
}

namespace {

bool is_staff(const Identity& person, const std::vector<std::string>& staff) {
  return std::ranges::any_of(
      staff, [&](const std::string& name) { return fold_name(name) == fold_name(person.name); });
}

/// A namesake, or a twin.
bool easily_taken_for(const Identity& own, const Identity& other) {
  const auto kana = fold_kana(own.kana);
  const auto others = fold_kana(other.kana);
  return fold_name(own.name) == fold_name(other.name) || (!kana.empty() && kana == others) ||
         (own.birth_date == other.birth_date && kana.substr(0, 2) == others.substr(0, 2));
}

/// By which of the items that name a person without a slip.
struct Exactly {
  bool number = false, name = false, kana = false, birth_date = false;

  [[nodiscard]] bool any() const { return number || name || kana || birth_date; }
  /// Whatever names the one names the other.
  [[nodiscard]] bool all_of(const Exactly& o) const {
    return (number || !o.number) && (name || !o.name) && (kana || !o.kana) &&
           (birth_date || !o.birth_date);
  }
};

Exactly exactly(const Naming& naming, const Identity& person,
                const std::vector<std::string>& staff) {
  const auto named = naming.by(person);
  const bool name_tells = fold_name(person.name).size() >= 3 && !is_staff(person, staff);
  return {named.number, name_tells && naming.by_whole_name(person), naming.by_whole_kana(person),
          named.birth_date};
}

bool named_as_own(const Naming& naming, const Identity& own, const std::vector<Identity>& people,
                  const std::vector<std::string>& staff) {
  const auto self = naming.by(own);
  const auto surely = exactly(naming, own, staff);
  if (!self.number && (naming.born_otherwise(own.birth_date) ||
                       (!self.near_number && naming.numbered_otherwise(own.patient_id)))) {
    return false;
  }
  if (surely.any()) {
    return std::ranges::none_of(people, [&](const Identity& person) {
      return person.patient_id != own.patient_id && easily_taken_for(own, person) &&
             exactly(naming, person, staff).all_of(surely);
    });
  }
  const bool by_name = self.by_name() || self.by_kana();
  const int items =
      (self.near_number ? 1 : 0) + (by_name ? 1 : 0) + (naming.born_about(own.birth_date) ? 1 : 0);
  return items >= 2;
}

}  // namespace

bool names_another(std::string_view text, const Identity& own, const std::vector<Identity>& people,
                   const std::vector<std::string>& staff) {
  const Naming naming(text);
  const auto self = naming.by(own);
  const int self_slips = std::min(self.name_slips, self.kana_slips);
  for (const auto& person : people) {
    if (person.patient_id == own.patient_id) continue;
    const auto other = naming.by(person);
    if (other.number) return true;
    if (other.born && person.birth_date != own.birth_date && !self.born) return true;
    if ((other.birth_date || other.near_number) && !self.at_all() && !self.near_number) return true;
    const bool long_enough = other.by_kana() || fold_name(person.name).size() >= 3;
    const int slips = std::min(other.name_slips, other.kana_slips);
    if (slips < self_slips && long_enough && !is_staff(person, staff)) return true;
  }
  return !self.number && !self.by_name() && !self.by_kana() &&
         naming.born_otherwise(own.birth_date);
}

WhosePage whose_page(std::string_view text, const Identity& own,
                     const std::vector<Identity>& people, const std::vector<std::string>& staff) {
  if (names_another(text, own, people, staff)) return WhosePage::another;
  const Naming naming(text);
  if (named_as_own(naming, own, people, staff)) return WhosePage::own;
  const bool said = naming.says_whose(own.patient_id) || exactly(naming, own, staff).any();
  return said ? WhosePage::unproven : WhosePage::not_said;
}

}  // namespace forms
