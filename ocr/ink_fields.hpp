#pragma once

#include "ocr/marks.hpp"

namespace ocr {

/// Ink of a text box or a place for a seal that is not print.
struct FieldInk {
  double mm2 = 0;
  Patch patch;  ///< the box, print and frame taken out; 0 paper, 255 ink
};

/// Specks smaller than a dot of a kana do not count.
[[nodiscard]] FieldInk look_at_ink(const Sheet& sheet, const PrintedPage& printed, const Box& box);

}  // namespace ocr
