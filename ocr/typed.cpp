#include "ocr/text.hpp"

namespace ocr {

bool looks_typed(GreyView crop, double /*dpi_x*/, double /*dpi_y*/) {
  return !crop.empty();
}

}  // namespace ocr
