#pragma once

#include <string>
#include <vector>

#include "daemon/reader/reader.hpp"
#include "forms/definition.hpp"

/// Inside of `daemon/intake.hpp`.
namespace intake {

/// Words in reading order to lines. Japanese has no spaces: one is put only where the paper has a
/// gap.
[[nodiscard]] std::string text_of(const std::vector<ocr::WordReading>& words);

/// 送付状 and little else. Only words can tell, and the first look has none (see
/// `intake::file`): then the page is nobody's. Bad news on a cover must be seen by a person, so
/// words of deviation make it none.
[[nodiscard]] bool looks_like_cover(const ocr::PageReading& page,
                                    const forms::Catalogue& catalogue);

/// Words of deviation, as any of the forms has them.
[[nodiscard]] bool tells_of_deviation(const std::string& text, const forms::Catalogue& catalogue);

}  // namespace intake
