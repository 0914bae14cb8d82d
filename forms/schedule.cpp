#include "forms/schedule.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <utility>

namespace forms {
namespace {

using Day = std::chrono::year_month_day;

std::chrono::year_month_day after_months(std::chrono::year_month_day start, int months) {
  const auto day = start + std::chrono::months(months);
  if (day.ok()) return day;
  return std::chrono::year_month_day(day.year() / day.month() / std::chrono::last);
}

int days_between(Day from, Day to) {
  return static_cast<int>((std::chrono::sys_days(to) - std::chrono::sys_days(from)).count());
}

/// Of two as near, the earlier.
std::optional<std::size_t> nearest(const std::vector<PlannedVisit>& planned, Day visit,
                                   int window_days) {
  std::optional<std::size_t> found;
  int best = window_days + 1;
  for (std::size_t i = 0; i < planned.size(); ++i) {
    const int away = std::abs(days_between(planned[i].due, visit));
    if (away >= best) continue;
    best = away;
    found = i;
  }
  return found;
}

/// For each planned visit the first that told of it.
std::vector<std::optional<std::size_t>> reports_of(const std::vector<PlannedVisit>& planned,
                                                   const std::vector<Day>& told, int window_days) {
  std::vector<std::optional<std::size_t>> told_by(planned.size());
  for (std::size_t i = 0; i < told.size(); ++i) {
    const auto at = nearest(planned, told[i], window_days);
    if (at && !told_by[*at]) told_by[*at] = i;
  }
  return told_by;
}

VisitState state_on(Day due, int grace_days, Day on) {
  const int late = days_between(due, on);
  if (late > grace_days) return VisitState::late;
  return late >= 0 ? VisitState::due : VisitState::next;
}

constexpr std::string_view exits[] = {"death", "recurrence", "five-year-survival", "other-exit"};

constexpr std::pair<VisitState, std::string_view> visit_states[] = {
    {VisitState::reported, "reported"},
    {VisitState::late, "late"},
    {VisitState::due, "due"},
    {VisitState::next, "next"}};

}  // namespace

std::vector<PlannedVisit> planned_visits(const Schedule& schedule,
                                         std::chrono::year_month_day started_on) {
  std::map<int, PlannedVisit> visits;
  for (const auto& item : schedule.items) {
    for (const auto& span : item.spans) {
      for (int month = span.from; month <= std::min(span.to, schedule.months);
           month += std::max(span.every, 1)) {
        auto& items = visits[month].items;
        if (std::find(items.begin(), items.end(), &item) != items.end()) continue;
        items.insert(item.name == "visit" ? items.begin() : items.end(), &item);
      }
    }
  }
  std::vector<PlannedVisit> planned;
  planned.reserve(visits.size());
  for (auto& [month, visit] : visits) {
    visit.month = month;
    visit.due = after_months(started_on, month);
    planned.push_back(std::move(visit));
  }
  return planned;
}

std::string_view to_text(VisitState state) {
  for (const auto& [known, word] : visit_states) {
    if (known == state) return word;
  }
  return "";
}

std::optional<VisitState> parse_visit_state(std::string_view text) {
  for (const auto& [state, word] : visit_states) {
    if (word == text) return state;
  }
  return std::nullopt;
}

std::vector<ExpectedVisit> expected_visits(const Schedule& schedule, Day started_on,
                                           const std::vector<Day>& told,
                                           std::optional<Day> ended_on, Day on) {
  const auto planned = planned_visits(schedule, started_on);
  const auto told_by = reports_of(planned, told, schedule.window_days);
  const bool ended = ended_on && *ended_on <= on;
  std::vector<ExpectedVisit> expected;
  bool next_given = false;
  for (std::size_t i = 0; i < planned.size(); ++i) {
    ExpectedVisit visit{planned[i].due, planned[i].month, VisitState::reported, 0, told_by[i]};
    if (!visit.told_by) {
      if (ended) continue;
      visit.state = state_on(planned[i].due, schedule.grace_days, on);
      if (visit.state == VisitState::next && std::exchange(next_given, true)) continue;
    }
    if (visit.state == VisitState::late) visit.late_days = days_between(visit.due, on);
    expected.push_back(visit);
  }
  return expected;
}

std::optional<Day> planned_for(const Schedule& schedule, Day started_on, Day visit) {
  const auto planned = planned_visits(schedule, started_on);
  const auto at = nearest(planned, visit, schedule.window_days);
  return at ? std::optional(planned[*at].due) : std::nullopt;
}

bool ends_pathway(const Definition& definition, std::string_view flag) {
  const auto set = std::ranges::find(definition.rules, flag, &RuleSetting::flag);
  if (set != definition.rules.end() && set->ends_pathway) return *set->ends_pathway;
  return std::ranges::find(exits, flag) != std::end(exits);
}

Day day_in_japan(std::chrono::sys_seconds time) {
  return std::chrono::floor<std::chrono::days>(time + std::chrono::hours{9});
}

}  // namespace forms
