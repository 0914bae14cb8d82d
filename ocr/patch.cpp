#include "ocr/patch.hpp"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "ocr/lines.hpp"

namespace ocr {
namespace {

constexpr double settle_reach_mm = 0.8;

/// The most likely offset of the lines that were looked at together; 0 if nothing is to be seen.
class Offsets {
public:
  void add(const LineEvidence& line) {
    if (line.likeness.empty()) return;
    if (sum_.empty()) {
      sum_.assign(line.likeness.size(), 0);
      reach_ = line.reach;
    }
    if (line.reach != reach_) return;
    for (std::size_t i = 0; i < sum_.size(); ++i) sum_[i] += line.likeness[i];
    ++count_;
  }

  [[nodiscard]] double best() const {
    if (count_ == 0) return 0;
    std::vector<float> mean(sum_);
    for (std::size_t i = 0; i < mean.size(); ++i) {
      const double off = std::abs(static_cast<double>(i) - reach_) / std::max(1, reach_);
      // A stroke beside the frame must not win over the frame where it was expected.
      mean[i] = mean[i] / static_cast<float>(count_) * static_cast<float>(1 - 0.25 * off * off);
    }
    const Peak peak = peak_of(mean, reach_, 0, reach_);
    return peak.likeness > 0.2 ? peak.offset : 0;
  }

private:
  std::vector<float> sum_;
  int reach_ = 0;
  int count_ = 0;
};

/// Erases the run through or beside `middle` along one line of pixels.
void erase_run(std::uint8_t* first, std::ptrdiff_t step, int count, int middle, int slack,
               int longest) {
  const auto ink = [&](int i) { return first[i * step] != 0; };
  int at = -1;
  for (int off = 0; off <= slack && at < 0; ++off) {
    if (middle + off >= 0 && middle + off < count && ink(middle + off)) at = middle + off;
    if (at < 0 && middle - off >= 0 && middle - off < count && ink(middle - off)) at = middle - off;
  }
  if (at < 0) return;
  int low = at;
  int high = at;
  while (low > 0 && ink(low - 1) && high - low < longest) --low;
  while (high + 1 < count && ink(high + 1) && high - low < longest) ++high;
  if (high - low + 1 > longest) return;
  for (int i = low; i <= high; ++i) first[i * step] = 0;
}

void erase_rule(Patch& patch, const Rule& rule, double thickening) {
  cv::Mat& ink = patch.ink;
  const bool level = std::abs(rule.to.x - rule.from.x) > std::abs(rule.to.y - rule.from.y);
  const double slack_mm = 0.3;
  const int slack = static_cast<int>(std::ceil((rule.width / 2 + slack_mm) * patch.px_per_mm));
  // A line that covers half a row comes out as two rows.
  const double grain = level ? patch.grain_y : patch.grain_x;
  const double longest_mm = std::max(rule.width + thickening + 0.22, 2 * grain + 0.12);
  const int longest = std::max(2, static_cast<int>(std::lround(longest_mm * patch.px_per_mm)));
  const double from = level ? patch.column(std::min(rule.from.x, rule.to.x))
                            : patch.row(std::min(rule.from.y, rule.to.y));
  const double to = level ? patch.column(std::max(rule.from.x, rule.to.x))
                          : patch.row(std::max(rule.from.y, rule.to.y));
  const double across = level ? patch.row((rule.from.y + rule.to.y) / 2)
                              : patch.column((rule.from.x + rule.to.x) / 2);
  const int middle = static_cast<int>(std::floor(across));
  const int count = level ? ink.rows : ink.cols;
  if (middle + slack < 0 || middle - slack >= count) return;
  const int limit = level ? ink.cols : ink.rows;
  const int first = std::max(0, static_cast<int>(std::floor(from)) - slack);
  const int last = std::min(limit - 1, static_cast<int>(std::ceil(to)) + slack);
  const auto stride = static_cast<std::ptrdiff_t>(ink.step[0]);
  for (int u = first; u <= last; ++u) {
    if (level) {
      erase_run(ink.ptr<std::uint8_t>(0) + u, stride, count, middle, slack, longest);
    } else {
      erase_run(ink.ptr<std::uint8_t>(u), 1, count, middle, slack, longest);
    }
  }
}

}  // namespace

cv::Rect Patch::pixels(const Box& box) const {
  const cv::Rect wanted(cv::Point(static_cast<int>(std::lround(column(box.x))),
                                  static_cast<int>(std::lround(row(box.y)))),
                        cv::Point(static_cast<int>(std::lround(column(box.right()))),
                                  static_cast<int>(std::lround(row(box.bottom())))));
  return wanted & cv::Rect({0, 0}, ink.size());
}

Box Patch::millimetres(const cv::Rect& pixels) const {
  return {region.x + pixels.x / px_per_mm, region.y + pixels.y / px_per_mm,
          pixels.width / px_per_mm, pixels.height / px_per_mm};
}

Patch cut(const Sheet& sheet, const Transform& placed, const Box& region, double px_per_mm) {
  Patch patch;
  patch.region = region;
  patch.px_per_mm = px_per_mm;
  patch.grain_x = 1 / std::hypot(placed.a, placed.d);
  patch.grain_y = 1 / std::hypot(placed.b, placed.e);
  const cv::Size size(std::max(1, static_cast<int>(std::lround(region.width * px_per_mm))),
                      std::max(1, static_cast<int>(std::lround(region.height * px_per_mm))));
  const Scale scale = scale_of(placed);
  // Bilinear sampling sees two pixels: where the page is finer than that, sample finer and average.
  const int finer =
      std::clamp(static_cast<int>(std::ceil(std::max(scale.x, scale.y) / px_per_mm / 1.6)), 1, 8);
  const double step = 1 / (px_per_mm * finer);
  // Both pictures have their pixels' centres at halves; OpenCV's stand at whole numbers.
  const Point corner{region.x + step / 2, region.y + step / 2};
  const cv::Point2d origin = to_page(placed, corner) - cv::Point2d(0.5, 0.5);
  const cv::Matx23d map(placed.a * step, placed.b * step, origin.x,  //
                        placed.d * step, placed.e * step, origin.y);
  cv::Mat fine;
  cv::warpAffine(sheet.ink, fine, map, size * finer, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                 cv::BORDER_CONSTANT, 0);
  if (finer == 1) {
    patch.ink = fine;
  } else {
    cv::resize(fine, patch.ink, size, 0, 0, cv::INTER_AREA);
  }
  return patch;
}

Transform settle(const Sheet& sheet, const Placement& placement, std::span<const Box> boxes,
                 double line_width) {
  if (boxes.empty()) return placement.affine;
  Box all = boxes.front();
  for (const Box& box : boxes) all = joined(all, box);
  const Transform local = placement.near(centre_of(all));
  Offsets along_x;
  Offsets along_y;
  for (const Box& box : boxes) {
    const auto corner = corners_of(box);
    const std::vector<Rule> frame{{corner[0], corner[1], line_width},
                                  {corner[1], corner[2], line_width},
                                  {corner[3], corner[2], line_width},
                                  {corner[0], corner[3], line_width}};
    for (const LinePiece& piece : pieces_of(frame, 100, 1)) {
      const LineEvidence seen = look(sheet, local, piece, settle_reach_mm);
      (seen.across == Across::x ? along_x : along_y).add(seen);
    }
  }
  Transform settled = local;
  settled.c += along_x.best();
  settled.f += along_y.best();
  return settled;
}

void erase_rules(Patch& patch, std::span<const Rule> rules, double thickening) {
  const Box around = grown(patch.region, 1);
  for (const Rule& rule : rules) {
    const Box box{std::min(rule.from.x, rule.to.x), std::min(rule.from.y, rule.to.y),
                  std::abs(rule.to.x - rule.from.x), std::abs(rule.to.y - rule.from.y)};
    if (overlap(grown(box, 0.1), around)) erase_rule(patch, rule, thickening);
  }
}

void erase_print(Patch& patch, std::span<const Box> print, double by) {
  for (const Box& box : print) {
    const cv::Rect pixels = patch.pixels(grown(box, by));
    if (!pixels.empty()) patch.ink(pixels).setTo(0);
  }
}

double thickening_of(const Sheet& sheet, const Placement& placement, const PageLayout& layout) {
  constexpr std::size_t enough = 60;
  const std::vector<LinePiece> pieces = pieces_of(layout.rules);
  const std::size_t step = std::max<std::size_t>(1, pieces.size() / enough);
  std::vector<double> added;
  for (std::size_t i = 0; i < pieces.size(); i += step) {
    const LinePiece& piece = pieces[i];
    const Point middle{(piece.from.x + piece.to.x) / 2, (piece.from.y + piece.to.y) / 2};
    const Box around =
        grown({std::min(piece.from.x, piece.to.x), std::min(piece.from.y, piece.to.y),
               std::abs(piece.to.x - piece.from.x), std::abs(piece.to.y - piece.from.y)},
              1);
    const bool level = std::abs(piece.to.x - piece.from.x) > std::abs(piece.to.y - piece.from.y);
    const Patch patch = cut(sheet, placement.near(middle), around, 8);
    const int count = level ? patch.ink.cols : patch.ink.rows;
    // The ink across the line, summed over its width: blur moves ink, but keeps its sum.
    std::vector<int> widths;
    for (int u = count / 4; u < 3 * count / 4; ++u) {
      const cv::Mat across = level ? patch.ink.col(u) : patch.ink.row(u);
      widths.push_back(static_cast<int>(cv::sum(across)[0]));
    }
    if (widths.empty()) continue;
    std::ranges::nth_element(widths,
                             widths.begin() + static_cast<std::ptrdiff_t>(widths.size() / 2));
    added.push_back(widths[widths.size() / 2] / (255.0 * patch.px_per_mm) - piece.width);
  }
  if (added.size() < 5) return 0;
  std::ranges::nth_element(added, added.begin() + static_cast<std::ptrdiff_t>(added.size() / 2));
  return std::clamp(added[added.size() / 2], -0.15, 0.6);
}

}  // namespace ocr
