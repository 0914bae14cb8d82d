#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "ocr/grey.hpp"

/// QR codes on a page. codes.cpp is the one file that knows ZXing, whose packaged
/// version (1.4) has another interface than today's.
namespace ocr {

struct Pixel {
  double x = 0;
  double y = 0;
};

struct Code {
  std::vector<std::uint8_t> bytes;  ///< as coded, no character set applied
  /// Outer corners of the code's modules in pixels of the searched view, as the
  /// code itself is turned: top left, top right, bottom right, bottom left.
  std::array<Pixel, 4> corners;
};

enum class Effort : std::uint8_t {
  quick,     ///< one search of the plain picture; if it found a code, what looks like another one
             ///< is searched as thoroughly as can be
  thorough,  ///< if that found nothing: other sizes, closing, blur, thresholds, inverted
};

/// Finds every QR code, also the same bytes at several places (both tags of a
/// form help to align it), from top to bottom. Pixels need not be square: give
/// the resolution. An empty answer means that none was readable.
[[nodiscard]] std::vector<Code> find_codes(GreyView picture, double dpi_x, double dpi_y,
                                           Effort effort = Effort::thorough);

/// The bytes of a code that is known to fill the picture but for its quiet zone, upright and with
/// square modules of whole pixels.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> decode_code(GreyView picture);

}  // namespace ocr
