#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "ocr/document.hpp"
#include "ocr/files.hpp"
#include "ocr/formats.hpp"
#include "ocr/pdf_out.hpp"
#include "ocr/raster.hpp"
#include "ocr/write_tiff.hpp"
#include "temp_dir.hpp"

namespace {

using ocr::Fault;

std::span<const std::byte> view(const std::string& text) {
  return std::as_bytes(std::span(text));
}

Fault fault_of(std::span<const std::byte> bytes, const ocr::Limits& limits = {}) {
  try {
    (void)ocr::open(bytes, limits)->page(1);
  } catch (const ocr::Unreadable& fault) {
    return fault.fault();
  }
  return Fault::none;
}

std::string stream(const std::string& dictionary, const std::string& data) {
  return "<<" + dictionary + "/Length " + std::to_string(data.size()) + ">>stream\n" + data +
         "\nendstream";
}

/// A PDF of these objects (from number 1), the first of which is the catalogue. No cross-reference
/// table: readers rebuild it.
std::string pdf_of(const std::vector<std::string>& objects) {
  std::string pdf = "%PDF-1.4\n";
  std::string table;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const auto offset = std::to_string(pdf.size());
    table += std::string(10 - offset.size(), '0') + offset + " 00000 n \n";
    pdf += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
  }
  const auto start = pdf.size();
  pdf += "xref\n0 " + std::to_string(objects.size() + 1) + "\n0000000000 65535 f \n" + table +
         "trailer<</Size " + std::to_string(objects.size() + 1) + "/Root 1 0 R>>\nstartxref\n" +
         std::to_string(start) + "\n%%EOF\n";
  return pdf;
}

/// One page with this content, these images (named /A, /B, ...) and further page entries.
std::string page_of(const std::string& content, const std::vector<std::string>& images,
                    const std::string& entries = "") {
  std::string names;
  for (std::size_t i = 0; i < images.size(); ++i) {
    names +=
        "/" + std::string(1, static_cast<char>('A' + i)) + " " + std::to_string(i + 5) + " 0 R";
  }
  std::vector<std::string> objects{
      "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
      "<</Type/Page/Parent 2 0 R/MediaBox[0 0 144 72]/Contents 4 0 R/Resources<</XObject<<" +
          names + ">>/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>" + entries + ">>",
      stream("", content)};
  objects.insert(objects.end(), images.begin(), images.end());
  return pdf_of(objects);
}

/// 1-bit samples, 1 white, of a picture that looks different from each side.
struct Bits {
  int width;
  int height;
  std::string data;
  ocr::Page page;  ///< the same in grey
};

Bits some_bits(int width, int height, unsigned seed = 3) {
  Bits bits{width, height, {}, ocr::blank_page(width, height)};
  std::mt19937 random(seed);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(width + 7) / 8);
  for (int y = 0; y < height; ++y) {
    for (auto& byte : row) byte = static_cast<std::uint8_t>(random() & random());
    bits.data.append(row.begin(), row.end());
    ocr::expand_bits(row.data(), width, false, bits.page.grey.data() + y * width);
  }
  return bits;
}

std::string flat_image(const Bits& bits, const std::string& more = "/ColorSpace/DeviceGray") {
  return stream("/Type/XObject/Subtype/Image/Width " + std::to_string(bits.width) + "/Height " +
                    std::to_string(bits.height) + "/BitsPerComponent 1" + more,
                bits.data);
}

TEST(PdfPictures, AreTakenOutUnchangedAndTurned) {
  const Bits bits = some_bits(400, 200);
  struct Row {
    const char* matrix;
    int rotate;
    int orientation;
  };
  const Row table[] = {
      {"144 0 0 72 0 0", 0, 1},   {"-144 0 0 72 144 0", 0, 2}, {"-144 0 0 -72 144 72", 0, 3},
      {"144 0 0 -72 0 72", 0, 4}, {"144 0 0 72 0 0", 90, 6},   {"144 0 0 72 0 0", 180, 3},
      {"144 0 0 72 0 0", 270, 8}, {"144 0 0 72 0 0", -90, 8},  {"144 0 0 -72 0 72", 90, 5},
      {"0 -72 144 0 0 72", 0, 6}, {"0 72 -144 0 144 0", 0, 8},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(std::string(row.matrix) + " /Rotate " + std::to_string(row.rotate));
    const auto pdf = page_of("q " + std::string(row.matrix) + " cm /A Do Q", {flat_image(bits)},
                             "/Rotate " + std::to_string(row.rotate));
    const auto page = ocr::open(view(pdf))->page(1);
    ocr::Page expected = bits.page;
    ocr::orient(expected, row.orientation);
    ASSERT_EQ(page.width, expected.width);
    EXPECT_TRUE(page.grey == expected.grey);
    EXPECT_TRUE(page.bilevel);
    const bool turned = row.orientation >= 5;
    // 144 x 72 points are 2 x 1 inches; the two turned matrices stretch 400 pixels over 1 inch.
    const bool across = std::string(row.matrix).starts_with("0");
    EXPECT_NEAR(turned ? page.dpi_y : page.dpi_x, across ? 400 : 200, 0.1);
    EXPECT_NEAR(turned ? page.dpi_x : page.dpi_y, across ? 100 : 200, 0.1);
  }
}

TEST(PdfPictures, PolarityAndMasks) {
  const Bits bits = some_bits(400, 100);
  ocr::Page negative = bits.page;
  for (auto& value : negative.grey) value = static_cast<std::uint8_t>(255 - value);
  const std::string draw = "q 144 0 0 72 0 0 cm /A Do Q";
  struct Row {
    const char* entries;
    const ocr::Page* expected;
  };
  const Row table[] = {
      {"/ColorSpace/DeviceGray/Decode[0 1]", &bits.page},
      {"/ColorSpace/DeviceGray/Decode[1 0]", &negative},
      {"/ColorSpace[/CalGray<</WhitePoint[1 1 1]>>]", &bits.page},
      {"/ImageMask true", &bits.page},
      {"/ImageMask true/Decode[1 0]", &negative},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.entries);
    const auto pdf = page_of(draw, {flat_image(bits, row.entries)});
    EXPECT_TRUE(ocr::open(view(pdf))->page(1).grey == row.expected->grey);
  }
}

/// The raw CCITT strip of a one-page TIFF.
std::string ccitt_data(const Bits& bits, int compression, int options) {
  std::string data;
  auto file = tests::write_tiff(1, [&](TIFF* tif, int) {
    TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, bits.width);
    TIFFSetField(tif, TIFFTAG_IMAGELENGTH, bits.height);
    TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, 1);
    TIFFSetField(tif, TIFFTAG_COMPRESSION, compression);
    TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP, bits.height);
    if (compression == COMPRESSION_CCITTFAX3) TIFFSetField(tif, TIFFTAG_GROUP3OPTIONS, options);
    const auto row_bytes = static_cast<std::size_t>(bits.width + 7) / 8;
    for (int y = 0; y < bits.height; ++y) {
      std::string row = bits.data.substr(static_cast<std::size_t>(y) * row_bytes, row_bytes);
      for (auto& byte : row) byte = static_cast<char>(~byte);
      TIFFWriteScanline(tif, row.data(), static_cast<std::uint32_t>(y), 0);
    }
  });
  // libtiff writes the strip behind the 8-byte header; trailing bytes do not matter to a decoder.
  return file.bytes.substr(8);
}

TEST(PdfPictures, CcittInAllItsKinds) {
  const Bits bits = some_bits(400, 100);
  struct Row {
    const char* parms;
    int compression;
    int options;
    bool negative;
  };
  const Row table[] = {
      {"/K -1/Columns 400", COMPRESSION_CCITTFAX4, 0, false},
      {"/K -1/Columns 400/BlackIs1 true", COMPRESSION_CCITTFAX4, 0, true},
      {"/Columns 400/EndOfLine true", COMPRESSION_CCITTFAX3, 0, false},
      {"/K 0/Columns 400/EncodedByteAlign true", COMPRESSION_CCITTRLE, 0, false},
      {"/K 4/Columns 400/EndOfLine true", COMPRESSION_CCITTFAX3, GROUP3OPT_2DENCODING, false},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.parms);
    const auto image = stream(
        "/Type/XObject/Subtype/Image/Width 400/Height 100/BitsPerComponent 1/ColorSpace/DeviceGray"
        "/Filter/CCITTFaxDecode/DecodeParms<<" +
            std::string(row.parms) + ">>",
        ccitt_data(bits, row.compression, row.options));
    const auto pdf = page_of("q 144 0 0 72 0 0 cm /A Do Q", {image});
    const auto page = ocr::open(view(pdf))->page(1);
    ASSERT_EQ(page.width, 400);
    ASSERT_EQ(page.height, 100);
    for (std::size_t i = 0; i < page.grey.size(); ++i) {
      ASSERT_EQ(page.grey[i], row.negative ? 255 - bits.page.grey[i] : bits.page.grey[i]) << i;
    }
  }
}

TEST(PdfPictures, StripsAreJoined) {
  const Bits upper = some_bits(400, 60, 1);
  const Bits lower = some_bits(400, 40, 2);
  // The lower strip is drawn first.
  const auto pdf = page_of("q 144 0 0 28.8 0 0 cm /B Do Q q 144 0 0 43.2 0 28.8 cm /A Do Q",
                           {flat_image(upper), flat_image(lower)});
  const auto page = ocr::open(view(pdf))->page(1);
  ASSERT_EQ(page.width, 400);
  ASSERT_EQ(page.height, 100);
  auto expected = upper.page.grey;
  expected.insert(expected.end(), lower.page.grey.begin(), lower.page.grey.end());
  EXPECT_TRUE(page.grey == expected);
}

TEST(PdfPictures, WhatIsMoreThanOnePictureIsRendered) {
  const Bits bits = some_bits(100, 50);
  const std::string draw = "q 144 0 0 72 0 0 cm /A Do Q ";
  struct Row {
    const char* content;
    const char* entries;
    bool taken;
  };
  const Row table[] = {
      {"", "", true},
      {"BT /F 9 Tf 3 Tr 1 0 0 1 0 0 Tm (hidden) Tj ET", "", true},
      {"0 0 144 72 re W n", "", true},
      {"BT /F 9 Tf 1 0 0 1 0 0 Tm (shown) Tj ET", "", false},
      {"10 10 20 20 re f", "", false},
      {"0 0 m 10 10 l S", "", false},
      {"q 20 0 0 20 0 0 cm /A Do Q", "", false},
      {"", "/Annots[<</Type/Annot/Subtype/Square/Rect[0 0 9 9]>>]", false},
      {"", "/CropBox[0 0 40 72]", false},
      {"/None gs", "", false},
      {"BI /W 1 /H 1 /BPC 8 /CS /G ID x EI", "", false},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(std::string(row.content) + row.entries);
    const auto pdf = page_of(draw + row.content, {flat_image(bits)}, row.entries);
    const auto page = ocr::open(view(pdf))->page(1);
    EXPECT_EQ(page.width == 100 && page.height == 50, row.taken);
  }
}

TEST(PdfPages, AreRenderedAtAReadableResolution) {
  const auto pdf = page_of("0 0 72 72 re f", {});
  const auto page = ocr::open(view(pdf))->page(1);
  EXPECT_EQ(page.width, 600);
  EXPECT_EQ(page.height, 300);
  EXPECT_EQ(page.dpi_x, 300);
  EXPECT_EQ(page.row(150)[100], 0) << "left half black";
  EXPECT_EQ(page.row(150)[500], 255);
}

/// What a process that may open no files answers for a page with text in Helvetica.
void render_without_files(bool hidden) {
  ocr::warm_up();
  const rlimit none{0, 0};
  setrlimit(RLIMIT_NOFILE, &none);
  const auto pdf =
      page_of(std::string(hidden ? "q 144 0 0 72 0 0 cm /A Do Q BT 3 Tr" : "BT") +
                  " /F 12 Tf 10 40 Td (Report) Tj ET",
              {flat_image(some_bits(99, 50), "/ColorSpace[/Indexed/DeviceGray 1<ff00>]")});
  const Fault fault = fault_of(view(pdf));
  std::_Exit(static_cast<int>(fault));
}

TEST(PdfPagesDeathTest, TextIsNeverLeftOutInSilence) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizers open pipes themselves to look at memory";
#endif
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(render_without_files(false),
              testing::ExitedWithCode(static_cast<int>(Fault::unsupported_format)), "");
  EXPECT_EXIT(render_without_files(true), testing::ExitedWithCode(static_cast<int>(Fault::none)),
              "");
}

TEST(PdfFaults, AreTold) {
  const auto huge = pdf_of({"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
                            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 14400 14400]/Contents 4 0 R>>",
                            stream("", "0 0 9 9 re f")});
  EXPECT_EQ(fault_of(view(huge)), Fault::too_large);
  EXPECT_EQ(fault_of(view("%PDF-1.4 and nothing else")), Fault::damaged_file);
  Bits bits = some_bits(8, 8);
  bits.width = 40000;
  bits.height = 40000;
  EXPECT_EQ(fault_of(view(page_of("q 144 0 0 72 0 0 cm /A Do Q", {flat_image(bits)}))),
            Fault::too_large);
  const auto bomb = pdf_of({"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
                            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents[4 0 R]>>",
                            stream("/Filter/JBIG2Decode", "x")});
  EXPECT_EQ(fault_of(view(bomb)), Fault::damaged_file);
}

TEST(PdfFaults, AJbig2PictureIsMarked) {
  const auto image = stream(
      "/Type/XObject/Subtype/Image/Width 8/Height 8/BitsPerComponent 1/ColorSpace/DeviceGray"
      "/Filter/JBIG2Decode",
      "");
  const auto form =
      stream("/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Resources<</XObject<</I 5 0 R>>>>", "/I Do");
  for (const auto* name : {"/A", "/B"}) {
    const auto pdf = page_of("q 144 0 0 72 0 0 cm " + std::string(name) + " Do Q", {image, form});
    EXPECT_TRUE(ocr::open(view(pdf))->page(1).symbol_coded);
  }
}

TEST(WritePdf, BundlesPicturesThatComeOutUnchanged) {
  const tests::TempDir dir;
  std::vector<ocr::Page> pages;
  std::vector<std::filesystem::path> paths;
  for (const bool bilevel : {true, false}) {
    ocr::Page page = some_bits(303, 200, bilevel ? 5 : 6).page;
    page.bilevel = bilevel;
    if (!bilevel) page.grey[7] = 99;
    page.dpi_x = page.dpi_y = 203.2;
    const auto png = ocr::encode_png(page);
    paths.push_back(dir / (bilevel ? "1.png" : "2.png"));
    std::ofstream(paths.back(), std::ios::binary)
        .write(reinterpret_cast<const char*>(png.data()), static_cast<std::streamsize>(png.size()));
    pages.push_back(std::move(page));
  }
  ocr::write_pdf(paths, dir / "out.pdf");
  const auto bytes = tests::read_bytes(dir / "out.pdf");
  const auto document = ocr::open(bytes);
  ASSERT_EQ(document->pages(), 2);
  for (int i = 1; i <= 2; ++i) {
    const auto page = document->page(i);
    EXPECT_TRUE(page.grey == pages[static_cast<std::size_t>(i - 1)].grey);
    EXPECT_EQ(page.bilevel, pages[static_cast<std::size_t>(i - 1)].bilevel);
    EXPECT_NEAR(page.dpi_x, 203.2, 0.5);
  }
  ocr::write_pdf(paths, dir / "again.pdf");
  EXPECT_EQ(tests::read_bytes(dir / "again.pdf"), bytes);
}

TEST(WritePdf, RefusesWhatIsNoPageOfOurs) {
  const tests::TempDir dir;
  std::ofstream(dir / "no.png") << "no picture";
  EXPECT_THROW(ocr::write_pdf({dir / "no.png"}, dir / "out.pdf"), std::runtime_error);
  EXPECT_THROW(ocr::write_pdf({dir / "absent.png"}, dir / "out.pdf"), std::runtime_error);
}

}  // namespace
