#pragma once

#include <vector>

#include "ocr/placement.hpp"
#include "ocr/sheet.hpp"

namespace ocr {

/// Dirt on the sender's glass: a thin line down the whole page or a part of it, always along the
/// feed. Through a tick box it would be a mark, through a cell a one.
struct Streak {
  int column = 0;  ///< px
  int first_row = 0;
  int last_row = 0;
};

/// Lines at least 40 mm long that do not stand where the form prints one.
[[nodiscard]] std::vector<Streak> find_streaks(const Sheet& sheet, const Placement& placement,
                                               const PageLayout& layout);

/// Takes streaks out of the sheet; strokes that cross them stay whole.
void erase_streaks(Sheet& sheet, const std::vector<Streak>& streaks);

}  // namespace ocr
