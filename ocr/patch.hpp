#pragma once

#include <span>
#include <vector>

#include "ocr/placement.hpp"
#include "ocr/sheet.hpp"

/// Pieces of the page laid flat: upright, square pixels, millimetres of the form. The whole page is
/// never turned, only what is read.
namespace ocr {

struct Patch {
  cv::Mat ink;  ///< CV_8U, 0 paper, 255 ink
  Box region;   ///< mm on the form
  double px_per_mm = 6;
  double grain_x = 0;  ///< mm of a pixel of the page it came from, along the form's x
  double grain_y = 0;

  [[nodiscard]] double column(double mm_x) const { return (mm_x - region.x) * px_per_mm; }
  [[nodiscard]] double row(double mm_y) const { return (mm_y - region.y) * px_per_mm; }
  /// The pixels of a box, within the patch.
  [[nodiscard]] cv::Rect pixels(const Box& box) const;
  [[nodiscard]] Box millimetres(const cv::Rect& pixels) const;
  /// Area of so many pixels.
  [[nodiscard]] double mm2(double pixels) const { return pixels / (px_per_mm * px_per_mm); }
};

/// Averages over what each pixel covers. Off the page all is paper.
[[nodiscard]] Patch cut(const Sheet& sheet, const Transform& placed, const Box& region,
                        double px_per_mm);

/// The map near printed boxes that stand in one row: `placement`, moved by up to 0.8 mm to where
/// their frames are seen.
[[nodiscard]] Transform settle(const Sheet& sheet, const Placement& placement,
                               std::span<const Box> boxes, double line_width = 0.25);

/// Takes printed lines out of a binary patch: a run of ink across the line that is no thicker than
/// the line. Where a stroke crosses, the run is longer and the stroke stays whole.
/// `thickening` (mm) is what the fax added to lines.
void erase_rules(Patch& patch, std::span<const Rule> rules, double thickening);

/// Takes printed words out: all ink in the boxes, grown by `by` mm.
void erase_print(Patch& patch, std::span<const Box> print, double by);

/// What the way to us added to the width of printed lines, mm (thick pens of the copier; negative
/// where lines became thinner): the median over the lines of the page.
[[nodiscard]] double thickening_of(const Sheet& sheet, const Placement& placement,
                                   const PageLayout& layout);

}  // namespace ocr
