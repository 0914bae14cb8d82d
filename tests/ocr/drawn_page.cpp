#include "tests/ocr/drawn_page.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <stdexcept>

#include <opencv2/imgproc.hpp>

#include "ocr/placement.hpp"

namespace ocr_test {
namespace {

using ocr::Box;
using ocr::Point;

constexpr double canvas_px = 10;  ///< px/mm of the sheet before it is faxed

void frame(std::vector<ocr::Rule>& rules, const Box& box, double width = 0.25) {
  const auto corner = ocr::corners_of(box);
  rules.push_back({corner[0], corner[1], width});
  rules.push_back({corner[1], corner[2], width});
  rules.push_back({corner[3], corner[2], width});
  rules.push_back({corner[0], corner[3], width});
}

std::vector<Box> cells_at(double x, double y, int count) {
  std::vector<Box> cells;
  for (int i = 0; i < count; ++i) cells.push_back({x + 6 * i, y, 6, 8});
  return cells;
}

void add_choice(ocr::PageLayout& layout, const std::string& name, double y,
                const std::vector<std::string>& values, double pitch, ocr::MarkStyle mark) {
  ocr::Field field{name, {18, y - 2, 170, 8}, {}};
  ocr::ChoiceField kind;
  double x = 50;
  for (const std::string& value : values) {
    if (mark == ocr::MarkStyle::box) {
      const Box box{x, y, 4, 4};
      kind.options.push_back({value, box, mark});
      frame(layout.rules, box);
      layout.print.push_back({x + 5.2, y, 9, 4});
    } else {
      kind.options.push_back({value, {x, y, 8, 4}, mark});
      layout.print.push_back({x, y, 8, 4});
    }
    x += pitch;
  }
  layout.print.push_back({20, y, 18, 4});
  field.kind = kind;
  layout.fields.push_back(field);
}

cv::Point2d to_canvas(Point mm) {
  return {mm.x * canvas_px, mm.y * canvas_px};
}

void draw_rule(cv::Mat& canvas, const ocr::Rule& rule) {
  const double half = rule.width / 2;
  const cv::Point2d from =
      to_canvas({std::min(rule.from.x, rule.to.x) - half, std::min(rule.from.y, rule.to.y) - half});
  const cv::Point2d to =
      to_canvas({std::max(rule.from.x, rule.to.x) + half, std::max(rule.from.y, rule.to.y) + half});
  cv::rectangle(canvas, cv::Rect(cv::Point(from), cv::Point(to)), 255, cv::FILLED);
}

/// Something like letters: bars as fine as those of 10 point type.
void draw_words(cv::Mat& canvas, const Box& box) {
  for (double x = box.x + 0.2; x + 2.6 <= box.right() + 0.1; x += 3) {
    for (int i = 0; i < 3; ++i) {
      const double y = box.y + 0.4 + i * (box.height - 1) / 2;
      draw_rule(canvas, {{x, y}, {x + 2.4, y}, 0.25});
    }
    draw_rule(canvas, {{x + 1.2, box.y + 0.2}, {x + 1.2, box.bottom() - 0.2}, 0.3});
  }
}

cv::Mat print(const ocr::PageLayout& layout, const Machine& machine) {
  cv::Mat canvas = cv::Mat::zeros(static_cast<int>(layout.height * canvas_px),
                                  static_cast<int>(layout.width * canvas_px), CV_8U);
  for (const ocr::Rule& rule : layout.rules) draw_rule(canvas, rule);
  for (const Box& box : layout.print) draw_words(canvas, box);
  std::mt19937 chance(5);
  for (const Box& tag : layout.tags) {
    const double module = tag.width / 29;
    for (int y = 0; y < 29; ++y) {
      for (int x = 0; x < 29; ++x) {
        if (chance() % 2 == 0) continue;
        const cv::Rect2d square(to_canvas({tag.x + x * module, tag.y + y * module}),
                                to_canvas({tag.x + (x + 1) * module, tag.y + (y + 1) * module}));
        cv::rectangle(canvas, cv::Rect(square), 255, cv::FILLED);
      }
    }
  }
  for (std::size_t i = 0; i < layout.anchors.size(); ++i) {
    if (std::ranges::count(machine.hidden_anchors, static_cast<int>(i)) > 0) continue;
    const Point& at = layout.anchors[i];
    const double half = layout.anchor_size / 2;
    cv::rectangle(canvas,
                  cv::Rect(cv::Point(to_canvas({at.x - half, at.y - half})),
                           cv::Point(to_canvas({at.x + half, at.y + half}))),
                  255, cv::FILLED);
  }
  return canvas;
}

void write(cv::Mat& canvas, const std::vector<Stroke>& strokes) {
  for (const Stroke& stroke : strokes) {
    for (std::size_t i = 1; i < stroke.points.size(); ++i) {
      cv::line(canvas, cv::Point(to_canvas(stroke.points[i - 1])),
               cv::Point(to_canvas(stroke.points[i])), 255,
               std::max(1, static_cast<int>(std::lround(stroke.pen * canvas_px))), cv::LINE_8);
    }
  }
}

/// Millimetres of the form to pixels of the page.
cv::Matx23d map_of(const ocr::PageLayout& layout, const Machine& machine) {
  const double angle = machine.turned * std::numbers::pi / 180;
  const double cosine = std::cos(angle) * machine.scale;
  const double sine = std::sin(angle) * machine.scale;
  const double middle_x = layout.width / 2;
  const double middle_y = layout.height / 2;
  // The sheet turns about its middle; a sheet on its side moves to the corner again.
  const bool sideways = std::lround(machine.turned / 90) % 2 != 0;
  const double paper_x = sideways ? middle_y : middle_x;
  const double paper_y = sideways ? middle_x : middle_y;
  const double px = machine.dpi_x / 25.4;
  const double py = machine.dpi_y / 25.4 * machine.stretch;
  const double c = paper_x + machine.shift_x - cosine * middle_x + sine * middle_y;
  const double f = paper_y + machine.shift_y - sine * middle_x - cosine * middle_y;
  return {cosine * px, -sine * px, c * px, sine * py, cosine * py, f * py};
}

/// The sheet on the page's grid, share of ink 0 to 255.
cv::Mat scanned(const cv::Mat& canvas, const ocr::PageLayout& layout, const Machine& machine,
                const cv::Matx23d& map) {
  const bool sideways = std::lround(machine.turned / 90) % 2 != 0;
  const double paper_x = sideways ? layout.height : layout.width;
  const double paper_y = sideways ? layout.width : layout.height;
  const cv::Size size(static_cast<int>(paper_x * machine.dpi_x / 25.4),
                      static_cast<int>(paper_y * machine.dpi_y / 25.4 * machine.stretch));
  // A scanner's pixel sees a spot, not a point: blurred as far as the pixel is wide.
  const double pixel_x = canvas_px * 25.4 / machine.dpi_x;
  const double pixel_y = canvas_px * 25.4 / machine.dpi_y;
  const double blur = machine.blur_mm * canvas_px;
  cv::Mat soft;
  cv::GaussianBlur(canvas, soft, {}, std::max(0.3, std::hypot(blur, 0.3 * pixel_x)),
                   std::max(0.3, std::hypot(blur, 0.3 * pixel_y)));
  const cv::Matx23d of_canvas(map(0, 0) / canvas_px, map(0, 1) / canvas_px, map(0, 2) - 0.5,
                              map(1, 0) / canvas_px, map(1, 1) / canvas_px, map(1, 2) - 0.5);
  cv::Mat ink;
  cv::warpAffine(soft, ink, of_canvas, size, cv::INTER_LINEAR);
  return ink;
}

void add_dust(cv::Mat& ink, int specks, std::mt19937& chance) {
  for (int i = 0; i < specks; ++i) {
    const cv::Point at(static_cast<int>(chance() % static_cast<unsigned>(ink.cols)),
                       static_cast<int>(chance() % static_cast<unsigned>(ink.rows)));
    cv::rectangle(ink, at, at + cv::Point(static_cast<int>(chance() % 2), 1), 255, cv::FILLED);
  }
}

/// Grey, with a shadow that falls to the right and some grain.
cv::Mat toned(const cv::Mat& ink, std::mt19937& chance) {
  cv::Mat grey(ink.size(), CV_8U);
  for (int y = 0; y < ink.rows; ++y) {
    const auto* from = ink.ptr<std::uint8_t>(y);
    auto* to = grey.ptr<std::uint8_t>(y);
    for (int x = 0; x < ink.cols; ++x) {
      const double paper = 235 - 70.0 * x / ink.cols + static_cast<double>(chance() % 9);
      to[x] = cv::saturate_cast<std::uint8_t>(paper - 0.75 * paper * from[x] / 255);
    }
  }
  return grey;
}

cv::Mat black_and_white(const cv::Mat& ink, double threshold) {
  cv::Mat grey;
  cv::threshold(ink, grey, threshold * 255, 255, cv::THRESH_BINARY_INV);
  return grey;
}

cv::Mat lose_rows(const cv::Mat& picture, int from, int count) {
  cv::Mat left;
  cv::vconcat(picture.rowRange(0, from), picture.rowRange(from + count, picture.rows), left);
  return left;
}

}  // namespace

ocr::PageLayout made_up_layout() {
  ocr::PageLayout layout;
  layout.tags = {{171, 18, 25, 25}, {14, 254, 25, 25}};
  layout.anchors = {{14.5, 14.5}, {195.5, 50}, {50, 282.5}, {195.5, 282.5}};
  layout.print = {{60, 18, 60, 6}, {20, 30, 120, 4}, {20, 36, 120, 4}};
  for (const double y : {55.0, 110.0, 180.0, 245.0}) {
    layout.rules.push_back({{15, y}, {195, y}, 0.3});
  }
  for (const double x : {15.0, 195.0}) layout.rules.push_back({{x, 55}, {x, 245}, 0.3});
  add_choice(layout, "kind", 62, {"periodic", "deviation"}, 30, ocr::MarkStyle::box);
  add_choice(layout, "site", 74, {"liver", "lung", "node", "other"}, 20, ocr::MarkStyle::box);
  add_choice(layout, "sex", 86, {"male", "female", "unknown"}, 16, ocr::MarkStyle::circle);

  const auto frames = [&](const std::vector<Box>& cells) {
    for (const Box& cell : cells) frame(layout.rules, cell);
  };
  ocr::NumberField number{cells_at(50, 120, 5), 3};
  frames(number.cells);
  layout.fields.push_back({"cea", {18, 118, 80, 12}, number});
  ocr::DateField date;
  date.eras = {{"showa", {50, 136, 8, 4}, ocr::MarkStyle::circle},
               {"heisei", {62, 136, 8, 4}, ocr::MarkStyle::circle}};
  for (const ocr::Option& era : date.eras) layout.print.push_back(era.box);
  date.year = cells_at(76, 134, 2);
  date.month = cells_at(96, 134, 2);
  date.day = cells_at(116, 134, 2);
  for (const auto* cells : {&date.year, &date.month, &date.day}) frames(*cells);
  layout.fields.push_back({"birth_date", {18, 132, 120, 12}, date});
  const Box comment{20, 190, 130, 35};
  frame(layout.rules, comment);
  layout.fields.push_back({"comment", comment, ocr::TextField{comment}});
  const Box seal{165, 200, 14, 14};
  frame(layout.rules, seal);
  layout.fields.push_back({"seal", seal, ocr::InkField{seal}});
  return layout;
}

const ocr::Field& field(const ocr::PageLayout& layout, const std::string& name) {
  const auto found = std::ranges::find(layout.fields, name, &ocr::Field::name);
  return *found;
}

Stroke tick(const Box& box, double size, double dx, double dy) {
  const auto at = [&](double x, double y) {
    return Point{box.x + (0.5 + (x - 0.5) * size + dx) * box.width,
                 box.y + (0.5 + (y - 0.5) * size + dy) * box.height};
  };
  return {{at(0.15, 0.3), at(0.3, 0.85), at(1.05, 0.0)}};
}

std::vector<Stroke> cross(const Box& box, double size) {
  const double low = 0.5 - size / 2;
  const double high = 0.5 + size / 2;
  const auto at = [&](double x, double y) {
    return Point{box.x + x * box.width, box.y + y * box.height};
  };
  return {{{at(low, low), at(high, high)}}, {{at(high, low), at(low, high)}}};
}

std::vector<Stroke> filled(const Box& box, double by) {
  std::vector<Stroke> strokes;
  for (double y = box.y - by + 0.2; y < box.bottom() + by; y += 0.3) {
    strokes.push_back({{{box.x - by + 0.2, y}, {box.right() + by - 0.2, y}}, 0.45});
  }
  return strokes;
}

Stroke circle(const Box& box, double room, double turn) {
  Stroke stroke;
  const Point middle = ocr::centre_of(box);
  for (int i = 0; i <= 40; ++i) {
    const double angle = -2 + turn * 2 * std::numbers::pi * i / 40;
    stroke.points.push_back({middle.x + std::cos(angle) * (box.width / 2 + room * 1.2),
                             middle.y + std::sin(angle) * (box.height / 2 + room)});
  }
  return stroke;
}

std::vector<Stroke> struck_out(const Box& box) {
  const double y = box.y + box.height / 2;
  return {{{{box.x - 1.6, y - 0.5}, {box.right() + 1.8, y - 0.4}}},
          {{{box.x - 1.5, y + 0.5}, {box.right() + 1.5, y + 0.6}}}};
}

cv::Point2d Drawn::at(Point mm) const {
  const cv::Vec2d moved = truth * cv::Vec3d(mm.x, mm.y, 1);
  const double y = moved[1];
  return {moved[0], lost > 0 && y > lost_from ? y - lost : y};
}

Drawn draw(const ocr::PageLayout& layout, const std::vector<Stroke>& strokes,
           const Machine& machine) {
  cv::Mat canvas = print(layout, machine);
  write(canvas, strokes);
  Drawn drawn;
  drawn.truth = map_of(layout, machine);
  drawn.lost_from = machine.lost_from;
  drawn.lost = machine.lost;
  std::mt19937 chance(machine.seed);
  cv::Mat ink = scanned(canvas, layout, machine, drawn.truth);
  add_dust(ink, machine.dust, chance);
  if (machine.lost > 0) ink = lose_rows(ink, machine.lost_from, machine.lost);
  cv::Mat grey = machine.grey ? toned(ink, chance) : black_and_white(ink, machine.threshold);
  if (machine.negative) cv::bitwise_not(grey, grey);
  drawn.page.width = grey.cols;
  drawn.page.height = grey.rows;
  drawn.page.dpi_x = machine.dpi_x;
  drawn.page.dpi_y = machine.dpi_y;
  drawn.page.bilevel = !machine.grey;
  drawn.page.grey.assign(grey.datastart, grey.dataend);
  for (const Box& tag : layout.tags) {
    ocr::SeenTag seen;
    const auto corners = ocr::corners_of(tag);
    for (std::size_t i = 0; i < 4; ++i) {
      const cv::Point2d at = drawn.at(corners[i]);
      seen[i] = {std::round(at.x), std::round(at.y)};
    }
    drawn.tags.push_back(seen);
  }
  return drawn;
}

Laid::Laid(const std::vector<Stroke>& strokes, const Machine& machine) {
  const Drawn drawn = draw(layout, strokes, machine);
  sheet = ocr::sheet_of(drawn.page);
  const auto aligned = ocr::align(sheet, layout, drawn.tags);
  if (!aligned) throw std::runtime_error("the drawn page cannot be aligned");
  placement = aligned->placement;
  thickening = ocr::thickening_of(sheet, placement, layout);
}

}  // namespace ocr_test
