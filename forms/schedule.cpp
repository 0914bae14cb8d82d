#include "forms/schedule.hpp"

#include <algorithm>
#include <map>

namespace forms {
namespace {

std::chrono::year_month_day after_months(std::chrono::year_month_day start, int months) {
  const auto day = start + std::chrono::months(months);
  if (day.ok()) return day;
  return std::chrono::year_month_day(day.year() / day.month() / std::chrono::last);
}

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

}  // namespace forms
