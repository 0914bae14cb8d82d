#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ocr/reading.hpp"

/// Files to pages: TIFF, PDF, PNG, JPEG. Everything here runs on untrusted
/// bytes, inside the confined child.
namespace ocr {

/// One page picture as it arrived: pixels not square, orientation tags applied
/// (fill order and polarity too), nothing else changed.
struct Page {
  int number = 1;  ///< in the file, from 1
  int width = 0;   ///< pixels
  int height = 0;
  double dpi_x = 0;
  double dpi_y = 0;
  bool resolution_known = true;    ///< false: the file did not say, and dpi is the best guess
  bool bilevel = true;             ///< grey holds only 0 and 255
  bool symbol_coded = false;       ///< JBIG2
  int damaged_rows = 0;            ///< rows the decoder had to make up
  std::vector<std::uint8_t> grey;  ///< width*height, row by row, 0 black, 255 white

  [[nodiscard]] const std::uint8_t* row(int y) const {
    return grey.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
  }
};

struct Limits {
  int pages = 200;
  std::int64_t pixels_a_page = 80'000'000;  ///< A4 at 600 dpi has 35 million
};

/// An opened file. Holds a view of the bytes: they must outlive it.
class Document {
public:
  virtual ~Document() = default;

  [[nodiscard]] virtual int pages() const = 0;

  /// Decodes page `number` (from 1). Throws Unreadable.
  [[nodiscard]] virtual Page page(int number) = 0;
};

/// The file, not the machine, is at fault.
class Unreadable : public std::exception {
public:
  Unreadable(Fault fault, std::string detail) : fault_(fault), detail_(std::move(detail)) {}
  [[nodiscard]] Fault fault() const { return fault_; }
  [[nodiscard]] const char* what() const noexcept override { return detail_.c_str(); }

private:
  Fault fault_;
  std::string detail_;
};

/// Tells the format by content, never by name. Throws Unreadable.
[[nodiscard]] std::unique_ptr<Document> open(std::span<const std::byte> bytes,
                                             const Limits& limits = {});

/// Loads what the PDF renderer would otherwise look for in files at its first page (settings, the
/// list of fonts). Call once in the warm parent, before it gives its rights away. Fonts themselves
/// are opened page by page: pages that need one that is not in the PDF are Unreadable afterwards.
/// Throws std::runtime_error (or Unreadable) where no font is installed.
void warm_up();

}  // namespace ocr
