#pragma once

#include <tiffio.h>

#include <cstdarg>
#include <cstdint>
#include <string>

#include "ocr/document.hpp"

/// One page of a TIFF file: the tags that say how it is stored, and its picture. Inside of
/// `ocr/formats.hpp`; tiff.cpp finds the pages, tiff_page.cpp decodes them, no other file includes
/// this.
namespace ocr {

/// The most that libtiff may ask for at once. A packed bilevel page within the limits has 10 MB,
/// a 300 dpi colour scan in one strip 26 MB.
inline constexpr tmsize_t most_tiff_memory = 256 << 20;

/// What libtiff has said since the last look.
struct TiffMessages {
  std::string first;
  int rows = 0;  ///< different row numbers that messages named
  long last_row = -1;

  void clear() { *this = {}; }

  void add(const char* format, std::va_list arguments);
};

/// The tags of one page that say how to decode it.
struct TiffHeader {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint16_t bits = 1;
  std::uint16_t samples = 1;
  std::uint16_t compression = COMPRESSION_NONE;
  std::uint16_t photometric = PHOTOMETRIC_MINISWHITE;
  std::uint16_t planar = PLANARCONFIG_CONTIG;
  std::uint16_t format = SAMPLEFORMAT_UINT;
  std::uint16_t orientation = ORIENTATION_TOPLEFT;
  std::uint32_t subfile = 0;
  bool tiled = false;
};

[[nodiscard]] TiffHeader read_header(TIFF* tif);

/// Whether pages are taken that are compressed so: what fax machines and scanners write.
[[nodiscard]] bool is_allowed(std::uint16_t compression);

/// Decodes the page that libtiff stands at, whose size has been checked; turned upright as its
/// orientation tag says. Throws Unreadable.
[[nodiscard]] Page decode_page(TIFF* tif, TiffMessages& messages, const TiffHeader& header);

}  // namespace ocr
