#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "ocr/layout.hpp"
#include "ocr/placement.hpp"
#include "ocr/sheet.hpp"

namespace ocr {

/// A QR code of this form seen on the page: corners as the code itself is turned, from its top
/// left clockwise, px.
using SeenTag = std::array<cv::Point2d, 4>;

struct Alignment {
  Placement placement;
  double error_mm = 0;     ///< 90th percentile of what is left at the lines and anchors used
  int anchors = 0;         ///< found
  int lines_gained = 0;    ///< pieces of lines found less those missed: the right form has most
  double lines_found = 0;  ///< share of the pieces of printed lines that are where they should be
  int jumped_rows = 0;
};

/// Lays the printed page onto the picture: tags give the first guess, anchors correct it, the
/// form's own lines the rest. None if print and picture do not fit each other: such a page is
/// held, never guessed at.
[[nodiscard]] std::optional<Alignment> align(const Sheet& sheet, const PageLayout& layout,
                                             std::span<const SeenTag> tags);

/// The same from a rough map (see `frames_of`) instead of tags.
[[nodiscard]] std::optional<Alignment> align_from(const Sheet& sheet, const PageLayout& layout,
                                                  const Transform& rough);

}  // namespace ocr
