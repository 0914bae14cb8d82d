#include "ocr/notes.hpp"

#include <algorithm>
#include <cmath>
#include <variant>

#include <opencv2/imgproc.hpp>

namespace ocr {
namespace {

constexpr double header_mm = 6.5;  ///< height of the sender's header line and what is above it
constexpr double edge_mm = 3;      ///< shadows of the paper's edge
constexpr int ink_share = 56;      ///< of 255: a thin pen's share of half a millimetre square

/// Draws boxes of the form onto the overview as the page lies.
class Mask {
public:
  Mask(const Overview& view, const Placement& placement)
      : view_(view), placement_(placement), mask_(cv::Mat::zeros(view.ink.size(), CV_8U)) {}

  void add(const Box& box, double by) {
    std::vector<cv::Point> outline;
    for (const Point& corner : corners_of(grown(box, by))) {
      const cv::Point2d pixel = placement_.at(corner);
      outline.emplace_back(static_cast<int>(std::lround(pixel.x / view_.to_x - 0.5)),
                           static_cast<int>(std::lround(pixel.y / view_.to_y - 0.5)));
    }
    cv::fillConvexPoly(mask_, outline, 255);
  }

  [[nodiscard]] const cv::Mat& mask() const { return mask_; }

private:
  const Overview& view_;
  const Placement& placement_;
  cv::Mat mask_;
};

/// Strokes may leave their box: ticks most of all.
void add_field(Mask& mask, const Field& field) {
  struct Add {
    Mask& mask;
    void options(const std::vector<Option>& options) const {
      for (const Option& option : options) mask.add(option.box, 3.5);
    }
    void cells(const std::vector<Box>& cells) const {
      for (const Box& cell : cells) mask.add(cell, 2);
    }
    void operator()(const ChoiceField& kind) const { options(kind.options); }
    void operator()(const NumberField& kind) const { cells(kind.cells); }
    void operator()(const DateField& kind) const {
      options(kind.eras);
      cells(kind.year);
      cells(kind.month);
      cells(kind.day);
    }
    void operator()(const TextField& kind) const { mask.add(kind.box, 2); }
    void operator()(const InkField& kind) const { mask.add(kind.box, 3.5); }
  };
  std::visit(Add{mask}, field.kind);
}

/// As much of a room as its words fill: up to the first gap that no line of type has.
Box filled_part(const Overview& view, const Placement& placement, Box box, bool from_right) {
  constexpr double step = 0.5;
  // Wider than what stands between an address and a telephone number. A note that keeps less from
  // the words is taken for more of them.
  const double gap = std::max(12.0, 4 * box.height);
  const auto inked = [&](double x) {
    for (double y = box.y; y < box.bottom(); y += step) {
      const cv::Point2d pixel = placement.at({x, y});
      const auto column = static_cast<int>(std::lround(pixel.x / view.to_x - 0.5));
      const auto row = static_cast<int>(std::lround(pixel.y / view.to_y - 0.5));
      const bool there = column >= 0 && row >= 0 && column < view.ink.cols && row < view.ink.rows;
      if (there && view.ink.at<std::uint8_t>(row, column) > ink_share) return true;
    }
    return false;
  };
  double reach = 0;  // from the side where words begin
  for (double at = 0; at < box.width && at <= reach + gap; at += step) {
    if (inked(from_right ? box.right() - at : box.x + at)) reach = at;
  }
  if (from_right) box.x = box.right() - reach;
  box.width = reach;
  return box;
}

cv::Mat explained(const Overview& view, const Placement& placement, const PageLayout& layout) {
  Mask mask(view, placement);
  for (const Box& box : layout.tags) mask.add(box, 1.5);
  for (const Box& box : layout.serials) mask.add(box, 1);
  std::vector<Box> print = layout.print;
  for (const Room& room : layout.rooms) {
    print[room.print] = filled_part(view, placement, print[room.print], room.from_right);
  }
  for (const Box& box : print) mask.add(box, 1);
  for (const Point& anchor : layout.anchors) {
    const double half = layout.anchor_size / 2;
    mask.add({anchor.x - half, anchor.y - half, 2 * half, 2 * half}, 1);
  }
  for (const Rule& rule : layout.rules) {
    const Box box{std::min(rule.from.x, rule.to.x), std::min(rule.from.y, rule.to.y),
                  std::abs(rule.to.x - rule.from.x), std::abs(rule.to.y - rule.from.y)};
    mask.add(box, rule.width / 2 + 0.6);
  }
  for (const Field& field : layout.fields) add_field(mask, field);
  return mask.mask();
}

struct Piece {
  cv::Rect box;
  double area_mm2 = 0;
};

/// Is this the header line, an edge, a streak? All as the page lies in the machine.
bool nobodys(const Overview& view, const Piece& piece) {
  const double bottom = piece.box.br().y / view.px_per_mm_y;
  if (bottom < header_mm) return true;
  const int edge_x = static_cast<int>(edge_mm * view.px_per_mm_x);
  const int edge_y = static_cast<int>(edge_mm * view.px_per_mm_y);
  const cv::Rect inside(edge_x, edge_y, view.ink.cols - 2 * edge_x, view.ink.rows - 2 * edge_y);
  if ((piece.box & inside).empty()) return true;
  if (piece.box.x == 0 || piece.box.br().x >= view.ink.cols - 1) return true;
  const double width = piece.box.width / view.px_per_mm_x;
  const double height = piece.box.height / view.px_per_mm_y;
  // A streak is narrow all along; a pen's stroke of that length wanders.
  return (width <= 1.1 && height > 5) || (height <= 1.3 && width > 12);
}

std::vector<Piece> pieces_of(const cv::Mat& ink, const Overview& view) {
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centres;
  const int count = cv::connectedComponentsWithStats(ink, labels, stats, centres, 8, CV_32S);
  std::vector<Piece> pieces;
  for (int i = 1; i < count; ++i) {
    Piece piece;
    piece.box = {stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                 stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT)};
    piece.area_mm2 = stats.at<int>(i, cv::CC_STAT_AREA) / (view.px_per_mm_x * view.px_per_mm_y);
    pieces.push_back(piece);
  }
  return pieces;
}

/// Boxes that stand within `gap` pixels of each other become one.
std::vector<Piece> grouped(std::vector<Piece> pieces, int gap) {
  bool changed = true;
  while (changed) {
    changed = false;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      for (std::size_t j = i + 1; j < pieces.size();) {
        const cv::Rect near(pieces[i].box.x - gap, pieces[i].box.y - gap,
                            pieces[i].box.width + 2 * gap, pieces[i].box.height + 2 * gap);
        if ((near & pieces[j].box).empty()) {
          ++j;
          continue;
        }
        pieces[i].box |= pieces[j].box;
        pieces[i].area_mm2 += pieces[j].area_mm2;
        pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(j));
        changed = true;
      }
    }
  }
  return pieces;
}

/// The writing in a group, seen at the page's own resolution: the dots of a screen, black blocks
/// and punch holes are none. mm2.
double writing_in(const Sheet& sheet, const Overview& view, const cv::Mat& known,
                  const cv::Rect& group) {
  const cv::Rect pixels =
      cv::Rect(static_cast<int>(group.x * view.to_x), static_cast<int>(group.y * view.to_y),
               static_cast<int>(group.width * view.to_x),
               static_cast<int>(group.height * view.to_y)) &
      cv::Rect({0, 0}, sheet.ink.size());
  if (pixels.empty()) return 0;
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centres;
  const int count =
      cv::connectedComponentsWithStats(sheet.ink(pixels), labels, stats, centres, 8, CV_32S);
  const double mm2_a_pixel = 1 / (sheet.px_per_mm_x * sheet.px_per_mm_y);
  double writing = 0;
  for (int i = 1; i < count; ++i) {
    const double area = stats.at<int>(i, cv::CC_STAT_AREA) * mm2_a_pixel;
    const double box =
        stats.at<int>(i, cv::CC_STAT_WIDTH) * stats.at<int>(i, cv::CC_STAT_HEIGHT) * mm2_a_pixel;
    const bool dot = area < 0.3;
    const bool block = area > 4 && area > 0.7 * box;
    if (dot || block) continue;
    const int column = std::clamp(
        static_cast<int>((pixels.x + centres.at<double>(i, 0)) / view.to_x), 0, known.cols - 1);
    const int row = std::clamp(static_cast<int>((pixels.y + centres.at<double>(i, 1)) / view.to_y),
                               0, known.rows - 1);
    if (known.at<std::uint8_t>(row, column) == 0) writing += area;
  }
  return writing;
}

Box on_form(const Placement& placement, const Overview& view, const cv::Rect& pixels) {
  Box box;
  bool first = true;
  for (const cv::Point corner : {pixels.tl(), cv::Point(pixels.br().x, pixels.y), pixels.br(),
                                 cv::Point(pixels.x, pixels.br().y)}) {
    const cv::Point2d pixel(corner.x * view.to_x, corner.y * view.to_y);
    const Point mm = to_form(placement.affine, {pixel.x, pixel.y - placement.shift_at(pixel.y)});
    const Box here{mm.x, mm.y, 0, 0};
    box = first ? here : joined(box, here);
    first = false;
  }
  return box;
}

}  // namespace

Notes find_notes(const Sheet& sheet, const Placement& placement, const PageLayout& layout) {
  Notes notes;
  const Overview view = overview_of(sheet);
  if (view.ink.empty()) return notes;
  const cv::Mat known = explained(view, placement, layout);
  cv::Mat ink;
  cv::threshold(view.ink, ink, ink_share, 255, cv::THRESH_BINARY);
  ink.setTo(0, known);
  std::vector<Piece> strokes;
  int specks = 0;
  for (const Piece& piece : pieces_of(ink, view)) {
    if (piece.area_mm2 < 0.8) {
      ++specks;
    } else if (!nobodys(view, piece)) {
      strokes.push_back(piece);
    }
  }
  const double free_cm2 = (static_cast<double>(view.ink.total()) - cv::countNonZero(known)) /
                          (100 * view.px_per_mm_x * view.px_per_mm_y);
  notes.noise = specks / std::max(1.0, free_cm2);
  const int gap = static_cast<int>(4 * view.px_per_mm_x);
  for (const Piece& group : grouped(std::move(strokes), gap)) {
    const double width = group.box.width / view.px_per_mm_x;
    const double height = group.box.height / view.px_per_mm_y;
    // Less than one small character is no word.
    if (group.area_mm2 < 2.5 || std::max(width, height) < 3) continue;
    if (writing_in(sheet, view, known, group.box) < 2) continue;
    const Box box = on_form(placement, view, group.box);
    const Point middle = centre_of(box);
    // Beside the paper there is only the feeder's lid.
    if (middle.x < 0 || middle.y < 0 || middle.x > layout.width || middle.y > layout.height)
      continue;
    notes.boxes.push_back(box);
  }
  return notes;
}

bool looks_blank(const Sheet& sheet) {
  const Overview view = overview_of(sheet);
  if (view.ink.empty()) return true;
  cv::Mat ink;
  cv::threshold(view.ink, ink, ink_share, 255, cv::THRESH_BINARY);
  double left = 0;
  for (const Piece& piece : pieces_of(ink, view)) {
    if (piece.area_mm2 >= 1 && !nobodys(view, piece)) left += piece.area_mm2;
  }
  return left < 6;
}

}  // namespace ocr
