#pragma once

#include <optional>
#include <vector>

#include "ocr/marks.hpp"

namespace ocr {

/// Ink of a text box or a place for a seal that is not print.
struct FieldInk {
  double mm2 = 0;
  Patch patch;  ///< the box, print and frame taken out; 0 paper, 255 ink
};

/// Where single pen lines stand in a text box that are no writing, mm on the form; nothing if
/// anything else is written there, no line if all are hairs on the glass. A line that turns little,
/// meets no other and has no other stroke within `alone_mm` is no character that tells anything:
/// even of the shortest word two stand side by side. A slash through an empty box is such a line,
/// and so is what a pen left by accident.
[[nodiscard]] std::optional<std::vector<Box>> lone_lines(const FieldInk& ink);
inline constexpr double alone_mm = 8;

/// Specks below `smallest_mm2` do not count: the dot of a kana has 0.12, but a pale seal comes as a
/// cloud of single pixels.
[[nodiscard]] FieldInk look_at_ink(const Sheet& sheet, const PrintedPage& printed, const Box& box,
                                   double smallest_mm2 = 0.12);

/// Ink of a place for a seal, mm2: what stands there beyond the dirt that lies around it as well
/// (a photocopy's screen, noise), and no black block that covers its edge. Where a block hides so
/// much that a seal may stand under it, as much as is neither surely a seal nor surely none.
[[nodiscard]] double seal_ink(const Sheet& sheet, const PrintedPage& printed, const Box& box);

}  // namespace ocr
