#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>

#include "forms/tag.hpp"

namespace forms {

/// The hospital's tag keys: `keys/tag-N.key`, 32 random bytes each, mode 0600.
/// The highest number signs; all verify. Never in the confined child.
class TagKeys {
public:
  using Key = std::array<std::uint8_t, 32>;

  /// Makes the first key in `folder`. Throws std::system_error; refuses to overwrite.
  static void create(const std::filesystem::path& folder);

  /// Throws std::runtime_error if there is no key, a key is short, or others may read it.
  static TagKeys load(const std::filesystem::path& folder);

  explicit TagKeys(std::map<std::uint8_t, Key> keys) : keys_(std::move(keys)) {}

  /// `tag.key_id` is set by the signer.
  [[nodiscard]] TagBytes sign(Tag tag) const;

  /// The tag, if its MAC is right. Constant time in the MAC.
  [[nodiscard]] std::optional<Tag> verify(std::span<const std::uint8_t> bytes) const;

private:
  std::map<std::uint8_t, Key> keys_;
};

}  // namespace forms
