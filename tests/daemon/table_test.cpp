#include "daemon/cli/table.hpp"

#include <sstream>

#include <gtest/gtest.h>

#include "daemon/cli/cli.hpp"
#include "daemon/cli/dates.hpp"

namespace {

using cli::display_width;
using cli::fit;

TEST(Table, JapaneseTakesTwoColumnsACharacter) {
  const std::pair<const char*, std::size_t> cases[] = {
      {"", 0}, {"abc", 3}, {"見本", 4}, {"ミホン", 6}, {"ﾐﾎﾝ", 3}, {"見a本", 5}, {"\xff", 1}};
  for (const auto& [text, width] : cases) EXPECT_EQ(display_width(text), width) << text;
}

TEST(Table, CutsWithoutBreakingACharacter) {
  EXPECT_EQ(fit("見本太郎", 8), "見本太郎");
  EXPECT_EQ(fit("見本太郎", 7), "見本太…");
  EXPECT_EQ(fit("見本太郎", 6), "見本…");
  EXPECT_EQ(fit("abcdef", 4), "abc…");
}

TEST(Table, ControlCharactersReachNoTerminal) {
  EXPECT_EQ(fit("a\x1b[31mb\n", 20), "a[31mb");
}

TEST(Table, FitsAHundredColumns) {
  const std::string name(80, 'n');
  const auto text = cli::table({"A", "B", "C"}, {{name, "見本市立がんセンター地域医療連携室", "x"},
                                                 {"short", std::string(60, 'b'), "y"}});
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 100U) << line;
}

TEST(Dates, GoodAndBad) {
  using namespace std::chrono;
  EXPECT_EQ(cli::parse_date("2026-11-22", "--visit"), 2026y / November / 22d);
  for (const char* bad : {"", "2026-13-01", "2026-02-30", "2026-1-1", "26-11-22", "2026-11-22x"}) {
    EXPECT_THROW(static_cast<void>(cli::parse_date(bad, "--visit")), cli::WrongInput) << bad;
  }
  EXPECT_EQ(cli::parse_time("2026-11-22T08:30:00Z", "--since"),
            sys_days(2026y / November / 22d) + 8h + 30min);
  EXPECT_EQ(cli::parse_time("2026-11-22", "--since"), sys_days(2026y / November / 22d) - 9h);
  EXPECT_EQ(cli::parse_time("2026-11-22", "--since"),
            cli::parse_time("2026-11-21T15:00:00Z", "--since"));
  for (const char* bad : {"2026-11-22T08:30:00", "2026-11-22T24:00:00Z", "2026-11-22 08:30"}) {
    EXPECT_THROW(static_cast<void>(cli::parse_time(bad, "--since")), cli::WrongInput) << bad;
  }
}

}  // namespace
