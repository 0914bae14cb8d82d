#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "ocr/engine.hpp"
#include "ocr/formats.hpp"
#include "ocr/raster.hpp"

namespace ocr {
namespace {

/// The page laid onto the printed sheet, between its pixels linearly.
Page laid_on_sheet(const Page& page, const Transform& t, const PageLayout& sheet,
                   double pixels_per_mm) {
  const double per_mm = std::clamp(pixels_per_mm, 1.0, 24.0);
  Page out = blank_page(std::max(1, static_cast<int>(std::lround(sheet.width * per_mm))),
                        std::max(1, static_cast<int>(std::lround(sheet.height * per_mm))));
  out.bilevel = false;
  out.dpi_x = out.dpi_y = per_mm * 25.4;
  // 16.16 fixed point; a step is the same all over the page.
  constexpr double one = 65536;
  const double step_x = t.a / per_mm;
  const double step_y = t.d / per_mm;
  const auto dx = static_cast<std::int64_t>(std::llround(step_x * one));
  const auto dy = static_cast<std::int64_t>(std::llround(step_y * one));
  const std::int64_t last_x = std::int64_t{page.width - 1} << 16;
  const std::int64_t last_y = std::int64_t{page.height - 1} << 16;
  for (int y = 0; y < out.height; ++y) {
    const double mm_x = 0.5 / per_mm;
    const double mm_y = (y + 0.5) / per_mm;
    auto px = static_cast<std::int64_t>((t.a * mm_x + t.b * mm_y + t.c - 0.5) * one);
    auto py = static_cast<std::int64_t>((t.d * mm_x + t.e * mm_y + t.f - 0.5) * one);
    auto* to = out.grey.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(out.width);
    for (int x = 0; x < out.width; ++x, px += dx, py += dy) {
      if (px < 0 || py < 0 || px >= last_x || py >= last_y) continue;  // off the page: white
      const auto fx = static_cast<int>(px & 0xffff);
      const auto fy = static_cast<int>(py & 0xffff);
      const auto* upper = page.row(static_cast<int>(py >> 16)) + (px >> 16);
      const auto* lower = upper + page.width;
      const int above = upper[0] * (65536 - fx) / 256 + upper[1] * fx / 256;
      const int below = lower[0] * (65536 - fx) / 256 + lower[1] * fx / 256;
      const std::int64_t mixed = std::int64_t{above} * (65536 - fy) + std::int64_t{below} * fy;
      to[x] = static_cast<std::uint8_t>(mixed >> 24);
    }
  }
  return out;
}

int orientation_for(int rotation) {
  switch (rotation) {
    case 90: return 6;
    case 180: return 3;
    case 270: return 8;
    default: return 1;
  }
}

/// Square pixels of the finer of both resolutions: rows or columns are repeated, never dropped.
Page squared(Page page) {
  if (!(page.dpi_x > 0 && page.dpi_y > 0)) return page;
  const double dpi = std::max(page.dpi_x, page.dpi_y);
  const double stretch_x = std::min(dpi / page.dpi_x, 8.0);
  const double stretch_y = std::min(dpi / page.dpi_y, 8.0);
  if (stretch_x < 1.02 && stretch_y < 1.02) return page;
  Page out = blank_page(static_cast<int>(std::lround(page.width * stretch_x)),
                        static_cast<int>(std::lround(page.height * stretch_y)));
  out.bilevel = page.bilevel;
  out.dpi_x = out.dpi_y = dpi;
  for (int y = 0; y < out.height; ++y) {
    const auto* from = page.row(std::min(static_cast<int>(y / stretch_y), page.height - 1));
    auto* to = out.grey.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(out.width);
    if (stretch_x < 1.02) {
      std::copy_n(from, page.width, to);
      continue;
    }
    for (int x = 0; x < out.width; ++x) {
      to[x] = from[std::min(static_cast<int>(x / stretch_x), page.width - 1)];
    }
  }
  return out;
}

}  // namespace

std::vector<std::uint8_t> picture(const Page& page, const PageReading& reading,
                                  const PageLayout* layout, double pixels_per_mm) {
  if (!reading.form.empty() && layout != nullptr) {
    return encode_png(laid_on_sheet(page, reading.placed, *layout, pixels_per_mm));
  }
  Page upright = page;
  orient(upright, orientation_for(reading.quality.rotation));
  return encode_png(squared(std::move(upright)));
}

}  // namespace ocr
