#pragma once

#include <memory>
#include <string>

#include "tests/faxsim/canvas.hpp"
#include "tests/faxsim/chance.hpp"
#include "tests/faxsim/faxsim.hpp"

namespace faxsim {

/// How one person writes on one day: drawn once a form, so that a form looks written by one hand.
struct Habit {
  Ink ink;
  double pen_mm = 0.4;  ///< 0.25 (fine ballpoint) to 0.7 (felt pen)
  double pressure = 0.2;
  double slant = 0;        ///< dx per dy; Japanese writers lean little, either way
  double size = 0.7;       ///< height of a digit over that of its cell
  double wander = 0.05;    ///< sigma of a digit's place, over the cell's size
  double tremor = 0.02;    ///< sigma of control points, over the digit's size
  bool pads_zero = false;  ///< 05 for 5 in months and days
  MarkShape mark = MarkShape::tick;
  double mark_size = 1;      ///< over the box's size
  double mark_wander = 0.1;  ///< sigma, over the box's size
};

[[nodiscard]] Habit draw_habit(Chance chance);

/// One writer's digits.
class Hand {
public:
  virtual ~Hand() = default;
  /// Writes `digit` (0 to 9) into `cell`.
  virtual void write(Canvas& canvas, int digit, const ocr::Box& cell, const Habit& habit,
                     Chance& chance) const = 0;
  /// What the truth calls it: "strokes", or "images, writer 2578".
  [[nodiscard]] virtual std::string name() const = 0;
};

class HandSource {
public:
  virtual ~HandSource() = default;
  [[nodiscard]] virtual std::unique_ptr<Hand> pick(Chance chance) const = 0;
};

/// Drawn by the program: skeletons as Japanese write them, each writer with own forms.
[[nodiscard]] std::shared_ptr<const HandSource> stroke_hands();

/// Digit images in the MNIST format (idx, plain or gzip), with a file of writers beside them.
/// `split` is "train" or "test". Throws BadInput.
[[nodiscard]] std::shared_ptr<const HandSource> image_hands(const std::filesystem::path& folder,
                                                            const std::string& split);

/// Where a digit goes in its cell: centre and height, mm.
struct Place {
  ocr::Point centre;
  double height = 5;
};
[[nodiscard]] Place place_digit(const ocr::Box& cell, const Habit& habit, Chance& chance);

}  // namespace faxsim
