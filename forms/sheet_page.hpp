#pragma once

#include <string>

#include "forms/sheet.hpp"

/// One page under construction, and the furniture that every page has.
namespace forms {

inline constexpr double page_left = 12;  ///< mm; print stays inside
inline constexpr double page_right = 198;
inline constexpr double body_bottom = 256;  ///< above the lower tag's quiet zone
inline constexpr double thin = 0.2;         ///< mm, line widths
inline constexpr double clear_thin = 0.25;  ///< at least one scan line at 98 lines an inch
inline constexpr double heavy = 0.8;

/// Puts things on a page, into the drawing and into the layout at once, so that neither can
/// say anything that the other does not. Coordinates are rounded to 0.01 mm.
class SheetPage {
public:
  explicit SheetPage(int number);

  void line(ocr::Point from, ocr::Point to, double width = thin);
  ocr::Box frame(const ocr::Box& box, double width = thin);
  /// Words with their top left corner at (x, y); gives the box of their ink.
  ocr::Box words(double x, double y, double size, const std::string& words, bool bold = false);
  /// The same, in the middle of `box`.
  ocr::Box centred(const ocr::Box& box, double size, const std::string& words, bool bold = false);
  /// Reserves a box, one em high, for what is known only when a copy is printed.
  void slot(const ocr::Box& box, Slot slot, Align align = Align::left, bool bold = false,
            int index = 0);
  void dot(ocr::Point centre, double diameter);
  void field(ocr::Field field);
  void tag(const ocr::Box& box, const ocr::Box& serial);

  ocr::PageLayout layout;
  Drawing drawing;
};

/// Anchors, tags, heading (who to whom, about whom, how to fill in) and foot.
/// Gives the y from which the body may be printed.
double furnish(SheetPage& page, const Definition& definition, int pages);

/// The 医療者用パス.
Sheet compose_pathway_sheet(const Definition& definition);

[[nodiscard]] double rounded(double millimetres);
[[nodiscard]] ocr::Box rounded(const ocr::Box& box);

}  // namespace forms
