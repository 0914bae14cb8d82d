#include "ocr/rewritten.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "ocr/fields.hpp"
#include "tests/ocr/drawn_page.hpp"

namespace {

using namespace ocr_test;

constexpr double top = 113;  // mm: digits of 4 mm above the cells at 120

/// Strokes that stand for digits: each a zig-zag, `wide` mm.
Stroke digit(double x, double wide = 2.2, double y = top) {
  return {{{x, y}, {x + wide, y + 0.4}, {x, y + 2}, {x + wide, y + 4}}, 0.4};
}

Stroke point(double x, double y = top + 3.8) {
  return {{{x, y}, {x + 0.1, y}}, 0.5};
}

struct Row {
  std::string name;
  std::vector<Stroke> strokes;
  std::size_t digits;
  int decimals;
};

TEST(Rewritten, DigitsInALineAndAPoint) {
  const Stroke line{{{48, 124}, {90, 124}}, 0.4};  // through the cells, not above them
  const std::vector<Row> rows{
      {"nothing", {}, 0, -1},
      {"two digits", {digit(60), digit(63.5)}, 2, -1},
      {"with a point", {digit(60), digit(63.5), point(66.8), digit(68)}, 3, 1},
      {"the cells' own strokes do not matter", {line, digit(60), digit(64)}, 2, -1},
      {"dust above the middle is no point", {digit(60), point(63, top), digit(64)}, 2, -1},
      {"nor is a point behind the last", {digit(60), digit(64), point(68)}, 2, -1},
      {"two points", {digit(60), point(63), digit(64), point(67), digit(68)}, 0, -1},
      {"two digits that touch", {digit(60, 3), digit(62.8, 3)}, 0, -1},
      {"an open 4 or two digits",
       {digit(60), {{{64, top}, {64, top + 4}}}, {{{64.9, top}, {64.9, top + 4}}}},
       0,
       -1},
      {"two lines of writing", {digit(60), digit(64, 2.2, top + 2.5)}, 0, -1},
      {"far apart", {digit(55), digit(68)}, 0, -1},
      {"too small to be digits", {{{{60, top}, {62, top + 1}}}}, 0, -1},
      {"a word beside them", {digit(60), digit(64), {{{70, top}, {78, top + 1}}}}, 0, -1},
  };
  for (const double dpi_y : {98.0, 196.0}) {
    for (const Row& row : rows) {
      Machine machine;
      machine.dpi_y = dpi_y;
      const Laid page(row.strokes, machine);
      const auto& cells = std::get<ocr::NumberField>(field(page.layout, "cea").kind).cells;
      const auto found = ocr::rewritten_above(page.sheet, page.printed(), cells);
      EXPECT_EQ(found.crops.size(), row.digits) << row.name << ' ' << dpi_y;
      EXPECT_EQ(found.boxes.size(), row.digits) << row.name << ' ' << dpi_y;
      EXPECT_EQ(found.decimals, row.decimals) << row.name << ' ' << dpi_y;
      for (const cv::Mat& crop : found.crops) {
        ASSERT_EQ(crop.size(), cv::Size(32, 40));
        EXPECT_GT(cv::mean(crop(cv::Rect(6, 8, 20, 24)))[0], 20) << row.name;
        EXPECT_EQ(cv::countNonZero(crop.row(0)) + cv::countNonZero(crop.col(0)), 0) << row.name;
      }
    }
  }
}

TEST(Rewritten, NotWhereAnotherFieldsInkMayStand) {
  Laid page({digit(60), digit(64)});
  page.layout.fields.push_back({"above", {50, 100, 40, 14}, ocr::TextField{{50, 100, 40, 14}}});
  const auto& cells = std::get<ocr::NumberField>(field(page.layout, "cea").kind).cells;
  EXPECT_TRUE(ocr::rewritten_above(page.sheet, page.printed(), cells).crops.empty());
}

/// The made-up form's number has five cells of 6 x 8 mm from (50, 120) on; which are written in is
/// as the network would say.
TEST(Rewritten, ALineThroughARowOfCellsStrikesThemOut) {
  const auto at = [](std::size_t cell) {
    const ocr::PageLayout layout = made_up_layout();
    return std::get<ocr::NumberField>(field(layout, "cea").kind).cells[cell];
  };
  const auto level = [&](std::size_t from, std::size_t to, double beyond, double fall = 0) {
    return Stroke{{{at(from).x - beyond, 124}, {at(to).right() + beyond, 124 + fall}}, 0.4};
  };
  const auto seven = [&](std::size_t cell, double foot = 0) {
    const ocr::Box box = at(cell);
    return Stroke{{{box.x + 1, 121.5}, {box.x + 5, 121.5}, {box.x + 3 - foot, 126.5}}, 0.5};
  };
  struct {
    const char* name;
    std::vector<Stroke> strokes;
    std::vector<std::size_t> written;
    bool struck;
  } const rows[] = {
      {"digits", {seven(2), seven(3), seven(4)}, {2, 3, 4}, false},
      {"a line", {seven(2), seven(3), seven(4), level(2, 4, 1)}, {2, 3, 4}, true},
      {"that begins within the first", {seven(2), seven(3), level(2, 4, -0.9)}, {2, 3, 4}, true},
      {"and falls", {seven(2), seven(3), seven(4), level(2, 4, 1, 3)}, {2, 3, 4}, true},
      {"through two of three", {seven(2), seven(3), seven(4), level(2, 3, 0.3)}, {2, 3, 4}, false},
      {"through a blank cell too", {seven(3), seven(4), level(2, 4, 1)}, {3, 4}, true},
      {"two, and out on both sides", {seven(3), seven(4), level(3, 4, 1)}, {3, 4}, true},
      {"feet of two digits that meet", {seven(3), seven(4), level(3, 4, -1)}, {3, 4}, false},
      {"one", {seven(4), level(4, 4, 1)}, {4}, false},
      {"nothing written", {level(0, 4, 1)}, {}, false},
      {"strokes from cell to cell that are no line",
       {seven(2),
        seven(3),
        seven(4),
        {{{at(2).right() - 1, 122}, {at(3).x + 1, 122}}, 0.4},
        {{{at(3).right() - 1, 126}, {at(4).x + 1, 126}}, 0.4}},
       {2, 3, 4},
       false},
  };
  for (const double dpi_y : {98.0, 196.0, 300.0}) {
    for (const auto& row : rows) {
      Machine machine;
      machine.dpi_y = dpi_y;
      const Laid page(row.strokes, machine);
      const auto& boxes = std::get<ocr::NumberField>(field(page.layout, "cea").kind).cells;
      std::vector<ocr::CellReading> cells(boxes.size());
      for (auto& cell : cells) cell.likelihood[ocr::CellReading::blank] = 1;
      for (const std::size_t each : row.written) {
        cells[each].likelihood = {};
        cells[each].likelihood[7] = 1;
      }
      const ocr::Transform placed = ocr::settle(page.sheet, page.placement, boxes);
      EXPECT_EQ(ocr::line_through(page.sheet, page.printed(), {placed, boxes, cells}), row.struck)
          << row.name << ' ' << dpi_y;
    }
  }
}

TEST(Rewritten, WhatALineStrikesIsReadAboveIt) {
  const ocr::PageLayout layout = made_up_layout();
  const auto& cells = std::get<ocr::NumberField>(field(layout, "cea").kind).cells;
  std::vector<Stroke> strokes{digit(65), digit(69)};
  for (std::size_t i = 2; i < 5; ++i) strokes.push_back(digit(cells[i].x + 2, 2.2, 121.5));
  for (const bool struck : {false, true}) {
    if (struck) strokes.push_back({{{cells[2].x - 0.4, 124}, {cells[4].right() + 1, 124}}, 0.4});
    const Laid page(strokes);
    const auto sevens = [](std::span<const cv::Mat> crops) {
      std::array<float, ocr::CellReading::classes> is_seven{};
      is_seven[7] = 1;
      return std::vector(crops.size(), is_seven);
    };
    const auto readings =
        ocr::read_fields(page.sheet, page.layout, page.placement, sevens, {}).readings;
    const auto cea = std::ranges::find(readings, "cea", &ocr::Reading::field);
    ASSERT_NE(cea, readings.end());
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::size_t written = struck ? ocr::CellReading::struck : 7;
      EXPECT_EQ(cea->cells[i].best(), i < 2 ? ocr::CellReading::blank : written) << i << struck;
    }
    ASSERT_EQ(cea->rewritten.digits.size(), struck ? 2U : 0U);
    for (const auto& each : cea->rewritten.digits) EXPECT_EQ(each.best(), 7U);
    EXPECT_EQ(cea->rewritten.decimals, -1);
  }
}

TEST(Rewritten, OnlyWhatIsStruckOutAsAWhole) {
  const auto reading = [](std::initializer_list<std::size_t> classes) {
    ocr::Reading all;
    for (const std::size_t each : classes) {
      all.cells.emplace_back();
      all.cells.back().likelihood[each] = 1;
    }
    return all;
  };
  constexpr auto blank = ocr::CellReading::blank;
  constexpr auto struck = ocr::CellReading::struck;
  constexpr auto other = ocr::CellReading::other;
  EXPECT_TRUE(ocr::struck_out(reading({blank, struck, struck})));
  EXPECT_TRUE(ocr::struck_out(reading({other, struck})));
  EXPECT_FALSE(ocr::struck_out(reading({blank, struck, 5})));
  EXPECT_FALSE(ocr::struck_out(reading({blank, other})));
  EXPECT_FALSE(ocr::struck_out(reading({blank, blank})));
  EXPECT_FALSE(ocr::struck_out(reading({})));
}

}  // namespace
