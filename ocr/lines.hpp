#pragma once

#include <vector>

#include "ocr/placement.hpp"
#include "ocr/sheet.hpp"

/// Printed lines seen on the page, measured across their direction along the page's own x or y:
/// skew is small by then, and rows are what a fax loses.
namespace ocr {

enum class Across : unsigned char {
  x,  ///< a line that runs down the page; it may stand too far left or right
  y,  ///< a line that runs along the rows
};

/// A piece of a printed line of the form, about 8 mm long.
struct LinePiece {
  Point from;  ///< mm
  Point to;
  double width = 0.2;  ///< mm
};

/// How much like a line of the right width the page looks at each whole-pixel offset
/// from -reach to +reach from where the piece is expected. 0: not at all, 1: a full black line.
struct LineEvidence {
  Across across = Across::y;
  cv::Point2d middle;  ///< expected place of the piece's middle, px
  Point form;          ///< the same in mm
  int reach = 0;
  std::vector<float> likeness;  ///< 2 * reach + 1
};

/// Cuts lines into pieces. Lines shorter than `shortest` are left out.
[[nodiscard]] std::vector<LinePiece> pieces_of(const std::vector<Rule>& rules, double longest = 8,
                                               double shortest = 2.5);

/// `placed` is the map near the piece. Evidence is empty where the piece leaves the page.
[[nodiscard]] LineEvidence look(const Sheet& sheet, const Transform& placed, const LinePiece& piece,
                                double reach_mm);

/// The offset of the strongest line within `reach` px of `start`, to a fraction of a pixel, and
/// its likeness there.
struct Peak {
  double offset = 0;
  double likeness = 0;
};
[[nodiscard]] Peak peak_of(const std::vector<float>& likeness, int reach, double start,
                           double within);

}  // namespace ocr
