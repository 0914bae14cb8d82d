#include <algorithm>
#include <cmath>
#include <vector>

#include "ocr/text.hpp"

namespace ocr {
namespace {

/// A run of rows or columns that hold ink.
struct Run {
  int begin = 0;
  int end = 0;  ///< beyond
  [[nodiscard]] int size() const { return end - begin; }
};

bool is_ink(std::uint8_t grey) {
  return grey < 128;
}

/// Runs of positions with at least `least` ink.
std::vector<Run> runs_of(const std::vector<int>& ink, int least) {
  std::vector<Run> runs;
  for (int i = 0; i < static_cast<int>(ink.size()); ++i) {
    if (ink[static_cast<std::size_t>(i)] < least) continue;
    if (!runs.empty() && runs.back().end == i) {
      runs.back().end = i + 1;
    } else {
      runs.push_back({i, i + 1});
    }
  }
  return runs;
}

std::vector<int> ink_of_rows(GreyView crop) {
  std::vector<int> ink(static_cast<std::size_t>(crop.height), 0);
  for (int y = 0; y < crop.height; ++y) {
    ink[static_cast<std::size_t>(y)] =
        static_cast<int>(std::count_if(crop.row(y), crop.row(y) + crop.width, is_ink));
  }
  return ink;
}

std::vector<int> ink_of_columns(GreyView line) {
  std::vector<int> ink(static_cast<std::size_t>(line.width), 0);
  for (int y = 0; y < line.height; ++y) {
    const auto* row = line.row(y);
    for (std::size_t x = 0; x < ink.size(); ++x) ink[x] += is_ink(row[x]) ? 1 : 0;
  }
  return ink;
}

/// The value below which `share` of the values lie.
double quantile(std::vector<double> values, double share) {
  const auto at =
      static_cast<std::ptrdiff_t>(std::lround(share * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

double middle(const std::vector<double>& values) {
  return quantile(values, 0.5);
}

/// Median distance from the median: what odd glyphs (、 ー 一) leave alone.
double spread(const std::vector<double>& values) {
  const double centre = middle(values);
  std::vector<double> away;
  away.reserve(values.size());
  for (const double value : values) away.push_back(std::abs(value - centre));
  return middle(away);
}

/// Upper and lower ends of the signs of a line, which are parted by columns without ink; in mm.
struct Signs {
  std::vector<double> tops;
  std::vector<double> bottoms;
};

Signs signs_of(GreyView line, double mm_per_row) {
  constexpr double speck_mm = 0.6;
  Signs signs;
  for (const Run& run : runs_of(ink_of_columns(line), 1)) {
    const auto rows = runs_of(ink_of_rows(line.crop(run.begin, 0, run.size(), line.height)), 1);
    if (rows.empty()) continue;
    const double top = rows.front().begin * mm_per_row;
    const double bottom = rows.back().end * mm_per_row;
    if (bottom - top < speck_mm) continue;
    signs.tops.push_back(top);
    signs.bottoms.push_back(bottom);
  }
  return signs;
}

/// Type fills its line from top to bottom and stands on it. Measured on forms filled by faxsim at
/// all qualities: half of all typed signs are at least 0.83 of their line high and end within
/// 0.17 mm of each other; of handwritten ones 0.5 to 0.75, within 0.3 to 0.8 mm.
bool is_set_in_type(const Signs& signs) {
  const double top = quantile(signs.tops, 0.05);
  const double line = quantile(signs.bottoms, 0.95) - top;
  if (line < 1.4 || line > 6.5) return false;  // 4 to 18 points
  std::vector<double> heights;
  for (std::size_t i = 0; i < signs.tops.size(); ++i) {
    heights.push_back(signs.bottoms[i] - signs.tops[i]);
  }
  return middle(heights) >= 0.78 * line && spread(signs.bottoms) <= std::max(0.2, 0.05 * line) &&
         spread(signs.tops) <= std::max(0.4, 0.1 * line);
}

}  // namespace

bool looks_typed(GreyView crop, double dpi_x, double dpi_y) {
  if (crop.empty() || !(dpi_x > 0 && dpi_y > 0)) return false;
  const double mm_per_row = 25.4 / dpi_y;
  std::size_t all = 0;
  std::size_t typed = 0;
  // A row with less ink than a thin stroke for every 60 mm is between two lines.
  const int least = std::max(1, static_cast<int>(crop.width / dpi_x * 25.4 / 60));
  for (const Run& run : runs_of(ink_of_rows(crop), least)) {
    const auto signs = signs_of(crop.crop(0, run.begin, crop.width, run.size()), mm_per_row);
    const std::size_t count = signs.tops.size();
    all += count;
    // Two or three signs are even by chance.
    if (count >= 4 && is_set_in_type(signs)) typed += count;
  }
  return typed >= 4 && typed * 4 >= all * 3;
}

}  // namespace ocr
