#include "forms/nearly_sure.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "forms/answers.hpp"

namespace forms::answers {
namespace {

bool may_be_news(const FieldDefinition& field, const Answer& answer, const Expectation& expected) {
  constexpr double least_rise = 1.1;  // a little less than the rules look for (marker_noise)
  if (!field.marker) return false;
  const auto own = expected.thresholds.find(field.name);
  const auto limit = own != expected.thresholds.end() ? std::optional(own->second) : field.limit;
  const auto former = expected.former.find(field.name);
  const double now = std::strtod(answer.value().c_str(), nullptr);
  return std::ranges::any_of(answer.rivals, [&](const std::string& rival) {
    const double other = std::strtod(rival.c_str(), nullptr);
    if (limit && now <= *limit && other > *limit) return true;
    if (former == expected.former.end()) return false;
    const double rise = former->second * least_rise;
    return now < rise && other >= rise;
  });
}

/// A blank too: without ink beyond its specks.
bool only_unsure(const FieldDefinition& field, const Answer& answer) {
  const bool harmless = of_digits(field) || (field.kind == FieldKind::choice && !field.deviation);
  const bool readable = !answer.values.empty() || !answer.ink;
  return harmless && answer.doubt == doubt::unsure && readable;
}

bool poor(const ocr::PageReading& page) {
  const ocr::Quality& quality = page.quality;
  return quality.dpi_y < coarse_dpi || quality.scale < shrunk || quality.noise > dirty ||
         page.symbol_coded;
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
    if (!only_unsure(field, answer) || may_be_news(field, answer, expected) ||
        mistrusted.contains(field.name)) {
      return;
    }
    unsure.push_back(&answer);
  }
  if (all_right < form_floor) return;
  for (Answer* answer : unsure) {
    answer->state = answer->values.empty() ? AnswerState::blank : AnswerState::accepted;
    answer->doubt.clear();
  }
}

}  // namespace forms::answers
