#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <opencv2/core.hpp>

#include "ocr/align.hpp"
#include "ocr/document.hpp"
#include "ocr/layout.hpp"
#include "ocr/strokes.hpp"

/// A made-up form and pages of it, drawn in the tests: print, strokes of a pen, then what a fax
/// machine does. Tags are drawn as grey squares; their corners are known without a search.
namespace ocr_test {

/// Two tags, four anchors, two choices with boxes, one of words to circle, a number, a date with
/// eras to circle, a text box and a place for a seal.
[[nodiscard]] ocr::PageLayout made_up_layout();

[[nodiscard]] const ocr::Field& field(const ocr::PageLayout& layout, const std::string& name);

/// A line through points, mm on the form.
struct Stroke {
  std::vector<ocr::Point> points;
  double pen = 0.4;  ///< mm
};

// Strokes as people make them in and about a box.
[[nodiscard]] Stroke tick(const ocr::Box& box, double size = 1, double dx = 0, double dy = 0);
[[nodiscard]] std::vector<Stroke> cross(const ocr::Box& box, double size = 0.9);
[[nodiscard]] std::vector<Stroke> filled(const ocr::Box& box, double by = 0);
[[nodiscard]] Stroke circle(const ocr::Box& box, double room = 1, double turn = 1);
[[nodiscard]] std::vector<Stroke> struck_out(const ocr::Box& box);

struct Machine {
  double dpi_x = 204;
  double dpi_y = 196;
  double turned = 0;  ///< degrees clockwise
  double scale = 1;
  double stretch = 1;  ///< along the feed
  double shift_x = 0;  ///< mm
  double shift_y = 0;
  double blur_mm = 0.06;
  double threshold = 0.5;  ///< share of ink that makes a black pixel; lower: thicker lines
  int lost_from = -1;      ///< rows lost, px
  int lost = 0;
  int dust = 0;       ///< specks
  bool grey = false;  ///< a scan: not binarised, with a shadow
  bool negative = false;
  unsigned seed = 1;
  std::vector<int> hidden_anchors;
};

struct Drawn {
  ocr::Page page;
  std::vector<ocr::SeenTag> tags;  ///< corners as a search would find them, to half a pixel
  /// Where a place of the form really is on the page.
  cv::Matx23d truth;
  int lost_from = -1;
  int lost = 0;
  [[nodiscard]] cv::Point2d at(ocr::Point mm) const;
};

[[nodiscard]] Drawn draw(const ocr::PageLayout& layout, const std::vector<Stroke>& strokes,
                         const Machine& machine = {});

/// A made-up page with strokes, drawn and aligned again. Throws std::runtime_error if it cannot be.
class Laid {
public:
  explicit Laid(const std::vector<Stroke>& strokes, const Machine& machine = {});
  /// Of this object.
  [[nodiscard]] ocr::PrintedPage printed() const { return {&layout, placement, thickening}; }

  ocr::PageLayout layout = made_up_layout();
  ocr::Sheet sheet;
  ocr::Placement placement;
  double thickening = 0;
};

}  // namespace ocr_test
