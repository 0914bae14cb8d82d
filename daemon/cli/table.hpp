#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// Columns a text takes on a terminal; East Asian wide characters take two.
[[nodiscard]] std::size_t display_width(std::string_view utf8);

/// At most so many columns; cut texts end in "…".
[[nodiscard]] std::string fit(std::string_view utf8, std::size_t columns);

inline constexpr std::size_t any_width = std::numeric_limits<std::size_t>::max();

/// 100 on a terminal; whoever reads from a file or a pipe gets every word whole.
[[nodiscard]] std::size_t width_of_output();

/// A plain table that fits 100 columns: columns are as wide as their widest cell, and the widest
/// give way first.
[[nodiscard]] std::string table(const std::vector<std::string>& head,
                                const std::vector<std::vector<std::string>>& rows,
                                std::size_t columns = 100);

}  // namespace cli
