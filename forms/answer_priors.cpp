#include "forms/answer_priors.hpp"

#include <cmath>

namespace forms::answers {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

/// Most reports are faxed in the week of the visit, post takes longer, and a quarter is what a
/// clinic that saves them up takes.
double prior_of_past(days age, double old) {
  if (age <= days{16}) return 1;
  if (age <= days{31}) return 0.5;
  if (age <= days{92}) return 0.1;
  return age <= days{366} ? old : old / 2;
}

double prior_of_age(days age) {
  constexpr int year = 365;
  if (age < days{18 * year} || age > days{105 * year}) return 0.02;
  return age < days{35 * year} || age > days{97 * year} ? 0.2 : 1;
}

}  // namespace

double prior_of_day(std::string_view field, Date date, const Expectation& expected) {
  const days age = sys_days{expected.received_on} - sys_days{date};
  if (field == "visit_date") return prior_of_past(age, 0.01);
  // What ended a pathway may have happened long before the clinic heard of it.
  if (field == "outcome_date") return prior_of_past(age, 0.05);
  if (field == "birth_date") return prior_of_age(age);
  return 1;
}

double prior_of_month(std::chrono::year_month month, const Expectation& expected) {
  const auto received = expected.received_on.year() / expected.received_on.month();
  const int ahead = static_cast<int>((month - received).count());
  if (ahead < -3 || ahead > 36) return 0.002;
  if (ahead < 0) return 0.1;
  // The clinic is visited every few months; in the last years of some pathways once a year.
  if (ahead <= 7) return 1;
  return ahead <= 13 ? 0.3 : 0.02;
}

double prior_of_number(const FieldDefinition& field, double value, const Expectation& expected) {
  const auto former = expected.former.find(field.name);
  if (former == expected.former.end() || former->second <= 0) return 1;
  // Nothing at all after something is as far away as a value can be.
  const double times = value > 0 ? std::abs(std::log(value / former->second)) : HUGE_VAL;
  // A marker wanders by half between visits, and may leap: that is the news, and so rare that one
  // certain leap is far rarer than one certain value near the last.
  if (field.marker) return times < 0.5 ? 1 : (times < 1 ? 0.4 : 0.1);
  // Weight: a twentieth is a usual change in a quarter, a tenth is noted by doctors.
  if (times < 0.06) return 1;
  if (times < 0.12) return 0.2;
  return times < 0.26 ? 0.03 : 0.005;
}

}  // namespace forms::answers
