#pragma once

#include <span>
#include <vector>

#include "ocr/patch.hpp"
#include "ocr/reading.hpp"

namespace ocr {

/// What a pen left in and about one printed box or word. Lengths are shares of the box's side.
struct MarkInk {
  double area = 0;   ///< mm2 of own ink inside the frame
  double fill = 0;   ///< share of the inside that is covered
  double width = 0;  ///< extent of the own ink inside
  double height = 0;
  double outside = 0;  ///< mm2 of the same strokes outside the frame
  double shared = 0;   ///< how much of it may belong to a neighbour, 0 to 1
  double ring = 0;     ///< circle style: share of directions in which the word is enclosed
  int strikes = 0;     ///< level lines right through box or word
};

/// Everything about a choice that is printed the same everywhere on the page.
struct PrintedPage {
  const PageLayout* layout = nullptr;
  Placement placement;
  double thickening = 0;  ///< thickening_of() the page
};

/// Looks at all options of one choice together: a stroke belongs to the option that holds most of
/// it, so the tail of a neighbour's tick is no mark. Printed lines and words never count.
[[nodiscard]] std::vector<MarkInk> look_at_marks(const Sheet& sheet, const PrintedPage& printed,
                                                 std::span<const Option> options);

/// What the ink means. Options are judged together: a black box beside a ticked one was struck out,
/// a black box alone is how some people tick.
[[nodiscard]] std::vector<MarkReading> judge_marks(std::span<const Option> options,
                                                   std::span<const MarkInk> inks);

}  // namespace ocr
