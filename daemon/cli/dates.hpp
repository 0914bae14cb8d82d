#pragma once

#include <chrono>
#include <string>

namespace cli {

/// "2026-11-22". Throws WrongInput that names `where`.
[[nodiscard]] std::chrono::year_month_day parse_date(const std::string& text,
                                                     const std::string& where);
/// "2026-11-22" (its midnight in Japan, whose days all lists and rules count by) or
/// "2026-11-22T08:00:00Z". Throws WrongInput that names `where`.
[[nodiscard]] std::chrono::sys_seconds parse_time(const std::string& text,
                                                  const std::string& where);
/// For tables: "2026-11-22 17:00", the machine's own time zone.
[[nodiscard]] std::string local_time(std::chrono::sys_seconds time);

}  // namespace cli
