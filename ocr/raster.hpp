#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ocr/document.hpp"
#include "ocr/grey.hpp"

/// Pixel work that all file formats share.
namespace ocr {

/// Throws Unreadable: too_large above the limit, damaged_file for no pixels at all.
void check_size(std::int64_t width, std::int64_t height, const Limits& limits);

/// A white page of that size, numbered 1.
[[nodiscard]] Page blank_page(int width, int height);

/// Sets the resolution the file told (0: not told), or the best guess where it told none or one
/// that makes the sheet smaller than a stamp or larger than a poster.
void set_resolution(Page& page, double dpi_x, double dpi_y);

/// Guesses from fax line lengths (1728, 2048, 2432 and their multiples) and rows, else from A4.
void guess_resolution(Page& page);

/// Applies a TIFF or EXIF orientation (1 to 8; others are taken as 1) to pixels and resolution.
void orient(Page& page, int orientation);

/// Sets `bilevel` by looking at the pixels.
void detect_bilevel(Page& page);

/// Unpacks `width` pixels of one bit, first pixel in the highest bit, to 0 and 255.
/// `bits` holds (width + 7) / 8 bytes, `out` has room for `width`.
void expand_bits(const std::uint8_t* bits, int width, bool ones_are_black, std::uint8_t* out);

/// Grey of a colour: half luminance, half darkest channel, so that red, blue and light pens
/// stay dark while tinted paper stays light.
[[nodiscard]] constexpr std::uint8_t to_grey(unsigned r, unsigned g, unsigned b) {
  const unsigned luminance = (77 * r + 150 * g + 29 * b) >> 8;
  const unsigned darkest = r < g ? (r < b ? r : b) : (g < b ? g : b);
  return static_cast<std::uint8_t>((luminance + darkest + 1) / 2);
}

/// `value` of 0 to 255 seen through `alpha` on white paper.
[[nodiscard]] constexpr std::uint8_t on_white(unsigned value, unsigned alpha) {
  return static_cast<std::uint8_t>((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

}  // namespace ocr
