#include "ocr/marks.hpp"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ocr/drawn_page.hpp"

namespace {

using namespace ocr_test;
using ocr::MarkState;

std::string words(const std::vector<ocr::MarkReading>& readings) {
  std::string text;
  for (const ocr::MarkReading& reading : readings) {
    switch (reading.state) {
      case MarkState::empty: text += '.'; break;
      case MarkState::marked: text += reading.confidence < 0.9 ? '?' : 'X'; break;
      case MarkState::cancelled: text += '/'; break;
      case MarkState::unclear: text += '?'; break;
    }
  }
  return text;
}

std::vector<Stroke> all(std::initializer_list<std::vector<Stroke>> parts) {
  std::vector<Stroke> strokes;
  for (const auto& part : parts) strokes.insert(strokes.end(), part.begin(), part.end());
  return strokes;
}

/// A curve that came into the box from above.
Stroke stray(const ocr::Box& box) {
  const double x = box.x + 2;
  return {{{x + 0.6, box.y - 1.2}, {x - 0.6, box.y + 1.2}, {x, box.y + 3.2}}};
}

/// A thin line through the box and beyond on both sides; heights in mm below the box's middle.
Stroke line(const ocr::Box& box, double left, double right) {
  const double middle = box.y + box.height / 2;
  return {{{box.x - 1.5, middle + left}, {box.right() + 1.5, middle + right}}, 0.32};
}

/// From the upper left to the lower right, as nobody ticks.
Stroke fallen(const ocr::Box& box) {
  return {{{box.x + 0.3, box.y + 0.4}, {box.x + 3.2, box.y + 3.4}}};
}

Stroke slash(const ocr::Box& box) {
  return {{{box.x + 3.4, box.y + 0.3}, {box.x + 0.4, box.y + 3.6}}};
}

struct Case {
  std::string name;
  std::string field;
  std::string expected;  ///< an option a sign: . empty, X marked, / cancelled, ? unclear or unsure
  std::vector<Stroke> (*strokes)(const std::vector<ocr::Option>& options);
};

using Pen = std::function<std::vector<Stroke>(const std::vector<ocr::Option>& options)>;

std::vector<ocr::MarkReading> read_choice(const std::string& name, const Pen& pen,
                                          const Machine& machine) {
  const ocr::PageLayout layout = made_up_layout();
  const auto& options = std::get<ocr::ChoiceField>(field(layout, name).kind).options;
  const Drawn drawn = draw(layout, pen(options), machine);
  const ocr::Sheet sheet = ocr::sheet_of(drawn.page);
  const auto aligned = ocr::align(sheet, layout, drawn.tags);
  if (!aligned) return {};
  const ocr::PrintedPage printed{&layout, aligned->placement,
                                 ocr::thickening_of(sheet, aligned->placement, layout)};
  const std::vector<std::vector<ocr::MarkInk>> inks = {ocr::look_at_marks(sheet, printed, options)};
  return ocr::judge_marks(options, inks.front(), ocr::habit_of(inks));
}

class Marks : public testing::TestWithParam<Case> {
protected:
  static std::vector<ocr::MarkReading> read(const Case& test, const Machine& machine) {
    return read_choice(test.field, test.strokes, machine);
  }
};

TEST_P(Marks, Fine) {
  EXPECT_EQ(words(read(GetParam(), {})), GetParam().expected);
}

TEST_P(Marks, StandardSkewed) {
  Machine machine;
  machine.dpi_y = 98;
  machine.turned = 1.5;
  EXPECT_EQ(words(read(GetParam(), machine)), GetParam().expected);
}

TEST_P(Marks, FineThickDustyUpsideDown) {
  Machine machine;
  machine.turned = 179;
  machine.threshold = 0.3;
  machine.dust = 3000;
  EXPECT_EQ(words(read(GetParam(), machine)), GetParam().expected);
}

TEST_P(Marks, GreyScan) {
  Machine machine;
  machine.dpi_x = machine.dpi_y = 300;
  machine.grey = true;
  machine.turned = -1;
  EXPECT_EQ(words(read(GetParam(), machine)), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Pens, Marks,
    testing::Values(
        Case{"nothing", "site", "....", [](const auto&) { return std::vector<Stroke>{}; }},
        Case{"tick", "site", ".X..", [](const auto& o) { return std::vector{tick(o[1].box)}; }},
        Case{"small_tick", "site", ".X..",
             [](const auto& o) { return std::vector{tick(o[1].box, 0.7)}; }},
        Case{"tick_leaves_box", "site", ".X..",
             [](const auto& o) { return std::vector{tick(o[1].box, 1.5, 0.2, -0.2)}; }},
        Case{"thin_pen", "site", "X...",
             [](const auto& o) {
               Stroke thin = tick(o[0].box);
               thin.pen = 0.28;
               return std::vector{thin};
             }},
        Case{"cross", "site", "..X.", [](const auto& o) { return cross(o[2].box); }},
        Case{"large_cross", "site", "..X.", [](const auto& o) { return cross(o[2].box, 1.3); }},
        Case{"filled", "site", "...X", [](const auto& o) { return filled(o[3].box); }},
        Case{"ring_inside", "kind", "X.",
             [](const auto& o) { return std::vector{circle(o[0].box, -0.6)}; }},
        Case{"two", "site", "X.X.",
             [](const auto& o) {
               return all({{tick(o[0].box)}, {tick(o[2].box)}});
             }},
        Case{"dot", "site", "....",
             [](const auto& o) {
               return std::vector<Stroke>{
                   {{{o[1].box.x + 2, o[1].box.y + 2}, {o[1].box.x + 2.2, o[1].box.y + 2}}, 0.25}};
             }},
        Case{"tail_of_neighbour", "site", "X...",
             [](const auto& o) {
               // From the first box well into the second.
               return std::vector<Stroke>{{{{o[0].box.x + 0.3, o[0].box.y + 0.5},
                                            {o[0].box.x + 1.4, o[0].box.y + 3.4},
                                            {o[0].box.right() + 0.4, o[0].box.y - 1.2},
                                            {o[1].box.x - 2, o[1].box.y - 0.6}}}};
             }},
        Case{"struck_out_beside_tick", "site", "/.X.",
             [](const auto& o) {
               return all({{tick(o[0].box)}, struck_out(o[0].box), {tick(o[2].box)}});
             }},
        Case{"struck_out_by_lines_that_cross", "site", "/.X.",
             [](const auto& o) {
               return all({{tick(o[0].box), line(o[0].box, -0.7, 0.8), line(o[0].box, 0.7, -0.8)},
                           {tick(o[2].box)}});
             }},
        Case{"struck_out_by_close_lines", "site", "..X/",
             [](const auto& o) {
               return std::vector{tick(o[3].box), line(o[3].box, -0.3, -0.3),
                                  line(o[3].box, 0.3, 0.25), tick(o[2].box)};
             }},
        Case{"one_line_through_a_tick", "site", "?.X.",
             [](const auto& o) {
               return std::vector{tick(o[0].box), line(o[0].box, 0.2, -0.2), tick(o[2].box)};
             }},
        Case{"one_line_through_a_large_cross", "site", "?.X.",
             [](const auto& o) {
               return all({cross(o[0].box, 1.3), {line(o[0].box, 0.3, -0.2), tick(o[2].box)}});
             }},
        Case{"blacked_out_beside_tick", "site", "/..X",
             [](const auto& o) {
               return all({filled(o[0].box, 0.6), {tick(o[3].box)}});
             }},
        Case{"stray_curve_beside_ticks", "site", "X?XX",
             [](const auto& o) {
               return std::vector{tick(o[0].box), stray(o[1].box), tick(o[2].box), tick(o[3].box)};
             }},
        Case{
            "stray_curve_beside_filled", "site", "X?XX",
            [](const auto& o) {
              return all({filled(o[0].box), {stray(o[1].box)}, filled(o[2].box), filled(o[3].box)});
            }},
        Case{"fallen_stroke_beside_ticks", "site", "XX?X",
             [](const auto& o) {
               return std::vector{tick(o[0].box), tick(o[1].box), fallen(o[2].box), tick(o[3].box)};
             }},
        Case{"slash_beside_ticks", "site", "XX.X",
             [](const auto& o) {
               return std::vector{tick(o[0].box), tick(o[1].box), slash(o[3].box)};
             }},
        Case{"fallen_strokes_for_ticks", "site", "X.XX",
             [](const auto& o) {
               return std::vector{fallen(o[0].box), fallen(o[2].box), fallen(o[3].box)};
             }},
        Case{"circled", "sex", ".X.", [](const auto& o) { return std::vector{circle(o[1].box)}; }},
        Case{"circled_wide", "sex", "X..",
             [](const auto& o) { return std::vector{circle(o[0].box, 1.8)}; }},
        Case{"circled_open", "sex", "..X",
             [](const auto& o) { return std::vector{circle(o[2].box, 1.2, 0.9)}; }},
        Case{"circled_tightly", "sex", ".X.",
             [](const auto& o) { return std::vector{circle(o[1].box, 0.5)}; }},
        Case{"no_circle", "sex", "...", [](const auto&) { return std::vector<Stroke>{}; }}),
    [](const auto& test) { return test.param.name; });

/// A single line may be a streak, or the pen's that slipped: only two strike a mark out.
TEST(SingleLines, StrikeNothingOut) {
  struct Page {
    const char* name;
    Machine machine;
  };
  std::vector<Page> pages(3);
  pages[0].name = "fine";
  pages[1].name = "grey";
  pages[1].machine.dpi_x = pages[1].machine.dpi_y = 300;
  pages[1].machine.grey = true;
  pages[2].name = "thick, askew";
  pages[2].machine.threshold = 0.3;
  pages[2].machine.turned = 1;
  for (const Page& page : pages) {
    for (const double middle : {-1.2, -0.4, 0.4, 1.2}) {
      for (const double rise : {-1.6, -0.8, 0.0, 0.8, 1.6}) {
        const auto readings = read_choice(
            "site",
            [&](const std::vector<ocr::Option>& o) {
              const auto through = [&](std::size_t i, double pen) {
                Stroke stroke = line(o[i].box, middle + rise / 2, middle - rise / 2);
                stroke.pen = pen;
                return stroke;
              };
              return all({{tick(o[0].box, 1.5), through(0, 0.32)},
                          cross(o[1].box, 1.3),
                          {through(1, 0.4)},
                          {circle(o[2].box, -0.6), through(2, 0.32)},
                          {tick(o[3].box, 0.7), through(3, 0.4)}});
            },
            page.machine);
        EXPECT_EQ(words(readings).find('/'), std::string::npos)
            << page.name << ", " << middle << ", " << rise << ": " << words(readings);
      }
    }
  }
}

TEST(MarkJudgement, WhatIsLeftOfAThinLineIsNotNothingOnAPageThatEatsThem) {
  const ocr::Option option{"liver", {20, 20, 4, 4}, ocr::MarkStyle::box};
  ocr::MarkInk ink;
  ink.area = 0.25;
  ink.width = 0.13;
  ink.height = ink.main = 0.21;
  const auto judged = [&] { return ocr::judge_marks({&option, 1}, {&ink, 1}).front().state; };
  EXPECT_EQ(judged(), MarkState::empty);
  ink.pieces = true;
  EXPECT_EQ(judged(), MarkState::unclear);
  ink.screened = true;  // then such pieces lie everywhere
  EXPECT_EQ(judged(), MarkState::empty);
  ink.lined = true;
  EXPECT_EQ(judged(), MarkState::unclear);
}

}  // namespace
