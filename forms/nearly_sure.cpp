#include "forms/nearly_sure.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "forms/answers.hpp"

namespace forms::answers {
namespace {

/// Markers: whether one of the rivals would be above the limit, or well above any value that the
/// record has, where the answer is not.
bool may_be_news(const FieldDefinition& field, const Answer& answer, const Expectation& expected) {
  constexpr double least_rise = 1.1;  // a little less than the rules look for (marker_noise)
  std::vector<double> steps;
  const auto own = expected.thresholds.find(field.name);
  if (own != expected.thresholds.end()) {
    steps.push_back(own->second);
  } else if (field.limit) {
    steps.push_back(*field.limit);
  }
  const auto earlier = expected.earlier.find(field.name);
  if (earlier != expected.earlier.end()) {
    for (const double each : earlier->second) steps.push_back(each * least_rise);
  }
  const double now = std::strtod(answer.value().c_str(), nullptr);
  return std::ranges::any_of(answer.rivals, [&](const std::string& rival) {
    const double other = std::strtod(rival.c_str(), nullptr);
    return std::ranges::any_of(steps, [&](double step) { return now <= step && other > step; });
  });
}

/// Dates: whether all that may be meant is of one month, so that visits keep their order.
bool of_one_month(const Answer& answer) {
  constexpr std::size_t month = 7;  // "2026-11"
  return std::ranges::all_of(answer.rivals, [&](const std::string& rival) {
    return rival.substr(0, month) == answer.value().substr(0, month);
  });
}

/// Whether no person needs to look at an answer that is only not quite sure.
bool may_pass(const FieldDefinition& field, const Answer& answer, const Expectation& expected) {
  if (field.deviation || answer.doubt != doubt::unsure || answer.moved) return false;
  if (field.name == "attached_pages")
    return false;  // a sheet that did not come would not be missed
  if (answer.values.empty() && answer.ink) return false;
  if (std::ranges::find(answer.rivals, "?") != answer.rivals.end()) return false;
  switch (field.kind) {
    case FieldKind::number: return !field.marker || !may_be_news(field, answer, expected);
    case FieldKind::date: return of_one_month(answer);
    case FieldKind::month:
    case FieldKind::choice: return true;
    case FieldKind::text:
    case FieldKind::ink: break;
  }
  return false;
}

bool poor(const ocr::PageReading& page) {
  const ocr::Quality& quality = page.quality;
  const double lost_mm = quality.dpi_y > 0 ? quality.lost_rows * 25.4 / quality.dpi_y : 0;
  return quality.dpi_y < coarse_dpi || quality.scale < shrunk || quality.noise > dirty ||
         lost_mm > torn_mm || page.symbol_coded;
}

}  // namespace

void accept_nearly_sure(FilledForm& form, const Definition& definition, const Expectation& expected,
                        const std::set<std::string, std::less<>>& mistrusted,
                        const std::vector<const ocr::PageReading*>& pages) {
  const bool any_poor =
      std::ranges::any_of(pages, [](const ocr::PageReading* page) { return poor(*page); });
  if (any_poor || !expected.birth_date) return;
  double all_right = 1;
  std::vector<Answer*> unsure;
  for (const auto& field : definition.fields) {
    if (field.name == "birth_date") continue;  // the record bears it out
    Answer& answer = form.answers.at(field.name);
    const bool doubtful = answer.state == AnswerState::doubtful;
    if (doubtful || of_digits(field)) all_right *= answer.confidence;
    if (!doubtful) continue;
    if (!may_pass(field, answer, expected) || mistrusted.contains(field.name)) return;
    unsure.push_back(&answer);
  }
  if (all_right < form_floor) return;
  for (Answer* answer : unsure) {
    answer->state = answer->values.empty() ? AnswerState::blank : AnswerState::accepted;
    answer->doubt.clear();
  }
}

}  // namespace forms::answers
