#include "daemon/cli/dates.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include <fmt/format.h>

#include "daemon/cli/cli.hpp"

namespace cli {
namespace {

using std::chrono::sys_days;

[[noreturn]] void fail(const std::string& text, const std::string& where, const char* expected) {
  throw WrongInput(fmt::format("{}: '{}' is no {}", where, text, expected));
}

}  // namespace

std::chrono::year_month_day parse_date(const std::string& text, const std::string& where) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int end = 0;
  constexpr const char* expected = "date like 2026-11-22";
  if (text.size() != 10 ||
      std::sscanf(text.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &end) != 3 || end != 10) {
    fail(text, where, expected);
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) fail(text, where, expected);
  return date;
}

std::chrono::sys_seconds parse_time(const std::string& text, const std::string& where) {
  constexpr const char* expected = "time like 2026-11-22 or 2026-11-22T08:00:00Z";
  constexpr auto japan_ahead = std::chrono::hours(9);  // all year
  if (text.size() == 10) return sys_days(parse_date(text, where)) - japan_ahead;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int end = 0;
  if (text.size() != 20 ||
      std::sscanf(text.c_str() + 10, "T%2d:%2d:%2dZ%n", &hour, &minute, &second, &end) != 3 ||
      end != 10 || hour > 23 || minute > 59 || second > 59) {
    fail(text, where, expected);
  }
  return sys_days(parse_date(text.substr(0, 10), where)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

std::string local_time(std::chrono::sys_seconds time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &parts);
  return text.data();
}

}  // namespace cli
