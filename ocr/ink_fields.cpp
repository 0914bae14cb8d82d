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
constexpr double clearly_mm2 = 6;        ///< a seal, whatever the dirt
constexpr double undecided_mm2 = 2.5;    ///< less than any seal, more than any dirt

/// Broad and filled through: no ring, no letters.
bool is_block(const Patch& patch, const cv::Rect& extent, int size) {
  constexpr double thinnest = 1.4;  // mm
  const double across = std::min(extent.width, extent.height) / patch.px_per_mm;
  return patch.mm2(size) > 4 && across > thinnest && size > 0.82 * extent.area();
}

enum Kind : std::uint8_t { speck, dot, ink, block };

/// Level or upright, long and thin: a side of the printed frame that lies elsewhere because rows
/// were lost. It has as much ink as a seal.
bool is_rule(const Patch& patch, const cv::Rect& extent) {
  constexpr double thin_mm = 1.2, long_mm = 4;  // 14 mm at two degrees rise by half a millimetre
  const double across = std::min(extent.width, extent.height) / patch.px_per_mm;
  const double along = std::max(extent.width, extent.height) / patch.px_per_mm;
  return across < thin_mm && along > long_mm;
}

/// What kind of dirt or writing each piece of a patch is.
std::vector<Kind> kinds_of(const Patch& patch, const cv::Mat& stats) {
  std::vector<Kind> kinds(static_cast<std::size_t>(stats.rows), speck);
  for (int i = 1; i < stats.rows; ++i) {
    const int size = stats.at<int>(i, cv::CC_STAT_AREA);
    if (patch.mm2(size) < seal_speck_mm2) continue;
    const cv::Rect extent(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                          stats.at<int>(i, cv::CC_STAT_WIDTH),
                          stats.at<int>(i, cv::CC_STAT_HEIGHT));
    if (is_rule(patch, extent)) continue;
    const bool small = patch.mm2(size) < seal_dot_mm2;
    kinds[static_cast<std::size_t>(i)] = is_block(patch, extent, size) ? block : small ? dot : ink;
  }
  return kinds;
}

/// A part of the form with lines and words taken out.
Patch written_in(const Sheet& sheet, const Transform& placed, const PrintedPage& printed,
                 const Box& region) {
  Patch patch = cut(sheet, placed, region, px_per_mm);
  cv::threshold(patch.ink, patch.ink, 90, 255, cv::THRESH_BINARY);
  erase_rules(patch, printed.layout->rules, printed.thickening);
  erase_print(patch, printed.layout->print, 0.3);
  return patch;
}

/// How much of the paper around a box small pieces cover, a share. A seal may run over one side or
/// two, so that the lower middle of the four is taken; but a screen that fills a side may end under
/// the box, and is as dense as there.
double dirt_around(const Sheet& sheet, const Transform& placed, const PrintedPage& printed,
                   const Box& box) {
  const Patch patch = written_in(sheet, placed, printed, grown(box, around_mm));
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centres;
  cv::connectedComponentsWithStats(patch.ink, labels, stats, centres, 8, CV_32S);
  const std::vector<Kind> kinds = kinds_of(patch, stats);
  struct Side {
    Box box;
    double covered = 0;  ///< mm2
    int dots = 0;
    [[nodiscard]] double share() const { return covered / (box.width * box.height); }
    [[nodiscard]] double dots_a_mm2() const { return dots / (box.width * box.height); }
  };
  std::array sides{Side{{box.x, box.y - around_mm, box.width, around_mm}},
                   Side{{box.x, box.bottom(), box.width, around_mm}},
                   Side{{box.x - around_mm, box.y, around_mm, box.height}},
                   Side{{box.right(), box.y, around_mm, box.height}}};
  for (int i = 1; i < stats.rows; ++i) {
    if (kinds[static_cast<std::size_t>(i)] != dot) continue;
    const cv::Point middle(static_cast<int>(centres.at<double>(i, 0)),
                           static_cast<int>(centres.at<double>(i, 1)));
    for (Side& side : sides) {
      if (!patch.pixels(side.box).contains(middle)) continue;
      side.covered += patch.mm2(stats.at<int>(i, cv::CC_STAT_AREA));
      ++side.dots;
    }
  }
  std::ranges::sort(sides, {}, &Side::share);
  constexpr double screen_dots_a_mm2 = 0.45;
  const bool screened = sides[3].dots_a_mm2() > screen_dots_a_mm2;
  return screened ? (sides[2].share() + sides[3].share()) / 2 : sides[1].share();
}

/// The width, in pixels, of a piece of ink that is one line, straight or gently curved.
std::optional<double> width_of_line(const cv::Mat& piece) {
  constexpr double turns_little = 1.3;  // length over the distance of the ends: half a circle 1.57
  constexpr double turns_mm = 2.5;      // and at most so much longer: an arrow's head has more
  constexpr double slimmest = 3;        // length over width: less has no direction
  cv::Mat framed;
  cv::copyMakeBorder(piece, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT, 0);
  std::vector<std::vector<cv::Point>> outlines;
  cv::findContours(framed, outlines, cv::RETR_CCOMP, cv::CHAIN_APPROX_NONE);
  if (outlines.size() != 1) return std::nullopt;  // it closes on itself, or crosses
  // There and back again; without the steps of the page's rows (a quarter of a mm at 98 dpi).
  std::vector<cv::Point> outline;
  cv::approxPolyDP(outlines.front(), outline, 2, true);
  const double length = cv::arcLength(outline, true) / 2;
  const double width = cv::countNonZero(framed) / length;
  std::vector<cv::Point> hull;
  cv::convexHull(outlines.front(), hull);
  const auto [one, other] = farthest_apart(hull);
  const double apart = cv::norm(one - other);
  const bool line = length > slimmest * width &&
                    length < std::min(turns_little * apart, apart + turns_mm * px_per_mm);
  return line ? std::optional(width) : std::nullopt;
}

}  // namespace

std::optional<std::vector<Box>> lone_lines(const FieldInk& ink) {
  constexpr std::size_t most = 3;
  constexpr double speck_mm2 = 0.5;  // dust, alone
  constexpr double dust_mm2 = 0.8;   // all specks together: more may be a faint word
  constexpr double thickest_mm = 1;  // a felt pen
  constexpr double hair_mm = 0.2;    // the thinnest pen has 0.28
  constexpr double least_mm2 = 0.8, most_mm2 = 100;  // nothing; more than three lines have
  if (ink.mm2 < least_mm2 || ink.mm2 > most_mm2) return std::nullopt;
  const Patch& patch = ink.patch;
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centres;
  const int count = cv::connectedComponentsWithStats(patch.ink, labels, stats, centres, 8, CV_32S);
  std::vector<Box> lines;
  std::vector<Box> hairs;
  std::vector<Box> specks;
  double dust = 0;
  for (int i = 1; i < count; ++i) {
    const cv::Rect extent(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                          stats.at<int>(i, cv::CC_STAT_WIDTH),
                          stats.at<int>(i, cv::CC_STAT_HEIGHT));
    const Box box = patch.millimetres(extent);
    const double area = patch.mm2(stats.at<int>(i, cv::CC_STAT_AREA));
    if (area < speck_mm2) {
      specks.push_back(box);
      dust += area;
      if (dust > dust_mm2) return std::nullopt;
      continue;
    }
    if (lines.size() + hairs.size() == most) return std::nullopt;
    const auto width = width_of_line(labels(extent) == i);
    if (!width || *width > thickest_mm * patch.px_per_mm) return std::nullopt;
    (*width < hair_mm * patch.px_per_mm ? hairs : lines).push_back(box);
  }
  if (lines.empty() && hairs.empty()) return std::nullopt;
  std::vector<Box> all = lines;
  all.insert(all.end(), hairs.begin(), hairs.end());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Box around = grown(all[i], alone_mm);
    const auto near = [&](const Box& other) { return overlap(around, other); };
    if (std::any_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i), near) ||
        std::ranges::count_if(specks, near) > 1) {
      return std::nullopt;
    }
  }
  return lines;
}

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
  // The box's own frame may not stand among the rules.
  const Patch patch = written_in(sheet, placed, printed, grown(box, -0.4));
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centres;
  cv::connectedComponentsWithStats(patch.ink, labels, stats, centres, 8, CV_32S);
  std::array<double, 4> inside{};
  const std::vector<Kind> kinds = kinds_of(patch, stats);
  for (std::size_t i = 1; i < kinds.size(); ++i) {
    inside[kinds[i]] += patch.mm2(stats.at<int>(static_cast<int>(i), cv::CC_STAT_AREA));
  }
  const double area = patch.region.width * patch.region.height;
  double found = inside[ink];
  // Looking around costs as much again, and is only needed where it decides.
  if (inside[dot] > 0.5 && found < clearly_mm2) {
    const double dirt = 1.3 * dirt_around(sheet, placed, printed, box) * area;
    found += std::max(0.0, inside[dot] - dirt);
  } else {
    found += inside[dot];
  }
  return inside[block] > hidden_share * area ? std::max(found, undecided_mm2) : found;
}

}  // namespace ocr
