#include <gtest/gtest.h>
#include <jpeglib.h>
#include <png.h>
#include <cstdio>  // before jpeglib.h, which needs it

#include <filesystem>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "ocr/document.hpp"
#include "ocr/files.hpp"
#include "ocr/formats.hpp"

namespace {

using ocr::Fault;
using Samples = std::vector<std::uint8_t>;

Fault fault_of(std::span<const std::byte> bytes, const ocr::Limits& limits = {}) {
  try {
    (void)ocr::open(bytes, limits)->page(1);
  } catch (const ocr::Unreadable& fault) {
    return fault.fault();
  }
  return Fault::none;
}

struct Png {
  int colour = PNG_COLOR_TYPE_GRAY;
  int bits = 8;
  bool interlaced = false;
  std::uint32_t per_metre_x = 0;
  std::uint32_t per_metre_y = 0;
};

std::string write_png(int width, int height, const Png& png, const std::vector<Samples>& rows) {
  std::string out;
  png_structp writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(writer);
  png_set_write_fn(
      writer, &out,
      [](png_structp p, png_bytep data, std::size_t size) {
        static_cast<std::string*>(png_get_io_ptr(p))->append(reinterpret_cast<char*>(data), size);
      },
      [](png_structp) {});
  png_set_IHDR(writer, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height),
               png.bits, png.colour, png.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (png.colour == PNG_COLOR_TYPE_PALETTE) {
    const std::vector<png_color> palette{{255, 255, 255}, {0, 0, 0}, {255, 0, 0}, {0, 0, 255}};
    png_set_PLTE(writer, info, palette.data(), static_cast<int>(palette.size()));
  }
  if (png.per_metre_x > 0) {
    png_set_pHYs(writer, info, png.per_metre_x, png.per_metre_y, PNG_RESOLUTION_METER);
  }
  png_write_info(writer, info);
  std::vector<png_bytep> pointers;
  for (const auto& row : rows) pointers.push_back(const_cast<png_bytep>(row.data()));
  png_write_image(writer, pointers.data());
  png_write_end(writer, nullptr);
  png_destroy_write_struct(&writer, &info);
  return out;
}

std::span<const std::byte> view(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(Png, GreyInEveryShapeIsTheSame) {
  constexpr int width = 37;
  constexpr int height = 29;
  std::vector<Samples> grey(height, Samples(width));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      grey[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] =
          static_cast<std::uint8_t>(x * 5 + y * 3);
    }
  }
  const auto widened = [&](std::size_t samples, std::uint8_t alpha) {
    std::vector<Samples> rows;
    for (const auto& row : grey) {
      Samples wide;
      for (const auto value : row) {
        for (std::size_t i = 0; i < samples; ++i) {
          wide.push_back(samples % 2 == 0 && i + 1 == samples ? alpha : value);
        }
      }
      rows.push_back(wide);
    }
    return rows;
  };
  for (const bool interlaced : {false, true}) {
    SCOPED_TRACE(interlaced);
    const std::string files[] = {
        write_png(width, height, {PNG_COLOR_TYPE_GRAY, 8, interlaced}, grey),
        write_png(width, height, {PNG_COLOR_TYPE_GRAY_ALPHA, 8, interlaced}, widened(2, 255)),
        write_png(width, height, {PNG_COLOR_TYPE_RGB, 8, interlaced}, widened(3, 255)),
        write_png(width, height, {PNG_COLOR_TYPE_RGBA, 8, interlaced}, widened(4, 255)),
    };
    for (const auto& file : files) {
      const auto page = ocr::open(view(file))->page(1);
      ASSERT_EQ(page.width, width);
      ASSERT_EQ(page.height, height);
      EXPECT_EQ(page.damaged_rows, 0);
      EXPECT_FALSE(page.bilevel);
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          ASSERT_EQ(page.row(y)[x], grey[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)]);
        }
      }
    }
    const auto clear =
        write_png(width, height, {PNG_COLOR_TYPE_RGBA, 8, interlaced}, widened(4, 0));
    for (const auto value : ocr::open(view(clear))->page(1).grey) ASSERT_EQ(value, 255);
  }
}

TEST(Png, FewBitsPalettesAndResolution) {
  const std::vector<Samples> bits{{0b10100000}, {0b01000000}};
  const auto one = write_png(3, 2, {PNG_COLOR_TYPE_GRAY, 1, false, 8031, 3858}, bits);
  const auto page = ocr::open(view(one))->page(1);
  EXPECT_TRUE(page.bilevel);
  EXPECT_EQ(page.grey, (Samples{255, 0, 255, 0, 255, 0}));
  EXPECT_NEAR(page.dpi_x, 204, 0.1);
  EXPECT_NEAR(page.dpi_y, 98, 0.1);
  EXPECT_TRUE(page.resolution_known);

  const std::vector<Samples> indices{{0b00011011}};
  const auto palette = write_png(4, 1, {PNG_COLOR_TYPE_PALETTE, 2}, indices);
  const auto colours = ocr::open(view(palette))->page(1);
  EXPECT_EQ(colours.grey[0], 255);
  EXPECT_EQ(colours.grey[1], 0);
  EXPECT_LT(colours.grey[2], 60) << "a red pen stays dark";
  EXPECT_LT(colours.grey[3], 60) << "a blue pen stays dark";
  EXPECT_FALSE(colours.resolution_known);

  const std::vector<Samples> wide{{0x80, 0x00, 0xff, 0xff}};
  const auto sixteen = write_png(2, 1, {PNG_COLOR_TYPE_GRAY, 16}, wide);
  EXPECT_EQ(ocr::open(view(sixteen))->page(1).grey, (Samples{128, 255}));
}

TEST(Png, ACutFileGivesItsRowsOrAFault) {
  std::vector<Samples> rows(200, Samples(200));
  std::mt19937 random(4);
  for (auto& row : rows) {
    for (auto& value : row) value = static_cast<std::uint8_t>(random());
  }
  const auto whole = write_png(200, 200, {}, rows);
  const auto half = ocr::open(view(whole).first(whole.size() / 2))->page(1);
  EXPECT_GT(half.damaged_rows, 50);
  EXPECT_LT(half.damaged_rows, 150);
  EXPECT_EQ(half.row(3)[10], rows[3][10]);
  EXPECT_EQ(half.row(199)[10], 255);
  EXPECT_EQ(fault_of(view(whole).first(20)), Fault::damaged_file);
  EXPECT_EQ(fault_of(view(whole).first(8)), Fault::damaged_file);
}

TEST(Png, ThatWeWriteIsReadBack) {
  for (const bool bilevel : {true, false}) {
    ocr::Page page;
    page.width = 77;
    page.height = 31;
    page.dpi_x = 204;
    page.dpi_y = 196;
    page.bilevel = bilevel;
    for (int i = 0; i < 77 * 31; ++i) {
      page.grey.push_back(static_cast<std::uint8_t>(bilevel ? (i % 7 < 3 ? 0 : 255) : i % 251));
    }
    const auto bytes = ocr::encode_png(page);
    const auto again = ocr::open(std::as_bytes(std::span(bytes)))->page(1);
    EXPECT_EQ(again.bilevel, bilevel);
    EXPECT_EQ(again.grey, page.grey);
    EXPECT_NEAR(again.dpi_x, 204, 0.05);
    EXPECT_NEAR(again.dpi_y, 196, 0.05);
  }
}

struct Jpeg {
  int components = 1;
  J_COLOR_SPACE space = JCS_GRAYSCALE;
  int density = 0;
  bool progressive = false;
  std::string exif{};
};

/// One colour all over, but black in the first 16 columns.
std::string write_jpeg(int width, int height, const Jpeg& jpeg, const Samples& colour,
                       const Samples& ink) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = jpeg.components;
  info.in_color_space = jpeg.space;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 95, TRUE);
  if (jpeg.progressive) jpeg_simple_progression(&info);
  if (jpeg.density > 0) {
    info.density_unit = 1;
    info.X_density = static_cast<UINT16>(jpeg.density);
    info.Y_density = static_cast<UINT16>(jpeg.density / 2);
  }
  jpeg_start_compress(&info, TRUE);
  if (!jpeg.exif.empty()) {
    jpeg_write_marker(&info, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(jpeg.exif.data()),
                      static_cast<unsigned>(jpeg.exif.size()));
  }
  Samples row;
  for (int x = 0; x < width; ++x) {
    const auto& pixel = x < 16 ? ink : colour;
    row.insert(row.end(), pixel.begin(), pixel.end());
  }
  auto* pointer = row.data();
  for (int y = 0; y < height; ++y) jpeg_write_scanlines(&info, &pointer, 1);
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string out(reinterpret_cast<char*>(buffer), size);
  std::free(buffer);
  return out;
}

TEST(Jpeg, GreyColourAndCmyk) {
  const std::string files[] = {
      write_jpeg(64, 48, {}, {200}, {10}),
      write_jpeg(64, 48, {.progressive = true}, {200}, {10}),
      write_jpeg(64, 48, {3, JCS_RGB}, {200, 200, 200}, {10, 10, 10}),
      // libjpeg writes Adobe's marker with CMYK, whose values are inverted.
      write_jpeg(64, 48, {4, JCS_CMYK}, {200, 200, 200, 255}, {10, 10, 10, 255}),
  };
  for (const auto& file : files) {
    const auto page = ocr::open(view(file))->page(1);
    ASSERT_EQ(page.width, 64);
    ASSERT_EQ(page.height, 48);
    EXPECT_EQ(page.damaged_rows, 0);
    EXPECT_NEAR(page.row(20)[50], 200, 3);
    EXPECT_NEAR(page.row(20)[4], 10, 3);
  }
}

/// Little-endian EXIF with an orientation and 150 dpi.
std::string exif_block(char orientation) {
  std::string exif("Exif\0\0II*\0\x08\0\0\0\x03\0", 16);
  exif += std::string("\x12\x01\x03\0\x01\0\0\0", 8) + orientation + std::string(3, '\0');
  exif += std::string("\x1a\x01\x05\0\x01\0\0\0\x40\0\0\0", 12);
  exif += std::string("\x1b\x01\x05\0\x01\0\0\0\x40\0\0\0", 12);
  exif += std::string(4, '\0');
  exif.resize(6 + 0x40, '\0');
  exif += std::string("\x96\0\0\0\x01\0\0\0", 8);
  return exif;
}

TEST(Jpeg, DensityAndExifAreTaken) {
  const auto jfif = write_jpeg(640, 480, {.density = 300}, {200}, {10});
  const auto told = ocr::open(view(jfif))->page(1);
  EXPECT_EQ(told.dpi_x, 300);
  EXPECT_EQ(told.dpi_y, 150);
  EXPECT_TRUE(told.resolution_known);

  const auto turned = write_jpeg(640, 480, {.exif = exif_block(6)}, {200}, {10});
  const auto page = ocr::open(view(turned))->page(1);
  EXPECT_EQ(page.width, 480);
  EXPECT_EQ(page.height, 640);
  EXPECT_EQ(page.dpi_x, 150);
  EXPECT_NEAR(page.row(4)[200], 10, 3) << "the left side lies on top";
  EXPECT_NEAR(page.row(300)[200], 200, 3);
}

TEST(Jpeg, ACutFileGivesItsRowsOrAFault) {
  const auto whole = write_jpeg(640, 480, {3, JCS_RGB}, {200, 90, 90}, {10, 10, 10});
  const auto page = ocr::open(view(whole).first(whole.size() * 3 / 4))->page(1);
  EXPECT_GT(page.damaged_rows, 20);
  EXPECT_LT(page.damaged_rows, 460);
  EXPECT_EQ(fault_of(view(whole).first(10)), Fault::damaged_file);
}

TEST(Exif, OddBlocksAreAsIfUntold) {
  const auto block = exif_block(6).substr(6);
  for (std::size_t size = 0; size < block.size(); ++size) {
    (void)ocr::read_exif(view(block).first(size));
  }
  std::string wild = block;
  for (std::size_t at = 0; at < wild.size(); ++at) {
    wild = block;
    wild[at] = '\xff';
    const auto exif = ocr::read_exif(view(wild));
    EXPECT_GE(exif.orientation, 1);
    EXPECT_LE(exif.orientation, 8);
  }
}

TEST(Bombs, AreRefusedByTheirHeader) {
  const std::filesystem::path folder = std::filesystem::path(RENKEI_SHARED_DATA) / "hostile";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared files";
  for (const auto* name : {"20K-gray.jpeg", "20K-gray.png", "20K-rgb.jpeg", "20K-rgb.png"}) {
    EXPECT_EQ(fault_of(tests::read_bytes(folder / name)), Fault::too_large) << name;
  }
}

TEST(Open, NamesWhatItCannotOpen) {
  EXPECT_EQ(fault_of({}), Fault::damaged_file);
  EXPECT_EQ(fault_of(view("hello")), Fault::unsupported_format);
  EXPECT_EQ(fault_of(view("GIF89a....")), Fault::unsupported_format);
  EXPECT_EQ(fault_of(view(std::string("\0\0\0\0", 4))), Fault::unsupported_format);
}

}  // namespace
