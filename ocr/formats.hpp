#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "ocr/document.hpp"

/// One opener a file format, each in the one file that knows the library. All throw Unreadable
/// where the file is at fault; sizes are checked before anything is decoded.
namespace ocr {

using Bytes = std::span<const std::byte>;

[[nodiscard]] std::unique_ptr<Document> open_tiff(Bytes bytes, const Limits& limits);
[[nodiscard]] std::unique_ptr<Document> open_pdf(Bytes bytes, const Limits& limits);
[[nodiscard]] std::unique_ptr<Document> open_png(Bytes bytes, const Limits& limits);
[[nodiscard]] std::unique_ptr<Document> open_jpeg(Bytes bytes, const Limits& limits);

/// A JPEG inside a PDF: no EXIF, no resolution, and not CMYK, whose polarity the PDF tells.
[[nodiscard]] Page decode_bare_jpeg(Bytes bytes, const Limits& limits);

/// A PNG of the page: one bit a pixel if it is bilevel, else 8-bit grey, with its resolution.
[[nodiscard]] std::vector<std::uint8_t> encode_png(const Page& page);

/// What a camera or scanner wrote beside the picture.
struct Exif {
  int orientation = 1;  ///< 1 to 8, as in TIFF
  double dpi_x = 0;     ///< 0: not told
  double dpi_y = 0;
};

/// Reads an EXIF block (a small TIFF directory). Whatever is wrong with it is as if untold.
[[nodiscard]] Exif read_exif(Bytes block);

[[nodiscard]] inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace ocr
