#include "ocr/strokes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <opencv2/imgproc.hpp>

namespace ocr {
namespace {

constexpr double px_per_mm = 6;
constexpr double dot_mm2 = 0.25;   ///< of a photocopy's screen
constexpr double dot_mm = 1.1;     ///< longer is a pen's ...
constexpr double single_mm = 0.6;  ///< ... unless lost rows were filled with dots: one dot, and
constexpr int filled_rows = 5;     ///< so many rows
constexpr double square_mm = 2;
constexpr double dots_a_mm2 = 0.3;  ///< a screen has 1.6 to 4, the dust of a bad page below 0.1

bool inside(const cv::Rect& small, const cv::Rect& large) {
  return (small & large) == small;
}

/// Connected pieces of ink, as OpenCV counts them.
struct Pieces {
  cv::Mat labels, stats, centres;

  explicit Pieces(const cv::Mat& ink) {
    cv::connectedComponentsWithStats(ink, labels, stats, centres, 8, CV_32S);
  }
  [[nodiscard]] int count() const { return stats.rows; }
  [[nodiscard]] cv::Rect extent(int i) const {
    return {stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
            stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT)};
  }
  [[nodiscard]] int size(int i) const { return stats.at<int>(i, cv::CC_STAT_AREA); }
  [[nodiscard]] cv::Point2d centre(int i) const {
    return {centres.at<double>(i, 0), centres.at<double>(i, 1)};
  }
};

bool in_print(const cv::Rect& extent, const std::vector<cv::Rect>& print) {
  return std::ranges::any_of(print, [&](const cv::Rect& box) { return inside(extent, box); });
}

Screen screen_of(const Patch& patch, const Pieces& pieces, const std::vector<cv::Rect>& print) {
  std::vector<cv::Point2d> dots;
  for (int i = 1; i < pieces.count(); ++i) {
    if (patch.mm2(pieces.size(i)) >= dot_mm2 || in_print(pieces.extent(i), print)) continue;
    dots.push_back(pieces.centre(i));
  }
  return {patch, dots};
}

/// Takes dust, dots and print out of labels and patch, and numbers the rest anew.
void keep_strokes(Strokes& strokes, const Pieces& pieces, const std::vector<cv::Rect>& print,
                  double smallest_mm2) {
  constexpr int of_dust = -1;
  const Patch& patch = strokes.patch;
  const double longest_dot =
      std::max(dot_mm, single_mm + filled_rows * std::max(patch.grain_x, patch.grain_y));
  std::vector<int> number(static_cast<std::size_t>(pieces.count()), 0);
  strokes.extents.assign(1, {});
  strokes.sizes.assign(1, 0);
  for (int i = 1; i < pieces.count(); ++i) {
    const cv::Rect extent = pieces.extent(i);
    if (in_print(extent, print)) continue;
    const int size = pieces.size(i);
    const bool dot = std::max(extent.width, extent.height) < longest_dot * patch.px_per_mm &&
                     strokes.screen.at(pieces.centre(i));
    if (dot || patch.mm2(size) < smallest_mm2) {
      number[static_cast<std::size_t>(i)] = of_dust;
      continue;
    }
    number[static_cast<std::size_t>(i)] = static_cast<int>(strokes.sizes.size());
    strokes.extents.push_back(extent);
    strokes.sizes.push_back(size);
  }
  strokes.labels = pieces.labels;
  strokes.dust = cv::Mat::zeros(strokes.patch.ink.size(), CV_8U);
  for (int y = 0; y < strokes.labels.rows; ++y) {
    int* labels = strokes.labels.ptr<int>(y);
    auto* ink = strokes.patch.ink.ptr<std::uint8_t>(y);
    auto* dust = strokes.dust.ptr<std::uint8_t>(y);
    for (int x = 0; x < strokes.labels.cols; ++x) {
      if (labels[x] == 0) continue;
      const int now = number[static_cast<std::size_t>(labels[x])];
      labels[x] = std::max(0, now);
      ink[x] = now > 0 ? 255 : 0;
      dust[x] = now == of_dust ? 255 : 0;
    }
  }
}

/// Closes gaps of a third of a millimetre, but never between a screen's dots.
void close_gaps(cv::Mat& ink, const Screen& screen) {
  cv::Mat closed;
  cv::morphologyEx(ink, closed, cv::MORPH_CLOSE, cv::getStructuringElement(cv::MORPH_RECT, {3, 3}));
  if (screen.none()) {
    ink = closed;
    return;
  }
  for (int y = 0; y < ink.rows; ++y) {
    auto* row = ink.ptr<std::uint8_t>(y);
    const auto* from = closed.ptr<std::uint8_t>(y);
    for (int x = 0; x < ink.cols; ++x) {
      if (row[x] == 0 && from[x] != 0 && !screen.at(cv::Point2d(x, y))) row[x] = 255;
    }
  }
}

constexpr double row_mm = 0.12;    ///< lines are looked for at heights so far apart
constexpr int level_degrees = 20;  ///< degrees: what leans more is no level line

/// Whether a line at this height and slope (pixels) runs through ink from left to right.
bool runs_through(const cv::Mat& ink, double left, double right, double height, double slope) {
  const double centre = (left + right) / 2;
  int seen = 0;
  int inked = 0;
  for (double x = left; x <= right; x += 1) {
    const int column = static_cast<int>(x);
    const int row = static_cast<int>(height + slope * (x - centre));
    if (column < 0 || row < 0 || column >= ink.cols || row >= ink.rows) return false;
    ++seen;
    // Lines drawn by hand bend a little.
    const bool near = ink.at<std::uint8_t>(row, column) != 0 ||
                      (row > 0 && ink.at<std::uint8_t>(row - 1, column) != 0) ||
                      (row + 1 < ink.rows && ink.at<std::uint8_t>(row + 1, column) != 0);
    inked += near ? 1 : 0;
  }
  return seen > 8 && inked >= 0.94 * seen;
}

/// The ink of one column to which level lines run.
class End {
public:
  End(const cv::Mat& ink, double x) : ink_(ink), column_(static_cast<int>(x)) {}

  void add(double y) {
    const int row = static_cast<int>(y);
    for (const int at : {row, row - 1, row + 1}) {
      if (!inked(at, column_)) continue;
      first_ = std::min(first_, at);
      last_ = std::max(last_, at);
      return;
    }
  }

  /// Whether paper lies between them, here or up to `further` columns on.
  [[nodiscard]] bool parts(int further) const {
    for (int off = 0; off != further; off += further < 0 ? -1 : 1) {
      if (paper_between(column_ + off)) return true;
    }
    return paper_between(column_ + further);
  }

private:
  [[nodiscard]] bool inked(int row, int column) const {
    return row >= 0 && row < ink_.rows && column >= 0 && column < ink_.cols &&
           ink_.at<std::uint8_t>(row, column) != 0;
  }

  /// Ink, paper (in the columns beside too: a hole is none) and ink again.
  [[nodiscard]] bool paper_between(int column) const {
    bool ink = false;
    bool paper = false;
    for (int row = first_ - 1; row <= last_ + 1; ++row) {
      const bool here = inked(row, column);
      if (here && paper) return true;
      ink |= here;
      paper |= ink && !here && !inked(row, column - 1) && !inked(row, column + 1);
    }
    return false;
  }

  const cv::Mat& ink_;
  int column_;
  int first_ = std::numeric_limits<int>::max();
  int last_ = std::numeric_limits<int>::min();
};

}  // namespace

Screen::Screen(const Patch& patch, std::span<const cv::Point2d> dots)
    : px_(square_mm * patch.px_per_mm) {
  const int columns = static_cast<int>(patch.ink.cols / px_) + 1;
  const int rows = static_cast<int>(patch.ink.rows / px_) + 1;
  if (static_cast<double>(dots.size()) < 9 * square_mm * square_mm * dots_a_mm2) return;
  cv::Mat counts = cv::Mat::zeros(rows, columns, CV_32F);
  for (const cv::Point2d& dot : dots) {
    counts.at<float>(static_cast<int>(dot.y / px_), static_cast<int>(dot.x / px_)) += 1;
  }
  cv::Mat around;
  cv::boxFilter(counts, around, CV_32F, {3, 3}, {-1, -1}, true, cv::BORDER_REFLECT_101);
  const cv::Mat many = around > dots_a_mm2 * square_mm * square_mm;
  if (cv::countNonZero(many) > 0) squares_ = many;
}

bool Screen::at(const cv::Point2d& pixel) const {
  if (none()) return false;
  const int row = std::clamp(static_cast<int>(pixel.y / px_), 0, squares_.rows - 1);
  const int column = std::clamp(static_cast<int>(pixel.x / px_), 0, squares_.cols - 1);
  return squares_.at<std::uint8_t>(row, column) != 0;
}

/// Whether any, and whether all of the squares under these pixels are full of dots.
std::pair<bool, bool> Screen::squares_in(const cv::Rect& pixels) const {
  if (none()) return {false, false};
  bool any = false;
  bool all = true;
  for (double y = pixels.y; y < pixels.br().y; y += px_ / 2) {
    for (double x = pixels.x; x < pixels.br().x; x += px_ / 2) {
      const bool here = at({x, y});
      any |= here;
      all &= here;
    }
  }
  return {any, any && all};
}

Strokes strokes_of(const Sheet& sheet, const Transform& placed, const PrintedPage& page,
                   const Box& region, std::span<const Box> words, double smallest_mm2) {
  const bool eaten = page.thickening < eaten_mm;
  Strokes strokes;
  strokes.printed = cut(sheet, placed, region, px_per_mm);
  cv::Mat& printed = strokes.printed.ink;
  cv::threshold(printed, printed, eaten ? 70 : 100, 255, cv::THRESH_BINARY);
  strokes.patch = strokes.printed;
  strokes.patch.ink = printed.clone();
  erase_rules(strokes.patch, page.layout->rules, page.thickening);
  const double slack = 0.3 + std::max(strokes.patch.grain_x, strokes.patch.grain_y);
  std::vector<cv::Rect> print;
  for (const Box& box : page.layout->print) {
    if (overlap(box, region)) print.push_back(strokes.patch.pixels(grown(box, slack)));
  }
  for (const Box& box : words) print.push_back(strokes.patch.pixels(grown(box, slack)));
  Pieces pieces(strokes.patch.ink);
  strokes.screen = screen_of(strokes.patch, pieces, print);
  if (eaten) {
    close_gaps(strokes.patch.ink, strokes.screen);
    pieces = Pieces(strokes.patch.ink);
  }
  keep_strokes(strokes, pieces, print, smallest_mm2);
  return strokes;
}

void drop(Strokes& strokes, const std::vector<bool>& which) {
  for (std::size_t stroke = 1; stroke < strokes.count(); ++stroke) {
    if (!which[stroke]) continue;
    cv::Mat labels = strokes.labels(strokes.extents[stroke]);
    const cv::Mat own = labels == static_cast<int>(stroke);
    labels.setTo(0, own);
    strokes.patch.ink(strokes.extents[stroke]).setTo(0, own);
    strokes.extents[stroke] = {};
    strokes.sizes[stroke] = 0;
  }
}

int strikes_through(const Strokes& strokes, const Box& box, double beyond) {
  const Patch& patch = strokes.patch;
  const double left = patch.column(box.x - beyond);
  const double right = patch.column(box.right() + beyond);
  int found = 0;
  double last = -1e9;
  double thick = 0;
  for (double y = box.y + 0.1 * box.height; y <= box.bottom() - 0.1 * box.height; y += row_mm) {
    bool through = false;
    for (int degrees = -level_degrees; degrees <= level_degrees && !through; degrees += 2) {
      const double slope = std::tan(degrees * std::numbers::pi / 180);
      through = runs_through(patch.ink, left, right, patch.row(y), slope);
    }
    if (!through) continue;
    // Two lines have paper between them; one thick line is one.
    if (y - last > 0.3) ++found;
    thick += row_mm;
    last = y;
  }
  return found == 1 && thick > 1.2 ? 2 : found;
}

bool part_at_both_ends(const Strokes& strokes, const Box& box, double beyond) {
  const Patch& patch = strokes.patch;
  const double left = patch.column(box.x - beyond);
  const double right = patch.column(box.right() + beyond);
  End begin(patch.ink, left);
  End end(patch.ink, right);
  for (double y = box.y + 0.1 * box.height; y <= box.bottom() - 0.1 * box.height; y += row_mm) {
    for (int degrees = -level_degrees; degrees <= level_degrees; degrees += 2) {
      const double slope = std::tan(degrees * std::numbers::pi / 180);
      if (!runs_through(patch.ink, left, right, patch.row(y), slope)) continue;
      begin.add(patch.row(y) - slope * (right - left) / 2);
      end.add(patch.row(y) + slope * (right - left) / 2);
    }
  }
  // Lines that meet at the box may part a little further out.
  const auto further = static_cast<int>(0.5 * patch.px_per_mm);
  return begin.parts(-further) && end.parts(further);
}

std::pair<cv::Point, cv::Point> farthest_apart(const std::vector<cv::Point>& hull) {
  std::pair<cv::Point, cv::Point> most{hull.front(), hull.front()};
  double apart = 0;
  for (const cv::Point& one : hull) {
    for (const cv::Point& other : hull) {
      const double here = cv::norm(one - other);
      if (here <= apart) continue;
      apart = here;
      most = {one, other};
    }
  }
  return most;
}

bool leans_unlike_ticks(const Strokes& strokes, std::size_t stroke, double pen_mm) {
  constexpr double twice = 2.2;    // as much ink as one line of that length has: no single one
  constexpr double obtuse = -0.5;  // cosine: 120 degrees
  constexpr double flattest = 0.47, steepest = 3.1;  // 25 and 72 degrees
  const double pen = pen_mm * strokes.patch.px_per_mm;
  if (pen <= 0) return false;
  std::vector<cv::Point> pixels, hull;
  cv::findNonZero(strokes.labels(strokes.extents[stroke]) == static_cast<int>(stroke), pixels);
  if (pixels.empty()) return false;  // it was dropped
  cv::convexHull(pixels, hull);
  const auto [one, other] = farthest_apart(hull);
  const double chord = cv::norm(one - other);
  if (3 * pen > chord || strokes.sizes[stroke] > twice * chord * pen) return false;  // no line
  const auto off = [&, one = one, other = other](const cv::Point& point) {
    return std::abs((other - one).cross(point - one)) / std::max(1.0, chord);
  };
  const cv::Point bend = *std::ranges::max_element(hull, {}, off);
  if (off(bend) > 1.3 * pen) {
    // The arms of a tick, a cross or a ring, seen from where they meet.
    const double arms = cv::norm(one - bend) * cv::norm(other - bend);
    if ((one - bend).dot(other - bend) > obtuse * arms) return false;
  }
  const cv::Point step = one.x < other.x ? other - one : one - other;
  return -step.y < flattest * step.x || -step.y > steepest * step.x;
}

double frame_seen(const Patch& printed, const Box& box) {
  constexpr double slack_mm = 0.35;
  const auto corner = corners_of(box);
  int seen = 0;
  int looked = 0;
  for (std::size_t side = 0; side < corner.size(); ++side) {
    const Point& from = corner[side];
    const Point& to = corner[(side + 1) % corner.size()];
    for (double part = 0.1; part < 0.95; part += 0.05) {
      const Point at{from.x + part * (to.x - from.x), from.y + part * (to.y - from.y)};
      const cv::Rect near =
          printed.pixels({at.x - slack_mm, at.y - slack_mm, 2 * slack_mm, 2 * slack_mm});
      if (near.empty()) continue;
      ++looked;
      seen += cv::countNonZero(printed.ink(near)) > 0 ? 1 : 0;
    }
  }
  return looked == 0 ? 0 : static_cast<double>(seen) / looked;
}

}  // namespace ocr
