#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "forms/serial.hpp"

namespace forms {

/// What a tag says. Bytes and MAC: `docs/tag.md`.
struct Tag {
  std::uint8_t key_id = 0;
  std::uint16_t form = 0;  ///< Definition::number
  std::uint8_t version = 1;
  std::uint8_t page = 1;
  std::uint8_t pages = 1;
  Serial serial;
  friend bool operator==(const Tag&, const Tag&) = default;
};

using TagBytes = std::array<std::uint8_t, 29>;

/// The part of the bytes that the MAC is over.
using TagClaim = std::array<std::uint8_t, 13>;

[[nodiscard]] TagClaim pack(const Tag& tag);

/// What the bytes claim, without any check of the MAC: enough to choose a
/// layout by, never to file by. None if they are no tag in shape.
[[nodiscard]] std::optional<Tag> peek(std::span<const std::uint8_t> bytes);

}  // namespace forms
