#include "ocr/frame.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include <opencv2/imgproc.hpp>

namespace ocr {
namespace {

constexpr double overview_px_per_mm = 4;
constexpr double least_scale = 0.78;  ///< an A3 sheet's copy machine shrinks to 82 %, and slips
constexpr double most_scale = 1.08;
constexpr double most_skew = 4;     ///< degrees
constexpr double slack_mm = 7;      ///< 2 % of the page's length, and skew
constexpr std::size_t enough = 60;  ///< squares; a page with more is a screen
constexpr std::size_t guesses = 8;  ///< a filled box looks like an anchor too

/// A place on paper, mm, as one number: turning and scaling are a product.
using Place = std::complex<double>;

Place place(Point mm) {
  return {mm.x, mm.y};
}

/// Middles of filled squares about as large as an anchor, mm of the page as it lies.
std::vector<Place> squares(const Sheet& sheet, double side) {
  const Overview view = overview_of(sheet, overview_px_per_mm);
  if (view.ink.empty()) return {};
  cv::Mat ink;
  cv::threshold(view.ink, ink, 127, 255, cv::THRESH_BINARY);
  // Half an anchor: what touches it (streaks, hairs, a frame) is thinner.
  const cv::Size half(std::max(1, static_cast<int>(side / 2 * view.px_per_mm_x)),
                      std::max(1, static_cast<int>(side / 2 * view.px_per_mm_y)));
  cv::morphologyEx(ink, ink, cv::MORPH_OPEN, cv::getStructuringElement(cv::MORPH_RECT, half));
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centres;
  const int count = cv::connectedComponentsWithStats(ink, labels, stats, centres, 4, CV_32S);
  std::vector<Place> found;
  for (int i = 1; i < count; ++i) {
    const double width = stats.at<int>(i, cv::CC_STAT_WIDTH) / view.px_per_mm_x;
    const double height = stats.at<int>(i, cv::CC_STAT_HEIGHT) / view.px_per_mm_y;
    const double area = stats.at<int>(i, cv::CC_STAT_AREA) / (view.px_per_mm_x * view.px_per_mm_y);
    const auto fits = [side](double length) {
      return length > 0.65 * side && length < 1.35 * side;
    };
    if (!fits(width) || !fits(height) || area < 0.7 * width * height) continue;
    found.emplace_back((centres.at<double>(i, 0) + 0.5) / view.px_per_mm_x,
                       (centres.at<double>(i, 1) + 0.5) / view.px_per_mm_y);
  }
  return found.size() > enough ? std::vector<Place>{} : found;
}

/// page = turn * form + shift, both in mm.
struct Frame {
  Place turn = 1;
  Place shift;
  std::size_t matched = 0;
  [[nodiscard]] int quarter() const {
    return static_cast<int>(std::lround(std::arg(turn) / (std::numbers::pi / 2))) & 3;
  }
};

bool likely(Place turn) {
  const double scale = std::abs(turn);
  const double quarters = std::arg(turn) / (std::numbers::pi / 2);
  const double skew = std::abs(quarters - std::round(quarters)) * 90;
  return scale > least_scale && scale < most_scale && skew < most_skew;
}

void count_matches(Frame& frame, const std::vector<Point>& anchors,
                   const std::vector<Place>& seen) {
  for (const Point& anchor : anchors) {
    const Place expected = frame.turn * place(anchor) + frame.shift;
    double nearest = slack_mm;
    for (const Place& square : seen) nearest = std::min(nearest, std::abs(square - expected));
    if (nearest < slack_mm) ++frame.matched;
  }
}

Transform to_pixels(const Frame& frame, const Sheet& sheet) {
  const double x = sheet.px_per_mm_x;
  const double y = sheet.px_per_mm_y;
  const double along = frame.turn.real();
  const double across = frame.turn.imag();
  return {along * x,  -across * x, frame.shift.real() * x,
          across * y, along * y,   frame.shift.imag() * y};
}

/// Nearer to printed size is likelier where equally many anchors fit.
bool likelier(const Frame& one, const Frame& other) {
  if (one.matched != other.matched) return one.matched > other.matched;
  return std::abs(1 - std::abs(one.turn)) < std::abs(1 - std::abs(other.turn));
}

bool alike(const Frame& one, const Frame& other, Place middle) {
  const Place apart = one.turn * middle + one.shift - other.turn * middle - other.shift;
  return one.quarter() == other.quarter() && std::abs(apart) < slack_mm;
}

/// Of each pair of squares as each pair of anchors, those that differ, likeliest first.
std::vector<Frame> best_frames(const std::vector<Point>& anchors, const std::vector<Place>& seen) {
  std::vector<Frame> all;
  Place middle = 0;
  for (const Point& anchor : anchors) middle += place(anchor) / double(anchors.size());
  for (std::size_t a = 0; a < anchors.size(); ++a) {
    for (std::size_t b = a + 1; b < anchors.size(); ++b) {
      const Place span = place(anchors[b]) - place(anchors[a]);
      if (std::abs(span) < 50) continue;  // too short to tell an angle by
      for (const Place& one : seen) {
        for (const Place& other : seen) {
          Frame frame;
          frame.turn = (other - one) / span;
          if (!likely(frame.turn)) continue;
          frame.shift = one - frame.turn * place(anchors[a]);
          count_matches(frame, anchors, seen);
          if (frame.matched >= 2) all.push_back(frame);
        }
      }
    }
  }
  std::ranges::stable_sort(all, likelier);
  std::vector<Frame> best;
  for (const Frame& frame : all) {
    if (best.size() == guesses) break;
    const auto known = [&](const Frame& other) { return alike(frame, other, middle); };
    if (std::ranges::none_of(best, known)) best.push_back(frame);
  }
  return best;
}

}  // namespace

std::vector<Transform> frames_of(const Sheet& sheet, const PageLayout& layout) {
  std::vector<Transform> found;
  if (layout.anchors.size() < 2 || sheet.ink.empty()) return found;
  const std::vector<Place> seen = squares(sheet, layout.anchor_size);
  for (const Frame& frame : best_frames(layout.anchors, seen)) {
    found.push_back(to_pixels(frame, sheet));
  }
  return found;
}

}  // namespace ocr
