#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forms/filled_form.hpp"

/// Deviation rules: pure functions of the form and the pathway's history. No clock, no database.
namespace forms::rules {

enum class FlagKind : std::uint8_t {
  recurrence,
  recurrence_suspected,
  death,
  five_year_survival,
  other_exit,
  marker_above_limit,
  marker_rising,
  possible_deviation,
  mention,
  unread_note,
  duplicate_differs,
};

enum class Severity : std::uint8_t { urgent, routine, notice };

[[nodiscard]] std::string_view to_text(FlagKind kind);  ///< "recurrence-suspected"
[[nodiscard]] std::optional<FlagKind> parse_flag_kind(std::string_view text);
[[nodiscard]] std::string_view to_text(Severity severity);
[[nodiscard]] std::optional<Severity> parse_severity(std::string_view text);

struct Finding {
  FlagKind kind{};
  Severity severity = Severity::notice;
  std::vector<std::string> evidence;  ///< field names; "note" for unexplained ink
  std::string reason;  ///< short machine word: "marked", "two-marks", "outcome-in-future", ...
};

/// The hospital's setting if the definition has one, else the default: recurrence (suspected too),
/// death, possible deviations and differing duplicates urgent; exits, markers and words routine;
/// unread notes notice. None: the hospital switched the rule off. `possible_deviation` cannot be
/// switched off: it stands for what nobody has read yet.
[[nodiscard]] std::optional<Severity> severity_of(const Definition& definition, FlagKind kind);

struct MarkerValue {
  Date on;
  double value = 0;
};

struct History {
  Date received_on;
  std::optional<Date> started_on;
  /// Of this patient; they beat the form's limit.
  std::map<std::string, double, std::less<>> thresholds;
  /// Accepted facts, oldest first, without this report.
  std::map<std::string, std::vector<MarkerValue>, std::less<>> markers;
  /// Of which other papers in the record tell.
  std::vector<Date> visits = {};
};

/// By so much of itself must a marker have risen, twice, to count as rising: less is the assay's
/// own noise. An assay with a coefficient of variation of 5 % gives two results of one sample that
/// lie more than 1.65 * sqrt(2) * 5 % = 12 % apart, upwards, once in 20 times. 5 % is what good
/// laboratories reach; where it is 10 % (9.5 to 11.9 % for CEA, CA 15-3 and TPA in Soletormos et
/// al., Clin Chem 1993;39:2077), and with the patient's own variation counted too, a rise means
/// something from 30 % on. The lower figure is taken: a false alarm costs a look.
inline constexpr double marker_noise = 0.12;

/// The day in a date field, if a fact.
[[nodiscard]] std::optional<Date> fact_date(const FilledForm& form, std::string_view field);

/// Recall first: doubt in any deviation field is at least a possible deviation.
[[nodiscard]] std::vector<Finding> judge(const FilledForm& form, const Definition& definition,
                                         const History& history);

/// Words of deviation in a text that OCR read: at most one finding; `evidence` is the field's name.
/// A word that is denied wherever it stands (再発なし) is a notice only.
[[nodiscard]] std::vector<Finding> judge_text(std::string_view text, const std::string& evidence,
                                              const Definition& definition);

}  // namespace forms::rules
