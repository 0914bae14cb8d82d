#pragma once

#include <chrono>
#include <vector>

#include "forms/definition.hpp"

namespace forms {

struct PlannedVisit {
  std::chrono::year_month_day due;
  int month = 0;                           ///< months since the start
  std::vector<const ScheduleItem*> items;  ///< what is due then, the visit itself first
};

/// Every visit that the schedule plans for a pathway begun on `started_on`, in order. A day that
/// the month lacks becomes its last day.
[[nodiscard]] std::vector<PlannedVisit> planned_visits(const Schedule& schedule,
                                                       std::chrono::year_month_day started_on);

}  // namespace forms
