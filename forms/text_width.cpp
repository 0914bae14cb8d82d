#include "forms/text_width.hpp"

#include <algorithm>
#include <array>

namespace forms {
namespace {

// IPAexGothic 004.01, U+0020 to U+007E, thousandths of an em.
constexpr std::array<int, 95> latin{
    270, 298, 338, 630, 630, 850, 695, 193, 333, 333, 370, 678, 264, 358, 264, 500, 630, 630, 630,
    630, 630, 630, 630, 630, 630, 630, 320, 320, 678, 678, 678, 551, 894, 637, 659, 725, 757, 595,
    572, 753, 750, 289, 380, 646, 526, 902, 760, 797, 621, 797, 648, 585, 599, 747, 637, 928, 686,
    619, 642, 300, 500, 300, 500, 500, 500, 550, 624, 544, 624, 569, 306, 555, 607, 270, 270, 518,
    270, 871, 604, 604, 621, 622, 370, 462, 346, 604, 486, 752, 489, 492, 473, 329, 200, 329, 500};

std::size_t length_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xE0) return 2;
  return first < 0xF0 ? 3 : 4;
}

int thousandths(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (first >= 0x20 && first < 0x7F) return latin.at(first - 0x20U);
  // U+FF61 to U+FF9F: EF BD A1 to EF BE 9F
  if (character.size() == 3 && character >= "\xEF\xBD\xA1" && character <= "\xEF\xBE\x9F") {
    return 500;
  }
  return 1000;
}

}  // namespace

double text_width(std::string_view utf8, double size) {
  int sum = 0;
  while (!utf8.empty()) {
    const auto character = utf8.substr(0, length_of(static_cast<unsigned char>(utf8.front())));
    sum += thousandths(character);
    utf8.remove_prefix(character.size());
  }
  return sum * size / 1000;
}

namespace {

std::vector<std::string> filled_lines(std::string_view utf8, double size, double width) {
  std::vector<std::string> lines(1);
  while (!utf8.empty()) {
    // Latin letters stay together.
    std::size_t end = 0;
    do {
      end += length_of(static_cast<unsigned char>(utf8[end]));
    } while (end < utf8.size() && static_cast<unsigned char>(utf8[end - 1]) < 0x80 &&
             static_cast<unsigned char>(utf8[end]) < 0x80 && utf8[end] != ' ');
    const auto piece = utf8.substr(0, end);
    if (!lines.back().empty() && text_width(lines.back(), size) + text_width(piece, size) > width) {
      lines.emplace_back();
    }
    lines.back() += piece;
    utf8.remove_prefix(std::min(end, utf8.size()));
  }
  return lines;
}

}  // namespace

std::vector<std::string> wrapped(std::string_view utf8, double size, double width) {
  auto lines = filled_lines(utf8, size, width);
  // As many lines, but of like length: no last line of one character.
  while (true) {
    width -= size / 2;
    auto even = filled_lines(utf8, size, width);
    if (width <= 0 || even.size() != lines.size()) return lines;
    lines = std::move(even);
  }
}

}  // namespace forms
