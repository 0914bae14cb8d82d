#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ocr/reading.hpp"

/// What crosses the border between the confined child and the service. The child may have been
/// taken over by the file it opened, so both parsers treat every byte as hostile. The format:
/// docs/reader.md.
namespace reader {

/// JSON on one line. Text that is not valid UTF-8 or too long is mended; numbers are written as
/// they are, and parse_answer refuses those that are not finite.
[[nodiscard]] std::string to_json(const ocr::DocumentReading& reading);

/// Takes what to_json writes and nothing else: its keys in their order, no spaces. None if anything
/// is out of its bounds: lengths, counts, ranges, UTF-8, boxes far off the page, page numbers not
/// rising. Memory is bounded by the length of the text. Also reads the first look back from the
/// database.
[[nodiscard]] std::optional<ocr::DocumentReading> parse_answer(std::string_view json);

/// Whether these bytes are one PNG that may be shown to people: signature, known chunks in order
/// with right checksums, grey or colour of at most 8 bits, sides and area within bounds, nothing
/// after its end. The pixels themselves stay unread.
[[nodiscard]] bool is_plain_png(const std::vector<std::uint8_t>& bytes);

/// Each picture with its length (4 bytes, big-endian) before it. None unless there are exactly
/// `count`, each a plain PNG, and nothing more.
[[nodiscard]] std::optional<std::vector<std::vector<std::uint8_t>>> parse_pictures(
    std::string_view bytes, std::size_t count);

}  // namespace reader
