#pragma once

#include "forms/definition.hpp"
#include "forms/filled_form.hpp"

/// How likely an answer is before a digit of it is looked at, against the likeliest (1). It weighs
/// doubtful digits and never replaces a sure one (see `weigh`). No other room includes this.
///
/// The figures are steps, not curves: what a clerk knows ("the visit was in the last weeks"), not
/// statistics of some hospital. Each is larger than such answers are frequent, day for day, since
/// too large a figure only costs doubts.
namespace forms::answers {

/// A day in a field of the contract's name (visit_date, outcome_date, birth_date).
[[nodiscard]] double prior_of_day(std::string_view field, Date date, const Expectation& expected);

/// A month, as next_visit has it.
[[nodiscard]] double prior_of_month(std::chrono::year_month month, const Expectation& expected);

/// A number of a field whose last accepted value may be known.
[[nodiscard]] double prior_of_number(const FieldDefinition& field, double value,
                                     const Expectation& expected);

}  // namespace forms::answers
