#include "ocr/anchors.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace ocr {
namespace {

/// Half sides of the square on the page, pixels.
struct Half {
  double x = 0;
  double y = 0;
};

/// Mean ink (0 to 1) of rectangles of one region, outside of which all is paper.
class Sums {
public:
  explicit Sums(const cv::Mat& ink) : size_(ink.size()) { cv::integral(ink, sums_, CV_32S); }

  [[nodiscard]] double mean(double left, double top, double right, double bottom) const {
    const double area = (right - left) * (bottom - top);
    const int x0 = std::clamp(static_cast<int>(std::lround(left)), 0, size_.width);
    const int x1 = std::clamp(static_cast<int>(std::lround(right)), 0, size_.width);
    const int y0 = std::clamp(static_cast<int>(std::lround(top)), 0, size_.height);
    const int y1 = std::clamp(static_cast<int>(std::lround(bottom)), 0, size_.height);
    if (x1 <= x0 || y1 <= y0) return 0;
    const double sum = sums_.at<int>(y1, x1) - sums_.at<int>(y0, x1) - sums_.at<int>(y1, x0) +
                       sums_.at<int>(y0, x0);
    return sum / (255 * area);
  }

private:
  cv::Size size_;
  cv::Mat sums_;
};

struct Likeness {
  double inner = 0;   ///< share of ink in the square
  double around = 0;  ///< share of ink in the inkiest of the four strips beside it
  [[nodiscard]] double score() const { return inner - around; }
};

Likeness likeness(const Sums& sums, double x, double y, const Half& half) {
  const double in_x = 0.85 * half.x;
  const double in_y = 0.85 * half.y;
  const double near_x = 1.2 * half.x;
  const double near_y = 1.2 * half.y;
  const double far_x = 1.5 * half.x;
  const double far_y = 1.5 * half.y;
  Likeness found;
  found.inner = sums.mean(x - in_x, y - in_y, x + in_x, y + in_y);
  found.around = std::max({sums.mean(x - far_x, y - far_y, x + far_x, y - near_y),
                           sums.mean(x - far_x, y + near_y, x + far_x, y + far_y),
                           sums.mean(x - far_x, y - far_y, x - near_x, y + far_y),
                           sums.mean(x + near_x, y - far_y, x + far_x, y + far_y)});
  return found;
}

/// Where a profile falls through a half, going from `from` in steps of `way`; negative: nowhere.
double edge(const std::vector<double>& profile, double from, int way) {
  for (int i = static_cast<int>(from); i + way >= 0 && i + way < static_cast<int>(profile.size());
       i += way) {
    const double here = profile[static_cast<std::size_t>(i)];
    const double next = profile[static_cast<std::size_t>(i + way)];
    if (here >= 0.5 && next < 0.5) {
      const double part = (here - 0.5) / std::max(1e-9, here - next);
      return i + 0.5 + way * part;  // centres of pixels stand at halves
    }
  }
  return -1;
}

/// Middle of the black run through `centre`, if it is as long as the square should be.
std::optional<double> middle(const std::vector<double>& profile, double centre, double half) {
  const double low = edge(profile, centre, -1);
  const double high = edge(profile, centre, +1);
  if (low < 0 || high < 0) return std::nullopt;
  const double length = high - low;
  // One pixel more or less is the threshold's doing, not the printer's.
  if (length < 1.68 * half - 1.2 || length > 2.32 * half + 1.2) return std::nullopt;
  return (low + high) / 2;
}

/// Edges of the square from mean profiles through its middle; skew blurs both edges alike.
std::optional<cv::Point2d> refine(const cv::Mat& ink, cv::Point2d start, const Half& half) {
  cv::Point2d centre = start;
  for (int round = 0; round < 2; ++round) {
    const auto band = [](double middle_of, double extent, int limit) {
      const int low = std::clamp(static_cast<int>(std::lround(middle_of - extent)), 0, limit - 1);
      const int high =
          std::clamp(static_cast<int>(std::lround(middle_of + extent)), low + 1, limit);
      return cv::Range(low, high);
    };
    cv::Mat across;
    cv::Mat down;
    cv::reduce(ink.rowRange(band(centre.y, 0.6 * half.y, ink.rows)), across, 0, cv::REDUCE_AVG,
               CV_64F);
    cv::reduce(ink.colRange(band(centre.x, 0.6 * half.x, ink.cols)), down, 1, cv::REDUCE_AVG,
               CV_64F);
    const std::vector<double> columns(across.begin<double>(), across.end<double>());
    const std::vector<double> rows(down.begin<double>(), down.end<double>());
    const auto share = [](std::vector<double> values) {
      for (double& value : values) value /= 255;
      return values;
    };
    const auto x = middle(share(columns), centre.x, half.x);
    const auto y = middle(share(rows), centre.y, half.y);
    if (!x || !y) return std::nullopt;
    centre = {*x, *y};
  }
  return centre;
}

}  // namespace

std::optional<cv::Point2d> find_anchor(const Sheet& sheet, const Transform& placed, Point centre,
                                       double side, double reach) {
  const Scale scale = scale_of(placed);
  const Half half{scale.x * side / 2, scale.y * side / 2};
  if (half.x < 2 || half.y < 2) return std::nullopt;
  const double room = reach + side;
  const Box search{centre.x - room, centre.y - room, 2 * room, 2 * room};
  const cv::Rect region = pixels_of(placed, search, sheet.ink.size());
  if (region.width < 2 * half.x || region.height < 2 * half.y) return std::nullopt;
  const cv::Mat ink = sheet.ink(region);
  const Sums sums(ink);
  const cv::Point2d expected = to_page(placed, centre) - cv::Point2d(region.tl());

  const int step_x = std::max(1, static_cast<int>(half.x / 10));
  const int step_y = std::max(1, static_cast<int>(half.y / 10));
  const double reach_x = reach * scale.x;
  const double reach_y = reach * scale.y;
  double best = 0;
  Likeness found;
  cv::Point2d place;
  for (double y = expected.y - reach_y; y <= expected.y + reach_y; y += step_y) {
    for (double x = expected.x - reach_x; x <= expected.x + reach_x; x += step_x) {
      const Likeness here = likeness(sums, x, y, half);
      if (here.score() > best) {
        best = here.score();
        found = here;
        place = {x, y};
      }
    }
  }
  if (found.inner < 0.8 || found.around > 0.4) return std::nullopt;
  const auto exact = refine(ink, place, half);
  if (!exact) return std::nullopt;
  return *exact + cv::Point2d(region.tl());
}

}  // namespace ocr
