#pragma once

#include <cstdint>
#include <vector>

#include "forms/definition.hpp"
#include "ocr/document.hpp"
#include "ocr/engine.hpp"

namespace bench {

/// The page of a form that a code names, as the confined child finds it.
[[nodiscard]] ocr::FindForm find_form(const forms::Catalogue& catalogue);

/// Every page of every form, for pages on which no code can be read.
[[nodiscard]] std::vector<ocr::FormPage> all_pages(const forms::Catalogue& catalogue);

/// The first look at a file, by the reader's own engine in this process. What could not be decoded
/// is told as the child would.
[[nodiscard]] ocr::DocumentReading read(const std::vector<std::uint8_t>& bytes, ocr::Engine& engine,
                                        const ocr::FindForm& find, ocr::Forms forms = {},
                                        ocr::CodeSearch search = ocr::CodeSearch::whole_page);

}  // namespace bench
