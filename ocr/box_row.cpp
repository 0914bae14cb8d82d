#include "ocr/box_row.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include <opencv2/imgproc.hpp>

#include "ocr/box_frames.hpp"

namespace ocr {
namespace {

constexpr double frame_inset_mm = 0.35;     ///< half a thick frame, and a small misplacement
constexpr double box_margin_mm = 3;         ///< how far a tick's tail is followed
constexpr double smallest_tick_mm2 = 0.16;  ///< a screen's dots have 0.1
constexpr double thin_mm = -0.02;           ///< thickening of a page whose frames have gaps
constexpr double thinnest_pen_mm = 0.17;    ///< fine pens draw 0.25; hairs have 0.05 to 0.1

/// Lengths of the runs of ink through each pixel of a region, along its rows.
cv::Mat runs_along(const cv::Mat& ink) {
  cv::Mat runs = cv::Mat::zeros(ink.size(), CV_32S);
  for (int y = 0; y < ink.rows; ++y) {
    const auto* from = ink.ptr<std::uint8_t>(y);
    int* to = runs.ptr<int>(y);
    for (int x = 0; x < ink.cols;) {
      int end = x;
      while (end < ink.cols && from[end] != 0) ++end;
      std::fill(to + x, to + end, end - x);
      x = std::max(end, x + 1);
    }
  }
  return runs;
}

/// Median thickness of the ink of a region in mm, in the page's own pixels: a patch blurs what is
/// one pixel wide.
double thickness_of(const Sheet& sheet, const cv::Rect& region) {
  if (region.width < 4 || region.height < 4) return 0;
  const cv::Mat ink = sheet.ink(region);
  const cv::Mat along = runs_along(ink);
  const cv::Mat down = runs_along(ink.t()).t();
  std::vector<double> thickness;
  for (int y = 0; y < ink.rows; ++y) {
    for (int x = 0; x < ink.cols; ++x) {
      if (along.at<int>(y, x) == 0) continue;
      thickness.push_back(std::min(along.at<int>(y, x) / sheet.px_per_mm_x,
                                   down.at<int>(y, x) / sheet.px_per_mm_y));
    }
  }
  if (thickness.size() < 6) return 0;
  const auto middle = thickness.begin() + static_cast<std::ptrdiff_t>(thickness.size() / 2);
  std::nth_element(thickness.begin(), middle, thickness.end());
  return *middle;
}

}  // namespace

BoxRow::BoxRow(const Sheet& sheet, const PrintedPage& page, std::vector<Box> boxes, double off_mm)
    : sheet_(&sheet), boxes_(std::move(boxes)), thin_(page.thickening < thin_mm) {
  Box region = boxes_.front();
  for (const Box& box : boxes_) region = joined(region, box);
  Placement placement = page.placement;
  placement.affine.f += off_mm * sheet.px_per_mm_y;
  placed_ = settle(sheet, placement, boxes_);
  strokes_ = strokes_of(sheet, placed_, page, grown(region, box_margin_mm), {}, smallest_tick_mm2);
  drop(strokes_, frame_remains(strokes_, boxes_, page.thickening));
  // What blur adds to frames it adds to faint ink by halves.
  thinnest_pen_ = thinnest_pen_mm + std::min(page.thickening, page.thickening / 2);
  share_out();
}

double BoxRow::seen() const {
  double sum = 0;
  for (const Box& box : boxes_) sum += frame_seen(strokes_.printed, box);
  return sum / static_cast<double>(boxes_.size());
}

MarkInk BoxRow::ink(std::size_t m) const {
  MarkInk ink;
  measure_inside(m, ink);
  measure_around(m, ink);
  ink.shared = shared_[m];
  ink.seen = frame_seen(strokes_.printed, boxes_[m]);
  if (thin_) ink.seen = std::min(1.0, 1.5 * ink.seen);  // some of every frame is missing
  ink.lost = lost_share(*sheet_, pixels_of(placed_, boxes_[m], sheet_->ink.size()));
  const cv::Rect about = strokes_.patch.pixels(grown(boxes_[m], 1));
  ink.screened = strokes_.screen.touches(about);
  ink.specks = specks_in(m, ink.screened ? 2.5 : 1.5);
  ink.veiled =
      ink.screened && thin_ && (!strokes_.screen.covers(about) || specks_in(m, 1.3) > 0.05);
  ink.pieces = thin_;
  ink.lined = ink.screened && lined(m);
  if (ink.area > 0.3) {
    // A filled box is black from side to side: lines that strike it out must show beyond, and what
    // frays there tells nothing.
    const bool solid = ink.fill > 0.55;
    ink.strikes = strikes_through(strokes_, boxes_[m], solid ? 1.1 : 0.7);
    if (ink.strikes == 1 && !solid && part_at_both_ends(strokes_, boxes_[m])) ink.strikes = 2;
    ink.sides = sides_covered(m);
    ink.pen =
        thickness_of(*sheet_, pixels_of(placed_, grown(boxes_[m], -0.55), sheet_->ink.size()));
    ink.hair = ink.pen > 0 && ink.pen < thinnest_pen_;
    ink.astray = ink.fill < 0.5 && astray(m, ink.pen);
  }
  return ink;
}

cv::Rect BoxRow::inner(std::size_t m) const {
  return strokes_.patch.pixels(grown(boxes_[m], -frame_inset_mm));
}

double BoxRow::specks_in(std::size_t m, double times) const {
  constexpr double inset = 0.6;
  constexpr double band = 2;
  constexpr int fewest = 3;  // one or two are dust
  const Box& box = boxes_[m];
  const cv::Rect area = strokes_.patch.pixels(grown(box, -inset));
  if (area.empty()) return 0;
  const cv::Mat inside = strokes_.dust(area);
  const int pixels = cv::countNonZero(inside);
  if (pixels == 0) return 0;
  cv::Mat labels;
  if (cv::connectedComponents(inside, labels, 8, CV_32S) - 1 < fewest) return 0;
  const std::array bands{Box{box.x, box.y - inset - band, box.width, band},
                         Box{box.x, box.bottom() + inset, box.width, band},
                         Box{box.x - inset - band, box.y, band, box.height},
                         Box{box.right() + inset, box.y, band, box.height}};
  std::array<double, bands.size()> shares{};
  std::ranges::transform(bands, shares.begin(), [this](const Box& each) {
    const cv::Rect around = strokes_.patch.pixels(each);
    return around.empty()
               ? 0.0
               : static_cast<double>(cv::countNonZero(strokes_.dust(around))) / around.area();
  });
  std::ranges::sort(shares, std::greater{});
  // Words hide what lies to one side, a screen may end at another.
  const double around = (shares[0] + shares[1]) / 2;
  return strokes_.patch.mm2(std::max(0.0, pixels - times * around * area.area()));
}

void BoxRow::share_out() {
  owner_.assign(strokes_.count(), -1);
  shared_.assign(boxes_.size(), 0);
  std::vector<std::vector<int>> shares(strokes_.count(), std::vector<int>(boxes_.size(), 0));
  for (std::size_t m = 0; m < boxes_.size(); ++m) {
    const cv::Rect area = inner(m);
    for (int y = area.y; y < area.br().y; ++y) {
      const int* labels = strokes_.labels.ptr<int>(y);
      for (int x = area.x; x < area.br().x; ++x) {
        ++shares[static_cast<std::size_t>(labels[x])][m];
      }
    }
  }
  for (std::size_t stroke = 1; stroke < shares.size(); ++stroke) {
    const auto most = std::ranges::max_element(shares[stroke]);
    if (*most == 0) continue;
    const auto m = static_cast<std::size_t>(most - shares[stroke].begin());
    owner_[stroke] = static_cast<int>(m);
    for (std::size_t k = 0; k < boxes_.size(); ++k) {
      if (k == m || shares[stroke][k] == 0) continue;
      const double part = static_cast<double>(shares[stroke][k]) / *most;
      shared_[k] = std::max(shared_[k], part);
      shared_[m] = std::max(shared_[m], part);
    }
  }
}

void BoxRow::measure_inside(std::size_t m, MarkInk& ink) const {
  const cv::Rect area = inner(m);
  if (area.empty()) return;
  int pixels = 0;
  cv::Rect extent;
  std::vector<cv::Rect> extents(strokes_.count());
  for (int y = area.y; y < area.br().y; ++y) {
    const int* labels = strokes_.labels.ptr<int>(y);
    for (int x = area.x; x < area.br().x; ++x) {
      if (!owns(m, labels[x])) continue;
      ++pixels;
      const cv::Rect here(x, y, 1, 1);
      extent = pixels == 1 ? here : (extent | here);
      cv::Rect& own = extents[static_cast<std::size_t>(labels[x])];
      own = own.empty() ? here : (own | here);
    }
  }
  for (const cv::Rect& own : extents) {
    ink.main = std::max({ink.main, static_cast<double>(own.width) / area.width,
                         static_cast<double>(own.height) / area.height});
  }
  ink.area = strokes_.patch.mm2(pixels);
  ink.fill = static_cast<double>(pixels) / area.area();
  ink.width = static_cast<double>(extent.width) / area.width;
  ink.height = static_cast<double>(extent.height) / area.height;
  ink.length = std::hypot(extent.width, extent.height) / strokes_.patch.px_per_mm;
}

int BoxRow::pixels_inside(std::size_t m) const {
  const cv::Rect area = inner(m);
  int pixels = 0;
  for (int y = area.y; y < area.br().y; ++y) {
    const int* labels = strokes_.labels.ptr<int>(y);
    for (int x = area.x; x < area.br().x; ++x) pixels += owns(m, labels[x]) ? 1 : 0;
  }
  return pixels;
}

void BoxRow::measure_around(std::size_t m, MarkInk& ink) const {
  const Patch& patch = strokes_.patch;
  const cv::Rect outer = patch.pixels(grown(boxes_[m], 0.65));
  const cv::Rect frame = patch.pixels(grown(boxes_[m], 0.25));
  const cv::Rect near = patch.pixels(grown(boxes_[m], 1.5));
  int rim = 0;
  int beside = 0;
  for (int y = near.y; y < near.br().y; ++y) {
    const int* labels = strokes_.labels.ptr<int>(y);
    for (int x = near.x; x < near.br().x; ++x) {
      if (labels[x] == 0) continue;
      const cv::Point here(x, y);
      if (outer.contains(here) && !frame.contains(here)) ++rim;
      if (owner_[static_cast<std::size_t>(labels[x])] < 0) ++beside;
    }
  }
  int outside = -pixels_inside(m);
  for (std::size_t stroke = 1; stroke < strokes_.count(); ++stroke) {
    if (owns(m, static_cast<int>(stroke))) outside += strokes_.sizes[stroke];
  }
  const int around = outer.area() - frame.area();
  ink.rim = around > 0 ? static_cast<double>(rim) / around : 0;
  ink.outside = patch.mm2(outside);
  ink.beside = patch.mm2(beside);
  for (std::size_t stroke = 1; stroke < strokes_.count(); ++stroke) {
    const bool around_box = (strokes_.extents[stroke] & frame) == frame;
    if (owner_[stroke] < 0 && around_box) ink.ring = 1;
  }
}

bool BoxRow::lined(std::size_t m) const {
  constexpr double each_way_mm = 1;
  constexpr double longest_dot_mm = 2;
  const cv::Rect area = pixels_of(placed_, grown(boxes_[m], -0.55), sheet_->ink.size());
  if (area.empty()) return false;
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centres;
  const int count =
      cv::connectedComponentsWithStats(sheet_->ink(area), labels, stats, centres, 8, CV_32S);
  for (int i = 1; i < count; ++i) {
    const double across = stats.at<int>(i, cv::CC_STAT_WIDTH) / sheet_->px_per_mm_x;
    const double down = stats.at<int>(i, cv::CC_STAT_HEIGHT) / sheet_->px_per_mm_y;
    if (std::min(across, down) > each_way_mm && std::hypot(across, down) > longest_dot_mm) {
      return true;
    }
  }
  return false;
}

bool BoxRow::astray(std::size_t m, double pen_mm) const {
  constexpr double whole = 0.85;  // of the ink
  int all = 0;
  std::size_t main = 0;
  for (std::size_t stroke = 1; stroke < strokes_.count(); ++stroke) {
    if (!owns(m, static_cast<int>(stroke))) continue;
    all += strokes_.sizes[stroke];
    if (main == 0 || strokes_.sizes[stroke] > strokes_.sizes[main]) main = stroke;
  }
  return main > 0 && strokes_.sizes[main] >= whole * all &&
         leans_unlike_ticks(strokes_, main, pen_mm);
}

int BoxRow::sides_covered(std::size_t m) const {
  constexpr double near = 0.4;
  constexpr double wide = 0.35;
  const Box& box = boxes_[m];
  const Box level{box.x + 0.1 * box.width, box.y, 0.8 * box.width, box.height};
  const Box upright{box.x, box.y + 0.1 * box.height, box.width, 0.8 * box.height};
  const std::array bands{Box{level.x, box.y - near - wide, level.width, wide},
                         Box{level.x, box.bottom() + near, level.width, wide},
                         Box{box.x - near - wide, upright.y, wide, upright.height},
                         Box{box.right() + near, upright.y, wide, upright.height}};
  return static_cast<int>(std::ranges::count_if(bands, [this](const Box& band) {
    const cv::Rect area = strokes_.patch.pixels(band);
    return !area.empty() && 2 * cv::countNonZero(strokes_.patch.ink(area)) > area.area();
  }));
}

}  // namespace ocr
