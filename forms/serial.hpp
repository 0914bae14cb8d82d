#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace forms {

/// The number of one printed form, the only link to a pathway. 45 random bits;
/// on paper ten characters in two groups, `7K2QX-9HD4M`: nine of base 32
/// (0-9 A-Z without I L O U) and one that checks them.
struct Serial {
  std::uint64_t number = 0;  ///< below 2^45
  friend auto operator<=>(const Serial&, const Serial&) = default;
};

inline constexpr std::uint64_t serial_limit = std::uint64_t{1} << 45;

[[nodiscard]] std::string to_text(Serial serial);

/// Takes what a clerk types: lower case, spaces, missing hyphen, O for 0, I and L for 1.
/// None if a character or the check is wrong.
[[nodiscard]] std::optional<Serial> parse_serial(std::string_view text);

}  // namespace forms
