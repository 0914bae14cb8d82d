#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

/// Inside of `forms/named.hpp`: dates as Japanese papers write them.
namespace forms {

/// Its first character and that behind its last.
struct DayInText {
  std::chrono::year_month_day date;
  std::size_t from = 0, to = 0;
};

/// 昭和25年3月5日, S25.3.5, 1950/03/05 and the like, in their order. `text`: width folded (NFKC),
/// without spaces.
[[nodiscard]] std::vector<DayInText> days_in(std::u32string_view text);

}  // namespace forms
