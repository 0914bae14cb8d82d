#pragma once

#include <array>
#include <span>
#include <vector>

#include <opencv2/core.hpp>

#include "ocr/layout.hpp"
#include "ocr/reading.hpp"

/// Millimetres of the form to pixels of the page and back.
namespace ocr {

[[nodiscard]] cv::Point2d to_page(const Transform& placed, Point mm);
[[nodiscard]] Point to_form(const Transform& placed, cv::Point2d pixel);

/// Pixels a millimetre of the form, along the page's own x and y.
struct Scale {
  double x = 0;
  double y = 0;
};
[[nodiscard]] Scale scale_of(const Transform& placed);

/// Degrees clockwise (0, 90, 180, 270) that turn the page upright, and what is left after that.
struct Turn {
  int rotation = 0;
  double skew = 0;
};
[[nodiscard]] Turn turn_of(const Transform& placed, double px_per_mm_x, double px_per_mm_y);

/// A place known on the form and seen on the page.
struct Match {
  Point form;        ///< mm
  cv::Point2d page;  ///< px
  double weight = 1;
};

/// Least squares with outliers weighed down (Geman-McClure, `scale_px` where doubt begins).
/// The matches must not lie on one line.
[[nodiscard]] Transform fit_affine(std::span<const Match> matches, double scale_px);

/// Where the rows of the page really are: a lost or repeated row shifts everything below it,
/// which no affine map can say. Shifts are added to the page's y.
struct RowShift {
  double row = 0;
  double shift = 0;
};

/// An affine map and what the rows of the page add to it.
struct Placement {
  Transform affine;
  std::vector<RowShift> rows;  ///< by row, linear in between

  [[nodiscard]] double shift_at(double row) const;
  [[nodiscard]] cv::Point2d at(Point mm) const;
  /// The map in the neighbourhood of a place.
  [[nodiscard]] Transform near(Point mm) const;
};

/// `placed` moved by (dx, dy) millimetres of the form.
[[nodiscard]] Transform moved(Transform placed, double dx, double dy);

/// The smallest upright rectangle of pixels that holds `box`, within the page.
[[nodiscard]] cv::Rect pixels_of(const Transform& placed, const Box& box, cv::Size page);

/// Top left, top right, bottom right, bottom left.
[[nodiscard]] std::array<Point, 4> corners_of(const Box& box);
[[nodiscard]] Point centre_of(const Box& box);
[[nodiscard]] Box grown(const Box& box, double by);
/// The smallest box around both.
[[nodiscard]] Box joined(const Box& one, const Box& other);
[[nodiscard]] bool overlap(const Box& one, const Box& other);

}  // namespace ocr
