#include "ocr/streaks.hpp"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace ocr {
namespace {

constexpr double band_mm = 10;
constexpr double shortest_mm = 40;
constexpr double widest_mm = 0.6;
constexpr double dark_share = 0.5;  ///< streaks have gaps
constexpr int row_step = 2;         ///< every second row tells as much as all

/// Share of ink in each column of each band of rows.
class Columns {
public:
  Columns(const Sheet& sheet, int height) {
    const cv::Mat& ink = sheet.ink;
    for (int top = 0; top + height <= ink.rows; top += height) {
      const cv::Mat every(height / row_step, ink.cols, CV_8U,
                          const_cast<std::uint8_t*>(ink.ptr<std::uint8_t>(top)),
                          ink.step[0] * row_step);
      cv::Mat sum;
      cv::reduce(every, sum, 0, cv::REDUCE_AVG, CV_32F);
      bands_.push_back(sum);
    }
  }

  [[nodiscard]] int bands() const { return static_cast<int>(bands_.size()); }
  [[nodiscard]] int columns() const { return bands_.empty() ? 0 : bands_.front().cols; }
  [[nodiscard]] double share(int band, int column) const {
    if (column < 0 || column >= columns()) return 0;
    return bands_[static_cast<std::size_t>(band)].at<float>(0, column) / 255;
  }

private:
  std::vector<cv::Mat> bands_;
};

/// Where the form prints lines down the page.
class Printed {
public:
  Printed(const Placement& placement, const PageLayout& layout) {
    for (const Rule& rule : layout.rules) {
      const cv::Point2d from = placement.at(rule.from);
      const cv::Point2d to = placement.at(rule.to);
      if (std::abs(to.y - from.y) > std::abs(to.x - from.x)) lines_.emplace_back(from, to);
    }
    slack_ = 0.5 * scale_of(placement.affine).x;
  }

  [[nodiscard]] bool near(int column, double top, double bottom) const {
    return std::ranges::any_of(lines_, [&](const auto& line) {
      const auto& [from, to] = line;
      if (std::max(from.y, to.y) < top || std::min(from.y, to.y) > bottom) return false;
      const double low = std::min(from.x, to.x) - slack_;
      const double high = std::max(from.x, to.x) + slack_;
      return column >= low && column <= high;
    });
  }

private:
  std::vector<std::pair<cv::Point2d, cv::Point2d>> lines_;
  double slack_ = 4;
};

/// Dark here, light a little to both sides.
bool thin_line(const Columns& columns, int band, int column, int beside) {
  const double here = columns.share(band, column);
  return here > dark_share && columns.share(band, column - beside) < 0.4 * here &&
         columns.share(band, column + beside) < 0.4 * here;
}

/// Takes out the run of ink at `column` of a row, if it is no wider than a streak.
void erase_run(std::uint8_t* row, int columns, int column, int widest) {
  if (row[column] == 0) return;
  int low = column;
  int high = column;
  while (low > 0 && row[low - 1] != 0 && high - low < widest) --low;
  while (high + 1 < columns && row[high + 1] != 0 && high - low < widest) ++high;
  if (high - low + 1 > widest) return;
  std::fill(row + low, row + high + 1, std::uint8_t{0});
}

}  // namespace

std::vector<Streak> find_streaks(const Sheet& sheet, const Placement& placement,
                                 const PageLayout& layout) {
  const int height =
      std::max(row_step, static_cast<int>(band_mm * sheet.px_per_mm_y) / row_step * row_step);
  const int beside = std::max(2, static_cast<int>(std::lround(widest_mm * sheet.px_per_mm_x)));
  const Columns columns(sheet, height);
  const Printed printed(placement, layout);
  const int shortest = static_cast<int>(std::ceil(shortest_mm / band_mm));
  std::vector<Streak> streaks;
  for (int column = 0; column < columns.columns(); ++column) {
    int first = -1;
    int last = -1;
    int dark = 0;
    for (int band = 0; band < columns.bands(); ++band) {
      if (!thin_line(columns, band, column, beside)) continue;
      if (printed.near(column, band * height, (band + 1) * height)) continue;
      if (first < 0) first = band;
      last = band;
      ++dark;
    }
    // Some bands are hidden by print that the streak runs through.
    if (dark < shortest || 2 * dark < last - first + 1) continue;
    streaks.push_back(
        {column, std::max(0, (first - 1) * height), std::min(sheet.ink.rows, (last + 2) * height)});
  }
  return streaks;
}

void erase_streaks(Sheet& sheet, const std::vector<Streak>& streaks) {
  const int widest = std::max(2, static_cast<int>(std::lround(0.45 * sheet.px_per_mm_x)));
  for (const Streak& streak : streaks) {
    for (int y = streak.first_row; y < streak.last_row; ++y) {
      erase_run(sheet.ink.ptr<std::uint8_t>(y), sheet.ink.cols, streak.column, widest);
    }
  }
}

}  // namespace ocr
