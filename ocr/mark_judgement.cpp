#include <algorithm>

#include "ocr/marks.hpp"

/// What ink in and about boxes and words means. The figures beside the states are how often they
/// are right on drawn faxes of all qualities; a choice is only as sure as all its options together.
namespace ocr {
namespace {

MarkReading reading(const Option& option, MarkState state, double confidence) {
  return {option.value, state, confidence, option.box};
}

bool solid(const MarkInk& ink) {
  return ink.fill > 0.55;
}

/// Struck through, or covered with its frame.
MarkReading judge_struck(const Option& option, const MarkInk& ink) {
  // Far more ink than mark and strikes together have, or less: a torn page, a black block.
  if (ink.shared > 0.5 || ink.outside > 60 || ink.area < 1.5) {
    return reading(option, MarkState::unclear, 0.6);
  }
  if (ink.strikes >= 2) return reading(option, MarkState::cancelled, 0.995);
  if (ink.sides == 4) return reading(option, MarkState::cancelled, 0.99);
  return reading(option, MarkState::unclear, 0.6);
}

/// Too little for a mark, or too far from the box.
MarkReading judge_little(const Option& option, const MarkInk& ink) {
  if (ink.ring > 0) return reading(option, MarkState::unclear, 0.6);
  if (ink.shared > 0.25) return reading(option, MarkState::unclear, 0.7);
  if (ink.beside > 1.2) return reading(option, MarkState::unclear, 0.7);
  if (ink.specks > (ink.screened ? 0.3 : 0.12)) return reading(option, MarkState::unclear, 0.7);
  if (ink.lined) return reading(option, MarkState::unclear, 0.7);
  // What a fax that eats thin lines has left of one.
  if (ink.pieces && !ink.screened && ink.area > 0.2) {
    return reading(option, MarkState::unclear, 0.7);
  }
  // A thin pen's stroke may be among the dots.
  if (ink.veiled) return reading(option, MarkState::empty, 0.96);
  if (ink.area < 0.1) return reading(option, MarkState::empty, 0.9999);
  return reading(option, MarkState::empty, ink.area < 0.2 ? 0.998 : 0.99);
}

/// Struck through or blacked out. A box filled with zeal runs over on one side or two.
bool looks_struck(const MarkInk& ink) {
  return ink.area > 0.5 && (ink.strikes >= 1 || (solid(ink) && ink.sides >= 3));
}

/// Hairs on the glass are thinner than any pen, or by far thinner than the pen of this page. At
/// standard resolution both may be one row thick: then the pen is told by what else it wrote.
bool looks_like_hair(const MarkInk& ink, double pen_mm) {
  const double mean = ink.area / std::max(0.1, ink.length);
  if (mean < 0.12 || ink.hair) return true;
  return ink.pen > 0 && ink.pen < 0.3 && ink.pen < 0.6 * pen_mm && mean < 0.4 && ink.main > 0.5;
}

/// Part of its rows came as nonsense. A mark is more than half as high as its box, which has 4 mm
/// or more: of one that lost this share, 0.6 mm are left, with the thinnest pen (0.2 mm) more ink
/// than the 0.1 mm2 of nothing.
constexpr double hides_no_mark = 0.35;

MarkReading judge_torn(const Option& option, const MarkInk& ink) {
  const bool nothing = ink.area < 0.1 && ink.beside < 0.3 && ink.specks < 0.05;
  if (nothing && ink.lost < hides_no_mark) return reading(option, MarkState::empty, 0.996);
  return reading(option, MarkState::unclear, 0.5);
}

MarkReading judge_box(const Option& option, const MarkInk& ink, const MarkHabit& habit) {
  if (ink.lost > 0.2) return judge_torn(option, ink);
  if (ink.seen < 0.5) return reading(option, MarkState::unclear, 0.5);
  const double extent = std::max(ink.width, ink.height);
  const double both = std::min(ink.width, ink.height);
  if (looks_struck(ink)) return judge_struck(option, ink);
  // A dot where a pen rested, or less.
  if (ink.area < 0.12 || extent < 0.22) return judge_little(option, ink);
  // Several specks of dust are no stroke.
  if ((!ink.pieces || ink.screened) && ink.main < 0.25) return judge_little(option, ink);
  if (ink.shared > 0.5) return reading(option, MarkState::unclear, 0.6);
  if (extent < 0.3 || ink.area < 0.3) return reading(option, MarkState::unclear, 0.6);
  // A long line that only passes through is nobody's tick.
  if (ink.outside > 4 * ink.area && both < 0.5) return reading(option, MarkState::unclear, 0.6);
  // A block that covers part of the box, and far more than that.
  if (ink.outside > 16 && ink.fill > 0.25) return reading(option, MarkState::unclear, 0.6);
  // Level or upright from side to side: a frame torn apart by lost rows, a streak.
  if (both < 0.32 && !solid(ink)) return reading(option, MarkState::unclear, 0.7);
  if (solid(ink)) return reading(option, MarkState::marked, 0.995);
  if (looks_like_hair(ink, habit.pen_mm)) return reading(option, MarkState::unclear, 0.6);
  // It may be meant all the same: then it weighs as much as a mark that was not surely read.
  if (ink.astray && habit.ticks) return reading(option, MarkState::marked, 0.5);
  // Dots of a screen that repeated rows have joined.
  if (ink.screened && ink.main < 0.45) return reading(option, MarkState::unclear, 0.6);
  const double pen = ink.area / std::max(0.1, ink.length);
  // Where the frame is not where it ought to be, pieces may be the frame's.
  const bool in_place = ink.main > 0.45 || ink.seen > 0.9;
  const bool whole = extent > 0.5 && both > 0.3 && ink.area > 0.5 && pen > 0.17 && in_place;
  return reading(option, MarkState::marked, whole ? 0.9995 : 0.95);
}

MarkReading judge_word(const Option& option, const MarkInk& ink, double most) {
  if (ink.seen < 0.5 || ink.fill > 0.8) return reading(option, MarkState::unclear, 0.5);
  if (ink.ring >= 0.6 && ink.strikes >= 1) {
    return reading(option, MarkState::cancelled, ink.strikes >= 2 ? 0.99 : 0.9);
  }
  if (ink.ring >= 0.8) return reading(option, MarkState::marked, 0.9995);
  if (ink.ring >= 0.65) return reading(option, MarkState::marked, 0.97);
  // A circle of which only dashes are left.
  if (ink.pieces && ink.ring >= 0.12 && most < 0.65) {
    return reading(option, MarkState::unclear, 0.6);
  }
  // Beside a well circled word a few strokes are that circle's.
  if (ink.ring < 0.25) return reading(option, MarkState::empty, 0.9995);
  if (most >= 0.8 && ink.ring < 0.4) return reading(option, MarkState::empty, 0.99);
  return reading(option, MarkState::unclear, 0.6);
}

}  // namespace

MarkHabit habit_of(std::span<const std::vector<MarkInk>> choices) {
  constexpr int enough = 3;
  std::vector<double> pens;
  int astray = 0;
  int others = 0;
  for (const std::vector<MarkInk>& inks : choices) {
    for (const MarkInk& ink : inks) {
      if (ink.area < 0.6 || ink.main < 0.5 || ink.strikes > 0) continue;
      const bool torn = ink.lost > 0.2 || ink.seen < 0.5;
      const bool block = ink.shared > 0.5 || ink.outside > 16;
      if (torn || block) continue;
      ++(ink.astray ? astray : others);
      if (!solid(ink) && ink.pen > 0) pens.push_back(ink.pen);
    }
  }
  MarkHabit habit;
  habit.ticks = others >= enough && 3 * astray <= others;
  if (pens.size() < 2) return habit;
  const auto middle = pens.begin() + static_cast<std::ptrdiff_t>(pens.size() / 2);
  std::nth_element(pens.begin(), middle, pens.end());
  habit.pen_mm = *middle;
  return habit;
}

std::vector<MarkReading> judge_marks(std::span<const Option> options, std::span<const MarkInk> inks,
                                     const MarkHabit& habit) {
  double most = 0;
  for (const MarkInk& ink : inks) most = std::max(most, ink.ring);
  std::vector<MarkReading> readings;
  readings.reserve(options.size());
  for (std::size_t i = 0; i < options.size(); ++i) {
    readings.push_back(options[i].mark == MarkStyle::box ? judge_box(options[i], inks[i], habit)
                                                         : judge_word(options[i], inks[i], most));
  }
  return readings;
}

}  // namespace ocr
