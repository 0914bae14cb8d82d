#pragma once

#include <optional>
#include <vector>

#include "ocr/document.hpp"
#include "ocr/patch.hpp"
#include "ocr/placement.hpp"
#include "ocr/reading.hpp"
#include "ocr/sheet.hpp"
#include "ocr/text.hpp"

/// The words of a page, or of a patch of it: what Tesseract needs to be shown, and what to make of
/// its answers.
namespace ocr {

constexpr double text_px_per_mm = 300 / 25.4;  ///< what Tesseract was trained on

/// The page as it arrived, turned by `rotation` degrees: millimetres of the upright page to pixels.
[[nodiscard]] Transform upright(const Page& page, int rotation);

/// Words of an upright patch, in millimetres.
[[nodiscard]] std::vector<WordReading> words_of(const Patch& patch, TextEngine& text,
                                                TextMode mode);

/// Some words at least were surely read, so that Tesseract saw where the lines are. Another look
/// costs as much again, and helps little where it is the line that was bad.
[[nodiscard]] bool readable(const std::vector<WordReading>& words);

/// How much was read: signs, by how sure Tesseract is of them. What it is least sure of is worth
/// nothing, so that much nonsense never beats a few words.
[[nodiscard]] double worth(const std::vector<WordReading>& words);

/// The words of a whole page as they are best read: as it is, or without what misleads; in
/// millimetres of the page turned by `rotation`. For each line that was left out: `unread_line`.
[[nodiscard]] std::vector<WordReading> words_of_page(const Page& page, const Sheet& sheet,
                                                     int rotation, TextEngine& text);

/// What the sender's machine printed above the letter.
struct SendersLine {
  WordReading word;  ///< the whole line as one, without a box
  Box box;           ///< mm of the page as it came
};

/// Reads that line and takes it out of the sheet. It is level, however the paper went in, and
/// Tesseract takes the lean and the height of all lines from it: at 204 x 98 dpi it then reads a
/// letter that lies askew as nonsense. None, and the sheet as it was, if no line stands apart at
/// the upper edge or it does not read like a sender's.
[[nodiscard]] std::optional<SendersLine> take_senders_line(const Page& page, Sheet& sheet,
                                                           TextEngine& text);

/// The line where it begins (a piece of 3 mm), on the page turned by `rotation`.
[[nodiscard]] WordReading word_of(const SendersLine& line, const Page& page, int rotation);

}  // namespace ocr
