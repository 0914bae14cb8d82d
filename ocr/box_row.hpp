#pragma once

#include <vector>

#include "ocr/marks.hpp"

namespace ocr {

/// Boxes to tick that stand in one row, and the ink in and about them. Lengths are mm of the form;
/// the sheet must outlive it. No other room includes this.
class BoxRow {
public:
  /// `off_mm`: how far below its place the row is looked for; frames are then met within 0.8 mm.
  BoxRow(const Sheet& sheet, const PrintedPage& page, std::vector<Box> boxes, double off_mm = 0);

  /// Share of the frames that can be seen, 0 to 1.
  [[nodiscard]] double seen() const;

  /// Whether the fax has eaten thin lines.
  [[nodiscard]] bool thin() const { return thin_; }
  /// In the order of `boxes`.
  [[nodiscard]] MarkInk ink(std::size_t m) const;

private:
  [[nodiscard]] cv::Rect inner(std::size_t m) const;

  /// mm2 of dust in a box, less so many times what lies around it: noise and screens do not stop at
  /// a frame.
  [[nodiscard]] double specks_in(std::size_t m, double times) const;

  /// Gives each stroke to the box that holds most of it.
  void share_out();

  [[nodiscard]] bool owns(std::size_t m, int stroke) const {  // asked of each pixel
    return stroke > 0 && owner_[static_cast<std::size_t>(stroke)] == static_cast<int>(m);
  }

  void measure_inside(std::size_t m, MarkInk& ink) const;

  /// Of the box's own strokes.
  [[nodiscard]] int pixels_inside(std::size_t m) const;

  void measure_around(std::size_t m, MarkInk& ink) const;

  /// Whether some line of ink is longer than a screen's dots and goes both across and down. In the
  /// page's own pixels, where a line one pixel wide hangs together.
  [[nodiscard]] bool lined(std::size_t m) const;

  /// Whether all that was drawn here is one stroke that is nobody's tick.
  [[nodiscard]] bool astray(std::size_t m, double pen_mm) const;

  /// Sides beyond which the ink goes on for most of a band of 0.35 mm.
  [[nodiscard]] int sides_covered(std::size_t m) const;

  const Sheet* sheet_;
  Transform placed_;
  std::vector<Box> boxes_;
  bool thin_ = false;
  double thinnest_pen_ = 0;
  Strokes strokes_;
  std::vector<int> owner_;      ///< by stroke: the box it belongs to, or -1
  std::vector<double> shared_;  ///< by box
};

}  // namespace ocr
