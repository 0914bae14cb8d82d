#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ocr/document.hpp"

/// Grey pictures inside the reading room: 8 bits a pixel, 0 black, 255 white.
namespace ocr {

/// A borrowed rectangle of grey pixels. Never owns.
struct GreyView {
  const std::uint8_t* pixels = nullptr;
  int width = 0;
  int height = 0;
  std::ptrdiff_t stride = 0;  ///< bytes from one row to the next

  [[nodiscard]] bool empty() const { return width <= 0 || height <= 0; }
  [[nodiscard]] const std::uint8_t* row(int y) const { return pixels + y * stride; }
  [[nodiscard]] std::uint8_t at(int x, int y) const { return row(y)[x]; }

  /// The part of this view inside the rectangle; empty if they do not meet.
  [[nodiscard]] GreyView crop(int x, int y, int w, int h) const {
    const int left = std::clamp(x, 0, width);
    const int top = std::clamp(y, 0, height);
    const int right =
        static_cast<int>(std::clamp<std::int64_t>(std::int64_t{x} + std::max(w, 0), left, width));
    const int bottom =
        static_cast<int>(std::clamp<std::int64_t>(std::int64_t{y} + std::max(h, 0), top, height));
    if (right == left || bottom == top) return {};
    return {row(top) + left, right - left, bottom - top, stride};
  }
};

/// An owned grey picture.
struct Grey {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  ///< width*height, row by row

  Grey() = default;
  Grey(int w, int h, std::uint8_t fill = 255)
      : width(w),
        height(h),
        pixels(static_cast<std::size_t>(w) * static_cast<std::size_t>(h), fill) {}

  [[nodiscard]] GreyView view() const { return {pixels.data(), width, height, width}; }
  [[nodiscard]] std::uint8_t* row(int y) {
    return pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
  }
};

[[nodiscard]] inline GreyView view(const Page& page) {
  return {page.grey.data(), page.width, page.height, page.width};
}

}  // namespace ocr
