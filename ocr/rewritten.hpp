#pragma once

#include <span>
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

/// Looks for one above `cells`, which stand in one row, up to 8 mm and 7 mm aside. All ink there
/// that is no print must be digits in a line, none touching another, and at most one point:
/// whatever else stands there too, nothing is told. A stroke within a printed word's box counts as
/// print, and what lies farther away is not seen: what is told is a proposal.
[[nodiscard]] RewrittenInk rewritten_above(const Sheet& sheet, const PrintedPage& printed,
                                           const std::vector<Box>& cells);

/// Whether all that stands in a number's cells was struck out.
[[nodiscard]] bool struck_out(const Reading& reading);

/// Cells that stand in one row, as they were read.
struct CellRow {
  Transform placed;
  std::span<const Box> boxes;
  std::span<CellReading> cells;
};

/// Whether a level line runs through all cells of a row that are written in, from one to the next;
/// of two, on both sides beyond them; one is left to the network. In its cell alone such a line may
/// look like a part of the digit.
[[nodiscard]] bool line_through(const Sheet& sheet, const PrintedPage& printed, const CellRow& row);

}  // namespace ocr
