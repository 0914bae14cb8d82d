#pragma once

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "forms/filled_form.hpp"
#include "paper.hpp"

/// A form with a field of each kind, and how tables of cases are told of it.
namespace tests {

inline forms::Definition small_form() {
  forms::Definition form;
  form.form = "test-report";
  const auto add = [&](std::string name, forms::FieldKind kind) -> forms::FieldDefinition& {
    forms::FieldDefinition field;
    field.name = std::move(name);
    field.kind = kind;
    return form.fields.emplace_back(std::move(field));
  };
  auto& outcome = add("outcome", forms::FieldKind::choice);
  outcome.deviation = true;
  outcome.options = {{"continuing", {}}, {"death", {}}, {"recurrence", {}}};
  auto& site = add("site", forms::FieldKind::choice);
  site.options = {{"liver", {}}, {"lung", {}}, {"bone", {}}};
  site.several = true;
  auto& cea = add("cea", forms::FieldKind::number);
  cea.digits_before = 3;
  cea.digits_after = 2;
  cea.marker = true;
  cea.limit = 5;
  auto& weight = add("weight_kg", forms::FieldKind::number);
  weight.digits_before = 3;
  weight.digits_after = 1;
  weight.minimum = 20;
  weight.maximum = 250;
  add("visit_date", forms::FieldKind::date).era = "reiwa";
  auto& outcome_date = add("outcome_date", forms::FieldKind::date);
  outcome_date.era = "reiwa";
  outcome_date.deviation = true;
  add("birth_date", forms::FieldKind::date).eras = {{"taisho", {}}, {"showa", {}}, {"heisei", {}}};
  add("next_visit", forms::FieldKind::month).era = "reiwa";
  add("attached_pages", forms::FieldKind::number).digits_before = 2;
  add("comment", forms::FieldKind::text);
  add("seal", forms::FieldKind::ink);
  return form;
}

inline const forms::Definition form = small_form();
inline const forms::Expectation expected{
    std::chrono::year{2026} / 11 / 30, std::chrono::year{2024} / 4 / 1, {}};

inline forms::FilledForm filled(const Paper& paper, const forms::Expectation& known = expected) {
  return forms::fill(form, {&paper.page()}, known);
}

/// "accepted 3.2", "doubtful two-marks a,b", "blank"
inline std::string told(const forms::Answer& answer) {
  std::string text(forms::to_text(answer.state));
  if (!answer.doubt.empty()) text += ' ' + answer.doubt;
  return answer.values.empty() ? text : text + ' ' + answer.value();
}

struct Case {
  const char* what;
  const char* field;
  std::function<void(Paper&)> write;
  const char* told;
};

inline void expect(const std::vector<Case>& cases, const forms::Expectation& known = expected) {
  for (const auto& each : cases) {
    Paper paper(form);
    each.write(paper);
    EXPECT_EQ(told(*filled(paper, known).find(each.field)), each.told) << each.what;
  }
}

inline void write_cells(Paper& paper, const char* field, const char* written) {
  paper.at(field).cells = tests::cells(written);
}

}  // namespace tests
