#pragma once

#include <optional>

#include "ocr/placement.hpp"
#include "ocr/sheet.hpp"

namespace ocr {

/// Looks for a filled square of `side` millimetres within `reach` millimetres of where `placed`
/// expects it. The answer is its centre in pixels, good to about a tenth of a pixel. None if
/// there is nothing square, black and free-standing there (clipped, cut off, covered by a hand).
[[nodiscard]] std::optional<cv::Point2d> find_anchor(const Sheet& sheet, const Transform& placed,
                                                     Point centre, double side, double reach);

}  // namespace ocr
