#include "ocr/cells.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "ocr/fields.hpp"
#include "ocr/ink_fields.hpp"
#include "ocr/notes.hpp"
#include "tests/ocr/drawn_page.hpp"

namespace {

using namespace ocr_test;

const std::vector<ocr::Box>& cea(const ocr::PageLayout& layout) {
  return std::get<ocr::NumberField>(field(layout, "cea").kind).cells;
}

/// A one: a single stroke down the middle.
Stroke one(const ocr::Box& cell, double pen = 0.35) {
  const double x = cell.x + cell.width / 2;
  return {{{x + 0.2, cell.y + 1.8}, {x - 0.2, cell.bottom() - 1.8}}, pen};
}

class Cells : public testing::TestWithParam<Machine> {};

TEST_P(Cells, OnlyWrittenCellsAskTheNetwork) {
  const ocr::PageLayout layout = made_up_layout();
  const Laid page({one(cea(layout)[3]), one(cea(layout)[4], 0.28)}, GetParam());
  std::size_t asked = 0;
  const auto readings =
      ocr::read_fields(page.sheet, page.layout, page.placement,
                       [&](std::span<const cv::Mat> crops) {
                         asked = crops.size();
                         for (const cv::Mat& crop : crops) {
                           EXPECT_EQ(crop.size(), cv::Size(32, 40));
                           // The stroke stands upright in the middle, 4.4 mm long.
                           EXPECT_GT(cv::mean(crop(cv::Rect(14, 15, 4, 10)))[0], 60);
                           EXPECT_LT(cv::mean(crop(cv::Rect(8, 10, 5, 20)))[0], 30);
                         }
                         std::array<float, ocr::CellReading::classes> is_one{};
                         is_one[1] = 1;
                         return std::vector(crops.size(), is_one);
                       },
                       {})
          .readings;
  EXPECT_EQ(asked, 2U);
  for (const ocr::Reading& reading : readings) {
    if (reading.field == "cea") {
      ASSERT_EQ(reading.cells.size(), 5U);
      EXPECT_EQ(reading.cells[0].best(), ocr::CellReading::blank);
      EXPECT_EQ(reading.cells[3].best(), 1U);
      EXPECT_EQ(reading.cells[4].best(), 1U);
    }
    if (reading.field == "birth_date") {
      EXPECT_EQ(reading.cells.size(), 6U);
      EXPECT_EQ(reading.marks.size(), 2U);
    }
  }
}

TEST_P(Cells, NothingIsWrittenOnAnEmptyForm) {
  const Laid page({}, GetParam());
  const auto readings = ocr::read_fields(page.sheet, page.layout, page.placement,
                                         [](std::span<const cv::Mat> crops) {
                                           ADD_FAILURE()
                                               << crops.size() << " blank cells are not blank";
                                           return std::vector<std::array<float, 13>>(crops.size());
                                         },
                                         {})
                            .readings;
  for (const ocr::Reading& reading : readings) {
    EXPECT_LT(reading.ink_mm2, 0.3) << reading.field;
    for (const ocr::MarkReading& mark : reading.marks) {
      EXPECT_EQ(mark.state, ocr::MarkState::empty) << reading.field << ' ' << mark.value;
    }
  }
  EXPECT_TRUE(ocr::find_notes(page.sheet, page.placement, page.layout).boxes.empty());
}

TEST_P(Cells, SealsTextAndNotesAreInk) {
  std::vector<Stroke> strokes{circle({167, 202, 8, 8})};
  for (int i = 0; i < 8; ++i) {
    const double x = 30 + i * 5;
    strokes.push_back({{{x, 195}, {x + 3, 196}, {x + 1, 199}}});
    strokes.push_back({{{x + 75, 262}, {x + 78, 263}, {x + 76, 266}, {x + 77, 261}}});
  }
  const Laid page(strokes, GetParam());
  const auto& seal = std::get<ocr::InkField>(field(page.layout, "seal").kind).box;
  const auto& comment = std::get<ocr::TextField>(field(page.layout, "comment").kind).box;
  EXPECT_GT(ocr::look_at_ink(page.sheet, page.printed(), seal).mm2, 5);
  EXPECT_GT(ocr::look_at_ink(page.sheet, page.printed(), comment).mm2, 8);
  const ocr::Notes notes = ocr::find_notes(page.sheet, page.placement, page.layout);
  ASSERT_EQ(notes.boxes.size(), 1U);
  EXPECT_NEAR(notes.boxes[0].x, 105, 1.5);
  EXPECT_NEAR(notes.boxes[0].y, 261, 2);
  EXPECT_NEAR(notes.boxes[0].width, 38, 3);
  EXPECT_NEAR(notes.boxes[0].height, 5, 3.5);

  struct {
    ocr::Box room;
    bool from_right;
    std::size_t notes;
  } const rooms[] = {
      {{20, 261, 150, 6}, false, 1},  // nothing was printed here, and the note stands far inside
      {{20, 261, 150, 6}, true, 1},
      {{104, 261, 60, 6}, false, 0},  // as if it were what was printed
      {{80, 261, 64, 6}, true, 0},
  };
  for (const auto& [room, from_right, found] : rooms) {
    ocr::PageLayout layout = page.layout;
    layout.print.push_back(room);
    layout.rooms = {{layout.print.size() - 1, from_right}};
    EXPECT_EQ(ocr::find_notes(page.sheet, page.placement, layout).boxes.size(), found)
        << room.x << ' ' << from_right;
    layout.rooms.clear();
    EXPECT_TRUE(ocr::find_notes(page.sheet, page.placement, layout).boxes.empty()) << room.x;
  }
}

std::vector<Machine> machines() {
  Machine standard;
  standard.dpi_y = 98;
  Machine skewed;
  skewed.turned = 2;
  skewed.dust = 1500;
  Machine over;
  over.turned = 180;
  over.threshold = 0.3;
  Machine scan;
  scan.dpi_x = scan.dpi_y = 300;
  scan.grey = true;
  Machine side;
  side.turned = 90;
  return {{}, standard, skewed, over, scan, side};
}

std::string name_of(const testing::TestParamInfo<Machine>& machine) {
  constexpr std::array names = {"fine", "standard", "skewed", "upside_down", "scan", "sideways"};
  return names[machine.index];
}

INSTANTIATE_TEST_SUITE_P(Machines, Cells, testing::ValuesIn(machines()), name_of);

TEST(CellCrop, StretchesOtherCellsToTheSamePlace) {
  ocr::Sheet sheet;
  sheet.ink = cv::Mat::zeros(400, 400, CV_8U);
  // 10 px/mm; a cell of 9 x 10 mm at (5, 5), filled.
  sheet.ink(cv::Rect(50, 50, 90, 100)).setTo(255);
  const ocr::Transform placed{10, 0, 0, 0, 10, 0};
  const cv::Mat crop = ocr::cell_crop(sheet, placed, {5, 5, 9, 10});
  EXPECT_GT(cv::mean(crop(cv::Rect(4, 4, 24, 32)))[0], 250);
  EXPECT_LT(cv::mean(crop(cv::Rect(0, 0, 32, 3)))[0], 5);
  EXPECT_LT(cv::mean(crop(cv::Rect(0, 0, 3, 40)))[0], 5);
}

TEST(Blank, DustHeaderAndEdgesAreNothing) {
  ocr::PageLayout empty;
  Machine machine;
  machine.dust = 500;
  Drawn drawn = draw(empty, {{{{30, 3}, {120, 3}}, 1.5}}, machine);
  EXPECT_TRUE(ocr::looks_blank(ocr::sheet_of(drawn.page)));
  drawn = draw(empty, {{{{30, 50}, {60, 52}, {40, 70}}, 0.4}}, machine);
  EXPECT_FALSE(ocr::looks_blank(ocr::sheet_of(drawn.page)));
}

}  // namespace
