#include <gtest/gtest.h>

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

TEST(Text, AFolderWithoutTheModelIsAnError) {
  EXPECT_THROW(ocr::TextEngine("/nowhere"), std::runtime_error);
}

}  // namespace
