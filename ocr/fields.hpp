#pragma once

#include <functional>
#include <span>
#include <vector>

#include "ocr/align.hpp"
#include "ocr/cells.hpp"
#include "ocr/marks.hpp"
#include "ocr/reading.hpp"
#include "ocr/sheet.hpp"

namespace ocr {

/// Asks the digit network: one likelihood a crop.
using ReadDigits = std::function<std::vector<std::array<float, CellReading::classes>>(
    std::span<const cv::Mat> crops)>;

/// Looks at ink of a text box: set in type, or written by hand?
using LooksTyped = std::function<bool(const Patch& text)>;

/// Milliseconds.
struct FieldTimes {
  double marks = 0;
  double cells = 0;
  double digits = 0;
  double ink = 0;
};

struct FieldReadings {
  std::vector<Reading> readings;  ///< in the layout's order
  std::vector<Box> strays;        ///< mm on the form: pen lines in text boxes that are no writing
};

/// All fields of an aligned page. Words are left for the second look.
[[nodiscard]] FieldReadings read_fields(const Sheet& sheet, const PageLayout& layout,
                                        const Placement& placement, const ReadDigits& read_digits,
                                        const LooksTyped& looks_typed, FieldTimes* times = nullptr);

}  // namespace ocr
