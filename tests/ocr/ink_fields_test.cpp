#include "ocr/ink_fields.hpp"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "ocr/fields.hpp"
#include "tests/ocr/drawn_page.hpp"

namespace {

using namespace ocr_test;

struct Row {
  std::string name;
  std::vector<Stroke> strokes;
  std::optional<std::size_t> lines;  ///< that are no writing; none: a person must read it
};

/// The made-up form's text box is 130 x 35 mm from (20, 190) on.
TEST(LoneLines, AreNoWriting) {
  const Stroke slash{{{30, 200}, {38, 194}}};
  const Stroke hook{{{60, 200}, {64, 203}, {66, 208}, {66, 212}}};
  const std::vector<Row> rows{
      {"nothing", {}, {}},
      {"a slash", {slash}, 1},
      {"a long one through the whole box", {{{{22, 223}, {148, 192}}, 0.4}}, 1},
      {"one that bends a little", {hook}, 1},
      {"one of a thick pen", {{{{60, 200}, {70, 204}}, 0.7}}, 1},
      {"out over the edge", {{{{60, 200}, {70, 185}}, 0.4}}, 1},
      {"two, far apart", {slash, hook}, 2},
      {"three", {slash, hook, {{{110, 210}, {118, 211}}, 0.4}}, 3},
      {"four: somebody wrote something",
       {slash, hook, {{{110, 210}, {118, 211}}, 0.4}, {{{90, 195}, {98, 196}}, 0.4}},
       {}},
      {"beside each other, as in a character", {slash, {{{36, 200}, {44, 196}}, 0.4}}, {}},
      {"a tick", {tick({60, 200, 5, 5})}, {}},
      {"a cross", cross({60, 200, 5, 5}), {}},
      {"a ring", {circle({60, 200, 5, 5})}, {}},
      {"a blot", filled({60, 200, 3, 3}), {}},
      {"a dot", {{{{60, 200}, {60.3, 200}}, 1.2}}, {}},
      {"a line that turns back", {{{{60, 200}, {66, 201}, {67, 203}, {61, 205}}, 0.4}}, {}},
      {"a line with a branch", {{{{60, 200}, {60, 208}}, 0.4}, {{{60, 203}, {64, 206}}, 0.4}}, {}},
      {"an arrow", {{{{40, 200}, {90, 200}, {86, 197}}, 0.4}, {{{90, 200}, {86, 203}}, 0.4}}, {}},
      {"writing that hangs together",
       {{{{40, 200}, {90, 200}}, 0.4},
        {{{50, 200}, {50, 196}}, 0.4},
        {{{60, 200}, {60, 196}}, 0.4}},
       {}},
      {"a line, and a word far away",
       {slash, tick({110, 210, 5, 5}), {{{117, 210}, {120, 216}}, 0.4}},
       {}},
      {"a line with two dots beside it",
       {slash, {{{40, 194}, {40.4, 194.5}}, 0.5}, {{{42, 193.5}, {42.4, 194}}, 0.5}},
       {}},
  };
  for (const double dpi_y : {98.0, 196.0, 391.0}) {
    for (const Row& row : rows) {
      Machine machine;
      machine.dpi_y = dpi_y;
      machine.dust = 20;
      const Laid page(row.strokes, machine);
      const auto& box = std::get<ocr::TextField>(field(page.layout, "comment").kind).box;
      const auto lines = ocr::lone_lines(ocr::look_at_ink(page.sheet, page.printed(), box));
      EXPECT_EQ(lines ? std::optional(lines->size()) : std::nullopt, row.lines)
          << row.name << ' ' << dpi_y;
      const auto read = ocr::read_fields(
          page.sheet, page.layout, page.placement,
          [](std::span<const cv::Mat> crops) {
            return std::vector<std::array<float, ocr::CellReading::classes>>(crops.size());
          },
          {});
      EXPECT_EQ(read.strays.size(), row.lines.value_or(0)) << row.name << ' ' << dpi_y;
      for (const auto& reading : read.readings) {
        if (reading.field != "comment") continue;
        const bool to_read = !row.strokes.empty() && !row.lines;
        EXPECT_EQ(reading.ink_mm2 > 0.5, to_read) << row.name << ' ' << dpi_y;
      }
    }
  }
}

TEST(LoneLines, AFaintWordBesideOneIsStillToBeRead) {
  ocr::FieldInk ink;
  ink.patch.region = {20, 190, 100, 30};
  ink.patch.px_per_mm = 6;
  ink.patch.ink = cv::Mat::zeros(180, 600, CV_8U);
  ink.patch.ink(cv::Rect(30, 60, 90, 3)) = 255;
  ink.mm2 = 7.5;
  EXPECT_TRUE(ocr::lone_lines(ink).has_value());
  for (int i = 0; i < 10; ++i) ink.patch.ink(cv::Rect(300 + 12 * i, 60, 3, 4)) = 255;
  EXPECT_FALSE(ocr::lone_lines(ink).has_value());
}

TEST(LoneLines, HairsOnTheGlassAreNotEvenNotes) {
  for (const int pixels : {1, 2, 4}) {
    ocr::FieldInk ink;
    ink.patch.region = {20, 190, 60, 30};
    ink.patch.px_per_mm = 6;
    ink.patch.ink = cv::Mat::zeros(180, 360, CV_8U);
    ink.patch.ink(cv::Rect(100, 60, 90, pixels)) = 255;
    ink.mm2 = 2.5 * pixels;
    const auto lines = ocr::lone_lines(ink);
    ASSERT_TRUE(lines.has_value()) << pixels;
    EXPECT_EQ(lines->size(), pixels == 1 ? 0U : 1U) << pixels;
  }
}

/// The made-up form's place for a seal is 14 x 14 mm from (165, 200) on.
TEST(SealInk, IsNoRuleOfTheFrame) {
  struct {
    std::string name;
    std::vector<Stroke> strokes;
    double least, most;  // mm2
  } const rows[] = {
      {"nothing", {}, 0, 0.5},
      {"a side of the frame where rows were lost", {{{{166, 202}, {178.5, 202.4}}, 0.4}}, 0, 0.5},
      {"one that stands upright", {{{{177, 201.5}, {177.3, 213}}, 0.4}}, 0, 0.5},
      {"a seal", {circle({167, 202, 8, 8})}, 4, 30},
      {"initials",
       {{{{168, 204}, {170, 210}, {172, 204}, {174, 210}, {176, 204}}, 0.4},
        {{{168, 211.5}, {177, 209}}, 0.4}},
       4,
       30},
  };
  for (const double dpi_y : {98.0, 196.0, 391.0}) {
    for (const auto& row : rows) {
      Machine machine;
      machine.dpi_y = dpi_y;
      const Laid page(row.strokes, machine);
      const auto& box = std::get<ocr::InkField>(field(page.layout, "seal").kind).box;
      const double ink = ocr::seal_ink(page.sheet, page.printed(), box);
      EXPECT_GE(ink, row.least) << row.name << ' ' << dpi_y;
      EXPECT_LE(ink, row.most) << row.name << ' ' << dpi_y;
    }
  }
}

}  // namespace
