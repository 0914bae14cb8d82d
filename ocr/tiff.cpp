#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "ocr/formats.hpp"
#include "ocr/raster.hpp"
#include "ocr/tiff_page.hpp"

// Fax pages arrive as TIFF. libtiff reads from memory, is told the size of everything before it
// decodes, and its messages are counted, never printed: a message while a row is decoded is how
// it says that the row was damaged on the line.

namespace ocr {
namespace {

int take_message(TIFF* /*tif*/, void* messages, const char* /*module*/, const char* format,
                 std::va_list arguments) {
  static_cast<TiffMessages*>(messages)->add(format, arguments);
  return 1;  // nothing goes on to the global handlers, which print
}

/// The file in memory, as libtiff's callbacks see it.
struct Source {
  Bytes bytes;
  std::size_t at = 0;
};

tmsize_t read_source(thandle_t handle, void* out, tmsize_t size) {
  auto& source = *static_cast<Source*>(handle);
  if (size <= 0 || source.at >= source.bytes.size()) return 0;
  const std::size_t count =
      std::min(static_cast<std::size_t>(size), source.bytes.size() - source.at);
  std::memcpy(out, source.bytes.data() + source.at, count);
  source.at += count;
  return static_cast<tmsize_t>(count);
}

tmsize_t write_nothing(thandle_t, void*, tmsize_t) {
  return 0;
}

toff_t seek_source(thandle_t handle, toff_t offset, int whence) {
  auto& source = *static_cast<Source*>(handle);
  toff_t base = 0;
  if (whence == SEEK_CUR) base = source.at;
  if (whence == SEEK_END) base = source.bytes.size();
  source.at = static_cast<std::size_t>(base + offset);
  return source.at;
}

int close_source(thandle_t) {
  return 0;
}

toff_t size_source(thandle_t handle) {
  return static_cast<Source*>(handle)->bytes.size();
}

int map_source(thandle_t handle, void** base, toff_t* size) {
  auto& source = *static_cast<Source*>(handle);
  // libtiff only reads through the map of a file opened with "r".
  *base =
      const_cast<std::byte*>(source.bytes.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  *size = source.bytes.size();
  return 1;
}

void unmap_source(thandle_t, void*, toff_t) {}

struct CloseTiff {
  void operator()(TIFF* tif) const { TIFFClose(tif); }
};
struct FreeOptions {
  void operator()(TIFFOpenOptions* options) const { TIFFOpenOptionsFree(options); }
};
using Tiff = std::unique_ptr<TIFF, CloseTiff>;

class TiffDocument final : public Document {
public:
  TiffDocument(Bytes bytes, const Limits& limits) : source_{bytes}, limits_(limits) {
    const std::unique_ptr<TIFFOpenOptions, FreeOptions> options(TIFFOpenOptionsAlloc());
    if (!options) throw std::bad_alloc();
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), most_tiff_memory);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), take_message, &messages_);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), take_message, &messages_);
    tif_.reset(TIFFClientOpenExt("fax", "r", &source_, read_source, write_nothing, seek_source,
                                 close_source, size_source, map_source, unmap_source,
                                 options.get()));
    if (!tif_) throw Unreadable(Fault::damaged_file, "no TIFF directory: " + messages_.first);
    list_pages();
  }

  [[nodiscard]] int pages() const override { return static_cast<int>(pages_.size()); }

  [[nodiscard]] Page page(int number) override {
    const auto offset = pages_.at(static_cast<std::size_t>(number - 1));
    if (offset == unreadable || TIFFSetSubDirectory(tif_.get(), offset) == 0) {
      throw Unreadable(Fault::damaged_file, "the directory of the page cannot be read");
    }
    const TiffHeader header = read_header(tif_.get());
    check_size(header.width, header.height, limits_);
    if (!is_allowed(header.compression)) {
      throw Unreadable(Fault::unsupported_format,
                       "TIFF compression " + std::to_string(header.compression));
    }
    Page page = decode_page(tif_.get(), messages_, header);
    page.number = number;
    return page;
  }

private:
  static constexpr std::uint64_t unreadable = 0;

  /// Finds the directories that are pages. Small previews of a page before are none; a
  /// directory that is announced and cannot be read is one, so that it is missed by somebody.
  void list_pages() {
    TiffHeader before;
    for (;;) {
      const TiffHeader header = read_header(tif_.get());
      const bool preview = (header.subfile & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) != 0 &&
                           !pages_.empty() && header.width < before.width;
      if (!preview) {
        pages_.push_back(TIFFCurrentDirOffset(tif_.get()));
        before = header;
      }
      if (pages_.size() > static_cast<std::size_t>(limits_.pages)) {
        throw Unreadable(Fault::too_large, "more pages than allowed");
      }
      if (TIFFLastDirectory(tif_.get()) != 0) {
        if (ends_where_it_says()) return;
        break;
      }
      if (TIFFReadDirectory(tif_.get()) == 0) break;
    }
    pages_.push_back(unreadable);
  }

  /// libtiff takes a cut-off pointer to the next directory for the end of the list. Whoever cut it
  /// may have cut off pages.
  [[nodiscard]] bool ends_where_it_says() const {
    const auto text = as_text(source_.bytes);
    const bool big_endian = text[0] == 'M';
    const bool big = text[big_endian ? 3 : 2] == '+';  // BigTIFF: wider counts and offsets
    const std::uint64_t count_size = big ? 8 : 2;
    const std::uint64_t entry_size = big ? 20 : 12;
    const std::uint64_t pointer_size = big ? 8 : 4;
    const std::uint64_t offset = TIFFCurrentDirOffset(tif_.get());
    if (offset > text.size() || text.size() - offset < count_size) return false;
    std::uint64_t count = 0;
    for (std::uint64_t i = 0; i < count_size; ++i) {
      const auto at = big_endian ? offset + i : offset + count_size - 1 - i;
      count = count << 8U | static_cast<std::uint8_t>(text[at]);
    }
    const std::uint64_t room = text.size() - offset - count_size;
    return count <= room / entry_size && room - count * entry_size >= pointer_size;
  }

  Source source_;
  Limits limits_;
  TiffMessages messages_;
  Tiff tif_;
  std::vector<std::uint64_t> pages_;  ///< offset of each page's directory
};

}  // namespace

std::unique_ptr<Document> open_tiff(Bytes bytes, const Limits& limits) {
  return std::make_unique<TiffDocument>(bytes, limits);
}

}  // namespace ocr
