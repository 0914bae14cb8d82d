#include "ocr/ink_fields.hpp"

#include <cmath>

#include <opencv2/imgproc.hpp>

namespace ocr {
namespace {

constexpr double px_per_mm = 6;

}  // namespace

FieldInk look_at_ink(const Sheet& sheet, const PrintedPage& printed, const Box& box,
                     double smallest_mm2) {
  FieldInk found;
  const Transform placed = settle(sheet, printed.placement, std::span(&box, 1));
  Patch& patch = found.patch;
  patch = cut(sheet, placed, box, px_per_mm);
  cv::threshold(patch.ink, patch.ink, 90, 255, cv::THRESH_BINARY);
  erase_rules(patch, printed.layout->rules, printed.thickening);
  erase_print(patch, printed.layout->print, 0.3);
  // The box's own frame may not stand among the rules.
  const cv::Rect inner = patch.pixels(grown(box, -0.4));
  cv::Mat kept = cv::Mat::zeros(patch.ink.size(), CV_8U);
  if (!inner.empty()) patch.ink(inner).copyTo(kept(inner));
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centres;
  const int count = cv::connectedComponentsWithStats(kept, labels, stats, centres, 8, CV_32S);
  std::vector<std::uint8_t> keep(static_cast<std::size_t>(count), 0);
  for (int i = 1; i < count; ++i) {
    const double area = patch.mm2(stats.at<int>(i, cv::CC_STAT_AREA));
    if (area < smallest_mm2) continue;
    found.mm2 += area;
    keep[static_cast<std::size_t>(i)] = 255;
  }
  for (int y = 0; y < kept.rows; ++y) {
    auto* ink = kept.ptr<std::uint8_t>(y);
    const int* label = labels.ptr<int>(y);
    for (int x = 0; x < kept.cols; ++x) ink[x] = keep[static_cast<std::size_t>(label[x])];
  }
  patch.ink = kept;
  return found;
}

}  // namespace ocr
