#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace exchange {

/// One field, unquoted, with where it begins: line and column count from 1, columns in characters.
struct Cell {
  std::string text;
  int line = 1;
  int column = 1;
};

struct TableFault {
  int line = 1;
  int column = 1;
  std::string what;
};

struct Table {
  std::vector<std::vector<Cell>> rows;  ///< the header first; no empty lines
  std::vector<TableFault> faults;       ///< the file cannot be read beyond the first
};

/// RFC 4180, in UTF-8.
[[nodiscard]] Table parse_table(std::string_view content);

}  // namespace exchange
