#include "ocr/sheet.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "ocr/line_drops.hpp"

namespace ocr {
namespace {

constexpr double mm_per_inch = 25.4;

/// The page without a copy; only ever read.
cv::Mat grey_of(const Page& page) {
  return {page.height, page.width, CV_8U, const_cast<std::uint8_t*>(page.grey.data())};
}

/// Share of dark pixels, from every 7th row: a page that is a negative is mostly black.
double dark_share(const cv::Mat& grey, int level) {
  std::int64_t dark = 0;
  std::int64_t seen = 0;
  for (int y = 3; y < grey.rows; y += 7) {
    const auto* row = grey.ptr<std::uint8_t>(y);
    dark += std::count_if(row, row + grey.cols, [level](std::uint8_t v) { return v < level; });
    seen += grey.cols;
  }
  return seen == 0 ? 0 : static_cast<double>(dark) / static_cast<double>(seen);
}

struct Levels {
  double ink = 0;
  double paper = 255;
};

/// What paper and the scanner do by themselves; pale pencil stands out by more.
constexpr double grain = 48;

/// Grey of ink (2nd percentile) and of paper (70th: print covers less than a third of a form). On a
/// page of few words the 2nd percentile is paper too: there ink is the darkest 1 in 2000, and at
/// any rate darker than the paper's grain, or all the grain would be ink.
Levels levels_of(const cv::Mat& small) {
  std::array<int, 256> counts{};
  for (int y = 0; y < small.rows; ++y) {
    const auto* row = small.ptr<std::uint8_t>(y);
    for (int x = 0; x < small.cols; ++x) ++counts[row[x]];
  }
  const double total = std::max(1.0, static_cast<double>(small.total()));
  Levels found;
  double darkest = 255;
  double below = 0;
  bool ink_found = false;
  for (std::size_t v = 0; v < counts.size(); ++v) {
    below += counts[v];
    if (below >= 0.0005 * total) darkest = std::min(darkest, static_cast<double>(v));
    if (!ink_found && below >= 0.02 * total) {
      found.ink = static_cast<double>(v);
      ink_found = true;
    }
    if (below >= 0.70 * total) {
      found.paper = static_cast<double>(v);
      break;
    }
  }
  if (found.paper - found.ink < grain) {
    found.ink = std::max(0.0, std::min(darkest, found.paper - grain));
  }
  return found;
}

/// Sauvola's threshold t = m (1 + k (s / R - 1)) on a picture reduced to about 3 px/mm, with a
/// window of about 5 mm, laid back over the page. k = 0.2 keeps pale pencil.
cv::Mat thresholds(const cv::Mat& grey, double px_per_mm, const Levels& levels) {
  const double factor = std::min(1.0, 3.0 / px_per_mm);
  cv::Mat small;
  cv::resize(grey, small, {}, factor, factor, cv::INTER_AREA);
  cv::Mat value;
  small.convertTo(value, CV_32F);
  cv::Mat mean;
  cv::Mat square;
  const cv::Size window(15, 15);
  cv::boxFilter(value, mean, CV_32F, window, {-1, -1}, true, cv::BORDER_REPLICATE);
  cv::sqrBoxFilter(value, square, CV_32F, window, {-1, -1}, true, cv::BORDER_REPLICATE);
  const auto range = static_cast<float>(std::max(24.0, (levels.paper - levels.ink) / 2));
  const auto darkest_paper = static_cast<float>(levels.ink + 0.35 * (levels.paper - levels.ink));
  cv::Mat limit(mean.size(), CV_8U);
  for (int y = 0; y < mean.rows; ++y) {
    const auto* m = mean.ptr<float>(y);
    const auto* q = square.ptr<float>(y);
    auto* out = limit.ptr<std::uint8_t>(y);
    for (int x = 0; x < mean.cols; ++x) {
      const float deviation = std::sqrt(std::max(0.0F, q[x] - m[x] * m[x]));
      // Inside a large black patch the window sees no paper: there the page's own levels decide.
      const float local = m[x] * (1 + 0.2F * (deviation / range - 1));
      out[x] = cv::saturate_cast<std::uint8_t>(std::max(local, darkest_paper));
    }
  }
  cv::Mat full;
  cv::resize(limit, full, grey.size(), 0, 0, cv::INTER_LINEAR);
  return full;
}

}  // namespace

Sheet sheet_of(const Page& page) {
  Sheet sheet;
  sheet.px_per_mm_x = page.dpi_x > 0 ? page.dpi_x / mm_per_inch : 8;
  sheet.px_per_mm_y = page.dpi_y > 0 ? page.dpi_y / mm_per_inch : sheet.px_per_mm_x;
  const cv::Mat grey = grey_of(page);
  if (page.bilevel) {
    sheet.inverted = dark_share(grey, 128) > 0.6;
    if (sheet.inverted) {
      grey.copyTo(sheet.ink);
    } else {
      cv::bitwise_not(grey, sheet.ink);
    }
    sheet.lost = mend_rows(sheet.ink);
    return sheet;
  }
  cv::Mat small;
  cv::resize(grey, small, {}, 0.25, 0.25, cv::INTER_AREA);
  Levels levels = levels_of(small);
  cv::Mat source = grey;
  if (dark_share(small, 100) > 0.6) {
    cv::bitwise_not(grey, source);
    cv::bitwise_not(small, small);
    levels = levels_of(small);
    sheet.inverted = true;
  }
  sheet.contrast = std::clamp((levels.paper - levels.ink) / 255, 0.0, 1.0);
  const cv::Mat limit = thresholds(source, (sheet.px_per_mm_x + sheet.px_per_mm_y) / 2, levels);
  cv::compare(source, limit, sheet.ink, cv::CMP_LT);
  return sheet;
}

double lost_share(const Sheet& sheet, const cv::Rect& pixels) {
  int rows = 0;
  for (const cv::Range& band : sheet.lost) {
    rows += (band & cv::Range(pixels.y, pixels.br().y)).size();
  }
  return pixels.height > 0 ? static_cast<double>(rows) / pixels.height : 0;
}

Overview overview_of(const Sheet& sheet, double px_per_mm) {
  Overview view;
  const int step_x = std::max(1, static_cast<int>(std::lround(sheet.px_per_mm_x / px_per_mm)));
  const int step_y = std::max(1, static_cast<int>(std::lround(sheet.px_per_mm_y / px_per_mm)));
  view.to_x = step_x;
  view.to_y = step_y;
  view.px_per_mm_x = sheet.px_per_mm_x / step_x;
  view.px_per_mm_y = sheet.px_per_mm_y / step_y;
  const cv::Size size(sheet.ink.cols / step_x, sheet.ink.rows / step_y);
  if (size.width < 1 || size.height < 1) return view;
  const cv::Rect whole(0, 0, size.width * step_x, size.height * step_y);
  cv::resize(sheet.ink(whole), view.ink, size, 0, 0, cv::INTER_AREA);
  return view;
}

}  // namespace ocr
