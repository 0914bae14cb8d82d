#include "ocr/rewritten.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <variant>

#include <opencv2/imgproc.hpp>

namespace ocr {
namespace {

constexpr double reach_up_mm = 8;      ///< above the cells: a line of digits and what is above it
constexpr double reach_aside_mm = 7;   ///< beside the cells
constexpr double below_mm = 0.1;       ///< the cells' frames and what is in them stay out
constexpr double smallest_mm2 = 0.05;  ///< the point of a fine pen
constexpr double dot_mm = 1.3;
constexpr double tail_mm = 1.2;  ///< of a struck digit, from below
constexpr double lowest_mm = 1.9, highest_mm = 6.5, widest_mm = 4.5;
constexpr double apart_mm = 6;    ///< between digits of one number
constexpr double in_line_mm = 1;  ///< how far a digit's middle may be off the others'
/// What is so narrow and stands so near to the next may be a part of it, as of an open 4.
constexpr double part_mm = 1.7, near_mm = 0.9;

constexpr double crop_px_per_mm = 4;
constexpr double digit_mm = 5.2;  ///< high or wide, as in a cell

/// Strokes that stand over each other: one sign.
struct Sign {
  cv::Rect extent;
  std::vector<int> strokes;
};

bool of_one_sign(const cv::Rect& one, const cv::Rect& other) {
  const int common = std::min(one.br().x, other.br().x) - std::max(one.x, other.x);
  return 2 * common > std::min(one.width, other.width);
}

/// From the left.
std::vector<Sign> signs_of(const Strokes& strokes) {
  std::vector<Sign> signs;
  for (std::size_t i = 1; i < strokes.count(); ++i) {
    if (strokes.sizes[i] == 0) continue;
    Sign sign{strokes.extents[i], {static_cast<int>(i)}};
    for (auto other = signs.begin(); other != signs.end();) {
      if (!of_one_sign(sign.extent, other->extent)) {
        ++other;
        continue;
      }
      sign.extent |= other->extent;
      sign.strokes.insert(sign.strokes.end(), other->strokes.begin(), other->strokes.end());
      other = signs.erase(other);
    }
    signs.push_back(std::move(sign));
  }
  std::ranges::sort(signs, {}, [](const Sign& each) { return each.extent.x; });
  return signs;
}

/// Digits in a line and the point between them; none if anything else is there.
class Line {
public:
  explicit Line(const Patch& patch) : patch_(patch) {}

  [[nodiscard]] bool take(Sign sign) {
    const double width = sign.extent.width / patch_.px_per_mm;
    const double height = sign.extent.height / patch_.px_per_mm;
    const bool at_bottom = sign.extent.br().y >= patch_.ink.rows;
    if (at_bottom && height < tail_mm) return true;  // of what was struck out
    if (width < dot_mm && height < dot_mm) {
      dots_.push_back(sign.extent);
      return true;
    }
    const cv::Rect inside(1, 1, patch_.ink.cols - 2, patch_.ink.rows - 1);
    const bool whole = (sign.extent & inside) == sign.extent;
    if (!whole || height < lowest_mm || height > highest_mm || width > widest_mm) return false;
    digits_.push_back(std::move(sign));
    return true;
  }

  [[nodiscard]] bool straight() const {
    if (digits_.empty()) return false;
    const double middle = middle_of_digits();
    for (std::size_t i = 0; i < digits_.size(); ++i) {
      const cv::Rect& here = digits_[i].extent;
      if (std::abs(here.y + here.height / 2.0 - middle) > in_line_mm * patch_.px_per_mm)
        return false;
      if (i == 0) continue;
      const int gap = here.x - digits_[i - 1].extent.br().x;
      const int narrower = std::min(here.width, digits_[i - 1].extent.width);
      if (gap > apart_mm * patch_.px_per_mm) return false;
      if (gap < near_mm * patch_.px_per_mm && narrower < part_mm * patch_.px_per_mm) return false;
    }
    return true;
  }

  /// Digits behind the point; negative: there is none. None if there are several.
  [[nodiscard]] std::optional<int> decimals() const {
    std::optional<int> found;
    const double middle = middle_of_digits();
    for (const cv::Rect& dot : dots_) {
      const double x = dot.x + dot.width / 2.0;
      if (dot.y + dot.height / 2.0 < middle) continue;  // dust; no point stands so high
      const auto behind = std::ranges::count_if(
          digits_, [&](const Sign& each) { return each.extent.x + each.extent.width / 2.0 > x; });
      if (behind == 0 || behind == std::ssize(digits_)) continue;
      if (found) return std::nullopt;
      found = static_cast<int>(behind);
    }
    return found.value_or(-1);
  }

  [[nodiscard]] const std::vector<Sign>& digits() const { return digits_; }

private:
  /// Pixels from the top.
  [[nodiscard]] double middle_of_digits() const {
    std::vector<double> middles;
    for (const Sign& each : digits_) middles.push_back(each.extent.y + each.extent.height / 2.0);
    std::ranges::sort(middles);
    return middles[middles.size() / 2];
  }

  const Patch& patch_;
  std::vector<Sign> digits_;
  std::vector<cv::Rect> dots_;
};

/// The sign alone, as large as digits in cells are, in the middle of a cell's crop.
cv::Mat crop_of(const Strokes& strokes, const Sign& sign) {
  cv::Mat own = cv::Mat::zeros(strokes.patch.ink.size(), CV_8U);
  for (const int stroke : sign.strokes) own.setTo(255, strokes.labels == stroke);
  const double px_per_mm = strokes.patch.px_per_mm;
  const int longer = std::max(sign.extent.width, sign.extent.height);
  const double grow = digit_mm * crop_px_per_mm / longer;
  const double x = sign.extent.x + sign.extent.width / 2.0 - 0.5;
  const double y = sign.extent.y + sign.extent.height / 2.0 - 0.5;
  const cv::Size size(static_cast<int>(8 * crop_px_per_mm), static_cast<int>(10 * crop_px_per_mm));
  const cv::Matx23d map(grow, 0, size.width / 2.0 - 0.5 - grow * x,  //
                        0, grow, size.height / 2.0 - 0.5 - grow * y);
  cv::GaussianBlur(own, own, {}, 0.08 * px_per_mm);
  cv::Mat crop;
  cv::warpAffine(own, crop, map, size, cv::INTER_LINEAR, cv::BORDER_CONSTANT, 0);
  return crop;
}

/// Where a field's own ink stands.
struct Places {
  std::vector<Box> boxes;

  void add(const std::vector<Box>& cells) { boxes.insert(boxes.end(), cells.begin(), cells.end()); }
  void add(const std::vector<Option>& options) {
    for (const Option& option : options) boxes.push_back(option.box);
  }
  void operator()(const ChoiceField& kind) { add(kind.options); }
  void operator()(const NumberField& kind) { add(kind.cells); }
  void operator()(const DateField& kind) {
    add(kind.eras);
    add(kind.year);
    add(kind.month);
    add(kind.day);
  }
  void operator()(const TextField& kind) { boxes.push_back(kind.box); }
  void operator()(const InkField& kind) { boxes.push_back(kind.box); }
};

/// Whether another field's own ink may stand in `region`.
bool anothers(const PageLayout& layout, const std::vector<Box>& cells, const Box& region) {
  return std::ranges::any_of(layout.fields, [&](const Field& field) {
    const auto* number = std::get_if<NumberField>(&field.kind);
    if (number != nullptr && number->cells == cells) return false;
    Places places;
    std::visit(places, field.kind);
    return std::ranges::any_of(places.boxes, [&](const Box& box) { return overlap(box, region); });
  });
}

/// Whether there is ink somewhere on the upright line at `x`, between `top` and `bottom` (mm).
bool inked(const Sheet& sheet, const Transform& placed, double x, double top, double bottom) {
  constexpr double step = 0.06;
  const int steps = static_cast<int>((bottom - top) / step);
  for (int i = 0; i <= steps; ++i) {
    const cv::Point2d at = to_page(placed, {x, top + i * step});
    const cv::Point pixel(static_cast<int>(at.x), static_cast<int>(at.y));
    if (!cv::Rect({0, 0}, sheet.ink.size()).contains(pixel)) continue;
    if (sheet.ink.at<std::uint8_t>(pixel) > 127) return true;
  }
  return false;
}

}  // namespace

bool line_through(const Sheet& sheet, const PrintedPage& printed, const CellRow& row) {
  constexpr double frame_mm = 0.7;   // of a cell, and what the fax adds to it
  constexpr double beside_mm = 0.5;  // where a line that runs through two cells comes out
  constexpr double end_mm = 1.2;     // a line may begin and end within a cell
  const auto blank = [](const CellReading& cell) { return cell.best() == CellReading::blank; };
  const auto from = std::ranges::find_if_not(row.cells, blank);
  if (from == row.cells.end()) return false;
  const std::size_t first = static_cast<std::size_t>(from - row.cells.begin());
  std::size_t last = row.cells.size() - 1;
  while (blank(row.cells[last])) --last;
  if (first == last) return false;  // a digit alone may be as wide as any line
  const Box& left = row.boxes[first];
  const Box& right = row.boxes[last];
  const double top = left.y + frame_mm;
  const double bottom = left.bottom() - frame_mm;
  const auto crossed = [&](double x) { return inked(sheet, row.placed, x, top, bottom); };
  for (std::size_t i = first; i < last; ++i) {
    if (!crossed((row.boxes[i].right() + row.boxes[i + 1].x) / 2)) return false;
  }
  // The feet of two digits of a thick pen may meet.
  const bool two = last == first + 1;
  if (two && !(crossed(left.x - beside_mm) && crossed(right.right() + beside_mm))) return false;
  const double ends = two ? -beside_mm : end_mm;
  const Box line{left.x + ends, left.y, right.right() - left.x - 2 * ends, left.height};
  const Strokes strokes = strokes_of(sheet, row.placed, printed, grown(line, 2), {}, smallest_mm2);
  return strikes_through(strokes, line, 0) > 0;
}

bool struck_out(const Reading& reading) {
  return std::ranges::any_of(
             reading.cells,
             [](const CellReading& cell) { return cell.best() == CellReading::struck; }) &&
         std::ranges::none_of(reading.cells,
                              [](const CellReading& cell) { return cell.best() < 10; });
}

RewrittenInk rewritten_above(const Sheet& sheet, const PrintedPage& printed,
                             const std::vector<Box>& cells) {
  const Box& first = cells.front();
  const Box& last = cells.back();
  const Box region{first.x - reach_aside_mm, first.y - reach_up_mm,
                   last.right() - first.x + 2 * reach_aside_mm, reach_up_mm - below_mm};
  if (anothers(*printed.layout, cells, region)) return {};
  const Transform placed = settle(sheet, printed.placement, cells);
  const Strokes strokes = strokes_of(sheet, placed, printed, region, {}, smallest_mm2);
  Line line(strokes.patch);
  for (Sign& sign : signs_of(strokes)) {
    if (!line.take(std::move(sign))) return {};
  }
  if (!line.straight()) return {};
  const std::optional<int> decimals = line.decimals();
  if (!decimals) return {};
  RewrittenInk found;
  found.decimals = *decimals;
  for (const Sign& sign : line.digits()) {
    found.crops.push_back(crop_of(strokes, sign));
    found.boxes.push_back(strokes.patch.millimetres(sign.extent));
  }
  return found;
}

}  // namespace ocr
