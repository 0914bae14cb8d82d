#pragma once

#include <string>
#include <vector>

#include "daemon/reader/reader.hpp"

/// Inside of `daemon/intake.hpp`.
namespace intake {

/// Words in reading order to lines. Japanese has no spaces: one is put only where the paper has a
/// gap.
[[nodiscard]] std::string text_of(const std::vector<ocr::WordReading>& words);

}  // namespace intake
