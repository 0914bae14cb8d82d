#include "tests/faxsim/marks.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace faxsim {
namespace {

/// `control` in units of the box, moved and scaled by the writer's habit.
Stroke in_box(const Stroke& control, const ocr::Box& box, const Habit& habit, double size,
              Chance& chance) {
  const double side = std::max(box.width, box.height);
  const double dx = chance.normal_within(0, habit.mark_wander, 0.3) * side;
  const double dy = chance.normal_within(0, habit.mark_wander, 0.3) * side;
  Stroke out;
  for (const auto& point : control) {
    out.push_back(
        {box.x + box.width / 2 + dx + (point.x - 0.5 + chance.normal(0, 0.04)) * size * side,
         box.y + box.height / 2 + dy + (point.y - 0.5 + chance.normal(0, 0.04)) * size * side});
  }
  return out;
}

void cross(Canvas& canvas, const ocr::Box& box, const Habit& habit, Chance& chance) {
  const double size = habit.mark_size * chance.between(0.85, 1.1);
  for (const Stroke& line : {Stroke{{0.05, 0.05}, {0.5, 0.5}, {0.95, 0.95}},
                             Stroke{{0.95, 0.05}, {0.5, 0.5}, {0.05, 0.95}}}) {
    canvas.stroke(smooth(in_box(line, box, habit, size, chance), 0.2), habit.pen_mm, habit.ink,
                  habit.pressure, chance);
  }
}

/// To and fro over the box, as people fill one with a pen.
void hatch(Canvas& canvas, const ocr::Box& box, const Habit& habit, double spacing,
           Chance& chance) {
  Stroke line;
  const double lean = box.height * chance.between(0.1, 0.4);
  bool top = false;
  double x = box.x;
  while (x < box.right()) {
    const double y = top ? box.y : box.bottom();
    line.push_back({x + (top ? lean : 0) * 0.5 + chance.normal(0, 0.1),
                    y + chance.normal(0, box.height * 0.06)});
    top = !top;
    x += spacing * chance.between(0.7, 1.3);
  }
  canvas.stroke(line, habit.pen_mm, habit.ink, habit.pressure, chance);
}

/// A closed line around `box`, its ends missing or passing each other.
Stroke ring(const ocr::Box& box, double turn, Chance& chance) {
  const double phase = chance.between(-2.4, -0.8);
  const double tilt = chance.normal(0, 0.06);
  const double wobble = chance.between(0, 0.07);
  const double wobble_phase = chance.between(0, 6.28);
  Stroke line;
  constexpr int points = 40;
  for (int i = 0; i <= points; ++i) {
    const double angle = phase - turn * 2 * std::numbers::pi * i / points;
    const double radius = 1 + wobble * std::sin(2 * angle + wobble_phase) +
                          0.05 * (static_cast<double>(i) / points - 0.5);
    const double x = std::cos(angle) * box.width / 2 * radius;
    const double y = std::sin(angle) * box.height / 2 * radius;
    line.push_back({box.x + box.width / 2 + x - tilt * y, box.y + box.height / 2 + y + tilt * x});
  }
  return line;
}

}  // namespace

void tick_box(Canvas& canvas, const ocr::Box& box, MarkShape shape, const Habit& habit,
              Chance& chance) {
  const double size = habit.mark_size * chance.between(0.88, 1.15);
  const auto draw = [&](const Stroke& control) {
    canvas.stroke(smooth(in_box(control, box, habit, size, chance), 0.2), habit.pen_mm, habit.ink,
                  habit.pressure, chance);
  };
  switch (shape) {
    case MarkShape::by_seed:
    case MarkShape::tick:  // レ
      draw({{0.12, 0.1}, {0.18, 0.45}, {0.27, 0.86}, {0.27, 0.86}, {0.6, 0.5}, {1.05, 0.05}});
      break;
    case MarkShape::check:
      draw({{0.02, 0.45}, {0.18, 0.62}, {0.36, 0.88}, {0.36, 0.88}, {0.65, 0.4}, {1.1, -0.1}});
      break;
    case MarkShape::cross: cross(canvas, box, habit, chance); break;
    case MarkShape::slash: draw({{0.95, 0.02}, {0.5, 0.5}, {0.05, 0.98}}); break;
    case MarkShape::ring: {
      const double side = chance.between(0.65, 0.95);
      const ocr::Box inside{box.x + box.width * (1 - side) / 2, box.y + box.height * (1 - side) / 2,
                            box.width * side, box.height * side};
      canvas.stroke(ring(inside, chance.between(0.93, 1.1), chance), habit.pen_mm, habit.ink,
                    habit.pressure, chance);
      break;
    }
    case MarkShape::fill:
      if (chance.happens(0.3)) {
        canvas.fill_box({box.x + 0.2, box.y + 0.2, box.width - 0.3, box.height - 0.4}, habit.ink);
      } else {
        hatch(canvas, box, habit, habit.pen_mm * 0.8, chance);
        hatch(canvas, box, habit, habit.pen_mm * 1.1, chance);
      }
      break;
  }
}

void circle_word(Canvas& canvas, const ocr::Box& word, const Habit& habit, Chance& chance) {
  const double room = chance.between(0.7, 1.6);
  const ocr::Box around{word.x - room * 1.2 + chance.normal(0, 0.35),
                        word.y - room + chance.normal(0, 0.3), word.width + room * 2.4,
                        word.height + room * 2};
  canvas.stroke(ring(around, chance.between(0.94, 1.12), chance), habit.pen_mm, habit.ink,
                habit.pressure, chance);
}

void strike_out(Canvas& canvas, const ocr::Box& box, const Habit& habit, Chance& chance) {
  if (chance.happens(0.35)) {  // blacked out
    const ocr::Box over{box.x - 0.8, box.y - 0.6, box.width + 1.6, box.height + 1.2};
    for (int pass = 0; pass < 3; ++pass) {
      hatch(canvas, over, habit, habit.pen_mm * 0.9, chance);
    }
    return;
  }
  strike_through(canvas, box, habit, chance);
}

void strike_through(Canvas& canvas, const ocr::Box& box, const Habit& habit, Chance& chance) {
  const double gap = chance.between(0.7, 1.1);
  const double slope = chance.normal(0, 0.04);
  for (const double side : {-0.5, 0.5}) {
    const double y = box.y + box.height / 2 + side * gap;
    const double begin = box.x - chance.between(1.2, 2.4);
    const double end = box.right() + chance.between(1.2, 2.4);
    const Stroke line{{begin, y + chance.normal(0, 0.1)},
                      {(begin + end) / 2, y + slope * (end - begin) / 2 + chance.normal(0, 0.12)},
                      {end, y + slope * (end - begin) + chance.normal(0, 0.1)}};
    canvas.stroke(smooth(line, 0.4), habit.pen_mm, habit.ink, habit.pressure, chance);
  }
}

void press_seal(Canvas& canvas, const ocr::Box& box, const std::string& name,
                const std::string& colour, Chance& chance) {
  static constexpr std::array names = {"佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本",
                                       "中村", "小林", "加藤", "吉田", "山田", "松本", "井上"};
  const bool red = colour.empty() ? chance.happens(0.8) : colour == "red";
  // Vermilion is dark to the green lamp of a fax. A seal so faint that the machine loses it would
  // be no ink for anyone: not drawn here.
  const Ink ink = red ? Ink{0.85, 0.15, 0.12, chance.between(0.74, 0.92)} : print_black;
  const std::string text = name.empty() ? std::string(chance.one_of(names)) : name;
  const double diameter = chance.between(9.5, 12.0);
  const double x = box.x + box.width / 2 + chance.normal_within(0, 1.2, 3);
  const double y = box.y + box.height / 2 + chance.normal_within(0, 1.2, 3);
  cairo_t* cr = canvas.cairo();
  cairo_save(cr);
  cairo_translate(cr, x, y);
  cairo_rotate(cr, chance.normal_within(0, 0.12, 0.5));
  cairo_push_group_with_content(cr,
                                canvas.colour() ? CAIRO_CONTENT_COLOR_ALPHA : CAIRO_CONTENT_ALPHA);
  canvas.set_ink(ink);
  cairo_set_line_width(cr, chance.between(0.35, 0.6));
  cairo_arc(cr, 0, 0, diameter / 2, 0, 2 * std::numbers::pi);
  cairo_stroke(cr);
  // Two or three characters, one under the other.
  std::vector<std::string> letters;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : (lead < 0xe0 ? 2 : (lead < 0xf0 ? 3 : 4));
    letters.push_back(text.substr(i, length));
    i += length;
  }
  const double size =
      diameter * 0.8 / static_cast<double>(std::max<std::size_t>(2, letters.size()));
  double top = -size * static_cast<double>(letters.size()) / 2;
  for (const auto& letter : letters) {
    canvas.text(letter, {-diameter / 2, top - size * 0.25, diameter, size * 1.5},
                "IPAexMincho Bold", size, ink, true);
    top += size;
  }
  cairo_pop_group_to_source(cr);
  cairo_paint_with_alpha(cr, chance.between(0.9, 1));
  // Where the seal did not touch the paper.
  if (!canvas.colour()) {
    cairo_set_operator(cr, CAIRO_OPERATOR_DEST_OUT);
    cairo_set_source_rgba(cr, 0, 0, 0, 0.5);
  } else {
    cairo_set_source_rgba(cr, 1, 1, 1, 0.5);
  }
  for (int i = chance.whole(0, 6); i > 0; --i) {
    cairo_arc(cr, chance.normal(0, diameter / 3), chance.normal(0, diameter / 3),
              chance.between(0.1, 0.5), 0, 2 * std::numbers::pi);
    cairo_fill(cr);
  }
  cairo_restore(cr);
}

void stray_line(Canvas& canvas, const Habit& habit, Chance& chance) {
  ocr::Point at{chance.between(15, canvas.width_mm() - 30),
                chance.between(20, canvas.height_mm() - 20)};
  Stroke line{at};
  double heading = chance.between(0, 6.28);
  for (int i = chance.whole(1, 4); i > 0; --i) {
    heading += chance.normal(0, 0.5);
    const double length = chance.between(0.8, 3.5);
    at = {at.x + std::cos(heading) * length, at.y + std::sin(heading) * length};
    line.push_back(at);
  }
  canvas.stroke(smooth(line, 0.2), habit.pen_mm * 0.8, habit.ink, habit.pressure, chance);
}

}  // namespace faxsim
