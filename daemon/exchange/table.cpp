#include "daemon/exchange/table.hpp"

#include <cstdint>
#include <optional>

namespace exchange {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Bytes of the character that begins `text`; 0 if it is not UTF-8 (overlong and surrogates are
/// not).
std::size_t character_length(std::string_view text) {
  const auto at = [&](std::size_t i) -> std::uint32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  std::uint32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
    code = (code << 6) | (at(i) & 0x3F);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < least[length] || code > 0x10FFFF || surrogate ? 0 : length;
}

/// Walks the file character by character and knows where it is.
class Walk {
public:
  explicit Walk(std::string_view content) : rest_(content) {
    if (rest_.starts_with(byte_order_mark)) rest_.remove_prefix(byte_order_mark.size());
  }

  [[nodiscard]] bool over() const { return rest_.empty(); }
  [[nodiscard]] bool at(char c) const { return !rest_.empty() && rest_.front() == c; }
  [[nodiscard]] bool at_line_end() const { return at('\n') || rest_.starts_with("\r\n"); }
  [[nodiscard]] int line() const { return line_; }
  [[nodiscard]] int column() const { return column_; }

  /// The next character; empty if it is none.
  std::string_view take() {
    const auto length = character_length(rest_);
    const auto taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    if (taken == "\n") {
      ++line_;
      column_ = 1;
    } else {
      ++column_;
    }
    return taken;
  }

  void take_line_end() {
    if (at('\r')) take();
    take();
  }

private:
  std::string_view rest_;
  int line_ = 1;
  int column_ = 1;
};

class TableParser {
public:
  explicit TableParser(std::string_view content) : walk_(content) {}

  Table parse() {
    while (!walk_.over() && table_.faults.empty()) {
      if (walk_.at_line_end()) {
        walk_.take_line_end();
      } else {
        row();
      }
    }
    return std::move(table_);
  }

private:
  void row() {
    auto& cells = table_.rows.emplace_back();
    while (true) {
      auto cell = walk_.at('"') ? quoted() : plain();
      if (!cell) return;
      cells.push_back(std::move(*cell));
      if (!walk_.at(',')) break;
      walk_.take();
    }
    if (!walk_.over()) walk_.take_line_end();
  }

  std::optional<Cell> plain() {
    Cell cell{{}, walk_.line(), walk_.column()};
    while (!walk_.over() && !walk_.at(',') && !walk_.at_line_end()) {
      if (walk_.at('"'))
        return fault("a quotation mark only around a whole field, and doubled inside it");
      if (!take_into(cell, false)) return std::nullopt;
    }
    return cell;
  }

  std::optional<Cell> quoted() {
    Cell cell{{}, walk_.line(), walk_.column()};
    walk_.take();
    while (true) {
      if (walk_.over()) {
        table_.faults.push_back(
            {cell.line, cell.column, "expected a closing quotation mark for this field"});
        return std::nullopt;
      }
      if (walk_.at('"')) {
        walk_.take();
        if (!walk_.at('"')) break;
      }
      if (!take_into(cell, true)) return std::nullopt;
    }
    if (!walk_.over() && !walk_.at(',') && !walk_.at_line_end()) {
      return fault("a comma or the end of the line after the closing quotation mark");
    }
    return cell;
  }

  bool take_into(Cell& cell, bool lines_allowed) {
    const int line = walk_.line();
    const int column = walk_.column();
    const auto taken = walk_.take();
    if (taken.empty()) {
      table_.faults.push_back({line, column, "expected UTF-8; save the file as \"CSV UTF-8\""});
      return false;
    }
    const auto byte = static_cast<unsigned char>(taken.front());
    const bool line_end = taken == "\n" || taken == "\r";
    if ((byte < 0x20 && taken != "\t" && !(lines_allowed && line_end)) || byte == 0x7F) {
      table_.faults.push_back({line, column, "expected text, found a control character"});
      return false;
    }
    cell.text += taken;
    return true;
  }

  std::optional<Cell> fault(const std::string& expected) {
    table_.faults.push_back({walk_.line(), walk_.column(), "expected " + expected});
    return std::nullopt;
  }

  Walk walk_;
  Table table_;
};

}  // namespace

Table parse_table(std::string_view content) {
  return TableParser(content).parse();
}

}  // namespace exchange
