#include "ocr/code_regions.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace ocr {
namespace {

constexpr double cell_mm = 1;
constexpr int window = 8;  ///< cells: half of the smallest code looked for
constexpr int margin = 7;  ///< cells around: the quiet zone, and the rim that no window lies in
/// Share of black in a window. Codes have about a half, heavy print a fifth.
constexpr double least_ink = 0.28;
constexpr double most_ink = 0.75;

/// Sums of darkness over all cells above and left of a corner.
class InkMap {
public:
  InkMap(GreyView page, double dpi_x, double dpi_y)
      : step_x_(dpi_x / 25.4 * cell_mm),
        step_y_(dpi_y / 25.4 * cell_mm),
        columns_(static_cast<int>(page.width / step_x_)),
        rows_(static_cast<int>(page.height / step_y_)) {
    if (columns_ < window || rows_ < window) {
      columns_ = rows_ = 0;
      return;
    }
    sums_.assign((static_cast<std::size_t>(columns_) + 1) * (static_cast<std::size_t>(rows_) + 1),
                 0);
    std::vector<std::uint32_t> darkness(static_cast<std::size_t>(page.width));
    for (int row = 0; row < rows_; ++row) add_row(page, row, darkness);
  }

  [[nodiscard]] int columns() const { return columns_; }
  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] int left_of(int column) const { return static_cast<int>(column * step_x_); }
  [[nodiscard]] int top_of(int row) const { return static_cast<int>(row * step_y_); }

  /// Share of black in the window whose top left cell it is.
  [[nodiscard]] double ink(int column, int row) const {
    const double sum = at(column + window, row + window) - at(column, row + window) -
                       at(column + window, row) + at(column, row);
    const double pixels = static_cast<double>(left_of(column + window) - left_of(column)) *
                          (top_of(row + window) - top_of(row));
    return pixels > 0 ? sum / (255 * pixels) : 0;
  }

private:
  [[nodiscard]] double at(int column, int row) const {
    return sums_[static_cast<std::size_t>(row) * (static_cast<std::size_t>(columns_) + 1) +
                 static_cast<std::size_t>(column)];
  }

  void add_row(GreyView page, int row, std::vector<std::uint32_t>& darkness) {
    std::fill(darkness.begin(), darkness.end(), 0U);
    for (int y = top_of(row); y < top_of(row + 1); ++y) {
      const auto* from = page.row(y);
      for (std::size_t x = 0; x < darkness.size(); ++x) darkness[x] += 255U - from[x];
    }
    const auto stride = static_cast<std::size_t>(columns_) + 1;
    double along = 0;
    for (int column = 0; column < columns_; ++column) {
      for (int x = left_of(column); x < left_of(column + 1); ++x) {
        along += darkness[static_cast<std::size_t>(x)];
      }
      const auto below =
          (static_cast<std::size_t>(row) + 1) * stride + static_cast<std::size_t>(column) + 1;
      sums_[below] = sums_[below - stride] + along;
    }
  }

  double step_x_;
  double step_y_;
  int columns_;
  int rows_;
  std::vector<double> sums_;
};

struct Cells {
  int left, top, right, bottom;  ///< right and bottom are beyond
};

/// Windows grown together where they touch.
std::vector<Cells> grey_patches(const InkMap& map) {
  const int columns = map.columns() - window + 1;
  const int rows = map.rows() - window + 1;
  std::vector<bool> grey(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows));
  const auto index = [columns](int column, int row) {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
           static_cast<std::size_t>(column);
  };
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      const double ink = map.ink(column, row);
      grey[index(column, row)] = ink >= least_ink && ink <= most_ink;
    }
  }
  std::vector<Cells> patches;
  std::vector<std::pair<int, int>> open;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      if (!grey[index(column, row)]) continue;
      Cells patch{column, row, column + window, row + window};
      open.assign(1, {column, row});
      grey[index(column, row)] = false;
      while (!open.empty()) {
        const auto [c, r] = open.back();
        open.pop_back();
        patch.left = std::min(patch.left, c);
        patch.right = std::max(patch.right, c + window);
        patch.top = std::min(patch.top, r);
        patch.bottom = std::max(patch.bottom, r + window);
        for (const auto& [nc, nr] :
             {std::pair(c - 1, r), std::pair(c + 1, r), std::pair(c, r - 1), std::pair(c, r + 1)}) {
          if (nc < 0 || nr < 0 || nc >= columns || nr >= rows || !grey[index(nc, nr)]) continue;
          grey[index(nc, nr)] = false;
          open.emplace_back(nc, nr);
        }
      }
      patches.push_back(patch);
    }
  }
  return patches;
}

}  // namespace

std::vector<PixelBox> code_regions(GreyView page, double dpi_x, double dpi_y) {
  if (page.empty() || !(dpi_x >= 40 && dpi_y >= 40)) return {};
  const InkMap map(page, dpi_x, dpi_y);
  if (map.columns() == 0) return {};
  std::vector<PixelBox> regions;
  double area = 0;
  for (const auto& patch : grey_patches(map)) {
    const int left = map.left_of(std::max(patch.left - margin, 0));
    const int top = map.top_of(std::max(patch.top - margin, 0));
    const int right = std::min(map.left_of(patch.right + margin), page.width);
    const int bottom = std::min(map.top_of(patch.bottom + margin), page.height);
    regions.push_back({left, top, right - left, bottom - top});
    area += static_cast<double>(right - left) * (bottom - top);
  }
  const double whole = static_cast<double>(page.width) * page.height;
  if (regions.size() > 16 || area > whole / 2) regions.clear();
  return regions;
}

}  // namespace ocr
