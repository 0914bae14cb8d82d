#include "daemon/records/compare.hpp"

#include <algorithm>
#include <set>

namespace records {
namespace {

constexpr auto identity = "birth_date";

const forms::Answer& answer_or_blank(const Answers& answers, const std::string& field) {
  static const forms::Answer blank;
  const auto found = answers.find(field);
  return found == answers.end() ? blank : found->second;
}

bool says_nothing(const forms::Answer& answer) {
  return answer.state == forms::AnswerState::doubtful && answer.values.empty();
}

bool differ(const forms::Answer& earlier, const forms::Answer& later) {
  if (says_nothing(earlier) || says_nothing(later)) return false;
  // What may be ticked several times has no order.
  const std::set<std::string> before(earlier.values.begin(), earlier.values.end());
  const std::set<std::string> after(later.values.begin(), later.values.end());
  return before != after;
}

}  // namespace

std::vector<std::string> differing_fields(const Answers& earlier, const Answers& later,
                                          const std::vector<std::string>& compared) {
  std::set<std::string> names(compared.begin(), compared.end());
  names.insert(identity);
  if (compared.empty()) {
    for (const auto& [name, answer] : earlier) names.insert(name);
    for (const auto& [name, answer] : later) names.insert(name);
  }
  std::vector<std::string> found;
  std::copy_if(names.begin(), names.end(), std::back_inserter(found), [&](const std::string& name) {
    return differ(answer_or_blank(earlier, name), answer_or_blank(later, name));
  });
  return found;
}

}  // namespace records
