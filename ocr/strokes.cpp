#include "ocr/strokes.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <opencv2/imgproc.hpp>

namespace ocr {
namespace {

constexpr double px_per_mm = 6;
constexpr double dot_mm2 = 0.25;  ///< of a photocopy's screen
constexpr double dot_mm = 1.1;    ///< longer is a pen's, or several dots that a lost row joined

bool inside(const cv::Rect& small, const cv::Rect& large) {
  return (small & large) == small;
}

/// Takes dust and print out of labels and patch, and numbers the rest anew.
void keep_strokes(Strokes& strokes, const cv::Mat& stats, const std::vector<cv::Rect>& print,
                  double smallest_mm2) {
  std::vector<int> number(static_cast<std::size_t>(stats.rows), 0);
  strokes.extents.assign(1, {});
  strokes.sizes.assign(1, 0);
  for (int i = 1; i < stats.rows; ++i) {
    const cv::Rect extent(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                          stats.at<int>(i, cv::CC_STAT_WIDTH),
                          stats.at<int>(i, cv::CC_STAT_HEIGHT));
    const int size = stats.at<int>(i, cv::CC_STAT_AREA);
    if (strokes.patch.mm2(size) < smallest_mm2) continue;
    if (strokes.screened &&
        std::max(extent.width, extent.height) < dot_mm * strokes.patch.px_per_mm) {
      continue;
    }
    if (std::ranges::any_of(print, [&](const cv::Rect& box) { return inside(extent, box); })) {
      continue;
    }
    number[static_cast<std::size_t>(i)] = static_cast<int>(strokes.sizes.size());
    strokes.extents.push_back(extent);
    strokes.sizes.push_back(size);
  }
  for (int y = 0; y < strokes.labels.rows; ++y) {
    int* labels = strokes.labels.ptr<int>(y);
    auto* ink = strokes.patch.ink.ptr<std::uint8_t>(y);
    for (int x = 0; x < strokes.labels.cols; ++x) {
      labels[x] = number[static_cast<std::size_t>(labels[x])];
      ink[x] = labels[x] != 0 ? 255 : 0;
    }
  }
}

/// Whether there are as many small pieces as on a photocopied grey area.
bool screened(const Patch& patch, const cv::Mat& stats, double largest_mm2) {
  int dots = 0;
  for (int i = 1; i < stats.rows; ++i) {
    if (patch.mm2(stats.at<int>(i, cv::CC_STAT_AREA)) < largest_mm2) ++dots;
  }
  return dots > 0.3 * patch.region.width * patch.region.height;
}

bool screened(const Patch& patch) {
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centres;
  cv::connectedComponentsWithStats(patch.ink, labels, stats, centres, 8, CV_32S);
  return screened(patch, stats, 0.16);
}

/// Whether a line at this height and slope (pixels) runs through ink from left to right.
bool runs_through(const cv::Mat& ink, double left, double right, double height, double slope) {
  const double centre = (left + right) / 2;
  int seen = 0;
  int inked = 0;
  for (double x = left; x <= right; x += 1) {
    const int column = static_cast<int>(x);
    const int row = static_cast<int>(height + slope * (x - centre));
    if (column < 0 || row < 0 || column >= ink.cols || row >= ink.rows) return false;
    ++seen;
    // Lines drawn by hand bend a little.
    const bool near = ink.at<std::uint8_t>(row, column) != 0 ||
                      (row > 0 && ink.at<std::uint8_t>(row - 1, column) != 0) ||
                      (row + 1 < ink.rows && ink.at<std::uint8_t>(row + 1, column) != 0);
    inked += near ? 1 : 0;
  }
  return seen > 8 && inked >= 0.94 * seen;
}

}  // namespace

Strokes strokes_of(const Sheet& sheet, const Transform& placed, const PrintedPage& page,
                   const Box& region, std::span<const Box> words, double smallest_mm2) {
  const bool eaten = page.thickening < eaten_mm;
  Strokes strokes;
  strokes.printed = cut(sheet, placed, region, px_per_mm);
  cv::Mat& printed = strokes.printed.ink;
  cv::threshold(printed, printed, eaten ? 70 : 100, 255, cv::THRESH_BINARY);
  strokes.patch = strokes.printed;
  strokes.patch.ink = printed.clone();
  erase_rules(strokes.patch, page.layout->rules, page.thickening);
  if (eaten && !screened(strokes.patch)) {
    const cv::Mat near = cv::getStructuringElement(cv::MORPH_RECT, {3, 3});
    cv::morphologyEx(strokes.patch.ink, strokes.patch.ink, cv::MORPH_CLOSE, near);
  }
  const double slack = 0.3 + std::max(strokes.patch.grain_x, strokes.patch.grain_y);
  std::vector<cv::Rect> print;
  for (const Box& box : page.layout->print) {
    if (overlap(box, region)) print.push_back(strokes.patch.pixels(grown(box, slack)));
  }
  for (const Box& box : words) print.push_back(strokes.patch.pixels(grown(box, slack)));
  cv::Mat stats;
  cv::Mat centres;
  cv::connectedComponentsWithStats(strokes.patch.ink, strokes.labels, stats, centres, 8, CV_32S);
  strokes.screened = screened(strokes.patch, stats, dot_mm2);
  keep_strokes(strokes, stats, print, smallest_mm2);
  return strokes;
}

int strikes_through(const Strokes& strokes, const Box& box, double beyond) {
  constexpr double step = 0.12;
  const Patch& patch = strokes.patch;
  const double left = patch.column(box.x - beyond);
  const double right = patch.column(box.right() + beyond);
  int found = 0;
  double last = -1e9;
  double thick = 0;
  for (double y = box.y + 0.1 * box.height; y <= box.bottom() - 0.1 * box.height; y += step) {
    bool through = false;
    for (int degrees = -20; degrees <= 20 && !through; degrees += 2) {
      const double slope = std::tan(degrees * std::numbers::pi / 180);
      through = runs_through(patch.ink, left, right, patch.row(y), slope);
    }
    if (!through) continue;
    // Two lines have paper between them; one thick line is one.
    if (y - last > 0.3) ++found;
    thick += step;
    last = y;
  }
  return found == 1 && thick > 1.2 ? 2 : found;
}

double frame_seen(const Patch& printed, const Box& box) {
  constexpr double slack_mm = 0.35;
  const auto corner = corners_of(box);
  int seen = 0;
  int looked = 0;
  for (std::size_t side = 0; side < corner.size(); ++side) {
    const Point& from = corner[side];
    const Point& to = corner[(side + 1) % corner.size()];
    for (double part = 0.1; part < 0.95; part += 0.05) {
      const Point at{from.x + part * (to.x - from.x), from.y + part * (to.y - from.y)};
      const cv::Rect near =
          printed.pixels({at.x - slack_mm, at.y - slack_mm, 2 * slack_mm, 2 * slack_mm});
      if (near.empty()) continue;
      ++looked;
      seen += cv::countNonZero(printed.ink(near)) > 0 ? 1 : 0;
    }
  }
  return looked == 0 ? 0 : static_cast<double>(seen) / looked;
}

}  // namespace ocr
