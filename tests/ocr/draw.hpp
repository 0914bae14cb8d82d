#pragma once

#include <qrencode.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "ocr/document.hpp"

/// Pages drawn for tests, in millimetres at any resolution.
namespace tests {

inline ocr::Page paper(double width_mm, double height_mm, double dpi_x, double dpi_y) {
  ocr::Page page;
  page.dpi_x = dpi_x;
  page.dpi_y = dpi_y;
  page.width = static_cast<int>(width_mm / 25.4 * dpi_x);
  page.height = static_cast<int>(height_mm / 25.4 * dpi_y);
  page.grey.assign(static_cast<std::size_t>(page.width) * static_cast<std::size_t>(page.height),
                   255);
  return page;
}

/// Sets a pixel if it is on the page.
inline void dot(ocr::Page& page, int x, int y, std::uint8_t grey = 0) {
  if (x < 0 || y < 0 || x >= page.width || y >= page.height) return;
  page.grey[static_cast<std::size_t>(y) * static_cast<std::size_t>(page.width) +
            static_cast<std::size_t>(x)] = grey;
}

/// A filled rectangle, in millimetres.
inline void block(ocr::Page& page, double x, double y, double width, double height,
                  std::uint8_t grey = 0) {
  const int left = static_cast<int>(std::lround(x / 25.4 * page.dpi_x));
  const int right = static_cast<int>(std::lround((x + width) / 25.4 * page.dpi_x));
  const int top = static_cast<int>(std::lround(y / 25.4 * page.dpi_y));
  const int bottom = static_cast<int>(std::lround((y + height) / 25.4 * page.dpi_y));
  for (int py = top; py < bottom; ++py) {
    for (int px = left; px < right; ++px) dot(page, px, py, grey);
  }
}

/// A QR code (version 3, correction Q, as the tags of forms) of `side` mm with its top left
/// corner at (x, y), turned clockwise about it.
inline void qr_code(ocr::Page& page, const std::vector<std::uint8_t>& bytes, double x, double y,
                    double side, double degrees = 0) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeData(static_cast<int>(bytes.size()), bytes.data(), 3, QR_ECLEVEL_Q),
      &QRcode_free);
  if (!code) throw std::runtime_error("libqrencode refused");
  const double cosine = std::cos(degrees * M_PI / 180);
  const double sine = std::sin(degrees * M_PI / 180);
  for (int py = 0; py < page.height; ++py) {
    for (int px = 0; px < page.width; ++px) {
      const double dx = (px + 0.5) / page.dpi_x * 25.4 - x;
      const double dy = (py + 0.5) / page.dpi_y * 25.4 - y;
      const double u = std::floor((dx * cosine + dy * sine) / side * code->width);
      const double v = std::floor((dy * cosine - dx * sine) / side * code->width);
      if (u >= -4 && v >= -4 && u < code->width + 4 && v < code->width + 4) dot(page, px, py, 255);
      if (u < 0 || v < 0 || u >= code->width || v >= code->width) continue;
      const auto index = static_cast<std::size_t>(v) * static_cast<std::size_t>(code->width) +
                         static_cast<std::size_t>(u);
      if ((code->data[index] & 1U) != 0) dot(page, px, py);
    }
  }
}

/// Lines of black dashes like print, so that a search has something to pass over.
inline void some_print(ocr::Page& page, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> length(0.4, 2.5);
  for (double y = 45; y < 280; y += 6) {
    for (double x = 15; x < 195;) {
      const double dash = length(random);
      for (double up = 0; up < 3; up += 1) block(page, x, y + up, dash, 0.35);
      block(page, x, y, 0.35, 3);
      x += dash + length(random) / 2;
    }
  }
}

/// Turns a share of all pixels over: dust on white, holes in black.
inline void dust(ocr::Page& page, double share, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::bernoulli_distribution flip(share);
  for (auto& pixel : page.grey) {
    if (flip(random)) pixel = static_cast<std::uint8_t>(255 - pixel);
  }
}

inline std::vector<std::uint8_t> tag_bytes(std::uint8_t first) {
  std::vector<std::uint8_t> bytes(29);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(first + i * 37);
  }
  return bytes;
}

}  // namespace tests
