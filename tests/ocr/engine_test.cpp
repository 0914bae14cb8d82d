#include "ocr/engine.hpp"

#include <gtest/gtest.h>

#include "ocr/page_words.hpp"
#include "ocr/second_look.hpp"
#include "tests/ocr/drawn_page.hpp"

namespace {

using namespace ocr_test;

ocr::Engine make_engine() {
  return ocr::Engine({std::string(RENKEI_SOURCE_DIR) + "/ocr/digits/digits.onnx", {}});
}

TEST(Engine, NamesAModelThatIsNotThere) {
  try {
    const ocr::Engine engine({"/nowhere/digits.onnx", {}});
    FAIL();
  } catch (const std::runtime_error& fault) {
    EXPECT_NE(std::string(fault.what()).find("/nowhere/digits.onnx"), std::string::npos);
  }
}

TEST(Engine, APageWithoutACodeHasNoForm) {
  ocr::Engine engine = make_engine();
  const auto nothing = [](std::span<const std::uint8_t>) -> std::optional<ocr::FormPage> {
    ADD_FAILURE() << "no code is on this page";
    return std::nullopt;
  };
  ocr::PageLayout untagged = made_up_layout();
  untagged.tags.clear();
  const Drawn drawn = draw(untagged, {});
  const ocr::PageReading reading = engine.read(drawn.page, nothing);
  EXPECT_TRUE(reading.form.empty());
  EXPECT_TRUE(reading.readings.empty());
  EXPECT_FALSE(reading.blank);
  EXPECT_LT(reading.quality.alignment_error_mm, 0);
  EXPECT_EQ(reading.width, drawn.page.width);

  const Drawn empty = draw(ocr::PageLayout{}, {});
  EXPECT_TRUE(engine.read(empty.page, nothing).blank);
}

TEST(Upright, MapsMillimetresOfTheTurnedPage) {
  ocr::Page page;
  page.width = 1000;
  page.height = 500;
  page.dpi_x = page.dpi_y = 254;  // 10 px/mm
  const auto at = [&](int rotation, double x, double y) {
    const ocr::Transform t = ocr::upright(page, rotation);
    return std::pair(t.a * x + t.b * y + t.c, t.d * x + t.e * y + t.f);
  };
  EXPECT_EQ(at(0, 10, 20), std::pair(100.0, 200.0));
  EXPECT_EQ(at(180, 10, 20), std::pair(900.0, 300.0));
  // Turned clockwise by 90 degrees, the lower left corner becomes the upper left.
  EXPECT_EQ(at(90, 0, 0), std::pair(0.0, 500.0));
  EXPECT_EQ(at(90, 10, 20), std::pair(200.0, 400.0));
  EXPECT_EQ(at(270, 0, 0), std::pair(1000.0, 0.0));
}

struct SerialCase {
  std::vector<std::string> words;
  std::string serial;
};

TEST(Serial, IsFoundInTheWordsOfAPage) {
  const std::vector<SerialCase> cases = {
      {{"7K2QX-9HD4M"}, "7K2QX-9HD4M"},
      {{"No.", "7k2qx-9hd4m"}, "7K2QX-9HD4M"},
      {{"7K2QX", "-", "9HD4M"}, "7K2QX-9HD4M"},
      {{"7K2QXー9HD4M"}, "7K2QX-9HD4M"},
      {{"報告書", "03-0000-5678", "7K2QX—9HD4M", "御中"}, "7K2QX-9HD4M"},
      {{"03-0000-5678"}, ""},
      {{"7K2Q-9HD4M"}, ""},
      {{"-"}, ""},
      {{}, ""},
  };
  for (const SerialCase& test : cases) {
    std::vector<ocr::WordReading> words;
    for (const std::string& text : test.words) words.push_back({text, 1, {}});
    EXPECT_EQ(ocr::serial_in(words), test.serial) << testing::PrintToString(test.words);
  }
}

}  // namespace
