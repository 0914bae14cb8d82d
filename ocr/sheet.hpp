#pragma once

#include <vector>

#include <opencv2/core.hpp>

#include "ocr/document.hpp"

/// A page as all later steps see it: ink and paper only.
namespace ocr {

struct Sheet {
  cv::Mat ink;  ///< CV_8U as large as the page, 0 paper, 255 ink
  double px_per_mm_x = 8;
  double px_per_mm_y = 8;       ///< as the page arrived; fax pixels are not square
  double contrast = 1;          ///< 0 to 1: how far ink and paper stand apart
  bool inverted = false;        ///< the page came white on black
  std::vector<cv::Range> lost;  ///< bands of rows that came as nonsense and were taken out
};

/// Share of the rows of a rectangle of pixels that the line lost: nothing there was left empty by
/// anyone.
[[nodiscard]] double lost_share(const Sheet& sheet, const cv::Rect& pixels);

/// Grey pages are binarised against their surroundings (shadows, coloured paper, faint pens);
/// a page that is mostly black is taken for a negative. Rows that
/// the line spoilt are mended. Takes about 1 ms for a fine fax page,
/// 15 ms for A4 grey at 300 dpi.
[[nodiscard]] Sheet sheet_of(const Page& page);

/// The page at about `px_per_mm` pixels a millimetre in both directions, each pixel the share of
/// ink in it (0-255); for steps that look at the whole page.
struct Overview {
  cv::Mat ink;
  double to_x = 1;  ///< pixels of the page a pixel of the overview
  double to_y = 1;
  double px_per_mm_x = 2;
  double px_per_mm_y = 2;
};
[[nodiscard]] Overview overview_of(const Sheet& sheet, double px_per_mm = 2);

}  // namespace ocr
