#include "tests/faxsim/faxsim.hpp"

#include <cairo/cairo-pdf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tiffio.h>

#include <cmath>
#include <fstream>

#include "tests/temp_dir.hpp"

namespace faxsim {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// A small made-up form: four anchors, a tag's place, one field of each kind.
json small_layout() {
  return json::parse(R"({"form": "test-report", "version": 1, "serial": "TEST", "pages": [
    {"number": 1, "size": [210, 297], "tags": [{"box": [165, 20, 25, 25]}],
     "anchors": [[15, 15], [195, 15], [15, 282], [195, 282]], "fields": [
      {"name": "kind", "type": "choice", "options": [
        {"value": "periodic", "box": [20, 62, 5, 5]}, {"value": "deviation", "box": [60, 62, 5, 5]}]},
      {"name": "birth_date", "type": "date", "parts": {
        "era": {"options": [{"value": "showa", "box": [20, 80, 8, 4], "mark": "circle"},
                            {"value": "heisei", "box": [32, 80, 8, 4], "mark": "circle"}]},
        "year": [[50, 78, 6, 8], [57, 78, 6, 8]], "month": [[70, 78, 6, 8], [77, 78, 6, 8]],
        "day": [[90, 78, 6, 8], [97, 78, 6, 8]]}},
      {"name": "next_visit", "type": "month", "parts": {"era": {"value": "reiwa"},
        "year": [[50, 98, 6, 8], [57, 98, 6, 8]], "month": [[70, 98, 6, 8], [77, 98, 6, 8]]}},
      {"name": "cea", "type": "number", "unit": "ng/mL", "point_after": 3,
       "cells": [[20, 120, 6, 8], [27, 120, 6, 8], [34, 120, 6, 8], [43, 120, 6, 8]]},
      {"name": "comment", "type": "text", "box": [20, 200, 170, 30]},
      {"name": "seal", "type": "ink", "box": [170, 240, 14, 14]}]}]})");
}

void print_small_form(const std::filesystem::path& file, int copies = 1) {
  cairo_surface_t* surface = cairo_pdf_surface_create(file.c_str(), 595.276, 841.89);
  cairo_t* cr = cairo_create(surface);
  cairo_scale(cr, 72 / 25.4, 72 / 25.4);
  for (int copy = 0; copy < copies; ++copy) {
    for (const double x : {15.0, 195.0}) {
      for (const double y : {15.0, 282.0}) {
        cairo_rectangle(cr, x - 2.5, y - 2.5, 5, 5);
        cairo_fill(cr);
      }
    }
    cairo_show_page(cr);
  }
  cairo_destroy(cr);
  cairo_surface_destroy(surface);
}

class FaxsimTest : public testing::Test {
protected:
  FaxsimTest() {
    print_small_form(dir_ / "blank.pdf");
    blank_ = load_blank(dir_ / "blank.pdf");
  }

  Job job(const json& values) const {
    Job made;
    made.sheets = {
        FormSheets{blank_, parse_layout(small_layout()), "TEST", parse_values(values), 1}};
    made.degrade = Degrade::none;
    return made;
  }

  tests::TempDir dir_;
  std::shared_ptr<const Blank> blank_;
};

const json everything =
    json::parse(R"({"kind": "periodic", "birth_date": "1950-04-03", "next_visit": "2027-02",
  "cea": "3.2", "comment": "経過良好です。", "seal": "yes"})");

int dark_pixels(const Sheet& sheet, const json& transform, const ocr::Box& mm) {
  const auto at = [&](double x, double y) {
    return std::pair{transform[0].get<double>() * x + transform[1].get<double>() * y +
                         transform[2].get<double>(),
                     transform[3].get<double>() * x + transform[4].get<double>() * y +
                         transform[5].get<double>()};
  };
  const auto [left, top] = at(mm.x, mm.y);
  const auto [right, bottom] = at(mm.right(), mm.bottom());
  int dark = 0;
  for (int y = static_cast<int>(top); y < static_cast<int>(bottom); ++y) {
    for (int x = static_cast<int>(left); x < static_cast<int>(right); ++x) {
      dark += sheet.samples[static_cast<std::size_t>(y) * static_cast<std::size_t>(sheet.width) +
                            static_cast<std::size_t>(x)] < 128;
    }
  }
  return dark;
}

TEST_F(FaxsimTest, SameSeedSameBytes) {
  for (const Degrade degrade : {Degrade::light, Degrade::heavy}) {
    Job one = job(everything);
    one.degrade = degrade;
    one.seed = 42;
    const Faxed first = fax(one);
    const Faxed second = fax(one);
    EXPECT_EQ(encode(first.sheets, {}), encode(second.sheets, {}));
    EXPECT_EQ(first.truth, second.truth);
    one.seed = 43;
    EXPECT_NE(encode(fax(one).sheets, {}), encode(first.sheets, {}));
  }
}

TEST_F(FaxsimTest, QualitiesHaveTheGridOfFaxMachines) {
  struct Row {
    Quality quality;
    Paper paper;
    int width;
    double dpi_x, dpi_y;
    int height;  // of A4
  };
  for (const Row& row : {Row{Quality::standard, Paper::a4, 1728, 204, 98, 1143},
                         Row{Quality::fine, Paper::a4, 1728, 204, 196, 2287},
                         Row{Quality::superfine, Paper::a4, 1728, 204, 391, 4574},
                         Row{Quality::fine, Paper::b4, 2048, 204, 196, 2287},
                         Row{Quality::fine, Paper::a3, 2432, 204, 196, 2287},
                         Row{Quality::scan300, Paper::a4, 2480, 300, 300, 3508}}) {
    SCOPED_TRACE(to_text(row.quality));
    Job one = job(everything);
    one.quality = row.quality;
    one.paper = row.paper;
    const Sheet sheet = fax(one).sheets.at(0);
    EXPECT_EQ(sheet.width, row.width);
    EXPECT_NEAR(sheet.height, row.height, 2);
    EXPECT_EQ(sheet.dpi_x, row.dpi_x);
    EXPECT_EQ(sheet.dpi_y, row.dpi_y);
    EXPECT_EQ(sheet.bilevel, row.quality != Quality::scan300);
  }
}

TEST_F(FaxsimTest, TruthSaysWhereThePrintLies) {
  Job one = job(json::object());
  one.degrade = Degrade::normal;
  for (one.seed = 1; one.seed <= 6; ++one.seed) {
    SCOPED_TRACE("seed " + std::to_string(one.seed));
    const Faxed faxed = fax(one);
    const json& page = faxed.truth["pages"][0];
    if (page["lost_rows"] > 0) continue;
    // Inside of each anchor all is dark; about it, nearly nothing.
    for (const auto& [x, y] : {std::pair{15.0, 15.0}, {195.0, 282.0}}) {
      const ocr::Box inside{x - 2, y - 2, 4, 4};
      const ocr::Box around{x - 5, y - 5, 10, 10};
      const int dark = dark_pixels(faxed.sheets[0], page["transform"], inside);
      const int all = dark_pixels(faxed.sheets[0], page["transform"], around);
      if (page["rotation"] != 0) continue;
      EXPECT_NEAR(dark, 4 * 4 * 8.04 * 7.7, 120);
      EXPECT_NEAR(all, 5 * 5 * 8.04 * 7.7, 400);
    }
  }
}

TEST_F(FaxsimTest, InkLandsInItsFields) {
  const Faxed blank = fax(job(json::object()));
  const Faxed filled = fax(job(everything));
  const json& transform = filled.truth["pages"][0]["transform"];
  struct Row {
    const char* what;
    ocr::Box box;
    bool ink;
  };
  for (const Row& row :
       {Row{"ticked", {19, 61, 7, 7}, true}, Row{"not ticked", {58, 60, 9, 9}, false},
        Row{"showa circled", {18, 78, 12, 8}, true}, Row{"heisei not", {34, 81, 4, 2}, false},
        Row{"year 25", {50, 78, 13, 8}, true}, Row{"month tens", {70.5, 78, 4, 8}, false},
        Row{"month 4", {77, 78, 6, 8}, true}, Row{"cea hundreds", {20.5, 120, 4, 8}, false},
        Row{"cea 3", {34, 120, 6, 8}, true}, Row{"cea .2", {43, 120, 6, 8}, true},
        Row{"comment", {20, 200, 170, 30}, true}, Row{"seal", {170, 240, 14, 14}, true}}) {
    SCOPED_TRACE(row.what);
    EXPECT_EQ(dark_pixels(blank.sheets[0], transform, row.box), 0);
    const int ink = dark_pixels(filled.sheets[0], transform, row.box);
    if (row.ink) {
      EXPECT_GT(ink, 15);
    } else {
      EXPECT_EQ(ink, 0);
    }
  }
}

TEST_F(FaxsimTest, DirectivesChangeThePaper) {
  const json at = fax(job(everything)).truth["pages"][0]["transform"];
  struct Row {
    const char* directives;
    ocr::Box box;
    bool ink;
  };
  for (const Row& row :
       {Row{R"({"_two_marks": {"kind": "deviation"}})", {59, 61, 7, 7}, true},
        Row{R"({"_cancelled": {"kind": "deviation"}})", {59, 61, 7, 7}, true},
        Row{R"({"_struck": {"cea": "88.8"}, "cea": "3.2"})", {27, 120, 6, 8}, true},
        Row{R"({"_margin_note": {"text": "転移", "at": [20, 260]}})", {20, 260, 12, 8}, true},
        Row{R"({"_blacken": [[100, 140, 10, 5]]})", {100, 140, 10, 5}, true},
        Row{R"({"_hide": ["anchor1"]})", {12, 12, 6, 6}, false},
        Row{R"({"_cover": [[190, 277, 10, 10]]})", {192, 279, 6, 6}, false},
        Row{R"({"_typed": true, "cea": "45.6"})", {27, 120, 6, 8}, true},
        Row{R"({"_typed": ["comment"], "comment": "再発を認めます"})", {20, 200, 60, 8}, true}}) {
    SCOPED_TRACE(row.directives);
    const Faxed faxed = fax(job(json::parse(row.directives)));
    const int ink = dark_pixels(faxed.sheets[0], at, row.box);
    EXPECT_EQ(ink > 15, row.ink) << ink;
  }
}

TEST_F(FaxsimTest, UpsideDownAndSideways) {
  for (const int degrees : {0, 90, 180, 270}) {
    SCOPED_TRACE(degrees);
    const Faxed faxed = fax(job({{"_rotate", degrees}, {"kind", "periodic"}}));
    const json& page = faxed.truth["pages"][0];
    EXPECT_EQ(page["rotation"], degrees);
    EXPECT_EQ(faxed.sheets[0].width, degrees % 180 == 0 ? 1728 : 2432);
    const double right = page["transform"][0];
    EXPECT_NEAR(right, 8.04 * std::cos(degrees * 3.14159265 / 180), 0.01);
  }
}

TEST_F(FaxsimTest, BadValuesAreNamed) {
  struct Row {
    const char* values;
    const char* says;
  };
  for (const Row& row :
       {Row{R"({"nonsense": "1"})", "no field \"nonsense\""},
        Row{R"({"kind": "weekly"})", "periodic deviation"},
        Row{R"({"cea": "12345"})", "does not fit"}, Row{R"({"cea": "1.25"})", "more decimals"},
        Row{R"({"cea": "x"})", "does not fit"}, Row{R"({"birth_date": "1950-4-3"})", "no date"},
        Row{R"({"birth_date": "1900-04-03"})", "no era"},
        Row{R"({"next_visit": "2027-02-01"})", "no month"},
        Row{R"({"_two_marks": {"kind": "other"}})", "no option"},
        Row{R"({"_hide": ["tag7"]})", "tag7"}}) {
    SCOPED_TRACE(row.values);
    try {
      (void)fax(job(json::parse(row.values)));
      FAIL() << "accepted";
    } catch (const BadInput& fault) {
      EXPECT_THAT(fault.what(), HasSubstr(row.says));
    }
  }
  for (const char* values : {R"([])", R"({"_unknown": 1})", R"({"kind": 3})", R"({"_rotate": 45})",
                             R"({"_pen": "thick"})", R"({"_mark": "star"})",
                             R"({"_cancelled": "kind"})", R"({"_scale": 9})"}) {
    EXPECT_THROW((void)parse_values(json::parse(values)), BadInput) << values;
  }
}

TEST_F(FaxsimTest, BadFilesAreNamed) {
  EXPECT_THROW((void)load_blank(dir_ / "absent.pdf"), BadInput);
  EXPECT_THROW((void)load_picture(dir_ / "blank.pdf"), BadInput);
  EXPECT_THROW((void)load_hand((dir_ / "nothing").string()), BadInput);
  for (const char* layout :
       {R"({})", R"({"form": "x", "pages": []})", R"({"form": "x", "pages": [{"number": 1}]})",
        R"({"form": "x", "pages": [{"number": 1, "fields": [{"name": "a", "type": "odd"}]}]})"}) {
    EXPECT_THROW((void)parse_layout(json::parse(layout)), BadInput) << layout;
  }
}

TEST_F(FaxsimTest, BatchesKeepTheirOrder) {
  Job batch = job(everything);
  batch.sheets.emplace_back(AttachedSheets{blank_});
  batch.sheets.push_back(batch.sheets[0]);
  batch.sheets.emplace_back(TypedSheet{"検査結果報告書"});
  batch.sheets.emplace_back(BlankSheet{});
  Faxed faxed = fax(batch);
  ASSERT_EQ(faxed.sheets.size(), 5U);
  EXPECT_EQ(faxed.truth["forms"].size(), 2U);
  EXPECT_FALSE(faxed.truth["pages"][1].contains("form"));
  EXPECT_EQ(faxed.truth["pages"][2]["forms_index"], 1);
  // Each form has its own writer.
  EXPECT_NE(faxed.sheets[0].samples, faxed.sheets[2].samples);
  batch.order = {3, 1};
  faxed = fax(batch);
  ASSERT_EQ(faxed.sheets.size(), 2U);
  EXPECT_EQ(faxed.truth["pages"][0]["forms_index"], 1);
  batch.order = {6};
  EXPECT_THROW((void)fax(batch), BadInput);
}

TEST_F(FaxsimTest, CopiesOfOnePrintRun) {
  print_small_form(dir_ / "copies.pdf", 2);
  Job one = job(everything);
  auto& form = std::get<FormSheets>(one.sheets[0]);
  form.blank = load_blank(dir_ / "copies.pdf");
  form.first_page = 2;
  EXPECT_EQ(fax(one).sheets.size(), 1U);
  form.first_page = 3;
  EXPECT_THROW((void)fax(one), BadInput);
}

/// What libtiff reads of a file: samples as the sheets have them.
std::vector<std::vector<std::uint8_t>> decode(const std::filesystem::path& file) {
  std::vector<std::vector<std::uint8_t>> pages;
  TIFF* tiff = TIFFOpen(file.c_str(), "r");
  if (tiff == nullptr) return pages;
  do {
    std::uint32_t width = 0, height = 0;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    std::vector<std::uint8_t> row(static_cast<std::size_t>(TIFFScanlineSize(tiff)));
    auto& page = pages.emplace_back();
    for (std::uint32_t y = 0; y < height; ++y) {
      EXPECT_GE(TIFFReadScanline(tiff, row.data(), y), 0);
      for (std::uint32_t x = 0; x < width; ++x) {
        page.push_back(((row[x / 8] >> (7 - x % 8)) & 1) != 0 ? 0 : 255);
      }
    }
  } while (TIFFReadDirectory(tiff) != 0);
  TIFFClose(tiff);
  return pages;
}

TEST_F(FaxsimTest, TiffCodingsKeepEveryPixel) {
  Job batch = job(everything);
  batch.degrade = Degrade::heavy;
  batch.sheets.push_back(batch.sheets[0]);
  const auto sheets = fax(batch).sheets;
  for (const Coding coding :
       {Coding::g3, Coding::g3_2d, Coding::g4, Coding::lzw, Coding::deflate, Coding::raw}) {
    for (const FillOrder order : {FillOrder::msb, FillOrder::lsb}) {
      for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const auto bytes = encode(sheets, {Format::tiff, coding, order, seed, 75});
        std::ofstream(dir_ / "a.tif", std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
        const auto pages = decode(dir_ / "a.tif");
        ASSERT_EQ(pages.size(), 2U);
        EXPECT_TRUE(pages[0] == sheets[0].samples && pages[1] == sheets[1].samples)
            << "coding " << static_cast<int>(coding);
      }
    }
  }
}

TEST_F(FaxsimTest, PdfAndPngCanBeReadBack) {
  Job batch = job(everything);
  batch.sheets.emplace_back(AttachedSheets{blank_});
  for (const Quality quality : {Quality::fine, Quality::scan300}) {
    batch.quality = quality;
    const auto sheets = fax(batch).sheets;
    const auto pdf = encode(sheets, {Format::pdf, Coding::by_seed, FillOrder::by_seed, 1, 75});
    std::ofstream(dir_ / "a.pdf", std::ios::binary)
        .write(reinterpret_cast<const char*>(pdf.data()), static_cast<std::streamsize>(pdf.size()));
    EXPECT_EQ(page_count(*load_blank(dir_ / "a.pdf")), 2);
    EXPECT_THROW((void)encode(sheets, {Format::png, Coding::by_seed, FillOrder::by_seed, 1, 75}),
                 BadInput);
    const auto png = encode({sheets[0]}, {Format::png, Coding::by_seed, FillOrder::by_seed, 1, 75});
    std::ofstream(dir_ / "a.png", std::ios::binary)
        .write(reinterpret_cast<const char*>(png.data()), static_cast<std::streamsize>(png.size()));
    EXPECT_EQ(page_count(*load_picture(dir_ / "a.png")), 1);
  }
}

TEST_F(FaxsimTest, DigitImagesOfOneWriter) {
  // Two writers: the first has no 9, and borrows it.
  std::ofstream images(dir_ / "test-images-idx3-ubyte", std::ios::binary);
  std::ofstream labels(dir_ / "test-labels-idx1-ubyte", std::ios::binary);
  std::ofstream writers(dir_ / "test-writers.txt");
  images << std::string("\0\0\x08\x03\0\0\0\x13\0\0\0\x1c\0\0\0\x1c", 16);
  labels << std::string("\0\0\x08\x01\0\0\0\x13", 8);
  for (int i = 0; i < 19; ++i) {
    std::string image(784, '\0');  // 28 by 28
    for (std::size_t y = 5; y < 23; ++y) image[y * 28 + 14] = image[y * 28 + 15] = '\xff';
    images << image;
    labels << static_cast<char>(i < 9 ? i : i - 9);
    writers << (i < 9 ? 7 : 8) << '\n';
  }
  images.close();
  labels.close();
  writers.close();
  Job one = job({{"cea", "999.9"}});
  one.hand = load_hand(dir_.path().string());
  for (one.seed = 1; one.seed < 5; ++one.seed) {
    const Faxed faxed = fax(one);
    EXPECT_THAT(faxed.truth["forms"][0]["hand"].get<std::string>(), HasSubstr("writer"));
    EXPECT_GT(dark_pixels(faxed.sheets[0], faxed.truth["pages"][0]["transform"], {20, 120, 6, 8}),
              15);
  }
  EXPECT_THROW((void)load_hand(dir_.path().string() + ":train"), BadInput);
}

TEST(FaxsimSharedDigits, AreOfManyWriters) {
  const auto folder = std::filesystem::path(RENKEI_SHARED_DATA) / "digits";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  EXPECT_NO_THROW((void)load_hand(folder.string()));
  EXPECT_NO_THROW((void)load_hand(folder.string() + ":train"));
}

}  // namespace
}  // namespace faxsim
