#pragma once

#include <vector>

#include "ocr/layout.hpp"
#include "ocr/placement.hpp"
#include "ocr/sheet.hpp"

namespace ocr {

struct Notes {
  std::vector<Box> boxes;  ///< mm on the form: ink that neither print nor any field explains
  double noise = 0;        ///< specks per cm2 where nothing is printed
};

/// Looks for writing in the margins and between the fields. Dust, the sender's header line, the
/// shadows of edges and punch holes, and thin streaks are no notes. Works at 2 px/mm.
[[nodiscard]] Notes find_notes(const Sheet& sheet, const Placement& placement,
                               const PageLayout& layout);

/// Whether a page carries nothing but dust, edges and the sender's header line.
[[nodiscard]] bool looks_blank(const Sheet& sheet);

}  // namespace ocr
