#include "spool/structure.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "spool/descriptor.hpp"

namespace spool {
namespace {

/// Random access with one buffered window: walks of small steps cost few system calls.
class Bytes {
public:
  Bytes(int descriptor, std::uint64_t size) : descriptor_(descriptor), size_(size) {}

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool has(std::uint64_t offset, std::uint64_t length) const {
    return offset <= size_ && length <= size_ - offset;
  }

  [[nodiscard]] std::optional<std::uint8_t> at(std::uint64_t offset) {
    if (offset < start_ || offset - start_ >= held_) fill(offset);
    if (offset < start_ || offset - start_ >= held_) return std::nullopt;
    return window_[static_cast<std::size_t>(offset - start_)];
  }

  /// Up to `length` bytes from `offset`.
  [[nodiscard]] std::string text(std::uint64_t offset, std::uint64_t length) {
    std::string found;
    for (std::uint64_t i = 0; i < length; ++i) {
      const auto byte = at(offset + i);
      if (!byte) break;
      found.push_back(static_cast<char>(*byte));
    }
    return found;
  }

  [[nodiscard]] std::optional<std::uint64_t> number(std::uint64_t offset, unsigned bytes,
                                                    bool big_endian) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) {
      const auto byte = at(offset + (big_endian ? i : bytes - 1 - i));
      if (!byte) return std::nullopt;
      value = (value << 8) | *byte;
    }
    return value;
  }

private:
  void fill(std::uint64_t offset) {
    start_ = offset;
    held_ = 0;
    if (offset >= size_) return;
    const auto got = uninterrupted([&] {
      return ::pread(descriptor_, window_.data(), window_.size(), static_cast<off_t>(offset));
    });
    if (got < 0) refuse("cannot read an arriving file");
    held_ = static_cast<std::uint64_t>(got);
  }

  int descriptor_;
  std::uint64_t size_;
  std::uint64_t start_ = 0;
  std::uint64_t held_ = 0;
  std::vector<std::uint8_t> window_ = std::vector<std::uint8_t>(65'536);
};

// --- TIFF ---

constexpr std::size_t most_directories = 20'000;
// Of all pages together: what goes beyond is no fax, and its reader has limits of its own.
constexpr std::uint64_t most_strips = 4'000'000;
constexpr std::uint64_t most_entries = 2'000'000;

/// Both dialects: classic counts with 2 bytes and points with 4, BigTIFF with 8 and 8.
class Tiff {
public:
  Tiff(Bytes& bytes, bool big_endian, bool big)
      : bytes_(bytes), big_endian_(big_endian), big_(big) {}

  [[nodiscard]] bool whole() {
    auto next = bytes_.number(big_ ? 8 : 4, pointer(), big_endian_);
    std::set<std::uint64_t> seen;
    // The first pointer is written last by many writers: 0 is a file still on its way.
    if (!next || *next == 0) return false;
    while (next && *next != 0) {
      // A circle of directories is a reader's trouble; waiting would not mend it.
      if (!seen.insert(*next).second) return true;
      if (seen.size() > most_directories) return true;
      next = directory(*next);
    }
    return next.has_value();
  }

private:
  struct Entry {
    std::uint64_t type = 0, count = 0, values = 0;
  };

  [[nodiscard]] unsigned pointer() const { return big_ ? 8 : 4; }
  [[nodiscard]] unsigned entry_bytes() const { return big_ ? 20 : 12; }

  [[nodiscard]] static unsigned type_bytes(std::uint64_t type) {
    constexpr std::array<unsigned, 19> width{0, 1, 1, 2, 4, 8, 1, 1, 2, 4,
                                             8, 4, 8, 4, 0, 0, 8, 8, 8};
    return type < width.size() ? width[static_cast<std::size_t>(type)] : 0;
  }

  /// Where the next directory stands; none if this one or what it names is not all there.
  [[nodiscard]] std::optional<std::uint64_t> directory(std::uint64_t offset) {
    const auto entries = bytes_.number(offset, big_ ? 8 : 2, big_endian_);
    if (!entries || *entries > 65'535) return std::nullopt;
    const auto first = offset + (big_ ? 8 : 2);
    const auto end = first + *entries * entry_bytes();
    // A few makers leave out the pointer to a next directory that is not to be. Theirs wait in
    // vain: a file of which page two is still missing looks the same.
    if (!bytes_.has(first, end - first + pointer())) return std::nullopt;
    std::optional<Entry> offsets;
    std::optional<Entry> counts;
    for (std::uint64_t i = 0; i < *entries && ++entries_ < most_entries; ++i) {
      const auto at = first + i * entry_bytes();
      const auto tag = bytes_.number(at, 2, big_endian_);
      const auto found = entry(at);
      if (!tag || !found) return std::nullopt;
      if (*tag == 273 || *tag == 324) offsets = found;  // strips, tiles
      if (*tag == 279 || *tag == 325) counts = found;
    }
    if (offsets && !strips(*offsets, counts)) return std::nullopt;
    return bytes_.number(end, pointer(), big_endian_);
  }

  [[nodiscard]] std::optional<Entry> entry(std::uint64_t at) {
    const auto type = bytes_.number(at + 2, 2, big_endian_);
    const auto count = bytes_.number(at + 4, pointer(), big_endian_);
    if (!type || !count) return std::nullopt;
    Entry found{*type, *count, at + 4 + pointer()};
    const unsigned width = type_bytes(*type);
    if (width == 0) return found;  // unknown types are for the reader to skip
    if (*count > bytes_.size()) return std::nullopt;
    if (*count * width > pointer()) {
      const auto where = bytes_.number(found.values, pointer(), big_endian_);
      if (!where || !bytes_.has(*where, *count * width)) return std::nullopt;
      found.values = *where;
    }
    return found;
  }

  [[nodiscard]] bool strips(const Entry& offsets, const std::optional<Entry>& counts) {
    const unsigned offset_width = type_bytes(offsets.type);
    const unsigned count_width = counts ? type_bytes(counts->type) : 0;
    for (std::uint64_t i = 0; i < offsets.count && offset_width != 0; ++i) {
      if (++strips_ > most_strips) return true;
      const auto where =
          bytes_.number(offsets.values + i * offset_width, offset_width, big_endian_);
      std::optional<std::uint64_t> length = 0;
      if (count_width != 0 && i < counts->count) {
        length = bytes_.number(counts->values + i * count_width, count_width, big_endian_);
      }
      if (!where || !length || !bytes_.has(*where, *length)) return false;
    }
    return true;
  }

  Bytes& bytes_;
  bool big_endian_;
  bool big_;
  std::uint64_t strips_ = 0;
  std::uint64_t entries_ = 0;
};

// --- PDF ---

constexpr std::uint64_t pdf_head = 1024;
// Fax gateways pad the end; readers look this far back, too.
constexpr std::uint64_t pdf_tail = 4096;

std::optional<std::uint64_t> number_after(std::string_view text, std::size_t at) {
  while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0) ++at;
  std::uint64_t value = 0;
  const auto* begin = text.data() + at;
  const auto done = std::from_chars(begin, text.data() + text.size(), value);
  if (done.ec != std::errc{}) return std::nullopt;
  return value;
}

bool pdf_whole(Bytes& bytes, std::string_view head) {
  // The first part of a linearized file has an end mark of its own: believe its length instead.
  if (head.find("/Linearized") != std::string_view::npos) {
    const auto length = head.find("/L ");
    if (length != std::string_view::npos) {
      const auto promised = number_after(head, length + 2);
      if (promised && bytes.size() < *promised) return false;
    }
  }
  const auto from = bytes.size() > pdf_tail ? bytes.size() - pdf_tail : 0;
  const auto tail = bytes.text(from, pdf_tail);
  const auto end = tail.rfind("%%EOF");
  if (end == std::string::npos) return false;
  const auto start = tail.rfind("startxref", end);
  if (start == std::string::npos) return false;
  const auto table = number_after(tail, start + 9);
  return table && *table < bytes.size();
}

// --- PNG and JPEG ---

constexpr int most_chunks = 1'000'000;

bool png_whole(Bytes& bytes) {
  std::uint64_t at = 8;
  for (int i = 0; i < most_chunks; ++i) {
    const auto length = bytes.number(at, 4, true);
    if (!length || !bytes.has(at, *length + 12)) return false;
    if (bytes.text(at + 4, 4) == "IEND") return true;
    at += *length + 12;
  }
  return false;
}

/// Steps over segments by their length, and through the coded data byte by byte, so that the EOI of
/// a thumbnail is not taken for the picture's.
bool jpeg_whole(Bytes& bytes) {
  std::uint64_t at = 2;
  while (true) {
    const auto lead = bytes.at(at);
    const auto marker = bytes.at(at + 1);
    if (!lead || !marker) return false;
    const bool stuffed = *marker == 0x00 || *marker == 0x01 || (*marker >= 0xD0 && *marker <= 0xD7);
    if (*lead != 0xFF || *marker == 0xFF) {
      ++at;
    } else if (stuffed) {
      at += 2;
    } else if (*marker == 0xD9) {
      return true;
    } else {
      const auto length = bytes.number(at + 2, 2, true);
      if (!length || *length < 2 || !bytes.has(at, 2 + *length)) return false;
      at += 2 + *length;
    }
  }
}

}  // namespace

Shape shape_of(int descriptor, std::uint64_t size) {
  using namespace std::string_view_literals;
  if (size == 0) return Shape::empty;
  Bytes bytes(descriptor, size);
  const auto head = bytes.text(0, pdf_head);
  bool begun = false;  // the first bytes of a magic number, and then nothing more
  const auto starts = [&](std::string_view magic) {
    if (head.starts_with(magic)) return true;
    begun = begun || magic.starts_with(head);
    return false;
  };
  const auto shape = [](bool whole) { return whole ? Shape::whole : Shape::cut_short; };

  for (const bool big_endian : {false, true}) {
    if (starts(big_endian ? "MM\0\x2A"sv : "II\x2A\0"sv)) {
      return shape(Tiff(bytes, big_endian, false).whole());
    }
    if (starts(big_endian ? "MM\0\x2B"sv : "II\x2B\0"sv)) {
      return shape(Tiff(bytes, big_endian, true).whole());
    }
  }
  if (starts("%PDF-") || head.find("%PDF-") != std::string::npos) {
    return shape(pdf_whole(bytes, head));
  }
  if (starts("\x89PNG\r\n\x1A\n")) return shape(png_whole(bytes));
  if (starts("\xFF\xD8\xFF")) return shape(jpeg_whole(bytes));
  return begun ? Shape::cut_short : Shape::unknown;
}

}  // namespace spool
