#include <zlib.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "daemon/reader/answer.hpp"

namespace reader {
namespace {

constexpr std::uint64_t most_side = 20'000;         // pixels
constexpr std::uint64_t most_pixels = 100'000'000;  // A4 at 8 pixels a mm has 4 million

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(0, 4)) {
    value = (value << 8) | static_cast<std::uint8_t>(byte);
  }
  return value;
}

bool good_header(std::string_view data) {
  if (data.size() != 13) return false;
  const std::uint64_t width = big_endian(data);
  const std::uint64_t height = big_endian(data.substr(4));
  const auto depth = static_cast<std::uint8_t>(data[8]);
  const auto colour = static_cast<std::uint8_t>(data[9]);
  const bool bits = depth == 1 || depth == 2 || depth == 4 || depth == 8;
  const bool kind = colour == 0 || colour == 3 || (colour == 2 && depth == 8);
  return width > 0 && height > 0 && width <= most_side && height <= most_side &&
         width * height <= most_pixels && bits && kind && data[10] == 0 && data[11] == 0 &&
         data[12] == 0;
}

struct Chunk {
  std::string_view type, data;
};

/// Takes one chunk off the front; none if it is cut short or its checksum is wrong.
std::optional<Chunk> next_chunk(std::string_view& rest) {
  if (rest.size() < 12) return std::nullopt;
  const std::size_t length = big_endian(rest);
  if (length > rest.size() - 12) return std::nullopt;
  const auto covered = rest.substr(4, 4 + length);
  const auto sum =
      ::crc32(0, reinterpret_cast<const Bytef*>(covered.data()), static_cast<uInt>(covered.size()));
  if (sum != big_endian(rest.substr(8 + length))) return std::nullopt;
  rest.remove_prefix(12 + length);
  return Chunk{covered.substr(0, 4), covered.substr(4)};
}

bool plain_png(std::string_view rest) {
  constexpr std::string_view signature = "\x89PNG\r\n\x1A\n";
  // Chunks that carry text, profiles or anything a browser might act upon are none of ours.
  constexpr std::array<std::string_view, 4> known{"PLTE", "pHYs", "gAMA", "IDAT"};
  if (!rest.starts_with(signature)) return false;
  rest.remove_prefix(signature.size());
  auto chunk = next_chunk(rest);
  if (!chunk || chunk->type != "IHDR" || !good_header(chunk->data)) return false;
  bool pixels = false;
  while ((chunk = next_chunk(rest))) {
    if (chunk->type == "IEND") return pixels && chunk->data.empty() && rest.empty();
    if (std::ranges::find(known, chunk->type) == known.end()) return false;
    pixels = pixels || chunk->type == "IDAT";
  }
  return false;
}

}  // namespace

bool is_plain_png(const std::vector<std::uint8_t>& bytes) {
  return plain_png({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::optional<std::vector<std::vector<std::uint8_t>>> parse_pictures(std::string_view bytes,
                                                                     std::size_t count) {
  std::vector<std::vector<std::uint8_t>> pictures;
  while (!bytes.empty()) {
    if (bytes.size() < 4 || pictures.size() == count) return std::nullopt;
    const std::size_t length = big_endian(bytes);
    bytes.remove_prefix(4);
    if (length > bytes.size() || !plain_png(bytes.substr(0, length))) return std::nullopt;
    pictures.emplace_back(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    bytes.remove_prefix(length);
  }
  if (pictures.size() != count) return std::nullopt;
  return pictures;
}

}  // namespace reader
