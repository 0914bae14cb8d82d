#pragma once

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
/// a number with the digits that were written ("3.20"); a date "2026-11-05"; a month "2027-02"; text;
/// ink: "yes". Empty when blank, or when nothing could be made out.
struct Answer {
  std::string field;
  std::vector<std::string> values;
  AnswerState state = AnswerState::blank;
  double confidence = 1;
  int page = 1;                ///< of the form
  ocr::Box box;                ///< mm on the form
  std::string doubt;           ///< why doubtful: one of the words in docs/form-definitions.md
  bool ink = false;            ///< something was written here, whatever it may be
  bool several = false;        ///< the field allows several values: JSON shows an array

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

/// What may move a doubtful digit or make it doubtful; never a sure one into another.
struct Expectation {
  Date received_on;
  std::optional<Date> started_on;
  std::map<std::string, double, std::less<>> former;  ///< last accepted number of each field
};

/// `pages` are the aligned pages of one form, in the order of its pages.
[[nodiscard]] FilledForm fill(const Definition& definition,
                              const std::vector<const ocr::PageReading*>& pages,
                              const Expectation& expected);

enum class Agreement : std::uint8_t {
  agrees,
  disagrees,
  unreadable,  ///< blank, or too unclear to say
};

/// Tests the written date against the recorded one: every written digit must be compatible with it by its
/// own likelihood, and the recorded date must beat every near miss (one digit, one day, one era, day and month
/// swapped) by a margin. The reading never knew the record. `reading` is that of `birth_date`, or null.
[[nodiscard]] Agreement birth_date_agrees(const FieldDefinition& field,
                                          const ocr::Reading* reading, Date recorded);

/// A Japanese date: showa 64-01-07 and taisho 15-12-25 as the calendar had them. None if there is no such day.
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

}  // namespace forms
