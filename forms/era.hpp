#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "forms/filled_form.hpp"

/// Japanese eras since Meiji. `from_era`, `eras_of` and `japanese_date` stand in
/// `forms/filled_form.hpp`; here is what only the reading of dates needs.
namespace forms {

struct Era {
  std::string_view name;   ///< as in the definitions
  std::string_view kanji;  ///< as printed
  Date first;              ///< first and last day that carry this era's name
  Date last;
};

/// Oldest first. Up to Showa an era began on the very day that the old one ended, so that such a
/// day has two names and either is right; Heisei and Reiwa began at midnight. Sources: the imperial
/// rescripts of 1912-07-30 and 1926-12-25, the cabinet orders of 1989-01-07 and 2019-04-01.
[[nodiscard]] const std::array<Era, 5>& all_eras();
[[nodiscard]] const Era* find_era(std::string_view name);

/// Old paper offers no Reiwa, and clinics go on counting: 平成32 is 令和2. The day that is meant if
/// the era had never ended. Never to be taken for a fact: nothing if the era had not ended yet.
[[nodiscard]] std::optional<Date> from_overrun_era(std::string_view era, int year, unsigned month,
                                                   unsigned day);

}  // namespace forms
