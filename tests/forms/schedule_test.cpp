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

// --- what should have come -------------------------------------------------------------------

/// Every 3 months for a year from 2026-01-10: due 04-10, 07-10, 10-10 and 2027-01-10.
forms::Schedule quarterly() {
  auto plan = schedule({{"visit", {}, {{3, 12, 3}}}}, 12);
  plan.grace_days = 30;
  plan.window_days = 45;
  return plan;
}
constexpr year_month_day start = 2026y / 1 / 10;

std::string words(const std::vector<forms::ExpectedVisit>& visits) {
  std::string text;
  for (const auto& visit : visits) {
    text += (text.empty() ? "" : " ") + std::to_string(visit.month) + ":" +
            std::string(forms::to_text(visit.state));
    if (visit.late_days > 0) text += "(" + std::to_string(visit.late_days) + ")";
  }
  return text;
}

struct Expected {
  std::string name;
  std::vector<year_month_day> told;
  std::optional<year_month_day> ended;
  year_month_day on;
  std::string visits;
};

class ExpectedVisits : public testing::TestWithParam<Expected> {};

TEST_P(ExpectedVisits, AreLateDueNextOrReported) {
  const auto& [name, told, ended, on, expected] = GetParam();
  EXPECT_EQ(words(forms::expected_visits(quarterly(), start, told, ended, on)), expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ExpectedVisits,
    testing::Values(
        Expected{"BeforeTheFirst", {}, {}, 2026y / 2 / 1, "3:next"},
        Expected{"OnTheDay", {}, {}, 2026y / 4 / 10, "3:due 6:next"},
        Expected{"LastDayOfGrace", {}, {}, 2026y / 5 / 10, "3:due 6:next"},
        Expected{"BeyondGrace", {}, {}, 2026y / 5 / 11, "3:late(31) 6:next"},
        Expected{
            "OneOfTwoReported", {2026y / 4 / 8}, {}, 2026y / 9 / 1, "3:reported 6:late(53) 9:next"},
        Expected{"ReportedEarlyAndInWindow",
                 {2026y / 5 / 26},
                 {},
                 2026y / 6 / 1,
                 "3:late(52) 6:reported 9:next"},
        Expected{"LastDayOfWindow", {2026y / 5 / 25}, {}, 2026y / 6 / 1, "3:reported 6:next"},
        Expected{"OutsideEveryWindow", {2026y / 1 / 20}, {}, 2026y / 6 / 1, "3:late(52) 6:next"},
        Expected{"TwoForOneVisit",
                 {2026y / 4 / 8, 2026y / 4 / 12},
                 {},
                 2026y / 5 / 1,
                 "3:reported 6:next"},
        Expected{"AfterTheLast",
                 {},
                 {},
                 2027y / 6 / 1,
                 "3:late(417) 6:late(326) 9:late(234) 12:late(142)"},
        Expected{"EndedOwesNothing", {2026y / 4 / 8}, 2026y / 6 / 1, 2026y / 12 / 1, "3:reported"},
        Expected{"EndsThatDay", {}, 2026y / 6 / 1, 2026y / 6 / 1, ""},
        Expected{"NotEndedYetThen", {}, 2026y / 6 / 1, 2026y / 5 / 31, "3:late(51) 6:next"}),
    [](const auto& one) { return one.param.name; });

TEST(ExpectedVisits, SayWhatToldOfThem) {
  const auto visits = forms::expected_visits(quarterly(), start, {2026y / 1 / 11, 2026y / 7 / 9},
                                             {}, 2026y / 8 / 1);
  ASSERT_EQ(words(visits), "3:late(113) 6:reported 9:next");
  EXPECT_EQ(visits[1].told_by, 1U);
}

TEST(PlannedFor, IsTheNearestInItsWindow) {
  EXPECT_EQ(forms::planned_for(quarterly(), start, 2026y / 5 / 20), 2026y / 4 / 10);
  EXPECT_EQ(forms::planned_for(quarterly(), start, 2026y / 6 / 20), 2026y / 7 / 10);
  EXPECT_EQ(forms::planned_for(quarterly(), start, 2026y / 1 / 20), std::nullopt);
}

TEST(EndsPathway, IsAsTheDefinitionSays) {
  forms::Definition definition;
  for (const auto* exit : {"death", "recurrence", "five-year-survival", "other-exit"})
    EXPECT_TRUE(forms::ends_pathway(definition, exit)) << exit;
  for (const auto* other : {"recurrence-suspected", "possible-deviation", "mention", "", "exit"})
    EXPECT_FALSE(forms::ends_pathway(definition, other)) << other;
  definition.rules = {{"recurrence", "urgent", {}, true, false},
                      {"marker-rising", "urgent", {}, true, true},
                      {"death", "urgent", {}, true, std::nullopt}};
  EXPECT_FALSE(forms::ends_pathway(definition, "recurrence"));
  EXPECT_TRUE(forms::ends_pathway(definition, "marker-rising"));
  EXPECT_TRUE(forms::ends_pathway(definition, "death"));
}

TEST(DayInJapan, IsNineHoursAhead) {
  EXPECT_EQ(forms::day_in_japan(std::chrono::sys_days(2026y / 11 / 22) + 14h + 59min),
            year_month_day(2026y / 11 / 22));
  EXPECT_EQ(forms::day_in_japan(std::chrono::sys_days(2026y / 11 / 22) + 15h),
            year_month_day(2026y / 11 / 23));
}

}  // namespace
