#include <gtest/gtest.h>

#include <random>

#include "ocr/draw.hpp"
#include "ocr/text.hpp"

namespace {

TEST(Text, NothingOnPaperIsNoWords) {
  ocr::TextEngine engine;
  const ocr::Grey paper(600, 200);
  EXPECT_TRUE(engine.words(paper.view(), 204, 196, ocr::TextMode::block).empty());
  EXPECT_TRUE(engine.words({}, 204, 196, ocr::TextMode::line).empty());
  EXPECT_FALSE(ocr::looks_typed(paper.view(), 204, 196));
  EXPECT_FALSE(ocr::looks_typed({}, 204, 196));
}

/// A line of upright "signs": frames with a bar, each moved and stretched by up to `unrest` mm.
ocr::Page line_of_signs(double unrest) {
  auto page = tests::paper(150, 12, 204, 196);
  std::mt19937 random(8);
  std::uniform_real_distribution<double> shift(-unrest, unrest);
  for (int i = 0; i < 30; ++i) {
    const double x = 5 + i * 4.5;
    const double y = 4 + shift(random);
    const double height = 3.5 + shift(random);
    tests::block(page, x, y, 0.4, height);
    tests::block(page, x + 2.6, y, 0.4, height);
    tests::block(page, x, y, 3, 0.4);
    tests::block(page, x, y + height - 0.4, 3, 0.4);
  }
  return page;
}

TEST(LooksTyped, TellsEvenLinesFromUnevenOnes) {
  const auto typed = line_of_signs(0.05);
  EXPECT_TRUE(ocr::looks_typed(ocr::view(typed), 204, 196));
  const auto written = line_of_signs(1);
  EXPECT_FALSE(ocr::looks_typed(ocr::view(written), 204, 196));
  auto dusty = typed;
  tests::dust(dusty, 0.001, 3);
  EXPECT_TRUE(ocr::looks_typed(ocr::view(dusty), 204, 196));
}

TEST(Text, AFolderWithoutTheModelIsAnError) {
  EXPECT_THROW(ocr::TextEngine("/nowhere"), std::runtime_error);
}

}  // namespace
