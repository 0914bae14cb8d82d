#pragma once

#include <tiffio.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

/// TIFF files made in memory, with whatever tags a test wants.
namespace tests {

struct TiffFile {
  std::string bytes;
  std::size_t at = 0;

  [[nodiscard]] std::span<const std::byte> view() const { return std::as_bytes(std::span(bytes)); }
};

/// `fill` sets the tags and writes the rows of page 0, 1, ...
inline TiffFile write_tiff(int pages, const std::function<void(TIFF*, int)>& fill) {
  TiffFile file;
  const auto read = [](thandle_t handle, void* out, tmsize_t size) -> tmsize_t {
    auto& self = *static_cast<TiffFile*>(handle);
    const auto count = std::min(static_cast<std::size_t>(size),
                                self.bytes.size() - std::min(self.at, self.bytes.size()));
    std::memcpy(out, self.bytes.data() + self.at, count);
    self.at += count;
    return static_cast<tmsize_t>(count);
  };
  const auto write = [](thandle_t handle, void* data, tmsize_t size) -> tmsize_t {
    auto& self = *static_cast<TiffFile*>(handle);
    const auto end = self.at + static_cast<std::size_t>(size);
    if (self.bytes.size() < end) self.bytes.resize(end);
    std::memcpy(self.bytes.data() + self.at, data, static_cast<std::size_t>(size));
    self.at = end;
    return size;
  };
  const auto seek = [](thandle_t handle, toff_t offset, int whence) -> toff_t {
    auto& self = *static_cast<TiffFile*>(handle);
    const std::size_t base = whence == SEEK_CUR   ? self.at
                             : whence == SEEK_END ? self.bytes.size()
                                                  : 0;
    self.at = base + offset;
    return self.at;
  };
  const auto close = [](thandle_t) { return 0; };
  const auto size = [](thandle_t handle) -> toff_t {
    return static_cast<TiffFile*>(handle)->bytes.size();
  };
  TIFF* tif = TIFFClientOpen("test", "wm", &file, read, write, seek, close, size, nullptr, nullptr);
  if (tif == nullptr) throw std::runtime_error("libtiff refused");
  for (int page = 0; page < pages; ++page) {
    fill(tif, page);
    TIFFWriteDirectory(tif);
  }
  TIFFClose(tif);
  return file;
}

}  // namespace tests
