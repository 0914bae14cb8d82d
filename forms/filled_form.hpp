#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forms/definition.hpp"
#include "ocr/reading.hpp"

/// Readings to typed answers. Each is accepted, doubtful or blank; doubt is an answer.
namespace forms {

using Date = std::chrono::year_month_day;

enum class AnswerState : std::uint8_t { accepted, doubtful, blank, corrected };

[[nodiscard]] std::string_view to_text(AnswerState state);
[[nodiscard]] std::optional<AnswerState> parse_answer_state(std::string_view text);

/// One field's answer. `values` as the contract writes them: an option's value (several: one each);
/// a number with the digits that were written ("3.20"); a date "2026-11-05"; a month "2027-02";
/// text; ink: "yes". Empty when blank, or when nothing could be made out.
struct Answer {
  std::string field;
  std::vector<std::string> values;
  AnswerState state = AnswerState::blank;
  double confidence = 1;
  int page = 1;          ///< of the form
  ocr::Box box;          ///< mm on the form
  std::string doubt;     ///< why doubtful: one of `forms::doubt`
  bool ink = false;      ///< something was written here, whatever it may be
  bool several = false;  ///< the field allows several values: JSON shows an array
  /// Digits: what else may be meant, with one chance in 100 or more; "" blank, "?" no number. Not
  /// kept in the record.
  std::vector<std::string> rivals = {};
  bool moved = false;  ///< digits: what is known beforehand moved one. Not kept in the record

  [[nodiscard]] std::string value() const;  ///< the only value, or values joined by ','
};

struct FilledForm {
  std::string form;
  int version = 1;
  std::map<std::string, Answer, std::less<>> answers;
  std::vector<std::pair<int, ocr::Box>> notes;  ///< form page, unexplained ink

  [[nodiscard]] const Answer* find(std::string_view field) const;
  /// The value, if a fact: accepted or corrected.
  [[nodiscard]] std::optional<std::string> fact(std::string_view field) const;
};

/// A field that has something to tell only beside certain answers of another (contract: fields that
/// every report carries).
struct Companion {
  std::string_view field;
  std::string_view of;
  std::array<std::string_view, 4> values;  ///< of `of`, beside which it goes
  std::string_view missed;                 ///< what the rules call it without them

  /// Whether the other field surely says nothing that it goes with.
  [[nodiscard]] bool alone_in(const FilledForm& form) const;
};
inline constexpr std::array<Companion, 3> companions = {{
    {"recurrence_site", "recurrence", {"suspected", "confirmed"}, "site-without-recurrence"},
    {"exit_reason", "outcome", {"other_exit"}, "exit-reason-without-exit"},
    {"outcome_date",
     "outcome",
     {"five_year_survival", "recurrence", "death", "other_exit"},
     "date-without-outcome"},
}};

/// What may move a doubtful digit or make it doubtful; never a sure one into another.
struct Expectation {
  Date received_on;
  std::optional<Date> started_on;
  std::map<std::string, double, std::less<>> former;  ///< last accepted number of each field
  /// The patient's, once the date written on this form has agreed with it: its digits then tell
  /// how this hand writes. It never moves the answer to the field itself.
  std::optional<Date> birth_date = std::nullopt;
  /// The doctor's own limits of markers for this patient; they beat the form's.
  std::map<std::string, double, std::less<>> thresholds = {};
  /// All accepted numbers of each field, those of later visits among them.
  std::map<std::string, std::vector<double>, std::less<>> earlier = {};
};

/// Why an answer is doubtful, in one word. Explained for people in docs/rules.md.
namespace doubt {
inline constexpr std::string_view not_read =
    "not-read";  ///< the reader said nothing, or nonsense, about it
inline constexpr std::string_view unsure = "unsure";        ///< readable, but not surely enough
inline constexpr std::string_view two_marks = "two-marks";  ///< more marks than may be
inline constexpr std::string_view unclear_mark = "unclear-mark";  ///< ink that may be a mark or not
inline constexpr std::string_view cancelled = "cancelled";  ///< all that was marked was struck out
inline constexpr std::string_view stray_ink = "stray-ink";  ///< ink that is no answer
inline constexpr std::string_view incomplete =
    "incomplete";  ///< a part of the date or number is missing
inline constexpr std::string_view blank_inside =
    "blank-inside";                                   ///< an empty cell where a digit must be
inline constexpr std::string_view struck = "struck";  ///< a cell was struck out
inline constexpr std::string_view not_a_digit = "not-a-digit";
inline constexpr std::string_view no_era = "no-era";
inline constexpr std::string_view no_such_day = "no-such-day";
inline constexpr std::string_view beyond_era =
    "beyond-era";  ///< 平成32: converted, for a person to say
inline constexpr std::string_view in_future = "in-future";
inline constexpr std::string_view before_start = "before-start";  ///< before the pathway began
inline constexpr std::string_view long_ago = "long-ago";
inline constexpr std::string_view implausible =
    "implausible";  ///< outside the field's plausible range
inline constexpr std::string_view unlike_former = "unlike-former";
inline constexpr std::string_view symbol_coded =
    "symbol-coded";  ///< JBIG2: the picture may show other digits
inline constexpr std::string_view handwritten =
    "handwritten";  ///< text that only a person can read
inline constexpr std::string_view unsure_words = "unsure-words";  ///< typed text, not surely read
inline constexpr std::string_view contradicts =
    "contradicts";  ///< tells more of what another answer says is not so
inline constexpr std::string_view not_all_came = "not-all-came";  ///< more sheets announced
}  // namespace doubt

/// `pages` are the aligned pages of one form, in the order of its pages.
[[nodiscard]] FilledForm fill(const Definition& definition,
                              const std::vector<const ocr::PageReading*>& pages,
                              const Expectation& expected);

/// The reading of a field of digits as fill() sees it in the end: its doubtful digits weighed by
/// how the rest of the form shows its writer to write. None if the field was not read, or twice.
[[nodiscard]] std::optional<ocr::Reading> reread(const Definition& definition,
                                                 const std::vector<const ocr::PageReading*>& pages,
                                                 const Expectation& expected,
                                                 std::string_view field);

/// The answer to a text field: doubtful (`handwritten`) until its words were read, and accepted
/// only if it was typed and every word was read for sure.
[[nodiscard]] Answer text_answer(const FieldDefinition& field, const ocr::Reading& reading,
                                 int form_page);

enum class Agreement : std::uint8_t {
  agrees,
  disagrees,
  unreadable,  ///< blank, or too unclear to say
};

/// Tests the written date against the recorded one: every written digit must be compatible with it
/// by its own likelihood, and the recorded date must beat every near miss (one digit, one day, one
/// era, day and month swapped) by a margin. The reading never knew the record. `reading` is that of
/// `birth_date`, or null.
[[nodiscard]] Agreement birth_date_agrees(const FieldDefinition& field, const ocr::Reading* reading,
                                          Date recorded);

/// What the test of agreement weighs, for measuring where its limits should stand. Both are 0 if
/// the date is blank.
struct BirthDateTest {
  bool legible = false;  ///< an era and a digit or allowed blank in every cell
  double least_digit =
      0;              ///< the smallest likelihood of a recorded digit (or era) in its own place
  double margin = 0;  ///< likelihood of the recorded date over that of the best other day
  double contradiction =
      0;  ///< the largest sureness of a place that says otherwise than the record
};
[[nodiscard]] BirthDateTest test_birth_date(const FieldDefinition& field,
                                            const ocr::Reading& reading, Date recorded);

/// The limits. Were the likelihoods exact, a margin of R would let one wrong date in R pass at the
/// very limit, and far fewer on the whole, since most dates pass by more and the rival of an unsure
/// digit is one of nine. Measured on faxed handwriting of unseen writers (docs/rules.md): with
/// 7.5 fewer than one near miss in 10,000 agrees.
inline constexpr double birth_date_margin = 7.5;
inline constexpr double birth_date_least_digit = 0.05;
/// So sure must a digit be to speak against the record; less than that is unreadable.
inline constexpr double birth_date_contradiction = 0.9;

/// A Japanese date: showa 64-01-07 and taisho 15-12-25 as the calendar had them. None if there is
/// no such day.
[[nodiscard]] std::optional<Date> from_era(std::string_view era, int year, unsigned month,
                                           unsigned day);

struct EraYear {
  std::string era;  ///< meiji taisho showa heisei reiwa
  int year = 1;
};
/// The era of a day; a day of change has two.
[[nodiscard]] std::vector<EraYear> eras_of(Date date);
/// "令和8年11月22日"
[[nodiscard]] std::string japanese_date(Date date);
/// "2026-11-22", as the contract writes dates
[[nodiscard]] std::string iso_date(Date date);

}  // namespace forms
