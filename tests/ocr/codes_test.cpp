#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <tuple>

#include "ocr/codes.hpp"
#include "ocr/draw.hpp"
#include "ocr/files.hpp"

namespace {

using ocr::Effort;

struct Fax {
  const char* name;
  double dpi_x, dpi_y;
};
constexpr Fax qualities[] = {{"standard", 204, 98}, {"fine", 204, 196},   {"superfine", 204, 391},
                             {"400", 408, 391},     {"coarse", 200, 100}, {"scan 300", 300, 300},
                             {"scan 600", 600, 600}};

TEST(Codes, BothTagsOfAPageAreFoundWithTheirCorners) {
  for (const auto& fax : qualities) {
    SCOPED_TRACE(fax.name);
    auto page = tests::paper(210, 297, fax.dpi_x, fax.dpi_y);
    tests::some_print(page, 5);
    tests::qr_code(page, tests::tag_bytes(1), 171, 14, 25);
    tests::qr_code(page, tests::tag_bytes(1), 14, 255, 25);
    const auto codes = ocr::find_codes(ocr::view(page), fax.dpi_x, fax.dpi_y, Effort::quick);
    ASSERT_EQ(codes.size(), 2U);
    const double corners[2][4][2] = {{{171, 14}, {196, 14}, {196, 39}, {171, 39}},
                                     {{14, 255}, {39, 255}, {39, 280}, {14, 280}}};
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(codes[i].bytes, tests::tag_bytes(1));
      for (std::size_t k = 0; k < 4; ++k) {
        EXPECT_NEAR(codes[i].corners[k].x / fax.dpi_x * 25.4, corners[i][k][0], 0.6);
        EXPECT_NEAR(codes[i].corners[k].y / fax.dpi_y * 25.4, corners[i][k][1], 0.6);
      }
    }
  }
}

/// A spoilt code of somebody else must not hide behind a clean one, wherever it stands.
TEST(Codes, ASecondOneIsSeenBesideTheFirst) {
  for (const auto& fax : qualities) {
    SCOPED_TRACE(fax.name);
    for (const auto& [x, y, size] : {std::tuple(30.0, 150.0, 25.0), std::tuple(165.0, 45.0, 25.0),
                                     std::tuple(90.0, 250.0, 20.0)}) {
      auto page = tests::paper(210, 297, fax.dpi_x, fax.dpi_y);
      // The drawn print is as dense as a code where a row is a quarter of a millimetre.
      if (fax.dpi_y > 110) tests::some_print(page, 5);
      tests::block(page, x - 5, y - 5, size + 10, size + 10, 255);
      tests::qr_code(page, tests::tag_bytes(2), x, y, size, 1);
      tests::dust(page, fax.dpi_y < 110 ? 0.003 : 0.008, 3);
      tests::qr_code(page, tests::tag_bytes(1), 171, 14, 25);
      tests::qr_code(page, tests::tag_bytes(1), 14, 255, 25);
      const auto codes = ocr::find_codes(ocr::view(page), fax.dpi_x, fax.dpi_y, Effort::quick);
      const auto seen = [&](std::uint8_t which) {
        return std::ranges::any_of(codes, [which](const ocr::Code& code) {
          return code.bytes == tests::tag_bytes(which);
        });
      };
      EXPECT_TRUE(seen(1)) << x;
      EXPECT_TRUE(seen(2)) << x;
    }
  }
}

TEST(Codes, AreFoundAtAnyAngle) {
  for (const auto& fax : {qualities[0], qualities[1]}) {
    for (int degrees = 0; degrees < 360; degrees += 30) {
      auto page = tests::paper(120, 120, fax.dpi_x, fax.dpi_y);
      tests::qr_code(page, tests::tag_bytes(9), 60, 60, 25, degrees);
      const auto codes = ocr::find_codes(ocr::view(page), fax.dpi_x, fax.dpi_y);
      ASSERT_EQ(codes.size(), 1U) << fax.name << " " << degrees;
      EXPECT_EQ(codes[0].bytes, tests::tag_bytes(9));
      EXPECT_NEAR(codes[0].corners[0].x / fax.dpi_x * 25.4, 60, 0.8);
      EXPECT_NEAR(codes[0].corners[0].y / fax.dpi_y * 25.4, 60, 0.8);
    }
  }
}

TEST(Codes, SurviveDustOrAStreakOrBeingNegative) {
  for (const auto& fax : {qualities[1], qualities[5]}) {
    SCOPED_TRACE(fax.name);
    auto clean = tests::paper(80, 80, fax.dpi_x, fax.dpi_y);
    tests::qr_code(clean, tests::tag_bytes(2), 20, 20, 25, 1.5);
    const auto found = [&](const ocr::Page& page) {
      const auto codes = ocr::find_codes(ocr::view(page), fax.dpi_x, fax.dpi_y);
      return codes.size() == 1 && codes[0].bytes == tests::tag_bytes(2);
    };
    auto dusty = clean;
    tests::dust(dusty, 0.01, 11);
    EXPECT_TRUE(found(dusty));
    auto streaked = clean;
    tests::block(streaked, 33, 0, 0.4, 80, 0);
    EXPECT_TRUE(found(streaked));
    auto negative = clean;
    for (auto& value : negative.grey) value = static_cast<std::uint8_t>(255 - value);
    EXPECT_TRUE(found(negative));
  }
}

TEST(Codes, NothingIsFoundWhereNothingIs) {
  auto page = tests::paper(210, 297, 204, 98);
  EXPECT_TRUE(ocr::find_codes(ocr::view(page), 204, 98).empty());
  tests::some_print(page, 3);
  EXPECT_TRUE(ocr::find_codes(ocr::view(page), 204, 98).empty());
  EXPECT_TRUE(ocr::find_codes({}, 204, 98).empty());
  for (const int size : {1, 5, 20, 21, 40}) {
    const ocr::Grey tiny(size, size, 0);
    EXPECT_TRUE(ocr::find_codes(tiny.view(), 204, 196).empty());
    EXPECT_TRUE(ocr::find_codes(tiny.view(), 600, 600).empty());
    EXPECT_TRUE(ocr::find_codes(tiny.view(), 0, 0).empty());
    EXPECT_TRUE(ocr::find_codes(tiny.view(), 2500, 40).empty());
  }
}

TEST(Codes, ThePictureThatAbortsThePackagedLibrary) {
  const auto path =
      std::filesystem::path(RENKEI_SHARED_DATA) / "hostile/zxing14_allformats_abort.bin";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no shared files";
  const auto bytes = tests::read_bytes(path);
  for (int width = 1; width <= static_cast<int>(bytes.size()); ++width) {
    const ocr::GreyView view{reinterpret_cast<const std::uint8_t*>(bytes.data()), width,
                             static_cast<int>(bytes.size()) / width, width};
    EXPECT_TRUE(ocr::find_codes(view, 200, 200).empty());
  }
}

TEST(SharedBarcodes, QrCodesOfOtherSystemsAreRead) {
  const auto folder = std::filesystem::path(RENKEI_SHARED_DATA) / "qr/paperless-barcodes";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared files";
  struct Row {
    const char* name;
    std::size_t different;  ///< codes over all pages
  };
  const Row table[] = {{"patch-code-t-qr.pdf", 1},
                       {"barcode-qr-custom.pdf", 1},
                       {"barcode-qr-asn-000123-upscale-dpi.pdf", 1},
                       {"many-qr-codes.pdf", 1},
                       {"barcode-39-asn-123.pdf", 0}};
  for (const auto& row : table) {
    const auto bytes = tests::read_bytes(folder / row.name);
    const auto document = ocr::open(bytes);
    std::set<std::vector<std::uint8_t>> codes;
    for (int i = 1; i <= document->pages(); ++i) {
      const auto page = document->page(i);
      for (const auto& code : ocr::find_codes(ocr::view(page), page.dpi_x, page.dpi_y)) {
        codes.insert(code.bytes);
      }
    }
    if (row.different == 0) {
      EXPECT_TRUE(codes.empty()) << row.name;
    } else {
      EXPECT_GE(codes.size(), row.different) << row.name;
    }
  }
}

}  // namespace
