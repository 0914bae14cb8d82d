#include <cstdio>  // jpeglib.h needs it and does not say so

#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <csetjmp>
#include <new>
#include <string_view>
#include <vector>

#include "ocr/formats.hpp"
#include "ocr/raster.hpp"

namespace ocr {
namespace {

/// A progressive picture is decoded in memory in full (6 bytes a pixel in colour), and may come
/// in many passes, each as dear as the whole picture.
constexpr std::int64_t most_progressive_pixels = 36'000'000;
constexpr int most_passes = 100;

struct ErrorManager {
  jpeg_error_mgr base;
  std::jmp_buf escape;
  bool ended_early;
};

[[noreturn]] void fail(j_common_ptr info) {
  std::longjmp(reinterpret_cast<ErrorManager*>(info->err)->escape, 1);  // NOLINT(cert-err52-cpp)
}

void take_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  auto* errors = reinterpret_cast<ErrorManager*>(info->err);
  ++errors->base.num_warnings;
  if (errors->base.msg_code == JWRN_JPEG_EOF || errors->base.msg_code == JWRN_HIT_MARKER) {
    errors->ended_early = true;
  }
}

void print_nothing(j_common_ptr /*info*/) {}

void watch_passes(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > most_passes) fail(info);
}

/// Owns a decompressor. Each step runs guarded, because libjpeg leaves it by longjmp.
class Decompressor {
public:
  Decompressor() {
    info.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = fail;
    errors_.base.emit_message = take_message;
    errors_.base.output_message = print_nothing;
    errors_.ended_early = false;
    progress_.progress_monitor = watch_passes;
    if (!guarded([this] { jpeg_create_decompress(&info); })) throw std::bad_alloc();
    info.progress = &progress_;
  }
  ~Decompressor() { jpeg_destroy_decompress(&info); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  template <typename Step>
  bool guarded(const Step& step) {
    if (setjmp(errors_.escape) != 0) return false;  // NOLINT(cert-err52-cpp)
    step();
    return true;
  }

  [[nodiscard]] long warnings() const { return errors_.base.num_warnings; }
  [[nodiscard]] bool ended_early() const { return errors_.ended_early; }

  jpeg_decompress_struct info{};

private:
  ErrorManager errors_{};
  jpeg_progress_mgr progress_{};
};

void convert_row(const jpeg_decompress_struct& info, const std::uint8_t* samples,
                 std::uint8_t* out) {
  const std::size_t width = info.output_width;
  if (info.output_components == 1) {
    std::copy_n(samples, width, out);
  } else if (info.output_components == 3) {
    for (std::size_t x = 0; x < width; ++x, samples += 3) {
      out[x] = to_grey(samples[0], samples[1], samples[2]);
    }
  } else {
    // Adobe's writers store CMYK inverted; without their marker it is as printed.
    const unsigned flip = info.saw_Adobe_marker != FALSE ? 0 : 255;
    for (std::size_t x = 0; x < width; ++x, samples += 4) {
      const unsigned key = samples[3] ^ flip;
      out[x] = to_grey((samples[0] ^ flip) * key / 255, (samples[1] ^ flip) * key / 255,
                       (samples[2] ^ flip) * key / 255);
    }
  }
}

void read_rows(Decompressor& jpeg, Page& page) {
  auto& info = jpeg.info;
  if (info.num_components == 1) {
    info.out_color_space = JCS_GRAYSCALE;
  } else if (info.num_components == 3) {
    info.out_color_space = JCS_RGB;
  } else if (info.num_components == 4) {
    info.out_color_space = JCS_CMYK;
  } else {
    throw Unreadable(Fault::unsupported_format, "a JPEG of unknown colours");
  }
  if (!jpeg.guarded([&] { jpeg_start_decompress(&info); }) ||
      info.output_width != static_cast<JDIMENSION>(page.width) ||
      info.output_height != static_cast<JDIMENSION>(page.height)) {
    throw Unreadable(Fault::damaged_file, "the JPEG cannot be decoded");
  }
  std::vector<std::uint8_t> samples(std::size_t{info.output_width} *
                                    static_cast<std::size_t>(info.output_components));
  int good = 0;
  for (int y = 0; y < page.height; ++y) {
    const long warnings = jpeg.warnings();
    auto* row = samples.data();
    JDIMENSION read = 0;
    const bool going = jpeg.guarded([&] { read = jpeg_read_scanlines(&info, &row, 1); });
    if (!going || read != 1) {
      page.damaged_rows += page.height - y;
      break;
    }
    // Behind an early end libjpeg goes on with plain grey: those rows stay white here.
    if (jpeg.ended_early()) {
      page.damaged_rows += page.height - y;
      break;
    }
    if (jpeg.warnings() != warnings) ++page.damaged_rows;
    ++good;
    convert_row(
        info, samples.data(),
        page.grey.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(page.width));
  }
  if (good == 0) throw Unreadable(Fault::damaged_file, "no row of the JPEG can be decoded");
}

void apply_exif(const jpeg_decompress_struct& info, Page& page) {
  Exif exif;
  for (auto* marker = info.marker_list; marker != nullptr; marker = marker->next) {
    const Bytes data{reinterpret_cast<const std::byte*>(marker->data), marker->data_length};
    using namespace std::string_view_literals;
    if (as_text(data).starts_with("Exif\0\0"sv)) {
      exif = read_exif(data.subspan(6));
      break;
    }
  }
  double dpi_x = exif.dpi_x;
  double dpi_y = exif.dpi_y;
  if (info.saw_JFIF_marker != FALSE && info.density_unit != 0) {
    const double to_inch = info.density_unit == 2 ? 2.54 : 1;
    dpi_x = info.X_density * to_inch;
    dpi_y = info.Y_density * to_inch;
  }
  set_resolution(page, dpi_x, dpi_y);
  orient(page, exif.orientation);
}

enum class Dress : std::uint8_t { bare, with_exif };

Page decode(Bytes bytes, const Limits& limits, Dress dress) {
  Decompressor jpeg;
  auto& info = jpeg.info;
  const bool header = jpeg.guarded([&] {
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_save_markers(&info, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(&info, TRUE);
  });
  if (!header) throw Unreadable(Fault::damaged_file, "the JPEG header is damaged");
  check_size(info.image_width, info.image_height, limits);
  if (jpeg_has_multiple_scans(&info) != FALSE &&
      std::int64_t{info.image_width} * info.image_height > most_progressive_pixels) {
    throw Unreadable(Fault::too_large, "a progressive JPEG of that size");
  }
  if (dress == Dress::bare && info.num_components == 4) {
    throw Unreadable(Fault::unsupported_format, "CMYK");
  }
  Page page = blank_page(static_cast<int>(info.image_width), static_cast<int>(info.image_height));
  read_rows(jpeg, page);
  detect_bilevel(page);
  if (dress == Dress::with_exif) apply_exif(info, page);
  return page;
}

class JpegDocument final : public Document {
public:
  JpegDocument(Bytes bytes, const Limits& limits) : bytes_(bytes), limits_(limits) {}

  [[nodiscard]] int pages() const override { return 1; }

  [[nodiscard]] Page page(int /*number*/) override {
    return decode(bytes_, limits_, Dress::with_exif);
  }

private:
  Bytes bytes_;
  Limits limits_;
};

}  // namespace

Page decode_bare_jpeg(Bytes bytes, const Limits& limits) {
  return decode(bytes, limits, Dress::bare);
}

std::unique_ptr<Document> open_jpeg(Bytes bytes, const Limits& limits) {
  return std::make_unique<JpegDocument>(bytes, limits);
}

}  // namespace ocr
