#include <gtest/gtest.h>

#include <span>

#include "ocr/draw.hpp"
#include "ocr/engine.hpp"

namespace {

ocr::Page opened(const std::vector<std::uint8_t>& png) {
  return ocr::open(std::as_bytes(std::span(png)))->page(1);
}

TEST(Picture, IsUprightWithSquarePixels) {
  auto page = tests::paper(210, 297, 204, 98);
  tests::block(page, 0, 0, 30, 30);  // the top left corner of the page as it arrived
  struct Row {
    int rotation;
    bool black_left, black_top;
  };
  for (const Row row :
       {Row{0, true, true}, Row{90, false, true}, Row{180, false, false}, Row{270, true, false}}) {
    SCOPED_TRACE(row.rotation);
    ocr::PageReading reading;
    reading.quality.rotation = row.rotation;
    const auto seen = opened(ocr::picture(page, reading, nullptr));
    EXPECT_TRUE(seen.bilevel);
    EXPECT_NEAR(seen.dpi_x, 204, 0.1);
    EXPECT_NEAR(seen.dpi_y, 204, 0.1);
    const bool turned = row.rotation % 180 != 0;
    EXPECT_NEAR(seen.width / seen.dpi_x * 25.4, turned ? 297 : 210, 0.5);
    EXPECT_NEAR(seen.height / seen.dpi_y * 25.4, turned ? 210 : 297, 0.5);
    const int x = row.black_left ? 20 : seen.width - 20;
    const int y = row.black_top ? 20 : seen.height - 20;
    EXPECT_EQ(seen.row(y)[x], 0);
    EXPECT_EQ(seen.row(seen.height - y)[seen.width - x], 255);
  }
}

TEST(Picture, OfAnAlignedPageIsInMillimetresOfTheForm) {
  auto page = tests::paper(210, 297, 204, 196);
  tests::block(page, 60, 40, 20, 10);
  ocr::PageLayout layout;
  ocr::PageReading reading;
  reading.form = "some-report";
  // The form lies 5 mm to the right of and 3 mm below where it was printed.
  reading.placed = {204 / 25.4, 0, 5 * 204 / 25.4, 0, 196 / 25.4, 3 * 196 / 25.4};
  const auto seen = opened(ocr::picture(page, reading, &layout, 8));
  ASSERT_EQ(seen.width, 210 * 8);
  ASSERT_EQ(seen.height, 297 * 8);
  EXPECT_NEAR(seen.dpi_x, 8 * 25.4, 0.1);
  const auto at = [&](double mm_x, double mm_y) {
    return seen.row(static_cast<int>(mm_y * 8))[static_cast<int>(mm_x * 8)];
  };
  EXPECT_LT(at(55.4, 37.4), 40);
  EXPECT_LT(at(74.6, 46.6), 40);
  EXPECT_GT(at(54.6, 40), 215);
  EXPECT_GT(at(75.4, 40), 215);
  EXPECT_GT(at(60, 36.4), 215);
  EXPECT_GT(at(60, 47.6), 215);
}

TEST(Picture, OfAWildPlacementIsWhiteWhereThereIsNoPage) {
  const auto page = tests::paper(50, 50, 204, 196);
  ocr::PageLayout layout;
  ocr::PageReading reading;
  reading.form = "some-report";
  reading.placed = {0, 900, -1e4, 900, 0, 1e4};
  const auto seen = opened(ocr::picture(page, reading, &layout, 2));
  EXPECT_EQ(seen.width, 420);
}

}  // namespace
