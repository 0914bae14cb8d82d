#include "ocr/placement.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ocr {
namespace {

constexpr double degrees = 180 / std::numbers::pi;

/// Solves the weighted normal equations for both coordinates at once.
Transform solve(std::span<const Match> matches, std::span<const double> weights) {
  cv::Matx33d normal = cv::Matx33d::zeros();
  cv::Vec3d right_x(0, 0, 0);
  cv::Vec3d right_y(0, 0, 0);
  for (std::size_t i = 0; i < matches.size(); ++i) {
    const cv::Vec3d v(matches[i].form.x, matches[i].form.y, 1);
    const double w = weights[i];
    normal += w * (v * v.t());
    right_x += w * matches[i].page.x * v;
    right_y += w * matches[i].page.y * v;
  }
  const cv::Vec3d x = normal.solve(right_x, cv::DECOMP_CHOLESKY);
  const cv::Vec3d y = normal.solve(right_y, cv::DECOMP_CHOLESKY);
  return {x[0], x[1], x[2], y[0], y[1], y[2]};
}

}  // namespace

cv::Point2d to_page(const Transform& placed, Point mm) {
  return {placed.a * mm.x + placed.b * mm.y + placed.c,
          placed.d * mm.x + placed.e * mm.y + placed.f};
}

Point to_form(const Transform& placed, cv::Point2d pixel) {
  const double determinant = placed.a * placed.e - placed.b * placed.d;
  const double x = pixel.x - placed.c;
  const double y = pixel.y - placed.f;
  return {(placed.e * x - placed.b * y) / determinant, (placed.a * y - placed.d * x) / determinant};
}

Scale scale_of(const Transform& placed) {
  return {std::hypot(placed.a, placed.b), std::hypot(placed.d, placed.e)};
}

Turn turn_of(const Transform& placed, double px_per_mm_x, double px_per_mm_y) {
  // Direction of the form's x axis on paper, clockwise because y points down.
  const double angle = std::atan2(placed.d / px_per_mm_y, placed.a / px_per_mm_x) * degrees;
  const int quarter = static_cast<int>(std::lround(angle / 90));
  Turn turn;
  turn.rotation = ((-quarter * 90) % 360 + 360) % 360;
  turn.skew = angle - quarter * 90;
  return turn;
}

Transform fit_affine(std::span<const Match> matches, double scale_px) {
  std::vector<double> weights;
  weights.reserve(matches.size());
  for (const Match& match : matches) weights.push_back(match.weight);
  Transform fitted = solve(matches, weights);
  constexpr int rounds = 8;
  for (int round = 0; round < rounds; ++round) {
    // Begin wide, so that a poor first fit does not choose the wrong friends.
    const double scale = scale_px * std::max(1.0, 8.0 / (1 << round));
    for (std::size_t i = 0; i < matches.size(); ++i) {
      const cv::Point2d miss = to_page(fitted, matches[i].form) - matches[i].page;
      const double off = miss.dot(miss) / (scale * scale);
      weights[i] = matches[i].weight / ((1 + off) * (1 + off));
    }
    fitted = solve(matches, weights);
  }
  return fitted;
}

double Placement::shift_at(double row) const {
  if (rows.empty()) return 0;
  const auto after = std::ranges::lower_bound(rows, row, {}, &RowShift::row);
  if (after == rows.begin()) return rows.front().shift;
  if (after == rows.end()) return rows.back().shift;
  const RowShift& before = *(after - 1);
  const double part = (row - before.row) / std::max(1e-9, after->row - before.row);
  return before.shift + part * (after->shift - before.shift);
}

cv::Point2d Placement::at(Point mm) const {
  cv::Point2d pixel = to_page(affine, mm);
  pixel.y += shift_at(pixel.y);
  return pixel;
}

Transform Placement::near(Point mm) const {
  Transform local = affine;
  local.f += shift_at(to_page(affine, mm).y);
  return local;
}

Transform moved(Transform placed, double dx, double dy) {
  placed.c += placed.a * dx + placed.b * dy;
  placed.f += placed.d * dx + placed.e * dy;
  return placed;
}

cv::Rect pixels_of(const Transform& placed, const Box& box, cv::Size page) {
  double left = 1e9;
  double top = 1e9;
  double right = -1e9;
  double bottom = -1e9;
  for (const Point& corner : corners_of(box)) {
    const cv::Point2d pixel = to_page(placed, corner);
    left = std::min(left, pixel.x);
    right = std::max(right, pixel.x);
    top = std::min(top, pixel.y);
    bottom = std::max(bottom, pixel.y);
  }
  const auto whole = [](double value) { return static_cast<int>(std::clamp(value, -1e6, 1e6)); };
  const cv::Rect around(cv::Point(whole(std::floor(left)), whole(std::floor(top))),
                        cv::Point(whole(std::ceil(right)), whole(std::ceil(bottom))));
  return around & cv::Rect({0, 0}, page);
}

std::array<Point, 4> corners_of(const Box& box) {
  return {Point{box.x, box.y}, Point{box.right(), box.y}, Point{box.right(), box.bottom()},
          Point{box.x, box.bottom()}};
}

Point centre_of(const Box& box) {
  return {box.x + box.width / 2, box.y + box.height / 2};
}

Box grown(const Box& box, double by) {
  return {box.x - by, box.y - by, box.width + 2 * by, box.height + 2 * by};
}

Box joined(const Box& one, const Box& other) {
  const double x = std::min(one.x, other.x);
  const double y = std::min(one.y, other.y);
  return {x, y, std::max(one.right(), other.right()) - x,
          std::max(one.bottom(), other.bottom()) - y};
}

bool overlap(const Box& one, const Box& other) {
  return one.x < other.right() && other.x < one.right() && one.y < other.bottom() &&
         other.y < one.bottom();
}

}  // namespace ocr
