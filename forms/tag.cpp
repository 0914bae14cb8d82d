#include "forms/tag.hpp"

#include <cassert>

namespace forms {
namespace {

constexpr std::uint8_t format = 1;

}  // namespace

TagClaim pack(const Tag& tag) {
  assert(tag.serial.number < serial_limit);
  TagClaim bytes{format,
                 tag.key_id,
                 static_cast<std::uint8_t>(tag.form >> 8U),
                 static_cast<std::uint8_t>(tag.form & 0xFFU),
                 tag.version,
                 tag.page,
                 tag.pages};
  for (std::size_t i = 0; i < 6; ++i) {
    bytes[7 + i] = static_cast<std::uint8_t>((tag.serial.number >> (8 * (5 - i))) & 0xFFU);
  }
  return bytes;
}

std::optional<Tag> peek(std::span<const std::uint8_t> bytes) {
  if (bytes.size() != std::tuple_size_v<TagBytes> || bytes[0] != format) return std::nullopt;
  Tag tag;
  tag.key_id = bytes[1];
  tag.form = static_cast<std::uint16_t>(bytes[2] << 8U | bytes[3]);
  tag.version = bytes[4];
  tag.page = bytes[5];
  tag.pages = bytes[6];
  for (std::size_t i = 0; i < 6; ++i) tag.serial.number = tag.serial.number << 8U | bytes[7 + i];
  if (tag.serial.number >= serial_limit) return std::nullopt;
  if (tag.page < 1 || tag.page > tag.pages) return std::nullopt;
  return tag;
}

}  // namespace forms
