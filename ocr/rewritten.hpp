#pragma once

#include <vector>

#include "ocr/strokes.hpp"

namespace ocr {

/// A number written by hand above cells whose digits were struck out, cut into digits.
struct RewrittenInk {
  std::vector<cv::Mat> crops;  ///< from the left; each as large as digits in cells are, on the crop
                               ///< of a cell without its frame (cells.hpp); empty: nothing readable
  std::vector<Box> boxes;      ///< mm on the form, of each
  int decimals = -1;           ///< digits behind the point; negative: no point was seen
};

/// Looks for one above `cells`, which stand in one row. All ink there must be digits in a line,
/// none touching another, and at most one point: whatever else stands there too, nothing is told.
[[nodiscard]] RewrittenInk rewritten_above(const Sheet& sheet, const PrintedPage& printed,
                                           const std::vector<Box>& cells);

/// Whether all that stands in a number's cells was struck out.
[[nodiscard]] bool struck_out(const Reading& reading);

}  // namespace ocr
