#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tiffio.h>

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "ocr/document.hpp"
#include "ocr/files.hpp"
#include "ocr/raster.hpp"
#include "ocr/write_tiff.hpp"

namespace {

using ocr::Fault;

/// A picture with a different look from each of the eight sides: 1 is ink.
struct Ink {
  int width;
  int height;
  std::vector<bool> dots;

  [[nodiscard]] bool at(int x, int y) const {
    return dots[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                static_cast<std::size_t>(x)];
  }
};

Ink some_ink(int width, int height, unsigned seed = 7) {
  Ink ink{width, height, std::vector<bool>(static_cast<std::size_t>(width * height))};
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> run(1, 40);
  bool black = false;
  int left = 0;
  for (std::size_t i = 0; i < ink.dots.size(); ++i) {
    if (left-- == 0) {
      black = !black;
      left = run(random);
    }
    ink.dots[i] = black;
  }
  return ink;
}

struct Coding {
  const char* name;
  int compression;
  int options = 0;
  int photometric = PHOTOMETRIC_MINISWHITE;
  int fill_order = FILLORDER_MSB2LSB;
  int rows_per_strip = 0;  ///< 0: all in one
};

void write_bilevel(TIFF* tif, const Ink& ink, const Coding& coding) {
  TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, ink.width);
  TIFFSetField(tif, TIFFTAG_IMAGELENGTH, ink.height);
  TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, 1);
  TIFFSetField(tif, TIFFTAG_SAMPLESPERPIXEL, 1);
  TIFFSetField(tif, TIFFTAG_COMPRESSION, coding.compression);
  TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, coding.photometric);
  TIFFSetField(tif, TIFFTAG_FILLORDER, coding.fill_order);
  TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP,
               coding.rows_per_strip == 0 ? ink.height : coding.rows_per_strip);
  if (coding.compression == COMPRESSION_CCITTFAX3) {
    TIFFSetField(tif, TIFFTAG_GROUP3OPTIONS, coding.options);
  }
  const bool ones_are_ink = coding.photometric == PHOTOMETRIC_MINISWHITE;
  for (int y = 0; y < ink.height; ++y) {
    std::vector<std::uint8_t> row(static_cast<std::size_t>(ink.width + 7) / 8);
    for (int x = 0; x < ink.width; ++x) {
      if (ink.at(x, y) == ones_are_ink) {
        row[static_cast<std::size_t>(x) / 8] |= static_cast<std::uint8_t>(0x80 >> (x % 8));
      }
    }
    TIFFWriteScanline(tif, row.data(), static_cast<std::uint32_t>(y), 0);
  }
}

void expect_ink(const ocr::Page& page, const Ink& ink) {
  ASSERT_EQ(page.width, ink.width);
  ASSERT_EQ(page.height, ink.height);
  for (int y = 0; y < ink.height; ++y) {
    for (int x = 0; x < ink.width; ++x) {
      ASSERT_EQ(page.row(y)[x], ink.at(x, y) ? 0 : 255) << x << "," << y;
    }
  }
}

Fault fault_of(std::span<const std::byte> bytes, const ocr::Limits& limits = {}) {
  try {
    const auto document = ocr::open(bytes, limits);
    for (int i = 1; i <= document->pages(); ++i) (void)document->page(i);
  } catch (const ocr::Unreadable& fault) {
    return fault.fault();
  }
  return Fault::none;
}

class Codings : public testing::TestWithParam<Coding> {};

TEST_P(Codings, GiveTheInkThatWasWritten) {
  const Ink ink = some_ink(1729, 61);  // no multiple of eight, and strips of uneven height
  const auto file =
      tests::write_tiff(1, [&](TIFF* tif, int) { write_bilevel(tif, ink, GetParam()); });
  const auto document = ocr::open(file.view());
  ASSERT_EQ(document->pages(), 1);
  const auto page = document->page(1);
  EXPECT_TRUE(page.bilevel);
  EXPECT_EQ(page.damaged_rows, 0);
  expect_ink(page, ink);
}

constexpr int black0 = PHOTOMETRIC_MINISBLACK;
constexpr int white0 = PHOTOMETRIC_MINISWHITE;
constexpr int lsb = FILLORDER_LSB2MSB;
constexpr int msb = FILLORDER_MSB2LSB;
constexpr int two_d = GROUP3OPT_2DENCODING;
constexpr int fill = GROUP3OPT_FILLBITS;

INSTANTIATE_TEST_SUITE_P(
    Tiff, Codings,
    testing::Values(
        Coding{"none", COMPRESSION_NONE}, Coding{"none_black", COMPRESSION_NONE, 0, black0},
        Coding{"none_lsb", COMPRESSION_NONE, 0, white0, lsb}, Coding{"mh", COMPRESSION_CCITTFAX3},
        Coding{"mh_lsb", COMPRESSION_CCITTFAX3, 0, white0, lsb},
        Coding{"mh_fill", COMPRESSION_CCITTFAX3, fill},
        Coding{"mh_strips", COMPRESSION_CCITTFAX3, 0, white0, msb, 16},
        Coding{"mr", COMPRESSION_CCITTFAX3, two_d},
        Coding{"mr_lsb_black", COMPRESSION_CCITTFAX3, two_d, black0, lsb},
        Coding{"mr_fill", COMPRESSION_CCITTFAX3, two_d | fill}, Coding{"rle", COMPRESSION_CCITTRLE},
        Coding{"mmr", COMPRESSION_CCITTFAX4}, Coding{"mmr_black", COMPRESSION_CCITTFAX4, 0, black0},
        Coding{"mmr_lsb", COMPRESSION_CCITTFAX4, 0, white0, lsb},
        Coding{"mmr_strips", COMPRESSION_CCITTFAX4, 0, white0, msb, 7},
        Coding{"lzw", COMPRESSION_LZW}, Coding{"lzw_black", COMPRESSION_LZW, 0, black0},
        Coding{"deflate", COMPRESSION_ADOBE_DEFLATE}, Coding{"packbits", COMPRESSION_PACKBITS}),
    [](const auto& row) { return std::string(row.param.name); });

/// The stored picture whose orientation tag makes it the upright `ink`.
Ink stored_as(const Ink& ink, int orientation) {
  const bool swapped = orientation >= 5;
  Ink stored{swapped ? ink.height : ink.width, swapped ? ink.width : ink.height,
             std::vector<bool>(ink.dots.size())};
  for (int row = 0; row < stored.height; ++row) {
    for (int column = 0; column < stored.width; ++column) {
      // TIFF 6.0: what row 0 and column 0 of the stored picture are.
      const int w = ink.width - 1;
      const int h = ink.height - 1;
      int x = column;
      int y = row;
      if (orientation == 2) x = w - column;
      if (orientation == 3) x = w - column, y = h - row;
      if (orientation == 4) y = h - row;
      if (orientation == 5) x = row, y = column;
      if (orientation == 6) x = w - row, y = column;
      if (orientation == 7) x = w - row, y = h - column;
      if (orientation == 8) x = row, y = h - column;
      stored.dots[static_cast<std::size_t>(row * stored.width + column)] = ink.at(x, y);
    }
  }
  return stored;
}

TEST(TiffOrientation, IsAppliedWithItsResolution) {
  const Ink ink = some_ink(90, 57);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const auto file = tests::write_tiff(1, [&](TIFF* tif, int) {
      TIFFSetField(tif, TIFFTAG_ORIENTATION, orientation);
      TIFFSetField(tif, TIFFTAG_XRESOLUTION, orientation >= 5 ? 98.0 : 204.0);
      TIFFSetField(tif, TIFFTAG_YRESOLUTION, orientation >= 5 ? 204.0 : 98.0);
      TIFFSetField(tif, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
      write_bilevel(tif, stored_as(ink, orientation), {"mmr", COMPRESSION_CCITTFAX4});
    });
    const auto page = ocr::open(file.view())->page(1);
    expect_ink(page, ink);
    EXPECT_NEAR(page.dpi_x, 204, 0.01);
    EXPECT_NEAR(page.dpi_y, 98, 0.01);
  }
}

struct Resolution {
  int width, height;
  double x, y;
  int unit;
  double expected_x, expected_y;
  bool known;
};

TEST(TiffResolution, IsToldOrGuessed) {
  const Resolution table[] = {
      {1728, 2290, 204, 196, RESUNIT_INCH, 204, 196, true},
      {1728, 1145, 80.4, 38.5, RESUNIT_CENTIMETER, 204.2, 97.8, true},
      {1728, 1145, 0, 0, RESUNIT_INCH, 204, 98, false},
      {1728, 2290, 0, 0, RESUNIT_INCH, 204, 196, false},
      {1728, 4580, 1, 1, RESUNIT_NONE, 204, 391, false},
      {2048, 2800, 0, 0, RESUNIT_INCH, 204, 196, false},
      {2432, 1600, 0, 0, RESUNIT_INCH, 204, 98, false},
      {2480, 3508, 0, 0, RESUNIT_INCH, 300, 300, false},
      {1654, 2339, 0, 0, RESUNIT_INCH, 200, 200, false},
      {1728, 2290, 1e9, 196, RESUNIT_INCH, 204, 196, false},
      {3508, 2480, 0, 0, RESUNIT_INCH, 300, 300, false},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(testing::Message()
                 << row.width << "x" << row.height << " " << row.x << "x" << row.y);
    const Ink ink{row.width, row.height,
                  std::vector<bool>(static_cast<std::size_t>(row.width * row.height))};
    const auto file = tests::write_tiff(1, [&](TIFF* tif, int) {
      if (row.x != 0) {
        TIFFSetField(tif, TIFFTAG_XRESOLUTION, row.x);
        TIFFSetField(tif, TIFFTAG_YRESOLUTION, row.y);
        TIFFSetField(tif, TIFFTAG_RESOLUTIONUNIT, row.unit);
      }
      write_bilevel(tif, ink, {"mmr", COMPRESSION_CCITTFAX4});
    });
    const auto page = ocr::open(file.view())->page(1);
    EXPECT_NEAR(page.dpi_x, row.expected_x, 0.1);
    EXPECT_NEAR(page.dpi_y, row.expected_y, 0.1);
    EXPECT_EQ(page.resolution_known, row.known);
  }
}

struct Colour {
  const char* name;
  int bits, samples, photometric, compression;
  std::vector<unsigned> pixel;
  int grey;  ///< expected
};

TEST(TiffColours, BecomeGrey) {
  const Colour table[] = {
      {"grey8", 8, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_LZW, {100}, 100},
      {"grey8 white is 0", 8, 1, PHOTOMETRIC_MINISWHITE, COMPRESSION_NONE, {100}, 155},
      {"grey16", 16, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_ADOBE_DEFLATE, {100 * 257}, 100},
      {"grey4", 4, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE, {8}, 136},
      {"rgb8", 8, 3, PHOTOMETRIC_RGB, COMPRESSION_PACKBITS, {255, 0, 0}, 38},
      {"rgb16", 16, 3, PHOTOMETRIC_RGB, COMPRESSION_LZW, {65535, 65535, 65535}, 255},
      {"grey jpeg", 8, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_JPEG, {100}, 100},
      {"cmyk", 8, 4, PHOTOMETRIC_SEPARATED, COMPRESSION_LZW, {0, 0, 0, 155}, 100},
      {"rgba on white", 8, 4, PHOTOMETRIC_RGB, COMPRESSION_LZW, {0, 0, 0, 0}, 255},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.name);
    const auto file = tests::write_tiff(1, [&](TIFF* tif, int) {
      TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, 24);
      TIFFSetField(tif, TIFFTAG_IMAGELENGTH, 16);
      TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, row.bits);
      TIFFSetField(tif, TIFFTAG_SAMPLESPERPIXEL, row.samples);
      TIFFSetField(tif, TIFFTAG_COMPRESSION, row.compression);
      TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, row.photometric);
      TIFFSetField(tif, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
      TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP, 16);
      if (row.samples == 4 && row.photometric == PHOTOMETRIC_RGB) {
        std::uint16_t kind = EXTRASAMPLE_UNASSALPHA;
        TIFFSetField(tif, TIFFTAG_EXTRASAMPLES, 1, &kind);
      }
      std::vector<std::uint8_t> bytes;
      for (int x = 0; x < (row.bits == 4 ? 12 : 24); ++x) {
        for (const unsigned value : row.pixel) {
          if (row.bits == 4) {
            bytes.push_back(static_cast<std::uint8_t>(value << 4 | value));
          } else if (row.bits == 8) {
            bytes.push_back(static_cast<std::uint8_t>(value));
          } else {
            const auto whole = static_cast<std::uint16_t>(value);
            bytes.resize(bytes.size() + 2);
            std::memcpy(&bytes[bytes.size() - 2], &whole, 2);
          }
        }
      }
      for (std::uint32_t y = 0; y < 16; ++y) {
        auto copy = bytes;
        TIFFWriteScanline(tif, copy.data(), y, 0);
      }
    });
    const auto page = ocr::open(file.view())->page(1);
    ASSERT_EQ(page.width, 24);
    ASSERT_EQ(page.height, 16);
    EXPECT_EQ(page.damaged_rows, 0);
    for (const auto grey : page.grey) ASSERT_NEAR(grey, row.grey, 2);
  }
}

TEST(TiffPages, ComeInOrderAndPreviewsAreNone) {
  const auto file = tests::write_tiff(4, [](TIFF* tif, int page) {
    if (page == 2) TIFFSetField(tif, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
    write_bilevel(tif, some_ink(page == 2 ? 10 : 100 + page, 20, static_cast<unsigned>(page)),
                  {"mmr", COMPRESSION_CCITTFAX4});
  });
  const auto document = ocr::open(file.view());
  ASSERT_EQ(document->pages(), 3);
  expect_ink(document->page(3), some_ink(103, 20, 3));  // any order
  expect_ink(document->page(1), some_ink(100, 20, 0));
  expect_ink(document->page(2), some_ink(101, 20, 1));
  EXPECT_EQ(document->page(2).number, 2);
  EXPECT_EQ(fault_of(file.view(), {.pages = 2}), Fault::too_large);
}

TEST(TiffDamage, RowsThatAreMissingAreCountedAndWhite) {
  const Ink ink = some_ink(1728, 400);
  for (const auto& coding :
       {Coding{"mmr", COMPRESSION_CCITTFAX4}, Coding{"mh", COMPRESSION_CCITTFAX3},
        Coding{"mr", COMPRESSION_CCITTFAX3, two_d}, Coding{"none", COMPRESSION_NONE}}) {
    SCOPED_TRACE(coding.name);
    auto file = tests::write_tiff(1, [&](TIFF* tif, int) { write_bilevel(tif, ink, coding); });
    // Overwriting the second half of the strip is what a cut line leaves: zeros.
    const std::size_t half = file.bytes.size() / 2;
    const std::size_t end = file.bytes.size() - 1000;
    if (coding.compression != COMPRESSION_NONE) {
      std::fill(file.bytes.begin() + static_cast<std::ptrdiff_t>(half),
                file.bytes.begin() + static_cast<std::ptrdiff_t>(end), '\0');
      const auto page = ocr::open(file.view())->page(1);
      EXPECT_GT(page.damaged_rows, 100);
      EXPECT_LT(page.damaged_rows, 300);
      for (int x = 0; x < ink.width; ++x) ASSERT_EQ(page.row(0)[x], ink.at(x, 0) ? 0 : 255);
    }
  }
}

TEST(TiffDamage, AFaxOfWhichNothingIsLeftIsATransmissionError) {
  auto file = tests::write_tiff(1, [](TIFF* tif, int) {
    write_bilevel(tif, some_ink(1728, 100), {"mmr", COMPRESSION_CCITTFAX4});
  });
  // The strip begins behind the header.
  std::fill(file.bytes.begin() + 8, file.bytes.begin() + 400, '\0');
  EXPECT_EQ(fault_of(file.view()), Fault::transmission_error);
}

TEST(TiffDamage, BadLinesThatTheReceiverToldCount) {
  const auto file = tests::write_tiff(1, [](TIFF* tif, int) {
    TIFFSetField(tif, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4);  // the tag is this coding's
    TIFFSetField(tif, TIFFTAG_BADFAXLINES, 12);
    write_bilevel(tif, some_ink(1728, 100), {"mmr", COMPRESSION_CCITTFAX4});
  });
  EXPECT_EQ(ocr::open(file.view())->page(1).damaged_rows, 12);
}

TEST(TiffDamage, EveryCutGivesPagesOrAFault) {
  const auto file = tests::write_tiff(2, [](TIFF* tif, int) {
    write_bilevel(tif, some_ink(200, 50), {"mmr", COMPRESSION_CCITTFAX4});
  });
  for (std::size_t size = 0; size < file.bytes.size(); size += 7) {
    const auto cut = file.view().first(size);
    // What is left whole may be read, but the second page is never forgotten.
    if (fault_of(cut) == Fault::none) {
      EXPECT_EQ(ocr::open(cut)->pages(), 2) << size;
    }
  }
  EXPECT_EQ(fault_of(file.view()), Fault::none);
}

TEST(TiffSizes, AreRefusedBeforeDecoding) {
  const auto file = tests::write_tiff(1, [](TIFF* tif, int) {
    write_bilevel(tif, some_ink(2000, 100), {"mmr", COMPRESSION_CCITTFAX4});
  });
  EXPECT_EQ(fault_of(file.view(), {.pixels_a_page = 199'999}), Fault::too_large);
  EXPECT_EQ(fault_of(file.view(), {.pixels_a_page = 200'000}), Fault::none);
  const std::filesystem::path bomb =
      std::filesystem::path(RENKEI_SHARED_DATA) / "hostile/g4-65000x65000.tif";
  if (std::filesystem::exists(bomb)) {
    EXPECT_EQ(fault_of(tests::read_bytes(bomb)), Fault::too_large);
  }
}

TEST(TiffCompressions, ThatAreNotAllowedAreRefused) {
  auto file = tests::write_tiff(1, [](TIFF* tif, int) {
    write_bilevel(tif, some_ink(64, 8), {"none", COMPRESSION_NONE});
  });
  // Tag 259 (little endian, SHORT, count 1): another value.
  const auto at = file.bytes.find(std::string("\x03\x01\x03\x00\x01\x00\x00\x00", 8));
  ASSERT_NE(at, std::string::npos);
  for (const int compression : {6, 34661, 34712, 50000, 9}) {
    file.bytes[at + 8] = static_cast<char>(compression & 0xff);
    file.bytes[at + 9] = static_cast<char>(compression >> 8);
    EXPECT_EQ(fault_of(file.view()), Fault::unsupported_format) << compression;
  }
}

/// Strip by strip as libtiff decodes them, without our expansion and orientation.
std::vector<std::uint8_t> decoded_by_libtiff(TIFF* tif, int width, int height, int& strips_failed) {
  std::vector<std::uint8_t> grey(static_cast<std::size_t>(width) * static_cast<std::size_t>(height),
                                 255);
  const auto row_bytes = static_cast<std::size_t>(width + 7) / 8;
  std::uint16_t photometric = PHOTOMETRIC_MINISWHITE;
  TIFFGetField(tif, TIFFTAG_PHOTOMETRIC, &photometric);
  std::vector<std::uint8_t> row(row_bytes);
  for (int y = 0; y < height; ++y) {
    if (TIFFReadScanline(tif, row.data(), static_cast<std::uint32_t>(y), 0) < 0) ++strips_failed;
    for (int x = 0; x < width; ++x) {
      const bool one = (row[static_cast<std::size_t>(x) / 8] >> (7 - x % 8) & 1) != 0;
      grey[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
           static_cast<std::size_t>(x)] = one == (photometric == PHOTOMETRIC_MINISWHITE) ? 0 : 255;
    }
  }
  return grey;
}

TEST(SharedFaxes, AreReadAsLibtiffReadsThem) {
  const auto files = tests::files_below(std::filesystem::path(RENKEI_SHARED_DATA) / "fax/ccitt");
  if (files.empty()) GTEST_SKIP() << "no shared faxes";
  TIFFSetErrorHandler(nullptr);
  TIFFSetWarningHandler(nullptr);
  int equal = 0;
  for (const auto& path : files) {
    SCOPED_TRACE(path.filename());
    const auto bytes = tests::read_bytes(path);
    std::unique_ptr<ocr::Document> document;
    try {
      document = ocr::open(bytes);
    } catch (const ocr::Unreadable& fault) {
      EXPECT_NE(fault.fault(), Fault::none);
      continue;
    }
    TIFF* tif = TIFFOpen(path.c_str(), "r");
    ASSERT_NE(tif, nullptr);
    for (int number = 1; number <= document->pages(); ++number) {
      if (number > 1 && TIFFReadDirectory(tif) == 0) break;
      ocr::Page page;
      try {
        page = document->page(number);
      } catch (const ocr::Unreadable& fault) {
        EXPECT_NE(fault.fault(), Fault::none);
        continue;
      }
      std::uint32_t width = 0;
      std::uint32_t height = 0;
      std::uint16_t bits = 1;
      std::uint16_t orientation = 1;
      TIFFGetField(tif, TIFFTAG_IMAGEWIDTH, &width);
      TIFFGetField(tif, TIFFTAG_IMAGELENGTH, &height);
      TIFFGetFieldDefaulted(tif, TIFFTAG_BITSPERSAMPLE, &bits);
      TIFFGetFieldDefaulted(tif, TIFFTAG_ORIENTATION, &orientation);
      if (bits != 1 || page.damaged_rows > 0) continue;
      int failed = 0;
      ocr::Page theirs = ocr::blank_page(static_cast<int>(width), static_cast<int>(height));
      theirs.grey = decoded_by_libtiff(tif, theirs.width, theirs.height, failed);
      if (failed > 0) continue;  // read in spite of libtiff: MH without line ends
      ocr::orient(theirs, orientation);
      EXPECT_TRUE(page.grey == theirs.grey) << "page " << number;
      ++equal;
    }
    TIFFClose(tif);
  }
  EXPECT_GE(equal, 80);
}

TEST(SharedFaxes, AllEightOrientationsShowTheSamePicture) {
  const auto folder = std::filesystem::path(RENKEI_SHARED_DATA) / "fax/ccitt";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared faxes";
  const auto first = tests::read_bytes(folder / "pillow__g4_orientation_1.tif");
  const auto expected = ocr::open(first)->page(1);
  for (int i = 2; i <= 8; ++i) {
    const auto bytes =
        tests::read_bytes(folder / ("pillow__g4_orientation_" + std::to_string(i) + ".tif"));
    const auto page = ocr::open(bytes)->page(1);
    ASSERT_EQ(page.grey.size(), expected.grey.size());
    // Their maker turned a grey picture first, so that some edges differ.
    std::size_t different = 0;
    for (std::size_t k = 0; k < page.grey.size(); ++k) {
      if (page.grey[k] != expected.grey[k]) ++different;
    }
    EXPECT_LT(different, page.grey.size() / 100) << i;
  }
}

}  // namespace
