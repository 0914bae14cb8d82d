#include "ocr/raster.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <string>
#include <utility>

namespace ocr {
namespace {

constexpr double mm_an_inch = 25.4;

/// The eight grey pixels of each byte, first pixel first in memory.
constexpr std::array<std::array<std::uint8_t, 8>, 256> make_expansion(bool ones_are_black) {
  std::array<std::array<std::uint8_t, 8>, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      const bool one = ((byte >> (7 - bit)) & 1U) != 0;
      table[byte][bit] = one == ones_are_black ? 0 : 255;
    }
  }
  return table;
}

constexpr auto black_ones = make_expansion(true);
constexpr auto white_ones = make_expansion(false);

struct FaxWidth {
  int pixels;
  double dpi_x;
  int rows_98;  ///< rows of a whole sheet (A4, B4, A3) at 98 dpi
};
/// T.4 and T.30 line lengths.
constexpr std::array<FaxWidth, 12> fax_widths{{{1728, 204, 1144},
                                               {2048, 204, 1401},
                                               {2432, 204, 1617},
                                               {2592, 300, 0},
                                               {3072, 300, 0},
                                               {3648, 300, 0},
                                               {3456, 408, 1144},
                                               {4096, 408, 1401},
                                               {4864, 408, 1617},
                                               {5184, 600, 0},
                                               {6144, 600, 0},
                                               {7296, 600, 0}}};

/// A sheet of a plausible size: a till receipt to A2, whichever way it lies.
bool plausible(const Page& page, double dpi_x, double dpi_y) {
  if (!(dpi_x >= 40 && dpi_x <= 2500 && dpi_y >= 40 && dpi_y <= 2500)) return false;
  const double ratio = dpi_x / dpi_y;
  if (ratio < 0.2 || ratio > 5) return false;
  const double width = page.width / dpi_x * mm_an_inch;
  const double height = page.height / dpi_y * mm_an_inch;
  return std::max(width, height) <= 600;
}

/// Where pixel (0, 0) of the result comes from, and what one step right or down adds, in the
/// stored picture.
struct Walk {
  std::ptrdiff_t start;
  std::ptrdiff_t right;
  std::ptrdiff_t down;
  bool swapped;  ///< rows become columns
};

Walk walk_of(int orientation, std::ptrdiff_t w, std::ptrdiff_t h) {
  switch (orientation) {
    case 2: return {w - 1, -1, w, false};
    case 3: return {w * h - 1, -1, -w, false};
    case 4: return {w * (h - 1), 1, -w, false};
    case 5: return {0, w, 1, true};
    case 6: return {w * (h - 1), -w, 1, true};
    case 7: return {w * h - 1, -w, -1, true};
    case 8: return {w - 1, w, -1, true};
    default: return {0, 1, w, false};
  }
}

}  // namespace

void check_size(std::int64_t width, std::int64_t height, const Limits& limits) {
  if (width <= 0 || height <= 0) throw Unreadable(Fault::damaged_file, "a page without pixels");
  constexpr std::int64_t most = 100'000;  // a side of four metres at 600 dpi
  if (width > most || height > most || width * height > limits.pixels_a_page) {
    throw Unreadable(Fault::too_large, "a page of " + std::to_string(width) + " by " +
                                           std::to_string(height) + " pixels");
  }
}

Page blank_page(int width, int height) {
  Page page;
  page.width = width;
  page.height = height;
  page.grey.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 255);
  return page;
}

void set_resolution(Page& page, double dpi_x, double dpi_y) {
  if (!plausible(page, dpi_x, dpi_y)) {
    guess_resolution(page);
    return;
  }
  page.dpi_x = dpi_x;
  page.dpi_y = dpi_y;
  page.resolution_known = true;
}

void guess_resolution(Page& page) {
  page.resolution_known = false;
  for (const auto& fax : fax_widths) {
    if (page.width != fax.pixels) continue;
    page.dpi_x = page.dpi_y = fax.dpi_x;
    if (fax.rows_98 == 0) return;
    // Between two line densities, the one that makes the sheet nearer to whole.
    if (page.height < fax.rows_98 * std::numbers::sqrt2) {
      page.dpi_y = 98;
    } else if (page.height < fax.rows_98 * 2 * std::numbers::sqrt2) {
      page.dpi_y = 196;
    } else {
      page.dpi_y = 391;
    }
    return;
  }
  const bool portrait = page.height >= page.width;
  const double raw = page.width / ((portrait ? 210 : 297) / mm_an_inch);
  page.dpi_x = page.dpi_y = std::clamp(raw, 40.0, 2500.0);
  for (const double usual : {75.0, 100.0, 150.0, 200.0, 240.0, 300.0, 400.0, 600.0, 1200.0}) {
    if (std::abs(raw / usual - 1) < 0.08) page.dpi_x = page.dpi_y = usual;
  }
}

void orient(Page& page, int orientation) {
  if (orientation <= 1 || orientation > 8) return;
  const auto walk = walk_of(orientation, page.width, page.height);
  const int width = walk.swapped ? page.height : page.width;
  const int height = walk.swapped ? page.width : page.height;
  std::vector<std::uint8_t> turned(page.grey.size());
  // Blocks keep both pictures in the cache while rows become columns.
  constexpr int block = 64;
  for (int top = 0; top < height; top += block) {
    for (int left = 0; left < width; left += block) {
      const int bottom = std::min(top + block, height);
      const int right = std::min(left + block, width);
      for (int y = top; y < bottom; ++y) {
        std::ptrdiff_t from = walk.start + y * walk.down + left * walk.right;
        auto* out = turned.data() + static_cast<std::ptrdiff_t>(y) * width + left;
        for (int x = left; x < right; ++x, from += walk.right) {
          *out++ = page.grey[static_cast<std::size_t>(from)];
        }
      }
    }
  }
  page.grey = std::move(turned);
  page.width = width;
  page.height = height;
  if (walk.swapped) std::swap(page.dpi_x, page.dpi_y);
}

void detect_bilevel(Page& page) {
  page.bilevel = std::all_of(page.grey.begin(), page.grey.end(),
                             [](std::uint8_t value) { return value == 0 || value == 255; });
}

void expand_bits(const std::uint8_t* bits, int width, bool ones_are_black, std::uint8_t* out) {
  const auto& table = ones_are_black ? black_ones : white_ones;
  int left = width;
  for (; left >= 8; left -= 8, out += 8) std::memcpy(out, table[*bits++].data(), 8);
  if (left > 0) std::memcpy(out, table[*bits].data(), static_cast<std::size_t>(left));
}

}  // namespace ocr
