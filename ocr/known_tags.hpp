#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ocr/layout.hpp"
#include "ocr/placement.hpp"
#include "ocr/sheet.hpp"

namespace ocr {

/// The tag of an aligned page on which no search found a code: its modules are looked up one by one
/// where the print says that they are, and those of both tags, which carry the same, are taken
/// together. What dust and lost rows did to one is made good by the other. Whether the bytes are
/// genuine shows their MAC, as ever.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> read_known_tags(const Sheet& sheet,
                                                                       const Placement& placement,
                                                                       const PageLayout& layout);

}  // namespace ocr
