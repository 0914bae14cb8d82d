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

bool only_unsure(const FieldDefinition& field, const Answer& answer) {
  return of_digits(field) && answer.doubt == doubt::unsure && !answer.values.empty();
}

}  // namespace

void accept_nearly_sure(FilledForm& form, const Definition& definition, const Expectation& expected,
                        const std::set<std::string, std::less<>>& mistrusted,
                        const std::vector<const ocr::PageReading*>& pages) {
  const bool poor = std::ranges::any_of(pages, [](const ocr::PageReading* page) {
    return page->quality.dpi_y < coarse_dpi || page->symbol_coded;
  });
  if (poor || !expected.birth_date) return;
  double all_right = 1;
  std::vector<Answer*> unsure;
  for (const auto& field : definition.fields) {
    if (field.name == "birth_date") continue;  // the record bears it out
    Answer& answer = form.answers.at(field.name);
    if (of_digits(field)) all_right *= answer.confidence;
    if (answer.state != AnswerState::doubtful) continue;
    if (!only_unsure(field, answer) || may_be_news(field, answer, expected) ||
        mistrusted.contains(field.name)) {
      return;
    }
    unsure.push_back(&answer);
  }
  if (all_right < form_floor) return;
  for (Answer* answer : unsure) {
    answer->state = AnswerState::accepted;
    answer->doubt.clear();
  }
}

}  // namespace forms::answers
