#pragma once

#include <span>
#include <vector>

#include "ocr/lines.hpp"

namespace ocr {

/// Follows the printed lines that run along the rows from the top of the page to its end and says
/// how far the page lies below where the affine map puts it. Slow change (paper stretched by the
/// feeder) and sudden change (lost or repeated rows) are both followed. `px_per_mm` is along the
/// page's y. Empty if there are too few lines to follow.
[[nodiscard]] std::vector<RowShift> follow_rows(std::span<const LineEvidence> lines,
                                                double px_per_mm);

/// Rows that a followed page jumps by, lost and repeated ones counted alike; slow change does not
/// count.
[[nodiscard]] int jumped_rows(const std::vector<RowShift>& shifts, double px_per_mm);

}  // namespace ocr
