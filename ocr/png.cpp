#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <new>
#include <vector>

#include "ocr/formats.hpp"
#include "ocr/raster.hpp"

namespace ocr {
namespace {

void fail(png_structp png, png_const_charp /*message*/) {
  png_longjmp(png, 1);
}

void ignore(png_structp /*png*/, png_const_charp /*message*/) {}

struct Source {
  Bytes bytes;
  std::size_t at = 0;
};

void read_source(png_structp png, png_bytep out, std::size_t size) {
  auto& source = *static_cast<Source*>(png_get_io_ptr(png));
  if (size > source.bytes.size() - source.at) png_error(png, "early end");
  std::memcpy(out, source.bytes.data() + source.at, size);
  source.at += size;
}

/// Owns libpng's two structs.
struct Reader {
  png_structp png = nullptr;
  png_infop info = nullptr;

  Reader() {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, fail, ignore);
    if (png != nullptr) info = png_create_info_struct(png);
    if (info == nullptr) {
      png_destroy_read_struct(&png, nullptr, nullptr);
      throw std::bad_alloc();
    }
  }
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
};

/// Runs one step of libpng; false if libpng gave up in it. The step owns nothing, because
/// libpng leaves it by longjmp.
template <typename Step>
bool guarded(png_structp png, const Step& step) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;  // NOLINT(cert-err52-cpp): libpng's own way
  step();
  return true;
}

class PngDocument final : public Document {
public:
  PngDocument(Bytes bytes, const Limits& limits) : bytes_(bytes), limits_(limits) {}

  [[nodiscard]] int pages() const override { return 1; }

  [[nodiscard]] Page page(int /*number*/) override {
    Reader reader;
    Source source{bytes_};
    png_set_read_fn(reader.png, &source, read_source);
    if (!guarded(reader.png, [&] { png_read_info(reader.png, reader.info); })) {
      throw Unreadable(Fault::damaged_file, "the PNG header is damaged");
    }
    const auto width = png_get_image_width(reader.png, reader.info);
    const auto height = png_get_image_height(reader.png, reader.info);
    check_size(width, height, limits_);
    if (!guarded(reader.png, [&] { ask_for_8_bits(reader); })) {
      throw Unreadable(Fault::damaged_file, "the PNG header is damaged");
    }
    channels_ = png_get_channels(reader.png, reader.info);
    const std::size_t row_bytes = png_get_rowbytes(reader.png, reader.info);
    if (channels_ < 1 || channels_ > 4 || row_bytes < std::size_t{width} * channels_) {
      throw Unreadable(Fault::damaged_file, "PNG rows of an unexpected length");
    }
    samples_.assign(row_bytes, 0);
    Page page = blank_page(static_cast<int>(width), static_cast<int>(height));
    read_rows(reader, page);
    detect_bilevel(page);
    finish(reader, page);
    return page;
  }

private:
  static void ask_for_8_bits(const Reader& reader) {
    png_set_expand(reader.png);  // palettes to colours, few bits to 8, transparency to alpha
    png_set_scale_16(reader.png);
    png_read_update_info(reader.png, reader.info);
  }

  /// Interlaced pictures are put together here, pass by pass in grey, so that no picture in
  /// full colour is ever held.
  void read_rows(const Reader& reader, Page& page) {
    const bool interlaced = png_get_interlace_type(reader.png, reader.info) == PNG_INTERLACE_ADAM7;
    const auto width = static_cast<png_uint_32>(page.width);
    const auto height = static_cast<png_uint_32>(page.height);
    png_uint_32 good = 0;
    png_uint_32 expected = 0;
    bool reading = true;
    for (int pass = 0; pass < (interlaced ? PNG_INTERLACE_ADAM7_PASSES : 1); ++pass) {
      const png_uint_32 columns = interlaced ? PNG_PASS_COLS(width, pass) : width;
      const png_uint_32 rows = interlaced ? PNG_PASS_ROWS(height, pass) : height;
      if (columns == 0) continue;
      expected += rows;
      for (png_uint_32 i = 0; i < rows && reading; ++i) {
        reading = guarded(reader.png, [&] { png_read_row(reader.png, samples_.data(), nullptr); });
        if (!reading) break;
        ++good;
        const png_uint_32 y = interlaced ? PNG_ROW_FROM_PASS_ROW(i, pass) : i;
        auto* out = page.grey.data() + std::size_t{y} * width;
        for (png_uint_32 c = 0; c < columns; ++c) {
          out[interlaced ? PNG_COL_FROM_PASS_COL(c, pass) : c] = grey_at(c);
        }
      }
    }
    if (good == 0) throw Unreadable(Fault::damaged_file, "no row of the PNG can be decoded");
    if (good < expected) {
      // Of an interlaced picture every row lacks something.
      page.damaged_rows = interlaced ? page.height : static_cast<int>(height - good);
    }
  }

  [[nodiscard]] std::uint8_t grey_at(std::size_t column) const {
    const auto* pixel = &samples_[column * channels_];
    switch (channels_) {
      case 1: return pixel[0];
      case 2: return on_white(pixel[0], pixel[1]);
      case 3: return to_grey(pixel[0], pixel[1], pixel[2]);
      default: return on_white(to_grey(pixel[0], pixel[1], pixel[2]), pixel[3]);
    }
  }

  static void finish(const Reader& reader, Page& page) {
    double dpi_x = 0;
    double dpi_y = 0;
    png_uint_32 x = 0;
    png_uint_32 y = 0;
    int unit = PNG_RESOLUTION_UNKNOWN;
    if (png_get_pHYs(reader.png, reader.info, &x, &y, &unit) != 0 && unit == PNG_RESOLUTION_METER) {
      dpi_x = x * 0.0254;
      dpi_y = y * 0.0254;
    }
    Exif exif;
    png_uint_32 exif_size = 0;
    png_bytep exif_bytes = nullptr;
    if (png_get_eXIf_1(reader.png, reader.info, &exif_size, &exif_bytes) != 0) {
      exif = read_exif({reinterpret_cast<const std::byte*>(exif_bytes), exif_size});
    }
    set_resolution(page, dpi_x > 0 ? dpi_x : exif.dpi_x, dpi_y > 0 ? dpi_y : exif.dpi_y);
    orient(page, exif.orientation);
  }

  Bytes bytes_;
  Limits limits_;
  std::size_t channels_ = 1;
  std::vector<std::uint8_t> samples_;
};

void append(png_structp png, png_bytep data, std::size_t size) {
  auto& out = *static_cast<std::vector<std::uint8_t>*>(png_get_io_ptr(png));
  out.insert(out.end(), data, data + size);
}

void flush_nothing(png_structp /*png*/) {}

struct Writer {
  png_structp png = nullptr;
  png_infop info = nullptr;

  Writer() {
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, fail, ignore);
    if (png != nullptr) info = png_create_info_struct(png);
    if (info == nullptr) {
      png_destroy_write_struct(&png, nullptr);
      throw std::bad_alloc();
    }
  }
  ~Writer() { png_destroy_write_struct(&png, &info); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
};

void pack_bits(const std::uint8_t* grey, int width, std::vector<std::uint8_t>& bits) {
  std::fill(bits.begin(), bits.end(), std::uint8_t{0});
  for (int x = 0; x < width; ++x) {
    if (grey[x] >= 128) {
      bits[static_cast<std::size_t>(x) / 8] |= static_cast<std::uint8_t>(0x80U >> (x % 8));
    }
  }
}

void write_header(const Writer& writer, const Page& page) {
  png_set_IHDR(writer.png, writer.info, static_cast<png_uint_32>(page.width),
               static_cast<png_uint_32>(page.height), page.bilevel ? 1 : 8, PNG_COLOR_TYPE_GRAY,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  const auto per_metre = [](double dpi) {
    return static_cast<png_uint_32>(std::clamp(dpi / 0.0254 + 0.5, 1.0, 1e6));
  };
  png_set_pHYs(writer.png, writer.info, per_metre(page.dpi_x), per_metre(page.dpi_y),
               PNG_RESOLUTION_METER);
  // Pictures are written once and looked at a few times: fast beats small.
  png_set_compression_level(writer.png, 3);
  png_set_filter(writer.png, PNG_FILTER_TYPE_BASE, page.bilevel ? PNG_FILTER_NONE : PNG_FILTER_UP);
  png_write_info(writer.png, writer.info);
}

}  // namespace

std::vector<std::uint8_t> encode_png(const Page& page) {
  std::vector<std::uint8_t> out;
  std::vector<std::uint8_t> bits((static_cast<std::size_t>(page.width) + 7) / 8);
  const Writer writer;
  png_set_write_fn(writer.png, &out, append, flush_nothing);
  bool going = guarded(writer.png, [&] { write_header(writer, page); });
  for (int y = 0; y < page.height && going; ++y) {
    if (page.bilevel) pack_bits(page.row(y), page.width, bits);
    const std::uint8_t* row = page.bilevel ? bits.data() : page.row(y);
    going = guarded(writer.png, [&] { png_write_row(writer.png, row); });
  }
  if (!going || !guarded(writer.png, [&] { png_write_end(writer.png, nullptr); })) {
    throw std::bad_alloc();  // all that can go wrong with a page of ours
  }
  return out;
}

std::unique_ptr<Document> open_png(Bytes bytes, const Limits& limits) {
  return std::make_unique<PngDocument>(bytes, limits);
}

}  // namespace ocr
