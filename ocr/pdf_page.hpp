#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ocr/document.hpp"
#include "ocr/qpdf.hpp"

/// What a PDF page shows, as far as it takes to take scanned pictures out unchanged.
namespace ocr {

/// An image XObject as it is drawn.
struct Placement {
  QPDFObjectHandle image;
  QPDFMatrix matrix;  ///< the unit square of the image to points of the page
  bool black = true;  ///< the fill colour, which an image mask is drawn in
};

struct PageContents {
  /// Nothing but whole pictures, and text that is not shown (the text layer of OCR), is drawn.
  bool pictures_only = true;
  std::vector<Placement> pictures;
  bool symbol_coded = false;         ///< a JBIG2 picture is among the page's resources
  bool picture_content = false;      ///< a content stream is coded as a picture: a bomb
  std::int64_t largest_picture = 0;  ///< pixels of the largest picture among the resources
};

/// Follows the page's content stream. What it does not understand makes `pictures_only` false.
[[nodiscard]] PageContents read_contents(QPDFPageObjectHelper page);

/// Box of the page that is shown, in points, and how it is turned.
struct Sheet {
  double left = 0, bottom = 0, right = 612, top = 792;
  int rotate = 0;   ///< degrees clockwise: 0, 90, 180, 270
  double unit = 1;  ///< of a point
};
[[nodiscard]] Sheet read_sheet(QPDFPageObjectHelper page);

/// How a picture lies on the shown page.
struct Lie {
  int orientation = 1;  ///< 1 to 8, as in TIFF
  double width = 0;     ///< points along the picture's rows
  double height = 0;
};
/// None if it lies askew.
[[nodiscard]] std::optional<Lie> lie_of(const QPDFMatrix& matrix, const Sheet& sheet);

/// Decodes an image XObject by itself, in image space, without resolution. None if its coding,
/// colours or masks are not plain; then the page is rendered. Throws Unreadable (too_large).
[[nodiscard]] std::optional<Page> decode_image(const Placement& placement, const Limits& limits);

/// The page's one picture, or its strips put together, if that is all it shows.
[[nodiscard]] std::optional<Page> take_picture(const PageContents& contents, const Sheet& sheet,
                                               const Limits& limits);

}  // namespace ocr
