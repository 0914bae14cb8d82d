#include "ocr/ink_fields.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace ocr {
namespace {

constexpr double px_per_mm = 6;
constexpr double around_mm = 4;          ///< beside a seal's place, where its like is looked for
constexpr double seal_speck_mm2 = 0.03;  ///< a pale seal comes as a cloud of single pixels
constexpr double seal_dot_mm2 = 0.5;     ///< larger is no dot of a screen, even if two are joined
constexpr double hidden_share = 0.3;     ///< a block over more may hide a seal
constexpr double undecided_mm2 = 2.5;    ///< less than any seal, more than any dirt

/// Broad and filled through: no ring, no letters.
bool is_block(const Patch& patch, const cv::Rect& extent, int size) {
  constexpr double thinnest = 1.4;  // mm
  const double across = std::min(extent.width, extent.height) / patch.px_per_mm;
  return patch.mm2(size) > 4 && across > thinnest && size > 0.82 * extent.area();
}

/// Small pieces in a part of the patch, as a share of it.
double share_in(const Patch& patch, const cv::Mat& dots, const Box& box) {
  const cv::Rect area = patch.pixels(box);
  return area.empty() ? 0 : static_cast<double>(cv::countNonZero(dots(area))) / area.area();
}

/// How much of the paper around a box small pieces cover: the lower middle of its four sides, since
/// a seal may run over one or two.
double dirt_around(const Patch& patch, const cv::Mat& dots, const Box& box) {
  std::array shares{share_in(patch, dots, {box.x, box.y - around_mm, box.width, around_mm}),
                    share_in(patch, dots, {box.x, box.bottom(), box.width, around_mm}),
                    share_in(patch, dots, {box.x - around_mm, box.y, around_mm, box.height}),
                    share_in(patch, dots, {box.right(), box.y, around_mm, box.height})};
  std::ranges::sort(shares);
  return shares[1];
}

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

double seal_ink(const Sheet& sheet, const PrintedPage& printed, const Box& box) {
  const Transform placed = settle(sheet, printed.placement, std::span(&box, 1));
  Patch patch = cut(sheet, placed, grown(box, around_mm), px_per_mm);
  cv::threshold(patch.ink, patch.ink, 90, 255, cv::THRESH_BINARY);
  erase_rules(patch, printed.layout->rules, printed.thickening);
  erase_print(patch, printed.layout->print, 0.3);
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centres;
  const int count = cv::connectedComponentsWithStats(patch.ink, labels, stats, centres, 8, CV_32S);
  enum Kind : std::uint8_t { speck, dot, ink, block };
  std::vector<Kind> kinds(static_cast<std::size_t>(count), speck);
  for (int i = 1; i < count; ++i) {
    const int size = stats.at<int>(i, cv::CC_STAT_AREA);
    const cv::Rect extent(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                          stats.at<int>(i, cv::CC_STAT_WIDTH),
                          stats.at<int>(i, cv::CC_STAT_HEIGHT));
    Kind& kind = kinds[static_cast<std::size_t>(i)];
    if (patch.mm2(size) < seal_speck_mm2) continue;
    kind = is_block(patch, extent, size) ? block : patch.mm2(size) < seal_dot_mm2 ? dot : ink;
  }
  // The box's own frame may not stand among the rules.
  const cv::Rect inner = patch.pixels(grown(box, -0.4));
  cv::Mat dots = cv::Mat::zeros(patch.ink.size(), CV_8U);
  std::array<int, 4> inside{};
  for (int y = 0; y < labels.rows; ++y) {
    const int* label = labels.ptr<int>(y);
    for (int x = 0; x < labels.cols; ++x) {
      if (label[x] == 0) continue;
      const Kind kind = kinds[static_cast<std::size_t>(label[x])];
      if (kind == dot) dots.at<std::uint8_t>(y, x) = 255;
      if (inner.contains({x, y})) ++inside[kind];
    }
  }
  const double dirt = 1.3 * dirt_around(patch, dots, box) * inner.area();
  const double found = patch.mm2(inside[ink] + std::max(0.0, inside[dot] - dirt));
  const bool hidden = inside[block] > hidden_share * inner.area();
  return hidden ? std::max(found, undecided_mm2) : found;
}

}  // namespace ocr
