#pragma once

#include <span>
#include <vector>

#include "ocr/strokes.hpp"

namespace ocr {

/// Printed frames of boxes that stay when rules are erased, because rows were lost or repeated on
/// the way: a frame is then taller or shorter than printed, or its line is a bar. By stroke: is it
/// such a remain and no pen's? Only level ones are known. `boxes` stand in one row.
[[nodiscard]] std::vector<bool> frame_remains(const Strokes& strokes, std::span<const Box> boxes,
                                              double thickening_mm);

}  // namespace ocr
