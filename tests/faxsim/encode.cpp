#include <png.h>
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>  // jpeglib.h forgets it
#include <cstdlib>
#include <cstring>

#include <jpeglib.h>

#include "tests/faxsim/chance.hpp"
#include "tests/faxsim/faxsim.hpp"

namespace faxsim {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// A TIFF that libtiff writes into memory.
struct Memory {
  Bytes bytes;
  std::size_t at = 0;

  static tmsize_t read(thandle_t handle, void* to, tmsize_t size) {
    auto* self = static_cast<Memory*>(handle);
    const std::size_t count = std::min(static_cast<std::size_t>(size),
                                       self->bytes.size() - std::min(self->at, self->bytes.size()));
    std::memcpy(to, self->bytes.data() + self->at, count);
    self->at += count;
    return static_cast<tmsize_t>(count);
  }
  static tmsize_t write(thandle_t handle, void* from, tmsize_t size) {
    auto* self = static_cast<Memory*>(handle);
    const auto count = static_cast<std::size_t>(size);
    if (self->bytes.size() < self->at + count) self->bytes.resize(self->at + count);
    std::memcpy(self->bytes.data() + self->at, from, count);
    self->at += count;
    return size;
  }
  static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    auto* self = static_cast<Memory*>(handle);
    if (whence == SEEK_SET) self->at = offset;
    if (whence == SEEK_CUR) self->at += offset;
    if (whence == SEEK_END) self->at = self->bytes.size() + offset;
    return self->at;
  }
  static int close(thandle_t) { return 0; }
  static toff_t size(thandle_t handle) { return static_cast<Memory*>(handle)->bytes.size(); }
};

struct CloseTiff {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using Tiff = std::unique_ptr<TIFF, CloseTiff>;

Tiff open_tiff(Memory& memory, const char* mode) {
  Tiff tiff(TIFFClientOpen("fax", mode, &memory, Memory::read, Memory::write, Memory::seek,
                           Memory::close, Memory::size, nullptr, nullptr));
  if (!tiff) throw std::runtime_error("libtiff refuses to write");
  return tiff;
}

/// What one fax machine writes: settled once a file.
struct TiffHabit {
  Coding coding = Coding::g4;
  bool lsb_first = false;
  bool fill_bits = false;          ///< G3: ends of lines on byte borders
  std::uint32_t rows_a_strip = 0;  ///< 0: all
};

TiffHabit settle(const Encoding& encoding) {
  Chance chance = Chance(encoding.seed).branch("tiff");
  constexpr std::array machines = {Coding::g3, Coding::g3_2d, Coding::g4, Coding::g4};
  const Coding drawn = chance.one_of(machines);
  const bool lsb = chance.happens(0.3);
  TiffHabit habit;
  habit.fill_bits = chance.happens(0.3);
  habit.rows_a_strip = chance.happens(0.2) ? 256 : 0;
  habit.coding = encoding.coding == Coding::by_seed ? drawn : encoding.coding;
  habit.lsb_first =
      encoding.fill_order == FillOrder::by_seed ? lsb : encoding.fill_order == FillOrder::lsb;
  return habit;
}

void write_bits(TIFF* tiff, const Sheet& sheet) {
  const auto width = static_cast<std::size_t>(sheet.width);
  Bytes packed((width + 7) / 8);
  for (int y = 0; y < sheet.height; ++y) {
    const std::uint8_t* row = sheet.samples.data() + static_cast<std::size_t>(y) * width;
    std::fill(packed.begin(), packed.end(), std::uint8_t{0});
    for (std::size_t x = 0; x < width; ++x) {
      if (row[x] == 0)
        packed[x >> 3] = static_cast<std::uint8_t>(packed[x >> 3] | (0x80u >> (x & 7)));
    }
    if (TIFFWriteScanline(tiff, packed.data(), static_cast<std::uint32_t>(y), 0) < 0) {
      throw std::runtime_error("libtiff cannot write a row");
    }
  }
}

void write_tones(TIFF* tiff, const Sheet& sheet) {
  const std::size_t stride =
      static_cast<std::size_t>(sheet.width) * static_cast<std::size_t>(sheet.channels);
  Bytes row(stride);
  for (int y = 0; y < sheet.height; ++y) {
    std::memcpy(row.data(), sheet.samples.data() + static_cast<std::size_t>(y) * stride, stride);
    if (TIFFWriteScanline(tiff, row.data(), static_cast<std::uint32_t>(y), 0) < 0) {
      throw std::runtime_error("libtiff cannot write a row");
    }
  }
}

std::uint16_t compression_of(Coding coding, bool bilevel) {
  switch (coding) {
    case Coding::g3:
    case Coding::g3_2d:
      if (bilevel) return COMPRESSION_CCITTFAX3;
      break;
    case Coding::by_seed:
    case Coding::g4:
      if (bilevel) return COMPRESSION_CCITTFAX4;
      break;
    case Coding::deflate: return COMPRESSION_ADOBE_DEFLATE;
    case Coding::raw: return COMPRESSION_NONE;
    case Coding::lzw: break;
  }
  return COMPRESSION_LZW;
}

void write_page(TIFF* tiff, const Sheet& sheet, const TiffHabit& habit, int page, int pages) {
  const std::uint16_t compression = compression_of(habit.coding, sheet.bilevel);
  const bool ccitt = compression == COMPRESSION_CCITTFAX3 || compression == COMPRESSION_CCITTFAX4;
  TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_PAGE);
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(sheet.width));
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(sheet.height));
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, sheet.bilevel ? 1 : 8);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, sheet.channels);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC,
               sheet.bilevel ? PHOTOMETRIC_MINISWHITE
                             : (sheet.channels == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK));
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, compression);
  if (compression == COMPRESSION_CCITTFAX3) {
    std::uint32_t options = habit.coding == Coding::g3_2d ? GROUP3OPT_2DENCODING : 0u;
    if (habit.fill_bits) options |= GROUP3OPT_FILLBITS;
    TIFFSetField(tiff, TIFFTAG_GROUP3OPTIONS, options);
  }
  if (ccitt)
    TIFFSetField(tiff, TIFFTAG_FILLORDER, habit.lsb_first ? FILLORDER_LSB2MSB : FILLORDER_MSB2LSB);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP,
               habit.rows_a_strip > 0 ? habit.rows_a_strip
                                      : (ccitt ? static_cast<std::uint32_t>(sheet.height) : 64u));
  TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
  TIFFSetField(tiff, TIFFTAG_XRESOLUTION, sheet.dpi_x);
  TIFFSetField(tiff, TIFFTAG_YRESOLUTION, sheet.dpi_y);
  TIFFSetField(tiff, TIFFTAG_PAGENUMBER, page, pages);
  if (sheet.bilevel) {
    write_bits(tiff, sheet);
  } else {
    write_tones(tiff, sheet);
  }
  if (TIFFWriteDirectory(tiff) == 0) throw std::runtime_error("libtiff cannot write a page");
}

Bytes to_tiff(const std::vector<Sheet>& sheets, const Encoding& encoding) {
  const TiffHabit habit = settle(encoding);
  Memory memory;
  {
    const Tiff tiff = open_tiff(memory, "wl");
    int page = 0;
    for (const auto& sheet : sheets) {
      write_page(tiff.get(), sheet, habit, page++, static_cast<int>(sheets.size()));
    }
  }
  return std::move(memory.bytes);
}

/// One page's rows in T.6, as PDF wants them.
Bytes g4_rows(const Sheet& sheet) {
  Memory memory;
  {
    const Tiff tiff = open_tiff(memory, "wl");
    write_page(tiff.get(), sheet, {Coding::g4, false, false, 0}, 0, 1);
  }
  memory.at = 0;
  const Tiff tiff = open_tiff(memory, "r");
  Bytes rows(static_cast<std::size_t>(TIFFRawStripSize(tiff.get(), 0)));
  TIFFReadRawStrip(tiff.get(), 0, rows.data(), static_cast<tmsize_t>(rows.size()));
  return rows;
}

Bytes to_jpeg(const Sheet& sheet, int quality) {
  jpeg_compress_struct writer{};
  jpeg_error_mgr faults{};
  writer.err = jpeg_std_error(&faults);
  jpeg_create_compress(&writer);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&writer, &memory, &size);
  writer.image_width = static_cast<JDIMENSION>(sheet.width);
  writer.image_height = static_cast<JDIMENSION>(sheet.height);
  writer.input_components = sheet.channels;
  writer.in_color_space = sheet.channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
  jpeg_set_defaults(&writer);
  jpeg_set_quality(&writer, quality, TRUE);
  writer.density_unit = 1;
  writer.X_density = static_cast<UINT16>(std::lround(sheet.dpi_x));
  writer.Y_density = static_cast<UINT16>(std::lround(sheet.dpi_y));
  jpeg_start_compress(&writer, TRUE);
  const std::size_t stride =
      static_cast<std::size_t>(sheet.width) * static_cast<std::size_t>(sheet.channels);
  while (writer.next_scanline < writer.image_height) {
    auto* row = const_cast<JSAMPROW>(sheet.samples.data() + writer.next_scanline * stride);
    jpeg_write_scanlines(&writer, &row, 1);
  }
  jpeg_finish_compress(&writer);
  Bytes bytes(memory, memory + size);
  jpeg_destroy_compress(&writer);
  std::free(memory);
  return bytes;
}

/// One picture a page, as fax servers and scanners write PDF.
class PdfWriter {
public:
  Bytes write(const std::vector<Sheet>& sheets, int jpeg_quality) {
    text("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n");
    std::string kids;
    for (std::size_t i = 0; i < sheets.size(); ++i) kids += std::to_string(3 + 3 * i) + " 0 R ";
    object(1, "<< /Type /Catalog /Pages 2 0 R >>");
    object(2,
           "<< /Type /Pages /Kids [" + kids + "] /Count " + std::to_string(sheets.size()) + " >>");
    for (std::size_t i = 0; i < sheets.size(); ++i) page(3 + 3 * i, sheets[i], jpeg_quality);
    const std::size_t start = out_.size();
    text("xref\n0 " + std::to_string(offsets_.size() + 1) + "\n0000000000 65535 f \n");
    for (const std::size_t offset : offsets_) {
      std::string digits = std::to_string(offset);
      text(std::string(10 - digits.size(), '0') + digits + " 00000 n \n");
    }
    text("trailer\n<< /Size " + std::to_string(offsets_.size() + 1) +
         " /Root 1 0 R >>\nstartxref\n" + std::to_string(start) + "\n%%EOF\n");
    return std::move(out_);
  }

private:
  void text(const std::string& text) { out_.insert(out_.end(), text.begin(), text.end()); }

  void begin(std::size_t number) {
    offsets_.resize(std::max(offsets_.size(), number));
    offsets_[number - 1] = out_.size();
    text(std::to_string(number) + " 0 obj\n");
  }

  void object(std::size_t number, const std::string& body) {
    begin(number);
    text(body + "\nendobj\n");
  }

  void stream(std::size_t number, const std::string& entries, const Bytes& data) {
    begin(number);
    text("<< " + entries + " /Length " + std::to_string(data.size()) + " >>\nstream\n");
    out_.insert(out_.end(), data.begin(), data.end());
    text("\nendstream\nendobj\n");
  }

  /// Objects number (page), +1 (content), +2 (picture).
  void page(std::size_t number, const Sheet& sheet, int jpeg_quality) {
    const auto points = [](int pixels, double dpi) {
      const auto hundredths = std::lround(pixels * 7200 / dpi);
      const std::string rest = std::to_string(hundredths % 100);
      return std::to_string(hundredths / 100) + "." + std::string(2 - rest.size(), '0') + rest;
    };
    const std::string width = points(sheet.width, sheet.dpi_x);
    const std::string height = points(sheet.height, sheet.dpi_y);
    const std::string w = std::to_string(sheet.width), h = std::to_string(sheet.height);
    object(number, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 " + width + " " + height +
                       "] /Contents " + std::to_string(number + 1) +
                       " 0 R /Resources << /XObject << /P " + std::to_string(number + 2) +
                       " 0 R >> >> >>");
    const std::string draw = "q " + width + " 0 0 " + height + " 0 0 cm /P Do Q";
    stream(number + 1, "", Bytes(draw.begin(), draw.end()));
    const std::string size = "/Type /XObject /Subtype /Image /Width " + w + " /Height " + h;
    if (sheet.bilevel) {
      stream(number + 2,
             size +
                 " /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode "
                 "/DecodeParms << /K -1 /Columns " +
                 w + " /Rows " + h + " >>",
             g4_rows(sheet));
    } else {
      stream(number + 2,
             size + (sheet.channels == 3 ? " /ColorSpace /DeviceRGB" : " /ColorSpace /DeviceGray") +
                 " /BitsPerComponent 8 /Filter /DCTDecode",
             to_jpeg(sheet, jpeg_quality));
    }
  }

  Bytes out_;
  std::vector<std::size_t> offsets_;
};

void append(png_structp png, png_bytep data, std::size_t size) {
  auto* out = static_cast<Bytes*>(png_get_io_ptr(png));
  out->insert(out->end(), data, data + size);
}

Bytes to_png(const Sheet& sheet) {
  Bytes out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &out, append, nullptr);
  png_set_compression_level(png, 3);
  png_set_IHDR(png, info, static_cast<png_uint_32>(sheet.width),
               static_cast<png_uint_32>(sheet.height), sheet.bilevel ? 1 : 8,
               sheet.channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  const auto per_metre = [](double dpi) {
    return static_cast<png_uint_32>(std::lround(dpi / 0.0254));
  };
  png_set_pHYs(png, info, per_metre(sheet.dpi_x), per_metre(sheet.dpi_y), PNG_RESOLUTION_METER);
  png_write_info(png, info);
  if (sheet.bilevel) png_set_packing(png);
  const std::size_t stride =
      static_cast<std::size_t>(sheet.width) * static_cast<std::size_t>(sheet.channels);
  Bytes row(stride);
  for (int y = 0; y < sheet.height; ++y) {
    const std::uint8_t* from = sheet.samples.data() + static_cast<std::size_t>(y) * stride;
    for (std::size_t x = 0; x < stride; ++x) {
      row[x] = sheet.bilevel ? static_cast<std::uint8_t>(from[x] != 0 ? 1 : 0) : from[x];
    }
    png_write_row(png, row.data());
  }
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return out;
}

}  // namespace

Bytes encode(const std::vector<Sheet>& sheets, const Encoding& encoding) {
  if (sheets.empty()) throw BadInput("no page to write");
  switch (encoding.format) {
    case Format::pdf: return PdfWriter().write(sheets, encoding.jpeg_quality);
    case Format::png:
      if (sheets.size() > 1)
        throw BadInput("PNG holds one page; this job has " + std::to_string(sheets.size()));
      return to_png(sheets.front());
    case Format::tiff: break;
  }
  return to_tiff(sheets, encoding);
}

}  // namespace faxsim
