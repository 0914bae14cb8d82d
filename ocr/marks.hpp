#pragma once

#include <span>
#include <vector>

#include "ocr/reading.hpp"
#include "ocr/strokes.hpp"

namespace ocr {

/// What a pen left in and about one printed box or word.
struct MarkInk {
  double area = 0;   ///< mm2 of own ink inside the frame
  double fill = 0;   ///< share of the inside that is covered
  double width = 0;  ///< extent of the own ink inside, share of the inside's
  double height = 0;
  double length = 0;      ///< mm from corner to corner of that extent
  double rim = 0;         ///< share covered of a band of 0.4 mm just outside the frame
  double outside = 0;     ///< mm2 of the same strokes outside the frame
  double beside = 0;      ///< mm2 of strokes of no box within 1.5 mm of the frame
  double shared = 0;      ///< how much of it may belong to a neighbour, 0 to 1
  double main = 0;        ///< longer side of its largest stroke, share of the inside's
  double pen = 0;         ///< mm: median thickness of the ink inside; 0: too little to tell
  int sides = 0;          ///< of the frame's four that the ink covers and goes on well beyond
  bool pieces = false;    ///< lines are torn here: a mark need not hang together
  double ring = 0;        ///< share of directions in which a word, or a box, is enclosed
  int strikes = 0;        ///< level lines right through box or word
  double specks = 0;      ///< mm2 of dots inside the frame beyond those that lie around it as well:
                          ///< a thin pen's stroke, eaten on the way
  bool screened = false;  ///< a photocopy's screen lies here, whose dots were left out
  bool veiled = false;    ///< nor would a stroke of which only dots are left stand out from them
  bool lined = false;     ///< a line of several dots' length lies among them
  bool hair = false;      ///< thinner than any pen's line on this page can be
  bool astray = false;    ///< one thin stroke that neither turns nor leans as ticks do
  double lost = 0;        ///< share of its rows that came as nonsense
  double seen = 1;        ///< share of the frame, or of the word's expected ink, that can be seen
};

/// Looks at all options of one choice together: a stroke belongs to the option that holds most of
/// it, so the tail of a neighbour's tick is no mark. Printed lines and words never count.
[[nodiscard]] std::vector<MarkInk> look_at_marks(const Sheet& sheet, const PrintedPage& page,
                                                 std::span<const Option> options);

/// What the sure marks of a page tell about who made them.
struct MarkHabit {
  double pen_mm = 0;   ///< median thickness of the marks' strokes; 0: fewer than two
  bool ticks = false;  ///< makes marks that no stray stroke looks like
};

[[nodiscard]] MarkHabit habit_of(std::span<const std::vector<MarkInk>> choices);

/// What the ink means. Options are judged together: a word beside a well circled one is not circled
/// by the same stroke. What is far thinner than the pen of the page is a hair on the glass rather
/// than a mark; a bare stroke of a hand that ticks otherwise may have strayed. Neither is surely a
/// mark.
[[nodiscard]] std::vector<MarkReading> judge_marks(std::span<const Option> options,
                                                   std::span<const MarkInk> inks,
                                                   const MarkHabit& habit = {});

}  // namespace ocr
