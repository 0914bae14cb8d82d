#pragma once

#include "ocr/document.hpp"
#include "ocr/layout.hpp"
#include "ocr/placement.hpp"
#include "ocr/reading.hpp"
#include "ocr/sheet.hpp"
#include "ocr/text.hpp"

/// Words, most of them read after the flags are out.
namespace ocr {

/// Fills in the words of text fields that look typed. What is written by hand is left to people.
void read_text_fields(const Page& page, const PageLayout& layout, TextEngine& text,
                      PageReading& reading);

/// Fills in the words of a page of no known form, turned so that they can be read, and, where no
/// code was readable, the serial of a form that is printed on it.
void read_whole_page(const Page& page, TextEngine& text, PageReading& reading);

/// What OCR makes of the serials printed beside the tags of an aligned page: those that look like
/// one, likelier first, with spaces between; at most four. Whose check character is right is for
/// `forms/` to find. Empty if none can be read.
[[nodiscard]] std::string printed_serial(const Sheet& sheet, const Placement& placement,
                                         const PageLayout& layout, TextEngine& text);

/// Something like `7K2QX-9HD4M` in the words of a page, upper case, hyphen in the middle. Its check
/// character is for `forms/` to test. Empty if there is none.
[[nodiscard]] std::string serial_in(const std::vector<WordReading>& words);

}  // namespace ocr
