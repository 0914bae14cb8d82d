#include <algorithm>
#include <optional>

#include "ocr/formats.hpp"

namespace ocr {
namespace {

/// Numbers out of a block in either byte order; nothing is read outside of it.
class ByteReader {
public:
  ByteReader(Bytes block, bool big_endian) : block_(block), big_endian_(big_endian) {}

  [[nodiscard]] std::optional<std::uint32_t> number(std::size_t at, std::size_t size) const {
    if (at > block_.size() || size > block_.size() - at) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const auto byte = std::to_integer<std::uint32_t>(block_[at + i]);
      value |= byte << (8 * (big_endian_ ? size - 1 - i : i));
    }
    return value;
  }

private:
  Bytes block_;
  bool big_endian_;
};

/// An EXIF entry: tag, type, count, value or offset, 12 bytes in all.
struct Entry {
  std::uint32_t tag;
  std::uint32_t type;
  std::size_t value_at;
};

constexpr std::uint32_t type_short = 3;
constexpr std::uint32_t type_rational = 5;

double rational(const ByteReader& reader, const Entry& entry) {
  if (entry.type != type_rational) return 0;
  const auto at = reader.number(entry.value_at, 4);
  if (!at) return 0;
  const auto upper = reader.number(*at, 4);
  const auto lower = reader.number(std::size_t{*at} + 4, 4);
  if (!upper || !lower || *lower == 0) return 0;
  return static_cast<double>(*upper) / *lower;
}

}  // namespace

Exif read_exif(Bytes block) {
  Exif exif;
  const auto text = as_text(block);
  if (!text.starts_with("II") && !text.starts_with("MM")) return exif;
  const ByteReader reader(block, text.starts_with("MM"));
  const auto directory = reader.number(4, 4);
  if (!directory) return exif;
  const auto entries = reader.number(*directory, 2);
  double to_inch = 1;
  for (std::uint32_t i = 0; i < entries.value_or(0); ++i) {
    const std::size_t at = std::size_t{*directory} + 2 + std::size_t{i} * 12;
    const auto tag = reader.number(at, 2);
    const auto type = reader.number(at + 2, 2);
    if (!tag || !type) break;
    const Entry entry{*tag, *type, at + 8};
    const auto value = reader.number(at + 8, 2);
    if (entry.tag == 0x0112 && type == type_short && value >= 1U && value <= 8U) {
      exif.orientation = static_cast<int>(*value);
    } else if (entry.tag == 0x011a) {
      exif.dpi_x = rational(reader, entry);
    } else if (entry.tag == 0x011b) {
      exif.dpi_y = rational(reader, entry);
    } else if (entry.tag == 0x0128 && type == type_short && value == 3U) {
      to_inch = 2.54;
    }
  }
  exif.dpi_x *= to_inch;
  exif.dpi_y *= to_inch;
  return exif;
}

}  // namespace ocr
