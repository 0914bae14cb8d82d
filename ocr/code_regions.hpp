#pragma once

#include <vector>

#include "ocr/grey.hpp"

namespace ocr {

/// A rectangle of pixels.
struct PixelBox {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

/// Where a code of 15 mm or more could be: evenly grey at the scale of a centimetre, as only codes,
/// photographs and black borders are; print is lighter. With room for the quiet zone around.
/// Takes 1 ms for a fine A4 page. A page that is grey all over gives none.
[[nodiscard]] std::vector<PixelBox> code_regions(GreyView page, double dpi_x, double dpi_y);

}  // namespace ocr
