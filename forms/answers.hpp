#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

#include "forms/filled_form.hpp"

/// Inside of `forms/filled_form.hpp`: one function a kind of field. No other room includes this.
namespace forms::answers {

/// How sure an answer must be to be accepted: the probability that *all* of it is right. Such a
/// floor bounds the worst accepted answer; the mean is what is measured, and it lies far below,
/// because nearly all answers are much surer than their floor. The bar is 2 misreads in 10,000
/// accepted fields at fine, of which digits are two in five:
/// - digits: measured by bench/accuracy on 2,700 pages of unseen writers, fine and 300 dpi, light
///   and heavy alike: of 18,400 numbers and dates two of those said with 0.98 or more were wrong,
///   four from 0.97, seven from 0.96; 0.985 finds one of the two, at a quarter more doubts. At
///   98 dpi two of 6,119 with any floor from 0.97 to 0.995;
/// - marks: far easier to tell, but a choice has up to eight of them and all must be right
///   together;
/// - a number that former values moved away from what the eye saw likeliest: as sure as an answer
///   can be. Days and months that the calendar moved are no less sure than others: with the same
///   floor 28 more answers are accepted on 14,400 pages of unseen writers, none of them wrong.
inline constexpr double digits_floor = 0.98;
inline constexpr double moved_floor = 0.995;
inline constexpr double marks_floor = 0.98;
/// Every word of typed text, since one wrong character can be a decimal point.
inline constexpr double word_floor = 0.98;

/// Above this a digit is sure: neither calendar nor plausibility may replace it.
inline constexpr double sure_digit = 0.9;

/// Ink that no print explains, mm2. A thin pen's tick has 1.5 to 3, a speck of dust below 0.3, and
/// a few lie in any field of a bad fax. Text is asked sooner: a comment may be one short word.
inline constexpr double stray_ink_mm2 = 2.0;
inline constexpr double text_ink_mm2 = 1.0;
/// A box of 4 to 5 mm filled to the rim, with what a felt pen adds: more is writing among the
/// options.
inline constexpr double ink_a_mark_mm2 = 40.0;
/// A seal or signature: below the first there is none, above the second there surely is one.
inline constexpr double seal_absent_mm2 = 1.0;
inline constexpr double seal_present_mm2 = 4.0;

/// A probability out of what an untrusted reader says.
[[nodiscard]] inline double probability(double said) {
  return std::isfinite(said) ? std::clamp(said, 0.0, 1.0) : 0.0;
}

/// The network learned from as many struck and foreign cells as digits need to be told from; on
/// forms they are rare. Its likelihoods are brought to what forms have, by less than the true
/// ratio: a doubt costs a look.
inline constexpr double other_on_forms = 0.1;
inline constexpr double struck_on_forms = 0.3;

/// A cell's likelihoods as a form has them, summing to 1 (all 0 if the reader said nothing usable).
[[nodiscard]] inline std::array<double, ocr::CellReading::classes> on_forms(
    const ocr::CellReading& cell) {
  std::array<double, ocr::CellReading::classes> likelihood{};
  double sum = 0;
  for (std::size_t i = 0; i < likelihood.size(); ++i) {
    likelihood[i] = probability(cell.likelihood[i]);
    if (i == ocr::CellReading::other) likelihood[i] *= other_on_forms;
    if (i == ocr::CellReading::struck) likelihood[i] *= struck_on_forms;
    sum += likelihood[i];
  }
  for (double& each : likelihood) each = sum > 0 ? each / sum : 0;
  return likelihood;
}

struct Place {
  const FieldDefinition& field;
  const ocr::Reading& reading;
  int form_page;
  const Expectation& expected;
  /// Number and date: what was made of each cell. May be null.
  struct Cells {
    std::vector<int> said;      ///< the class of ocr::CellReading that was taken
    std::vector<int> expected;  ///< see Weighed; empty for most
  };
  Cells* cells = nullptr;
};

[[nodiscard]] inline bool of_digits(const FieldDefinition& field) {
  return field.kind == FieldKind::number || field.kind == FieldKind::date ||
         field.kind == FieldKind::month;
}

[[nodiscard]] Answer started(const FieldDefinition& field, const ocr::Reading& reading,
                             int form_page);
/// Marks an answer doubtful; the first doubt is the one that is told.
void doubt_it(Answer& answer, std::string_view why);

/// What each cell of `birth_date` must say if `date` is what was written there: a digit each, or -1
/// for a leading zero, which may be left out. Empty if the field cannot hold that day.
[[nodiscard]] std::vector<int> cells_of(const FieldDefinition& field, const ocr::Reading& reading,
                                        Date date);

[[nodiscard]] Answer choice(const Place& place);
[[nodiscard]] Answer number(const Place& place);
[[nodiscard]] Answer date(const Place& place);
[[nodiscard]] Answer ink(const Place& place);

}  // namespace forms::answers
