#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "forms/answer_priors.hpp"
#include "forms/answers.hpp"
#include "forms/digit_weighing.hpp"
#include "forms/era.hpp"

/// Cells to numbers and dates.
namespace forms::answers {
namespace {

constexpr int blank = static_cast<int>(ocr::CellReading::blank);
constexpr int struck = static_cast<int>(ocr::CellReading::struck);
constexpr int other = static_cast<int>(ocr::CellReading::other);

/// How likely such things are written, against an ordinary answer. A guess on the safe side: such
/// answers are doubtful anyway, and a larger figure only makes more of them so.
constexpr double prior_of_odd =
    0.05;  ///< outside the plausible range, blank inside, beyond the era
constexpr double prior_of_odd_date = 0.005;    ///< this one day, of all that are odd
constexpr double prior_of_impossible = 0.002;  ///< 30 February

constexpr double line_above_mm = 6;  ///< where people correct what they struck out

std::string_view no_digit(const std::vector<int>& cells) {
  if (std::ranges::find(cells, struck) != cells.end()) return doubt::struck;
  if (std::ranges::find(cells, other) != cells.end()) return doubt::not_a_digit;
  return {};
}

bool all_blank(const std::vector<int>& cells) {
  return std::ranges::all_of(cells, [](int each) { return each == blank; });
}

char digit(int says) {
  return static_cast<char>('0' + says);
}

/// Right-aligned at the point: blanks may lead up to the cell before it, and decimals may be left
/// out from the right. None if a blank stands anywhere else.
std::optional<std::string> digits_written(const std::vector<int>& cells, std::size_t point) {
  std::string value;
  bool ended = false;  // a blank after a digit
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i] == blank) {
      if (i + 1 == point) return std::nullopt;
      ended = !value.empty();
      continue;
    }
    if (ended) return std::nullopt;
    if (i == point) value += '.';
    value += digit(cells[i]);
  }
  return value;
}

/// Weight and the like change slowly. A marker may jump, and its jump is the news that must not be
/// doubted away; only one that fell to less than a tenth from above its limit looks like a lost
/// digit.
std::string_view unlike_former(const Place& place, double now) {
  const auto known = place.expected.former.find(place.field.name);
  if (known == place.expected.former.end()) return {};
  const double former = known->second;
  const bool lost_digit = place.field.limit && former > *place.field.limit && now < former / 10;
  const bool leap = former > 0 && (now > former * 1.3 || now < former / 1.3);
  return (place.field.marker ? lost_digit : leap) ? doubt::unlike_former : std::string_view{};
}

Meaning number_meant(const Place& place, const std::vector<int>& cells) {
  const FieldDefinition& field = place.field;
  if (all_blank(cells)) return {};
  if (const auto why = no_digit(cells); !why.empty()) return {"", why, 1};
  const auto value = digits_written(cells, static_cast<std::size_t>(field.digits_before));
  if (!value) return {"", doubt::blank_inside, prior_of_odd};
  const double amount = std::strtod(value->c_str(), nullptr);
  const bool outside =
      (field.minimum && amount < *field.minimum) || (field.maximum && amount > *field.maximum);
  if (outside) return {*value, doubt::implausible, prior_of_odd};
  return {*value, unlike_former(place, amount), prior_of_number(field, amount, place.expected)};
}

/// Two cells of a year, month or day; the first may be blank. Below 0: no number.
int two_cells(const std::vector<int>& cells, std::size_t first) {
  const int tens = cells[first];
  const int ones = cells[first + 1];
  if (ones == blank) return -1;
  return (tens == blank ? 0 : tens * 10) + ones;
}

constexpr int no_era = -1;
constexpr int two_eras = -2;

/// Exactly one era is meant to be marked; from each mark's own probability follows that of every
/// outcome.
PlaceReading era_reading(const FieldDefinition& field, const ocr::Reading& reading) {
  if (!field.era.empty()) return {{0, 1.0}};
  std::vector<double> marked;
  double none = 1;
  for (const auto& era : field.eras) {
    const auto found = std::ranges::find(reading.marks, era.value, &ocr::MarkReading::value);
    double chosen = 0.5;  // not read: nothing is known
    if (found != reading.marks.end() && found->state != ocr::MarkState::unclear) {
      const double sure = probability(found->confidence);
      chosen = found->state == ocr::MarkState::marked ? sure : 1 - sure;
    }
    marked.push_back(chosen);
    none *= 1 - chosen;
  }
  PlaceReading place{{no_era, none}};
  double several = 1 - none;
  for (std::size_t i = 0; i < marked.size(); ++i) {
    double only = marked[i];
    for (std::size_t j = 0; j < marked.size(); ++j) only *= i == j ? 1 : 1 - marked[j];
    place.push_back({static_cast<int>(i), only});
    several -= only;
  }
  place.push_back({two_eras, std::max(0.0, several)});
  return place;
}

/// What is known of a date by its field's name (contract: fields that every report carries).
std::string_view implausible_date(const Place& place, Date date) {
  using std::chrono::sys_days;
  const bool past = place.field.name == "visit_date" || place.field.name == "outcome_date" ||
                    place.field.name == "birth_date";
  if (!past) return {};
  if (date > place.expected.received_on) return doubt::in_future;
  if (place.field.name == "birth_date") return {};
  if (place.expected.started_on && date < *place.expected.started_on) return doubt::before_start;
  // A report of a visit more than a year ago is more often a misread year.
  const auto age = sys_days{place.expected.received_on} - sys_days{date};
  if (place.field.name == "visit_date" && age > std::chrono::days{366}) return doubt::long_ago;
  return {};
}

Meaning date_meant(const Place& place, const std::vector<int>& said) {
  const std::vector<int> cells(said.begin() + 1, said.end());
  const bool month_only = place.field.kind == FieldKind::month;
  const bool era_printed = !place.field.era.empty();
  if (all_blank(cells) && (era_printed || said[0] == no_era)) return {};
  if (const auto why = no_digit(cells); !why.empty()) return {"", why, 1};
  const int year = two_cells(cells, 0);
  const int month = two_cells(cells, 2);
  const int day = month_only ? 1 : two_cells(cells, 4);
  if (year < 0 || month < 0 || day < 0) return {"", doubt::incomplete, prior_of_odd};
  if (said[0] == no_era) return {"", doubt::no_era, 1};
  if (said[0] == two_eras) return {"", doubt::two_marks, 1};
  const std::string& era =
      era_printed ? place.field.era : place.field.eras[static_cast<std::size_t>(said[0])].value;
  const auto months = static_cast<unsigned>(month);
  const auto days = static_cast<unsigned>(day);
  auto date = from_era(era, year, months, days);
  std::string_view why = date ? implausible_date(place, *date) : doubt::beyond_era;
  if (!date) date = from_overrun_era(era, year, months, days);
  if (!date) return {"", doubt::no_such_day, prior_of_impossible};
  const auto text = month_only ? fmt::format("{:04}-{:02}", static_cast<int>(date->year()), month)
                               : iso_date(*date);
  if (!why.empty()) return {text, why, prior_of_odd_date};
  if (!month_only) return {text, {}, prior_of_day(place.field.name, *date, place.expected)};
  const double prior = prior_of_month(date->year() / date->month(), place.expected);
  return {text, prior < prior_of_odd_date ? doubt::implausible : std::string_view{}, prior};
}

/// The cells alone: the era of a date stands before them.
std::vector<int> without_era(const Place& place, const std::vector<int>& places) {
  if (places.empty()) return {};
  return {places.end() - static_cast<std::ptrdiff_t>(place.reading.cells.size()), places.end()};
}

Answer answer_from(const Place& place, const Weighed& weighed) {
  Answer answer = started(place.field, place.reading, place.form_page);
  const Meaning& meaning = weighed.meaning;
  if (!meaning.value.empty()) answer.values = {meaning.value};
  answer.confidence = probability(weighed.confidence);
  answer.rivals = weighed.rivals;
  answer.moved = weighed.moved;
  const bool is_blank = meaning.value.empty() && meaning.doubt.empty();
  answer.ink = !is_blank || place.reading.ink_mm2 > stray_ink_mm2;
  answer.state = is_blank ? AnswerState::blank : AnswerState::accepted;
  if (!meaning.doubt.empty()) doubt_it(answer, meaning.doubt);
  const bool moved_number = weighed.moved && place.field.kind == FieldKind::number;
  if (answer.confidence < (moved_number ? moved_floor : digits_floor)) {
    doubt_it(answer, doubt::unsure);
  }
  if (is_blank && answer.ink) doubt_it(answer, doubt::stray_ink);
  if (place.cells != nullptr) {
    *place.cells = {without_era(place, weighed.saying), without_era(place, weighed.expected)};
  }
  return answer;
}

/// Whether the last accepted value of a measurement that changes slowly is hardly another. Half of
/// that is a usual change (see prior_of_number); a digit more or less is five times as much.
bool borne_out(const Place& place, const std::string& value) {
  constexpr double near = 0.12;
  const FieldDefinition& field = place.field;
  const bool slow = !field.marker && field.digits_after > 0 && field.minimum;
  const auto former = place.expected.former.find(field.name);
  if (!slow || !place.expected.birth_date || former == place.expected.former.end()) return false;
  const double now = std::strtod(value.c_str(), nullptr);
  return now > 0 && former->second > 0 && std::abs(std::log(now / former->second)) < near;
}

/// What stands above cells that were struck out, where it is a number of the field's own shape:
/// with as many decimals, so that a point that the fax lost, or a speck taken for one, is no
/// number. It stands in no cells of its own, and may go on where nobody looked: for a person to
/// confirm, unless it is sure and what was last known bears it out, which a lost digit would not
/// be.
Answer proposed(const Place& place, Answer answer) {
  const auto& above = place.reading.rewritten;
  const FieldDefinition& field = place.field;
  answer.values.clear();
  answer.rivals.clear();
  answer.doubt.clear();
  doubt_it(answer, doubt::struck);
  if (place.cells != nullptr) *place.cells = {};  // what was struck out tells nothing
  // Whoever looks must see what was written in its stead.
  double top = answer.box.y - line_above_mm;
  double left = answer.box.x;
  double right = answer.box.right();
  for (const auto& digit : above.digits) {
    top = std::min(top, digit.box.y);
    left = std::min(left, digit.box.x);
    right = std::max(right, digit.box.right());
  }
  top = std::max(0.0, top);
  answer.box = {left, top, right - left, answer.box.bottom() - top};
  const int before = static_cast<int>(above.digits.size()) - std::max(0, above.decimals);
  const int wanted = field.digits_after > 0 ? field.digits_after : -1;
  if (above.decimals != wanted || before < 1 || before > field.digits_before) return answer;
  std::vector<PlaceReading> places;
  for (const auto& digit : above.digits) places.push_back(possible(digit));
  const Weighed weighed = weigh(places, [&](const std::vector<int>& said) {
    if (std::ranges::find(said, blank) != said.end()) return Meaning{"", doubt::not_a_digit, 1};
    std::vector<int> cells(static_cast<std::size_t>(field.digits_before - before), blank);
    cells.insert(cells.end(), said.begin(), said.end());
    return number_meant(place, cells);
  });
  if (weighed.meaning.value.empty()) return answer;
  answer.values = {weighed.meaning.value};
  answer.confidence = probability(weighed.confidence);
  const bool sure = answer.confidence >= (weighed.moved ? moved_floor : digits_floor);
  if (sure && weighed.meaning.doubt.empty() && borne_out(place, weighed.meaning.value)) {
    answer.state = AnswerState::accepted;
    answer.doubt.clear();
  }
  return answer;
}

Answer not_read(const Place& place) {
  Answer answer = started(place.field, place.reading, place.form_page);
  answer.confidence = 0;
  doubt_it(answer, doubt::not_read);
  return answer;
}

}  // namespace

Answer number(const Place& place) {
  const auto cells = static_cast<std::size_t>(place.field.digits_before) +
                     static_cast<std::size_t>(place.field.digits_after);
  if (place.field.digits_before < 1 || place.reading.cells.size() != cells) return not_read(place);
  std::vector<PlaceReading> places;
  for (const auto& cell : place.reading.cells) places.push_back(possible(cell));
  Answer answer = answer_from(place, weigh(places, [&](const std::vector<int>& said) {
                                return number_meant(place, said);
                              }));
  const bool anew = !place.reading.rewritten.digits.empty();
  return anew || answer.doubt == doubt::struck ? proposed(place, std::move(answer)) : answer;
}

Answer date(const Place& place) {
  const std::size_t cells = place.field.kind == FieldKind::month ? 4 : 6;
  if (place.reading.cells.size() != cells) return not_read(place);
  std::vector<PlaceReading> places{era_reading(place.field, place.reading)};
  for (const auto& cell : place.reading.cells) places.push_back(possible(cell));
  return answer_from(
      place, weigh(places, [&](const std::vector<int>& said) { return date_meant(place, said); }));
}

}  // namespace forms::answers
