#pragma once

#include <vector>

#include "ocr/layout.hpp"
#include "ocr/placement.hpp"
#include "ocr/sheet.hpp"

namespace ocr {

/// Where a printed page could lie by its anchors alone, for pages on which no code can be read:
/// rough maps, good to a few millimetres, likeliest first, at most eight. Two anchors are enough,
/// and as anchors look alike from both sides, a page that stands on its head is always among the
/// guesses; `align_from` tells which is right. Takes 5 ms for a fine page.
[[nodiscard]] std::vector<Transform> frames_of(const Sheet& sheet, const PageLayout& layout);

}  // namespace ocr
