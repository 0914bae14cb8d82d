#include "ocr/marks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <opencv2/imgproc.hpp>

#include "ocr/box_row.hpp"

namespace ocr {
namespace {

constexpr double word_margin_mm = 6;
constexpr double much_lost = 0.2;          ///< share of rows; half a circle is none
constexpr double smallest_arc_mm2 = 0.08;  ///< a thin circle comes in pieces

/// Options whose boxes stand in one row are found on the page together.
std::vector<std::vector<std::size_t>> rows_of(std::span<const Option> options) {
  std::vector<std::vector<std::size_t>> rows;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const Box& box = options[i].box;
    const auto row = std::ranges::find_if(rows, [&](const std::vector<std::size_t>& members) {
      const Box& first = options[members.front()].box;
      return std::abs(centre_of(first).y - centre_of(box).y) < 0.3 * box.height;
    });
    if (row == rows.end()) {
      rows.push_back({i});
    } else {
      row->push_back(i);
    }
  }
  return rows;
}

/// A row that lost rows tore apart: a page that lies askew has lost them under some of the boxes
/// only, and the rest stand as they ought to.
std::vector<std::vector<std::size_t>> torn_apart(const std::vector<std::size_t>& row,
                                                 std::span<const Option> options,
                                                 const Sheet& sheet, const Placement& placement) {
  constexpr double torn_mm = 0.3;
  const auto shift = [&](std::size_t member) {
    const Transform here = placement.near(centre_of(options[member].box));
    return (here.f - placement.affine.f) / sheet.px_per_mm_y;
  };
  std::vector<std::vector<std::size_t>> parts;
  for (const std::size_t member : row) {
    const bool same =
        !parts.empty() && std::abs(shift(parts.back().front()) - shift(member)) < torn_mm;
    if (!same) parts.emplace_back();
    parts.back().push_back(member);
  }
  return parts;
}

/// Words of one row, one of which may be circled.
class WordRow {
public:
  static constexpr int directions = 24;

  WordRow(const Sheet& sheet, const PrintedPage& page, std::vector<Box> words)
      : sheet_(sheet), words_(std::move(words)) {
    Box region = words_.front();
    for (const Box& box : words_) region = joined(region, box);
    placed_ = page.placement.near(centre_of(region));
    eaten_ = page.thickening < eaten_mm;
    strokes_ = strokes_of(sheet, placed_, page, grown(region, word_margin_mm), words_,
                          eaten_ ? smallest_arc_mm2 / 2 : smallest_arc_mm2);
    rings_.assign(words_.size(), {});
    std::vector<std::vector<std::array<bool, directions>>> around;
    for (const Box& word : words_) around.push_back(enclosed(word));
    // A stroke circles the word that it encloses most.
    for (std::size_t stroke = 1; stroke < strokes_.count(); ++stroke) {
      std::size_t best = 0;
      std::ptrdiff_t most = 0;
      for (std::size_t m = 0; m < words_.size(); ++m) {
        const auto count = std::ranges::count(around[m][stroke], true);
        if (count <= most) continue;
        most = count;
        best = m;
      }
      for (std::size_t d = 0; d < directions; ++d) rings_[best][d] |= around[best][stroke][d];
    }
  }

  [[nodiscard]] MarkInk ink(std::size_t m) const {
    MarkInk ink;
    ink.ring = static_cast<double>(std::ranges::count(rings_[m], true)) / directions;
    ink.pieces = eaten_;
    ink.strikes = strikes_through(strokes_, words_[m]);
    const cv::Rect word = strokes_.printed.pixels(words_[m]);
    if (word.empty()) return ink;
    // Type covers a sixth to a third of the box of a word.
    const double covered =
        static_cast<double>(cv::countNonZero(strokes_.printed.ink(word))) / word.area();
    ink.seen = std::min(1.0, covered / 0.1);
    ink.fill = covered;
    const Box ring = grown(words_[m], 1.5);
    if (lost_share(sheet_, pixels_of(placed_, ring, sheet_.ink.size())) > much_lost) ink.seen = 0;
    return ink;
  }

private:
  /// For each stroke, the directions from the word's middle in which it passes around the word.
  /// What is dark for more than 2 mm on end is no pen's line.
  [[nodiscard]] std::vector<std::array<bool, directions>> enclosed(const Box& word) const {
    std::vector<std::array<bool, directions>> found(strokes_.count());
    const Patch& patch = strokes_.patch;
    const Point centre = centre_of(word);
    const double step = 0.8 / patch.px_per_mm;
    for (std::size_t d = 0; d < directions; ++d) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(d) / directions;
      int last = 0;
      double run = 0;
      for (double out = -0.7; out < 3.6; out += step) {
        const int column =
            static_cast<int>(patch.column(centre.x + std::cos(angle) * (word.width / 2 + out)));
        const int row =
            static_cast<int>(patch.row(centre.y + std::sin(angle) * (word.height / 2 + out)));
        const bool on_patch =
            column >= 0 && row >= 0 && column < patch.ink.cols && row < patch.ink.rows;
        const int label = on_patch ? strokes_.labels.at<int>(row, column) : 0;
        if (label == 0 && last > 0 && run < 2) found[static_cast<std::size_t>(last)][d] = true;
        run = label > 0 ? run + step : 0;
        last = label;
      }
    }
    return found;
  }

  const Sheet& sheet_;
  Transform placed_;
  std::vector<Box> words_;
  bool eaten_ = false;
  Strokes strokes_;
  std::vector<std::array<bool, directions>> rings_;
};

std::vector<Box> boxes_of(std::span<const Option> options,
                          const std::vector<std::size_t>& members) {
  std::vector<Box> boxes;
  boxes.reserve(members.size());
  for (const std::size_t member : members) boxes.push_back(options[member].box);
  return boxes;
}

/// Looks for a row whose frames are not where they ought to be a little above and below: lost rows
/// move what lies between two of the lines that the page is aligned by.
BoxRow seated(const Sheet& sheet, const PrintedPage& page, const std::vector<Box>& boxes,
              double& seen) {
  constexpr double well_seen = 0.85;
  constexpr double far_mm = 1.2;
  BoxRow best(sheet, page, boxes);
  seen = best.seen();
  if (seen > well_seen || best.thin()) return best;
  for (const double off : {-far_mm, far_mm}) {
    BoxRow other(sheet, page, boxes, off);
    if (other.seen() <= seen + 0.1) continue;
    seen = other.seen();
    best = std::move(other);
  }
  return best;
}

/// The inks of boxes in a row; one by one where lost rows moved some of them and not the others.
void look_at_row(const Sheet& sheet, const PrintedPage& page, std::span<const Option> options,
                 const std::vector<std::size_t>& row, std::vector<MarkInk>& inks) {
  constexpr double well_seen = 0.85;
  double seen = 0;
  const BoxRow whole = seated(sheet, page, boxes_of(options, row), seen);
  for (std::size_t m = 0; m < row.size(); ++m) {
    inks[row[m]] = whole.ink(m);
    if (whole.thin() || row.size() == 1 || inks[row[m]].seen > well_seen) continue;
    const BoxRow alone = seated(sheet, page, {options[row[m]].box}, seen);
    if (seen > std::max(well_seen, inks[row[m]].seen)) inks[row[m]] = alone.ink(0);
  }
}

}  // namespace

std::vector<MarkInk> look_at_marks(const Sheet& sheet, const PrintedPage& page,
                                   std::span<const Option> options) {
  std::vector<MarkInk> inks(options.size());
  for (const std::vector<std::size_t>& row : rows_of(options)) {
    std::vector<std::size_t> boxes;
    std::vector<std::size_t> words;
    for (const std::size_t member : row) {
      (options[member].mark == MarkStyle::box ? boxes : words).push_back(member);
    }
    for (const auto& part : torn_apart(boxes, options, sheet, page.placement)) {
      look_at_row(sheet, page, options, part, inks);
    }
    if (!words.empty()) {
      const WordRow seen(sheet, page, boxes_of(options, words));
      for (std::size_t m = 0; m < words.size(); ++m) inks[words[m]] = seen.ink(m);
    }
  }
  return inks;
}

}  // namespace ocr
