#pragma once

#include <cairo/cairo.h>

#include <memory>
#include <string>
#include <vector>

#include "ocr/layout.hpp"
#include "tests/faxsim/chance.hpp"

namespace faxsim {

/// What leaves a trace on paper. Darkness is what a fax's sensor sees: 0 nothing, 1 black.
struct Ink {
  double red = 0, green = 0, blue = 0;
  double darkness = 1;
};

inline constexpr Ink print_black{0, 0, 0, 1.0};
inline constexpr Ink white_paper{1, 1, 1, 0};

/// A grey or colour picture; 0 is black in `samples`.
struct Picture {
  int width = 0;
  int height = 0;
  double dpi = 400;
  std::vector<std::uint8_t> samples;  ///< grey, row by row
};

/// A line of the pen, in mm.
using Stroke = std::vector<ocr::Point>;

/// One sheet of paper that can be written on. All lengths are mm from its top left corner.
class Canvas {
public:
  /// Starts with what is printed already. The grey sheet holds darkness (255 black), because ink
  /// upon ink then is cairo's OVER.
  Canvas(const Picture& printed, bool colour);

  [[nodiscard]] double dpi() const { return dpi_; }
  [[nodiscard]] bool colour() const { return colour_; }
  [[nodiscard]] double width_mm() const { return width_mm_; }
  [[nodiscard]] double height_mm() const { return height_mm_; }
  [[nodiscard]] cairo_surface_t* finish();

  /// A pen line with round ends; `pressure` in [0, 1] is how much its width changes on the way.
  void stroke(const Stroke& line, double width_mm, const Ink& ink, double pressure, Chance& chance);
  void fill_box(const ocr::Box& box, const Ink& ink);
  void cover(const ocr::Box& box);  ///< white paper over everything

  /// Text in `font` (a Pango family), `size_mm` high, wrapped at the box's width.
  void text(const std::string& text, const ocr::Box& box, const std::string& font, double size_mm,
            const Ink& ink, bool centred = false);

  /// Nothing printed or written there.
  [[nodiscard]] bool is_empty(const ocr::Box& box) const;

  /// Straight at cairo, in mm; the caller restores what it changes.
  [[nodiscard]] cairo_t* cairo() { return context_.get(); }
  void set_ink(const Ink& ink);

private:
  struct Close {
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
    void operator()(cairo_t* context) const { cairo_destroy(context); }
  };
  std::unique_ptr<cairo_surface_t, Close> surface_;
  std::unique_ptr<cairo_t, Close> context_;
  double dpi_ = 400;
  double width_mm_ = 210;
  double height_mm_ = 297;
  bool colour_ = false;
};

/// Points on a smooth curve through `control`; a point given twice is a corner.
[[nodiscard]] Stroke smooth(const Stroke& control, double step_mm);

}  // namespace faxsim
