#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

/// What has become of a planned visit's report.
enum class VisitState : std::uint8_t {
  reported,
  late,  ///< beyond its grace
  due,   ///< its day has come, its grace is not over
  next,  ///< the first one that is still to come
};

[[nodiscard]] std::string_view to_text(VisitState state);
[[nodiscard]] std::optional<VisitState> parse_visit_state(std::string_view text);

struct ExpectedVisit {
  std::chrono::year_month_day due;
  int month = 0;
  VisitState state = VisitState::next;
  int late_days = 0;                   ///< since its due day; 0 unless late
  std::optional<std::size_t> told_by;  ///< index into `told`, if reported
};

/// `told` are the days of the visits that the clinic has told of. Each counts for the planned visit
/// nearest to it, if that is not more than `window_days` away (of two as near, the earlier); for
/// one visit the first counts. A pathway that had ended by `on` owes nothing: only what was
/// reported is given. Later visits than the next are not given.
[[nodiscard]] std::vector<ExpectedVisit> expected_visits(
    const Schedule& schedule, std::chrono::year_month_day started_on,
    const std::vector<std::chrono::year_month_day>& told,
    std::optional<std::chrono::year_month_day> ended_on, std::chrono::year_month_day on);

/// The planned visit that a report on `visit` counts for, if any.
[[nodiscard]] std::optional<std::chrono::year_month_day> planned_for(
    const Schedule& schedule, std::chrono::year_month_day started_on,
    std::chrono::year_month_day visit);

/// Whether the pathway ends when a flag of this name is acknowledged: as the definition says, else
/// for death, recurrence, five-year-survival and other-exit.
[[nodiscard]] bool ends_pathway(const Definition& definition, std::string_view flag);

/// The day at the hospital and its clinics: Japan keeps UTC+9 all year.
[[nodiscard]] std::chrono::year_month_day day_in_japan(std::chrono::sys_seconds time);

}  // namespace forms
