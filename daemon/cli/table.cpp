#include "daemon/cli/table.hpp"

#include <algorithm>
#include <clocale>
#include <cwchar>
#include <numeric>

#include <unistd.h>

namespace cli {
namespace {

struct Character {
  std::string_view bytes;
  std::size_t width;
};

/// C.UTF-8 is on every Debian machine; the operator's own locale may be anything.
locale_t utf8_locale() {
  static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

std::vector<Character> characters(std::string_view text) {
  const locale_t before = ::uselocale(utf8_locale());
  std::vector<Character> found;
  std::mbstate_t state{};
  for (std::size_t at = 0; at < text.size();) {
    wchar_t wide = 0;
    const auto length = std::mbrtowc(&wide, text.data() + at, text.size() - at, &state);
    const bool valid = length != static_cast<std::size_t>(-1) &&
                       length != static_cast<std::size_t>(-2) && length != 0;
    const int width = valid ? ::wcwidth(wide) : 1;
    if (!valid) state = {};
    const auto bytes = valid ? length : 1;
    // Control characters have no width and no business on a terminal.
    if (width >= 0) found.push_back({text.substr(at, bytes), static_cast<std::size_t>(width)});
    at += bytes;
  }
  ::uselocale(before);
  return found;
}

std::string padded(std::string_view text, std::size_t columns) {
  auto cell = fit(text, columns);
  cell.append(columns - std::min(columns, display_width(cell)), ' ');
  return cell;
}

/// The widest column gives way until the line fits; none below eight.
void shrink(std::vector<std::size_t>& widths, std::size_t columns) {
  const std::size_t gaps = 2 * (widths.size() - 1);
  while (std::accumulate(widths.begin(), widths.end(), gaps) > columns) {
    auto widest = std::ranges::max_element(widths);
    if (*widest <= 8) return;
    --*widest;
  }
}

std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string text;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const auto& cell = i < cells.size() ? cells[i] : std::string();
    text += (i == 0 ? "" : "  ") + padded(cell, widths[i]);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text + '\n';
}

}  // namespace

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  for (const auto& character : characters(utf8)) width += character.width;
  return width;
}

std::string fit(std::string_view utf8, std::size_t columns) {
  const auto all = characters(utf8);
  std::size_t width = 0;
  for (const auto& character : all) width += character.width;
  std::string text;
  if (width <= columns) {
    for (const auto& character : all) text += character.bytes;
    return text;
  }
  width = 0;
  for (const auto& character : all) {
    if (width + character.width > columns - std::min<std::size_t>(columns, 1)) break;
    text += character.bytes;
    width += character.width;
  }
  return text + "…";
}

std::size_t width_of_output() {
  return ::isatty(STDOUT_FILENO) == 1 ? 100 : any_width;
}

std::string table(const std::vector<std::string>& head,
                  const std::vector<std::vector<std::string>>& rows, std::size_t columns) {
  std::vector<std::size_t> widths;
  widths.reserve(head.size());
  for (const auto& title : head) widths.push_back(display_width(title));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < widths.size() && i < row.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  if (widths.empty()) return "";
  shrink(widths, columns);
  std::string text = line(head, widths);
  for (const auto& row : rows) text += line(row, widths);
  return text;
}

}  // namespace cli
