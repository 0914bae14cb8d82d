#include <algorithm>
#include <cmath>
#include <utility>

#include "tests/faxsim/hand.hpp"

/// Digits as stroke skeletons. Coordinates are those of the digit's box: x 0 to 1 rightwards,
/// y 0 to 1 downwards; a point given twice is a corner. The forms are those taught in Japanese
/// schools (4 open, 5 in two strokes, 7 with a hook at its left, 1 bare), and what people make of
/// them.
namespace faxsim {
namespace {

struct Skeleton {
  double width;   ///< over the height
  double weight;  ///< how common, over the sum of a digit's forms
  std::vector<Stroke> strokes;
};

using Forms = std::vector<Skeleton>;

const std::array<Forms, 10>& forms() {
  static const std::array<Forms, 10> all = {{
      // 0: closed, with a tail at its top, open at its top, slashed
      {{0.62,
        0.55,
        {{{0.5, 0},
          {0.12, 0.18},
          {0, 0.5},
          {0.12, 0.85},
          {0.5, 1},
          {0.88, 0.83},
          {1, 0.5},
          {0.86, 0.15},
          {0.5, 0}}}},
       {0.62,
        0.2,
        {{{0.6, 0.02},
          {0.2, 0.1},
          {0, 0.5},
          {0.15, 0.88},
          {0.5, 1},
          {0.9, 0.8},
          {1, 0.45},
          {0.8, 0.1},
          {0.45, 0.03},
          {0.3, 0.12}}}},
       {0.62,
        0.15,
        {{{0.42, 0.06},
          {0.08, 0.25},
          {0, 0.55},
          {0.18, 0.9},
          {0.55, 1},
          {0.92, 0.8},
          {1, 0.45},
          {0.85, 0.12},
          {0.62, 0}}}},
       {0.66,
        0.1,
        {{{0.5, 0},
          {0.12, 0.18},
          {0, 0.5},
          {0.12, 0.85},
          {0.5, 1},
          {0.88, 0.83},
          {1, 0.5},
          {0.86, 0.15},
          {0.5, 0}},
         {{0.95, 0.02}, {0.05, 0.98}}}}},
      // 1: bare, leaning, with a flag
      {{0.1, 0.7, {{{0.5, 0}, {0.5, 0.5}, {0.5, 1}}}},
       {0.22, 0.15, {{{0.85, 0}, {0.5, 0.5}, {0.15, 1}}}},
       {0.3, 0.15, {{{0, 0.22}, {0.5, 0.1}, {0.85, 0}, {0.85, 0}, {0.85, 0.5}, {0.85, 1}}}}},
      // 2: straight foot, wavy foot, with a loop
      {{0.68,
        0.5,
        {{{0.02, 0.25},
          {0.2, 0.04},
          {0.6, 0},
          {0.95, 0.2},
          {0.85, 0.48},
          {0.4, 0.78},
          {0, 1},
          {0, 1},
          {0.5, 1},
          {1, 0.98}}}},
       {0.7,
        0.25,
        {{{0.05, 0.22},
          {0.3, 0.02},
          {0.7, 0.03},
          {0.92, 0.25},
          {0.7, 0.58},
          {0, 1},
          {0, 1},
          {0.3, 0.93},
          {0.65, 1},
          {1, 0.9}}}},
       {0.72,
        0.25,
        {{{0.05, 0.2},
          {0.35, 0},
          {0.85, 0.1},
          {0.9, 0.38},
          {0.5, 0.72},
          {0.12, 0.98},
          {0, 0.88},
          {0.2, 0.8},
          {0.55, 0.95},
          {1, 0.95}}}}},
      // 3: round, shallow waist, large belly
      {{0.62,
        0.5,
        {{{0.05, 0.12},
          {0.4, 0},
          {0.85, 0.1},
          {0.88, 0.32},
          {0.4, 0.46},
          {0.4, 0.46},
          {0.9, 0.56},
          {1, 0.8},
          {0.6, 1},
          {0, 0.9}}}},
       {0.6,
        0.3,
        {{{0, 0.1},
          {0.5, 0},
          {0.9, 0.18},
          {0.7, 0.42},
          {0.35, 0.48},
          {0.75, 0.5},
          {1, 0.72},
          {0.7, 0.97},
          {0.05, 0.95}}}},
       {0.66,
        0.2,
        {{{0.1, 0.08},
          {0.55, 0},
          {0.78, 0.2},
          {0.35, 0.4},
          {0.35, 0.4},
          {0.95, 0.5},
          {0.98, 0.85},
          {0.45, 1},
          {0, 0.85}}}}},
      // 4: open in two strokes, closed in one, closed with a long bar
      {{0.72,
        0.6,
        {{{0.32, 0}, {0.15, 0.35}, {0, 0.65}, {0, 0.65}, {0.5, 0.65}, {1, 0.62}},
         {{0.68, 0.25}, {0.67, 0.6}, {0.64, 1}}}},
       {0.7,
        0.25,
        {{{0.7, 0}, {0.35, 0.35}, {0, 0.66}, {0, 0.66}, {0.5, 0.67}, {1, 0.66}},
         {{0.72, 0}, {0.72, 0.5}, {0.7, 1}}}},
       {0.74,
        0.15,
        {{{0.1, 0.05}, {0.04, 0.35}, {0.05, 0.55}, {0.05, 0.55}, {0.5, 0.56}, {1, 0.5}},
         {{0.75, 0}, {0.73, 0.5}, {0.7, 1}}}}},
      // 5: two strokes, one stroke, bar that stands apart
      {{0.66,
        0.55,
        {{{0.15, 0.02},
          {0.1, 0.25},
          {0.06, 0.46},
          {0.06, 0.46},
          {0.4, 0.36},
          {0.85, 0.45},
          {1, 0.7},
          {0.7, 0.97},
          {0, 0.93}},
         {{0.15, 0.03}, {0.5, 0.03}, {0.95, 0}}}},
       {0.66,
        0.25,
        {{{0.95, 0},
          {0.5, 0.02},
          {0.18, 0.03},
          {0.18, 0.03},
          {0.08, 0.44},
          {0.08, 0.44},
          {0.55, 0.36},
          {0.98, 0.62},
          {0.8, 0.93},
          {0.3, 1},
          {0, 0.9}}}},
       {0.7,
        0.2,
        {{{0.12, 0.12},
          {0.08, 0.46},
          {0.08, 0.46},
          {0.5, 0.38},
          {0.92, 0.55},
          {0.9, 0.82},
          {0.5, 1},
          {0, 0.92}},
         {{0.2, 0.04}, {0.6, 0.02}, {1, 0.02}}}}},
      // 6: curved, straight back, small loop
      {{0.62,
        0.5,
        {{{0.7, 0},
          {0.25, 0.25},
          {0, 0.62},
          {0.12, 0.92},
          {0.5, 1},
          {0.92, 0.87},
          {0.95, 0.62},
          {0.55, 0.5},
          {0.15, 0.62},
          {0.05, 0.78}}}},
       {0.6,
        0.3,
        {{{0.55, 0},
          {0.2, 0.4},
          {0, 0.75},
          {0.2, 0.97},
          {0.6, 1},
          {1, 0.8},
          {0.8, 0.57},
          {0.4, 0.57},
          {0.06, 0.75}}}},
       {0.56,
        0.2,
        {{{0.45, 0},
          {0.08, 0.35},
          {0, 0.75},
          {0.25, 1},
          {0.75, 0.98},
          {0.95, 0.78},
          {0.7, 0.6},
          {0.3, 0.66},
          {0.08, 0.86}}}}},
      // 7: hooked (taught), plain, hooked and bent, with a bar
      {{0.68,
        0.6,
        {{{0.02, 0.32}, {0.03, 0.15}, {0.05, 0.02}},
         {{0.05, 0.04}, {0.5, 0.04}, {1, 0.02}, {1, 0.02}, {0.72, 0.45}, {0.5, 1}}}},
       {0.66, 0.2, {{{0, 0.04}, {0.5, 0.05}, {1, 0}, {1, 0}, {0.7, 0.45}, {0.42, 1}}}},
       {0.7,
        0.13,
        {{{0, 0.38},
          {0.02, 0.05},
          {0.02, 0.05},
          {0.5, 0.05},
          {0.98, 0.03},
          {0.98, 0.03},
          {0.8, 0.35},
          {0.68, 1}}}},
       {0.7,
        0.07,
        {{{0, 0.06}, {0.5, 0.05}, {1, 0.02}, {1, 0.02}, {0.7, 0.45}, {0.4, 1}},
         {{0.25, 0.52}, {0.6, 0.5}, {0.95, 0.49}}}}},
      // 8: one line from the top right, two rings, open at its top
      {{0.6,
        0.55,
        {{{0.85, 0.1},
          {0.5, 0},
          {0.12, 0.12},
          {0.2, 0.36},
          {0.7, 0.56},
          {0.95, 0.8},
          {0.55, 1},
          {0.05, 0.85},
          {0.2, 0.6},
          {0.7, 0.38},
          {0.85, 0.14}}}},
       {0.56,
        0.25,
        {{{0.5, 0}, {0.12, 0.2}, {0.5, 0.45}, {0.88, 0.2}, {0.5, 0}},
         {{0.5, 0.45}, {0.02, 0.72}, {0.5, 1}, {1, 0.72}, {0.5, 0.45}}}},
       {0.62,
        0.2,
        {{{0.95, 0.12},
          {0.5, 0.02},
          {0.1, 0.18},
          {0.35, 0.42},
          {0.85, 0.62},
          {0.85, 0.9},
          {0.4, 1},
          {0.02, 0.82},
          {0.35, 0.52},
          {0.8, 0.22},
          {0.88, 0}}}}},
      // 9: straight stem, bent stem, ring and stem
      {{0.58,
        0.45,
        {{{0.92, 0.12},
          {0.5, 0},
          {0.05, 0.2},
          {0.15, 0.45},
          {0.6, 0.48},
          {0.95, 0.2},
          {0.95, 0.08},
          {0.95, 0.08},
          {0.88, 0.55},
          {0.8, 1}}}},
       {0.6,
        0.35,
        {{{0.95, 0.18},
          {0.55, 0},
          {0.05, 0.18},
          {0.2, 0.46},
          {0.7, 0.44},
          {0.96, 0.15},
          {0.92, 0.6},
          {0.65, 0.92},
          {0.2, 1}}}},
       {0.56,
        0.2,
        {{{0.8, 0.05}, {0.3, 0}, {0, 0.25}, {0.35, 0.5}, {0.85, 0.3}, {0.82, 0.03}},
         {{0.92, 0.02}, {0.86, 0.5}, {0.7, 1}}}}},
  }};
  return all;
}

class StrokeHand : public Hand {
public:
  explicit StrokeHand(Chance chance) {
    Chance width = chance.branch("width");
    wide_ = width.between(0.85, 1.2);
    for (std::size_t digit = 0; digit < 10; ++digit) learn(digit, chance.branch("digit", digit));
  }

  void write(Canvas& canvas, int digit, const ocr::Box& cell, const Habit& habit,
             Chance& chance) const override {
    const Skeleton& form = own_[static_cast<std::size_t>(digit)];
    const Place place = place_digit(cell, habit, chance);
    // Little in a cell is wider than the cell, whatever the writer's habit.
    const double width = std::min(place.height * form.width * wide_, cell.width * 0.95);
    const double tilt = chance.normal(0, 0.035);
    for (const Stroke& skeleton : form.strokes) {
      Stroke control;
      for (std::size_t i = 0; i < skeleton.size(); ++i) {
        const ocr::Point& point = skeleton[i];
        if (i > 0 && point.x == skeleton[i - 1].x && point.y == skeleton[i - 1].y) {
          control.push_back(control.back());
          continue;
        }
        const double x = (point.x - 0.5) * width + chance.normal(0, habit.tremor) * place.height;
        const double y = (point.y - 0.5 + chance.normal(0, habit.tremor)) * place.height;
        control.push_back(
            {place.centre.x + x - habit.slant * y - tilt * y, place.centre.y + y + tilt * x});
      }
      canvas.stroke(smooth(control, 0.12), habit.pen_mm, habit.ink, habit.pressure, chance);
    }
  }

  [[nodiscard]] std::string name() const override { return "strokes"; }

private:
  /// This writer's form of a digit: one of the skeletons, its points moved once for all.
  void learn(std::size_t digit, Chance chance) {
    const Forms& choices = forms()[digit];
    double draw = chance.unit();
    const Skeleton* chosen = &choices.back();
    for (const Skeleton& form : choices) {
      draw -= form.weight;
      if (draw < 0) {
        chosen = &form;
        break;
      }
    }
    own_[digit] = *chosen;
    for (Stroke& stroke : own_[digit].strokes) {
      for (ocr::Point& point : stroke) {
        point.x += chance.normal(0, 0.03);
        point.y += chance.normal(0, 0.025);
      }
      keep_corners(chosen->strokes[static_cast<std::size_t>(&stroke - own_[digit].strokes.data())],
                   stroke);
    }
  }

  /// Points that were one in the skeleton stay one, so that corners stay sharp.
  static void keep_corners(const Stroke& taught, Stroke& own) {
    for (std::size_t i = 1; i < taught.size(); ++i) {
      if (taught[i].x == taught[i - 1].x && taught[i].y == taught[i - 1].y) own[i] = own[i - 1];
    }
  }

  std::array<Skeleton, 10> own_;
  double wide_ = 1;
};

class StrokeHands : public HandSource {
public:
  [[nodiscard]] std::unique_ptr<Hand> pick(Chance chance) const override {
    return std::make_unique<StrokeHand>(chance);
  }
};

}  // namespace

std::shared_ptr<const HandSource> stroke_hands() {
  return std::make_shared<StrokeHands>();
}

}  // namespace faxsim
