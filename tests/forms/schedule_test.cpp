#include "forms/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using std::chrono::year_month_day;

forms::Schedule schedule(std::vector<forms::ScheduleItem> items, int months = 60) {
  forms::Schedule schedule;
  schedule.months = months;
  schedule.items = std::move(items);
  return schedule;
}

std::vector<int> months(const std::vector<forms::PlannedVisit>& visits) {
  std::vector<int> months;
  months.reserve(visits.size());
  for (const auto& visit : visits) months.push_back(visit.month);
  return months;
}

TEST(Schedule, JoinsItsSpans) {
  const auto plan = schedule({{"visit", {}, {{3, 12, 3}, {18, 36, 6}}}});
  const auto visits = forms::planned_visits(plan, 2026y / 5 / 20);
  EXPECT_THAT(months(visits), testing::ElementsAre(3, 6, 9, 12, 18, 24, 30, 36));
  EXPECT_EQ(visits.front().due, year_month_day(2026y / 8 / 20));
  EXPECT_EQ(visits.back().due, year_month_day(2029y / 5 / 20));
}

TEST(Schedule, NamesTheVisitFirstAndNothingTwice) {
  const auto plan = schedule({{"cea", {}, {{6, 12, 6}, {12, 12, 1}}}, {"visit", {}, {{6, 18, 6}}}});
  const auto visits = forms::planned_visits(plan, 2026y / 1 / 1);
  ASSERT_EQ(visits.size(), 3U);
  for (const auto& visit : visits) EXPECT_EQ(visit.items.front()->name, "visit");
  EXPECT_EQ(visits[0].items.size(), 2U);
  EXPECT_EQ(visits[1].items.size(), 2U);
  EXPECT_EQ(visits[2].items.size(), 1U);
}

TEST(Schedule, EndsWithThePathway) {
  const auto plan = schedule({{"visit", {}, {{12, 120, 12}}}}, 60);
  EXPECT_THAT(months(forms::planned_visits(plan, 2026y / 1 / 1)),
              testing::ElementsAre(12, 24, 36, 48, 60));
}

TEST(Schedule, OfNothingPlansNothing) {
  EXPECT_TRUE(forms::planned_visits({}, 2026y / 1 / 1).empty());
}

struct Day {
  std::string name;
  year_month_day start;
  int month;
  year_month_day due;
};

class DueDay : public testing::TestWithParam<Day> {};

TEST_P(DueDay, IsInItsMonth) {
  const auto& [name, start, month, due] = GetParam();
  const auto plan = schedule({{"visit", {}, {{month, month, 1}}}});
  EXPECT_EQ(forms::planned_visits(plan, start).front().due, due);
}

INSTANTIATE_TEST_SUITE_P(Days, DueDay,
                         testing::Values(Day{"SameDay", 2026y / 5 / 20, 3, 2026y / 8 / 20},
                                         Day{"OverNewYear", 2026y / 11 / 30, 3, 2027y / 2 / 28},
                                         Day{"LeapDay", 2027y / 11 / 30, 3, 2028y / 2 / 29},
                                         Day{"AfterLeapDay", 2028y / 2 / 29, 12, 2029y / 2 / 28},
                                         Day{"ShortMonth", 2026y / 3 / 31, 3, 2026y / 6 / 30},
                                         Day{"December", 2026y / 9 / 15, 3, 2026y / 12 / 15},
                                         Day{"FiveYears", 2026y / 12 / 31, 60, 2031y / 12 / 31}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
