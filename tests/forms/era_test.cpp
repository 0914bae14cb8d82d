#include "forms/era.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using forms::Date;

struct Case {
  const char* era;
  int year;
  unsigned month, day;
  std::optional<Date> is;
};

TEST(Era, DaysThatThereWereAndDaysThatThereWereNot) {
  const std::optional<Date> none;
  const Case cases[] = {
      {"meiji", 45, 7, 30, 1912y / 7 / 30},  // the day of change has two names
      {"taisho", 1, 7, 30, 1912y / 7 / 30},
      {"meiji", 45, 7, 31, none},
      {"taisho", 1, 7, 29, none},
      {"taisho", 15, 12, 25, 1926y / 12 / 25},
      {"showa", 1, 12, 25, 1926y / 12 / 25},
      {"taisho", 15, 12, 26, none},
      {"showa", 1, 12, 24, none},
      {"showa", 64, 1, 7, 1989y / 1 / 7},  // from here on an era begins at midnight
      {"showa", 64, 1, 8, none},
      {"heisei", 1, 1, 7, none},
      {"heisei", 1, 1, 8, 1989y / 1 / 8},
      {"heisei", 31, 4, 30, 2019y / 4 / 30},
      {"heisei", 31, 5, 1, none},
      {"heisei", 32, 1, 1, none},
      {"reiwa", 1, 4, 30, none},
      {"reiwa", 1, 5, 1, 2019y / 5 / 1},
      {"reiwa", 8, 11, 22, 2026y / 11 / 22},
      {"showa", 55, 2, 29, 1980y / 2 / 29},
      {"showa", 56, 2, 29, none},
      {"showa", 30, 13, 1, none},
      {"showa", 30, 4, 31, none},
      {"showa", 30, 0, 1, none},
      {"showa", 30, 1, 0, none},
      {"showa", 0, 1, 1, none},
      {"showa", -3, 1, 1, none},
      {"keio", 3, 1, 1, none},
      {"", 3, 1, 1, none},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(forms::from_era(each.era, each.year, each.month, each.day), each.is)
        << each.era << each.year << '-' << each.month << '-' << each.day;
  }
}

TEST(Era, OldPaperCountsOnButOnlyBeyondItsEnd) {
  EXPECT_EQ(forms::from_overrun_era("heisei", 32, 6, 1), Date(2020y / 6 / 1));
  EXPECT_EQ(forms::from_overrun_era("heisei", 31, 5, 1), Date(2019y / 5 / 1));
  EXPECT_EQ(forms::from_overrun_era("showa", 65, 1, 1), Date(1990y / 1 / 1));
  EXPECT_EQ(forms::from_overrun_era("heisei", 31, 4, 30), std::nullopt);
  EXPECT_EQ(forms::from_overrun_era("heisei", 32, 2, 30), std::nullopt);
}

TEST(Era, ADayOfChangeHasTwoNames) {
  const auto names = [](Date date) {
    std::string all;
    for (const auto& each : forms::eras_of(date)) all += each.era + std::to_string(each.year) + ' ';
    return all;
  };
  EXPECT_EQ(names(1912y / 7 / 30), "meiji45 taisho1 ");
  EXPECT_EQ(names(1926y / 12 / 25), "taisho15 showa1 ");
  EXPECT_EQ(names(1989y / 1 / 7), "showa64 ");
  EXPECT_EQ(names(1989y / 1 / 8), "heisei1 ");
  EXPECT_EQ(names(2019y / 5 / 1), "reiwa1 ");
  EXPECT_EQ(names(1850y / 1 / 1), "");
}

TEST(Era, EveryDayComesBackFromItsName) {
  for (std::chrono::sys_days day = 1900y / 1 / 1; day < std::chrono::sys_days{2030y / 1 / 1};
       day += std::chrono::days{1}) {
    const Date date{day};
    ASSERT_FALSE(forms::eras_of(date).empty());
    for (const auto& named : forms::eras_of(date)) {
      ASSERT_EQ(forms::from_era(named.era, named.year, static_cast<unsigned>(date.month()),
                                static_cast<unsigned>(date.day())),
                date);
    }
  }
}

TEST(Era, AsAClerkWritesIt) {
  EXPECT_EQ(forms::japanese_date(2026y / 11 / 22), "令和8年11月22日");
  EXPECT_EQ(forms::japanese_date(2019y / 5 / 1), "令和元年5月1日");
  EXPECT_EQ(forms::japanese_date(1926y / 12 / 25), "昭和元年12月25日");
  EXPECT_EQ(forms::japanese_date(1989y / 1 / 7), "昭和64年1月7日");
  EXPECT_EQ(forms::japanese_date(1850y / 1 / 2), "1850年1月2日");
}

}  // namespace
