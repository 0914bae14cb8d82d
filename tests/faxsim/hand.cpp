#include "tests/faxsim/hand.hpp"

#include <algorithm>

namespace faxsim {

Habit draw_habit(Chance chance) {
  Habit habit;
  // Pens on a clinic's desk: ballpoint mostly, some gel and felt pens. Blue ink is lighter to a
  // green or white scanner lamp than black.
  const double pen = chance.unit();
  habit.pen_mm = pen < 0.75 ? chance.between(0.28, 0.45)
                            : (pen < 0.93 ? chance.between(0.45, 0.58) : chance.between(0.58, 0.7));
  habit.ink = chance.happens(0.8) ? Ink{0.1, 0.1, 0.12, chance.between(0.82, 0.98)}
                                  : Ink{0.12, 0.2, 0.6, chance.between(0.72, 0.88)};
  habit.pressure = chance.between(0.05, 0.45);
  habit.slant = chance.normal_within(0.05, 0.1, 0.3);
  habit.size = chance.between(0.52, 0.82);
  habit.wander = chance.between(0.02, 0.08);
  habit.tremor = chance.between(0.012, 0.035);
  habit.pads_zero = chance.happens(0.15);
  constexpr std::array shapes = {MarkShape::tick,  MarkShape::tick,  MarkShape::tick,
                                 MarkShape::check, MarkShape::check, MarkShape::cross,
                                 MarkShape::fill,  MarkShape::ring};
  habit.mark = chance.one_of(shapes);
  habit.mark_size = chance.between(0.85, 1.45);
  habit.mark_wander = chance.between(0.04, 0.13);
  return habit;
}

Place place_digit(const ocr::Box& cell, const Habit& habit, Chance& chance) {
  Place place;
  const double room = std::min(cell.height, cell.width * 1.45);
  // Now and then a digit is larger than its neighbours and touches the frame.
  const double loud = chance.happens(0.05) ? chance.between(1.1, 1.3) : 1;
  place.height = room * habit.size * loud * chance.normal_within(1, 0.06, 0.15);
  place.centre.x = cell.x + cell.width * (0.5 + chance.normal_within(0, habit.wander, 0.16));
  place.centre.y = cell.y + cell.height * (0.5 + chance.normal_within(0, habit.wander, 0.16));
  return place;
}

std::shared_ptr<const HandSource> load_hand(const std::string& name) {
  if (name.empty() || name == "strokes") return stroke_hands();
  std::string folder = name;
  std::string split = "test";
  for (const std::string end : {"test", "train"}) {
    if (folder.size() > end.size() + 1 && folder.ends_with(":" + end)) {
      folder.resize(folder.size() - end.size() - 1);
      split = end;
      break;
    }
  }
  return image_hands(folder, split);
}

}  // namespace faxsim
