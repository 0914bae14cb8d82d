#include "ocr/align.hpp"
#include "ocr/rows.hpp"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ocr/drawn_page.hpp"

namespace {

using namespace ocr_test;

/// The largest distance, in mm, of any cell or option from where it really is.
double worst_miss(const ocr::PageLayout& layout, const Drawn& drawn, const ocr::Placement& placed,
                  const Machine& machine) {
  double worst = 0;
  for (double y = 60; y < 240; y += 10) {
    for (double x = 20; x < 195; x += 25) {
      const cv::Point2d miss = placed.at({x, y}) - drawn.at({x, y});
      worst = std::max(
          worst, std::hypot(miss.x / (machine.dpi_x / 25.4), miss.y / (machine.dpi_y / 25.4)));
    }
  }
  static_cast<void>(layout);
  return worst;
}

struct Case {
  std::string name;
  Machine machine;
  int tags = 2;       ///< how many were read
  double miss = 0.2;  ///< mm
};

class Align : public testing::TestWithParam<Case> {};

TEST_P(Align, LaysThePrintOnThePage) {
  const Case& test = GetParam();
  const ocr::PageLayout layout = made_up_layout();
  const Drawn drawn = draw(layout, {}, test.machine);
  const ocr::Sheet sheet = ocr::sheet_of(drawn.page);
  std::vector<ocr::SeenTag> tags = drawn.tags;
  tags.resize(static_cast<std::size_t>(test.tags));
  const auto found = ocr::align(sheet, layout, tags);
  ASSERT_TRUE(found);
  EXPECT_LT(worst_miss(layout, drawn, found->placement, test.machine), test.miss)
      << found->anchors << " anchors, " << found->lines_found << " of lines, error "
      << found->error_mm;
  EXPECT_LT(found->error_mm, 0.3);
}

Machine with(auto change) {
  Machine machine;
  change(machine);
  return machine;
}

INSTANTIATE_TEST_SUITE_P(
    Pages, Align,
    testing::Values(Case{"fine", {}}, Case{"one_tag", {}, 1},
                    Case{"standard", with([](Machine& m) { m.dpi_y = 98; }), 2, 0.3},
                    Case{"superfine", with([](Machine& m) { m.dpi_y = 391; })},
                    Case{"skew", with([](Machine& m) { m.turned = 2.8; })},
                    Case{"skew_one_tag", with([](Machine& m) { m.turned = -2.8; }), 1},
                    Case{"upside_down", with([](Machine& m) { m.turned = 181; })},
                    Case{"sideways", with([](Machine& m) { m.turned = 90; }), 1},
                    Case{"sideways_left", with([](Machine& m) { m.turned = 269; }), 1},
                    Case{"shrunk", with([](Machine& m) { m.scale = 0.82; })},
                    Case{"stretched", with([](Machine& m) { m.stretch = 1.02; }), 1},
                    Case{"moved", with([](Machine& m) {
                           m.shift_x = 4;
                           m.shift_y = -5;
                         })},
                    Case{"rows_lost", with([](Machine& m) {
                           m.lost_from = 900;
                           m.lost = 12;
                         }),
                         2, 0.8},
                    Case{"no_anchors", with([](Machine& m) {
                           m.hidden_anchors = {0, 1, 2, 3};
                         }),
                         2},
                    Case{"one_tag_one_anchor", with([](Machine& m) {
                           m.hidden_anchors = {1, 2, 3};
                           m.turned = 1;
                         }),
                         1},
                    Case{"thick", with([](Machine& m) { m.threshold = 0.25; })},
                    Case{"thin", with([](Machine& m) { m.threshold = 0.65; })},
                    Case{"dust", with([](Machine& m) { m.dust = 4000; })},
                    Case{"negative", with([](Machine& m) { m.negative = true; })},
                    Case{"grey", with([](Machine& m) {
                           m.grey = true;
                           m.dpi_x = m.dpi_y = 200;
                         })}),
    [](const auto& test) { return test.param.name; });

TEST(AlignTest, RefusesAPageOfAnotherForm) {
  const ocr::PageLayout layout = made_up_layout();
  ocr::PageLayout other = layout;
  for (ocr::Rule& rule : other.rules) {
    rule.from.y += 3.3;
    rule.to.y += 3.3 + 0.0;
    rule.from.x += 2.7;
    rule.to.x += 2.7;
  }
  for (ocr::Point& anchor : other.anchors) anchor.x += 9;
  const Drawn drawn = draw(other, {});
  EXPECT_FALSE(ocr::align(ocr::sheet_of(drawn.page), layout, drawn.tags));
}

TEST(AlignTest, RefusesAnEmptyPage) {
  const ocr::PageLayout layout = made_up_layout();
  const Drawn drawn = draw(ocr::PageLayout{}, {});
  const Drawn form = draw(layout, {});
  EXPECT_FALSE(ocr::align(ocr::sheet_of(drawn.page), layout, form.tags));
  EXPECT_FALSE(ocr::align(ocr::sheet_of(drawn.page), layout, {}));
}

/// A piece of a level line at `y` mm, as much a line as `likeness` says at some offsets (mm).
ocr::LineEvidence level_piece(double y, const std::vector<std::pair<double, float>>& likeness) {
  constexpr double px_per_mm = 8;
  constexpr int reach = 24;
  ocr::LineEvidence piece;
  piece.middle = {100, y * px_per_mm};
  piece.form = {100, y};
  piece.reach = reach;
  piece.likeness.assign(2 * reach + 1, 0);
  for (const auto& [mm, value] : likeness) {
    piece.likeness[static_cast<std::size_t>(reach + std::lround(mm * px_per_mm))] = value;
  }
  return piece;
}

TEST(AlignTest, FilledBoxesDoNotMoveTheirRowOntoTheLineBelow) {
  // A table's lines 9 mm apart, and boxes between them whose lower sides lie 2.4 mm above the line
  // below; two of six are filled in, which hides their sides. The page is a little askew, so that
  // the sides of three lie higher by 0.2 mm than those of the others.
  for (double off = 0; off < 2; off += 0.1) {
    std::vector<ocr::LineEvidence> lines;
    for (int row = 0; row < 6; ++row) {
      const double y = 100 + 9 * row + off;
      for (int piece = 0; piece < 20; ++piece) lines.push_back(level_piece(y, {{0, 1.0F}}));
      for (int box = 0; box < 6; ++box) {
        const float seen = row == 2 && box % 3 == 0 ? 0.0F : 1.0F;
        lines.push_back(level_piece(y + 6.6 + (box < 3 ? 0 : 0.2), {{0, seen}, {2.4, 1.0F}}));
      }
    }
    const auto shifts = ocr::follow_rows(lines, 8);
    ASSERT_FALSE(shifts.empty());
    for (const ocr::RowShift& shift : shifts) EXPECT_NEAR(shift.shift, 0, 0.5) << off;
  }
}

TEST(AlignTest, CountsLostRows) {
  const ocr::PageLayout layout = made_up_layout();
  Machine machine;
  machine.lost_from = 1000;
  machine.lost = 12;
  const Drawn drawn = draw(layout, {}, machine);
  const auto found = ocr::align(ocr::sheet_of(drawn.page), layout, drawn.tags);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->jumped_rows, 12, 4);
  const Drawn whole = draw(layout, {});
  const auto clean = ocr::align(ocr::sheet_of(whole.page), layout, whole.tags);
  ASSERT_TRUE(clean);
  EXPECT_EQ(clean->jumped_rows, 0);
}

}  // namespace
