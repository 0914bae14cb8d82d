#include "ocr/tiff_page.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "ocr/raster.hpp"

namespace ocr {
namespace {

bool is_fax(std::uint16_t compression) {
  return compression == COMPRESSION_CCITTRLE || compression == COMPRESSION_CCITTFAX3 ||
         compression == COMPRESSION_CCITTFAX4;
}

bool is_plain_bilevel(const TiffHeader& header) {
  return header.bits == 1 && header.samples == 1 && !header.tiled &&
         (header.photometric == PHOTOMETRIC_MINISWHITE ||
          header.photometric == PHOTOMETRIC_MINISBLACK);
}

/// Rows that decode_rows() understands: samples of a pixel together, 8 or 16 bits, or up to 8
/// bits of one sample.
bool is_plain_rows(const TiffHeader& header) {
  if (header.tiled || header.format != SAMPLEFORMAT_UINT) return false;
  const bool grey =
      header.photometric == PHOTOMETRIC_MINISBLACK || header.photometric == PHOTOMETRIC_MINISWHITE;
  const bool small = header.bits == 1 || header.bits == 2 || header.bits == 4;
  const bool whole = header.bits == 8 || header.bits == 16;
  if (grey) return header.samples == 1 && (small || whole);
  if (header.photometric == PHOTOMETRIC_PALETTE) {
    return header.samples == 1 && (small || header.bits == 8);
  }
  if (header.planar != PLANARCONFIG_CONTIG) return false;
  if (header.photometric == PHOTOMETRIC_RGB) return header.samples == 3 && whole;
  return header.photometric == PHOTOMETRIC_YCBCR && header.samples == 3 && header.bits == 8 &&
         header.compression == COMPRESSION_JPEG;
}

/// Decodes the page libtiff stands at.
class Decoder {
public:
  Decoder(TIFF* tif, TiffMessages& messages, const TiffHeader& header)
      : tif_(tif), messages_(messages), header_(header) {}

  [[nodiscard]] Page decode() {
    messages_.clear();
    page_ = blank_page(static_cast<int>(header_.width), static_cast<int>(header_.height));
    page_.bilevel = false;
    if (is_plain_bilevel(header_)) {
      page_.bilevel = true;
      decode_bilevel();
    } else if (is_plain_rows(header_)) {
      decode_rows();
    } else {
      decode_colour();
    }
    if (page_.height - page_.damaged_rows <= page_.height / 50) {
      // Less than a fiftieth of a page says nothing, and noise may look like rows.
      throw Unreadable(
          is_fax(header_.compression) ? Fault::transmission_error : Fault::damaged_file,
          "hardly a row of the page can be decoded: " + messages_.first);
    }
    if (!page_.bilevel) detect_bilevel(page_);
    page_.damaged_rows = std::max(page_.damaged_rows, regenerated_rows());
    apply_resolution();
    orient(page_, header_.orientation);
    return std::move(page_);
  }

private:
  std::uint8_t* row(std::uint32_t y) { return page_.grey.data() + std::size_t{y} * header_.width; }

  /// Whole strips at once, the fast way for faxes: 7 ms for a fine A4 page of print in G4, of
  /// which unpacking the bits is 1 ms.
  void decode_bilevel() {
    decode_strips();
    std::uint32_t options = 0;
    TIFFGetField(tif_, TIFFTAG_GROUP3OPTIONS, &options);
    if (header_.compression != COMPRESSION_CCITTFAX3 || (options & GROUP3OPT_2DENCODING) != 0) {
      return;
    }
    // Some machines leave out the ends of lines that MH asks for, and some store MH lines that
    // start at bytes under the name of G3.
    for (const int mode : {FAXMODE_NOEOL, FAXMODE_NOEOL | FAXMODE_BYTEALIGN}) {
      if (page_.damaged_rows <= page_.height / 8) return;
      const Page before = page_;
      messages_.clear();
      // libtiff's decoder for MH without line ends goes by another compression's name.
      TIFFSetField(tif_, TIFFTAG_COMPRESSION, COMPRESSION_CCITTRLE);
      TIFFSetField(tif_, TIFFTAG_FAXMODE, mode | FAXMODE_NORTC);
      decode_strips();
      if (page_.damaged_rows >= before.damaged_rows) {
        page_ = before;
      }
    }
  }

  /// Rows that the decoder leaves untouched, because the data ended early, are found by a
  /// pattern laid underneath. Rows too narrow to tell so are no pages of anybody.
  void decode_strips() {
    const tmsize_t row_bytes = (static_cast<tmsize_t>(header_.width) + 7) / 8;
    if (TIFFScanlineSize(tif_) != row_bytes) unusable("rows of an unexpected length");
    std::uint32_t strip_rows = header_.height;
    TIFFGetFieldDefaulted(tif_, TIFFTAG_ROWSPERSTRIP, &strip_rows);
    strip_rows = std::clamp(strip_rows, 1U, header_.height);
    const bool telling = header_.width >= 64;
    const auto pattern = unlikely_row(static_cast<std::size_t>(row_bytes), telling);
    // Decoders leave the bits behind the last pixel alone, so those are not compared.
    const std::size_t compared = header_.width / 8;
    std::vector<std::uint8_t> bits(static_cast<std::size_t>(row_bytes) * strip_rows);
    int untouched_rows = 0;
    for (std::uint32_t top = 0, strip = 0; top < header_.height; top += strip_rows, ++strip) {
      const std::uint32_t rows = std::min(strip_rows, header_.height - top);
      for (std::uint32_t y = 0; y < rows; ++y) {
        std::memcpy(&bits[y * pattern.size()], pattern.data(), pattern.size());
      }
      // The answer tells nothing that the rows do not tell: a G4 strip that ends early is a
      // success, a G3 strip with one bad last row is a failure.
      const auto done =
          TIFFReadEncodedStrip(tif_, strip, bits.data(), row_bytes * static_cast<tmsize_t>(rows));
      for (std::uint32_t y = 0; y < rows; ++y) {
        const auto* packed = &bits[y * pattern.size()];
        const bool untouched =
            telling ? std::memcmp(packed, pattern.data(), compared) == 0 : done < 0;
        auto* out = row(top + y);
        if (untouched) {
          ++untouched_rows;
          std::fill_n(out, header_.width, std::uint8_t{255});
          continue;
        }
        expand_bits(packed, page_.width, header_.photometric == PHOTOMETRIC_MINISWHITE, out);
      }
      if (strip_rows >= header_.height - top) break;
    }
    page_.damaged_rows = std::min(page_.height, untouched_rows + messages_.rows);
  }

  static std::vector<std::uint8_t> unlikely_row(std::size_t size, bool telling) {
    std::vector<std::uint8_t> pattern(size);
    if (!telling) return pattern;
    std::uint32_t state = 0x9e3779b9;
    for (auto& byte : pattern) {
      state = state * 1664525U + 1013904223U;
      byte = static_cast<std::uint8_t>(state >> 24);
    }
    return pattern;
  }

  void decode_rows() {
    if (header_.photometric == PHOTOMETRIC_YCBCR) {
      TIFFSetField(tif_, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    }
    if (header_.photometric == PHOTOMETRIC_PALETTE) read_palette();
    const std::uint64_t needed =
        (std::uint64_t{header_.width} * header_.samples * header_.bits + 7) / 8;
    const tmsize_t size = TIFFScanlineSize(tif_);
    if (size <= 0 || static_cast<std::uint64_t>(size) < needed || size > most_tiff_memory) {
      unusable("rows of an unexpected length");
    }
    std::vector<std::uint8_t> samples(static_cast<std::size_t>(size));
    for (std::uint32_t y = 0; y < header_.height; ++y) {
      if (TIFFReadScanline(tif_, samples.data(), y, 0) < 0) {
        ++page_.damaged_rows;
        continue;
      }
      convert_row(samples.data(), row(y));
    }
  }

  void convert_row(const std::uint8_t* samples, std::uint8_t* out) const {
    const std::uint32_t width = header_.width;
    if (header_.samples == 1) {
      for (std::uint32_t x = 0; x < width; ++x) out[x] = grey_of(sample(samples, x));
      return;
    }
    for (std::size_t x = 0; x < width; ++x) {
      out[x] = to_grey(eight_bits(sample(samples, x * 3)), eight_bits(sample(samples, x * 3 + 1)),
                       eight_bits(sample(samples, x * 3 + 2)));
    }
  }

  /// Sample `index` of a row. libtiff has brought 16-bit samples into our byte order.
  [[nodiscard]] unsigned sample(const std::uint8_t* row, std::size_t index) const {
    if (header_.bits == 8) return row[index];
    if (header_.bits == 16) {
      std::uint16_t value = 0;
      std::memcpy(&value, row + index * 2, 2);
      return value;
    }
    const std::size_t bit = index * header_.bits;
    const unsigned shift = 8U - header_.bits - static_cast<unsigned>(bit % 8);
    return (static_cast<unsigned>(row[bit / 8]) >> shift) & ((1U << header_.bits) - 1U);
  }

  [[nodiscard]] unsigned eight_bits(unsigned value) const {
    const unsigned most = (1U << header_.bits) - 1U;
    return header_.bits == 8 ? value : (value * 255U + most / 2) / most;
  }

  [[nodiscard]] std::uint8_t grey_of(unsigned value) const {
    if (header_.photometric == PHOTOMETRIC_PALETTE) return palette_[value & 255U];
    const unsigned grey = eight_bits(value);
    return static_cast<std::uint8_t>(header_.photometric == PHOTOMETRIC_MINISWHITE ? 255U - grey
                                                                                   : grey);
  }

  void read_palette() {
    std::array<std::uint16_t*, 3> map{};
    if (TIFFGetField(tif_, TIFFTAG_COLORMAP, &map[0], &map[1], &map[2]) == 0) {
      unusable("a palette picture without a palette");
    }
    const std::size_t colours = std::size_t{1} << header_.bits;
    // Some writers leave 8-bit values in the 16-bit table.
    const bool narrow = std::all_of(map.begin(), map.end(), [&](const std::uint16_t* channel) {
      return std::all_of(channel, channel + colours, [](std::uint16_t v) { return v < 256; });
    });
    const unsigned shift = narrow ? 0 : 8;
    for (std::size_t i = 0; i < colours; ++i) {
      palette_[i] = to_grey(static_cast<unsigned>(map[0][i]) >> shift,
                            static_cast<unsigned>(map[1][i]) >> shift,
                            static_cast<unsigned>(map[2][i]) >> shift);
    }
  }

  /// Everything else (tiles, planes, alpha, CMYK, Lab) through libtiff's own colour conversion,
  /// a strip or tile at a time.
  void decode_colour() {
    std::array<char, 1024> reason{};
    if (TIFFRGBAImageOK(tif_, reason.data()) == 0) {
      throw Unreadable(Fault::unsupported_format, reason.data());
    }
    // libtiff would turn the picture in part; orient() does all of it.
    TIFFSetField(tif_, TIFFTAG_ORIENTATION, static_cast<std::uint16_t>(ORIENTATION_TOPLEFT));
    std::uint32_t width = header_.width;
    std::uint32_t rows = header_.height;
    if (header_.tiled) {
      TIFFGetField(tif_, TIFFTAG_TILEWIDTH, &width);
      TIFFGetField(tif_, TIFFTAG_TILELENGTH, &rows);
    } else {
      TIFFGetFieldDefaulted(tif_, TIFFTAG_ROWSPERSTRIP, &rows);
      rows = std::min(rows, header_.height);
    }
    const std::uint64_t pixels = std::uint64_t{width} * rows;
    if (pixels == 0 || pixels > static_cast<std::uint64_t>(most_tiff_memory) / 4) {
      throw Unreadable(Fault::too_large, "a tile or strip is too large");
    }
    std::vector<std::uint32_t> raster(pixels);
    std::vector<bool> damaged(header_.height, false);
    for (std::uint32_t top = 0; top < header_.height; top += rows) {
      for (std::uint32_t left = 0; left < header_.width; left += width) {
        const int done = header_.tiled ? TIFFReadRGBATileExt(tif_, left, top, raster.data(), 1)
                                       : TIFFReadRGBAStripExt(tif_, top, raster.data(), 1);
        if (done == 0) {
          std::fill_n(damaged.begin() + top, std::min(rows, header_.height - top), true);
        } else {
          take_block(raster, left, top, width, rows);
        }
      }
    }
    page_.damaged_rows = static_cast<int>(std::count(damaged.begin(), damaged.end(), true));
  }

  /// Copies a tile or strip, whose rows libtiff stores from the bottom up.
  void take_block(const std::vector<std::uint32_t>& raster, std::uint32_t left, std::uint32_t top,
                  std::uint32_t width, std::uint32_t rows) {
    const std::uint32_t columns = std::min(width, header_.width - left);
    const std::uint32_t used = std::min(rows, header_.height - top);
    // A short last strip lies at the start of the raster, a short last tile at its end.
    const std::uint32_t stored = header_.tiled ? rows : used;
    for (std::uint32_t y = 0; y < used; ++y) {
      const auto* from = &raster[std::size_t{stored - 1 - y} * width];
      auto* out = row(top + y) + left;
      for (std::uint32_t x = 0; x < columns; ++x) {
        const std::uint32_t pixel = from[x];  // alpha is multiplied in already
        const unsigned grey = to_grey(TIFFGetR(pixel), TIFFGetG(pixel), TIFFGetB(pixel));
        out[x] = static_cast<std::uint8_t>(std::min(255U, grey + 255U - TIFFGetA(pixel)));
      }
    }
  }

  /// Rows that the receiving fax machine made up and said so (TIFF class F).
  int regenerated_rows() {
    std::uint32_t bad = 0;
    if (TIFFGetField(tif_, TIFFTAG_BADFAXLINES, &bad) == 0) return 0;
    return static_cast<int>(std::min(bad, header_.height));
  }

  void apply_resolution() {
    float x = 0;
    float y = 0;
    std::uint16_t unit = RESUNIT_INCH;
    TIFFGetField(tif_, TIFFTAG_XRESOLUTION, &x);
    TIFFGetField(tif_, TIFFTAG_YRESOLUTION, &y);
    TIFFGetFieldDefaulted(tif_, TIFFTAG_RESOLUTIONUNIT, &unit);
    const double to_inch = unit == RESUNIT_CENTIMETER ? 2.54 : 1;
    const bool told = std::isfinite(x) && std::isfinite(y);
    set_resolution(page_, told ? x * to_inch : 0, told ? y * to_inch : 0);
  }

  [[noreturn]] void unusable(const char* why) const { throw Unreadable(Fault::damaged_file, why); }

  TIFF* tif_;
  TiffMessages& messages_;
  TiffHeader header_;
  Page page_;
  std::array<std::uint8_t, 256> palette_{};
};

}  // namespace

void TiffMessages::add(const char* format, std::va_list arguments) {
  std::array<char, 256> text{};
  // The formats are libtiff's own.
  if (std::vsnprintf(text.data(), text.size(), format, arguments) < 0) return;
  if (first.empty()) first = text.data();
  if (const char* found = std::strstr(text.data(), " line "); found != nullptr) {
    const long row = std::strtol(found + 6, nullptr, 10);
    if (row != last_row) ++rows;
    last_row = row;
  }
}

bool is_allowed(std::uint16_t compression) {
  switch (compression) {
    case COMPRESSION_NONE:
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
    case COMPRESSION_LZW:
    case COMPRESSION_JPEG:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_PACKBITS: return true;
    default: return false;
  }
}

TiffHeader read_header(TIFF* tif) {
  TiffHeader header;
  TIFFGetField(tif, TIFFTAG_IMAGEWIDTH, &header.width);
  TIFFGetField(tif, TIFFTAG_IMAGELENGTH, &header.height);
  TIFFGetFieldDefaulted(tif, TIFFTAG_BITSPERSAMPLE, &header.bits);
  TIFFGetFieldDefaulted(tif, TIFFTAG_SAMPLESPERPIXEL, &header.samples);
  TIFFGetFieldDefaulted(tif, TIFFTAG_COMPRESSION, &header.compression);
  TIFFGetFieldDefaulted(tif, TIFFTAG_PLANARCONFIG, &header.planar);
  TIFFGetFieldDefaulted(tif, TIFFTAG_SAMPLEFORMAT, &header.format);
  TIFFGetFieldDefaulted(tif, TIFFTAG_ORIENTATION, &header.orientation);
  TIFFGetFieldDefaulted(tif, TIFFTAG_SUBFILETYPE, &header.subfile);
  // Without the tag, fax codings are white-is-0 and all others black-is-0, as libtiff takes them.
  if (TIFFGetField(tif, TIFFTAG_PHOTOMETRIC, &header.photometric) == 0) {
    header.photometric = is_fax(header.compression) ? PHOTOMETRIC_MINISWHITE
                         : header.samples >= 3      ? PHOTOMETRIC_RGB
                                                    : PHOTOMETRIC_MINISBLACK;
  }
  header.tiled = TIFFIsTiled(tif) != 0;
  return header;
}

Page decode_page(TIFF* tif, TiffMessages& messages, const TiffHeader& header) {
  return Decoder(tif, messages, header).decode();
}

}  // namespace ocr
