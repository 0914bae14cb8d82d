#include "ocr/line_drops.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace ocr {
namespace {

/// Rows [first, beyond).
struct Gap {
  int first = 0;
  int beyond = 0;
  [[nodiscard]] int size() const { return beyond - first; }
};

constexpr int most_repeats = 8;    ///< longer equal stretches are upright lines of a clean picture
constexpr int least_changes = 10;  ///< a row with fewer may well be like its neighbour
constexpr int least_nonsense = 6;  ///< rows; less hides no mark

int changes_in(const std::uint8_t* row, int columns) {
  int changes = 0;
  for (int x = 1; x < columns; ++x) changes += row[x] != row[x - 1] ? 1 : 0;
  return changes;
}

/// Stretches of rows equal to the row above. None on a clean picture (sent by a computer, with no
/// scanner's noise), whose rows are often alike by right.
std::vector<Gap> repeated_rows(const cv::Mat& ink) {
  std::vector<Gap> gaps;
  int alike = 0;
  const auto width = static_cast<std::size_t>(ink.cols);
  for (int y = 1; y < ink.rows; ++y) {
    const auto* row = ink.ptr<std::uint8_t>(y);
    if (std::memcmp(row, ink.ptr<std::uint8_t>(y - 1), width) != 0) continue;
    if (changes_in(row, ink.cols) < least_changes) continue;
    ++alike;
    if (!gaps.empty() && gaps.back().beyond == y) {
      gaps.back().beyond = y + 1;
      if (gaps.back().size() > most_repeats) return {};
    } else {
      gaps.push_back({y, y + 1});
    }
  }
  if (alike > ink.rows / 40) return {};
  return gaps;
}

/// A pen's stroke leans by two columns a row at most before it counts as level.
cv::Mat near(const cv::Mat& row, int rows) {
  const int lean = std::min(8, 2 + 2 * rows);
  cv::Mat wide;
  cv::dilate(row, wide, cv::getStructuringElement(cv::MORPH_RECT, {2 * lean + 1, 1}));
  return wide;
}

/// Of the repeated rows only that stays which the next row goes on with. Nothing is added.
void trim(cv::Mat& ink, const Gap& gap) {
  if (gap.beyond >= ink.rows) return;
  const cv::Mat next = near(ink.row(gap.beyond), gap.size());
  for (int y = gap.first; y < gap.beyond; ++y) {
    cv::Mat row = ink.row(y);
    cv::bitwise_and(row, next, row);
  }
}

/// The gap's upper half goes on from above where below agrees, its lower half from below.
void bridge(cv::Mat& ink, const Gap& gap) {
  const bool top = gap.first == 0;
  const bool bottom = gap.beyond == ink.rows;
  const cv::Mat none = cv::Mat::zeros(1, ink.cols, CV_8U);
  const cv::Mat above = top ? none : ink.row(gap.first - 1).clone();
  const cv::Mat below = bottom ? none : ink.row(gap.beyond).clone();
  const cv::Mat near_above = near(above, gap.size());
  const cv::Mat near_below = near(below, gap.size());
  for (int y = gap.first; y < gap.beyond; ++y) {
    cv::Mat row = ink.row(y);
    if (2 * (y - gap.first) < gap.size()) {
      cv::bitwise_and(above, near_below, row);
    } else {
      cv::bitwise_and(below, near_above, row);
    }
  }
}

/// Short runs of a row that touch nothing above or below, not even at their ends: level lines of a
/// page that lies askew go on in the next row.
struct LoneRuns {
  int count = 0;
  int ink = 0;         ///< pixels in them
  bool left = false;   ///< one of them in the left margin
  bool right = false;  ///< and in the right one
};

LoneRuns lone_runs(const cv::Mat& ink, int y) {
  constexpr int shortest = 8;
  constexpr int longest = 60;
  constexpr int ends = 2;
  const auto* above = ink.ptr<std::uint8_t>(y - 1);
  const auto* row = ink.ptr<std::uint8_t>(y);
  const auto* below = ink.ptr<std::uint8_t>(y + 1);
  const int margin = ink.cols * 8 / 100;
  LoneRuns found;
  const auto next = [&](int value, int x) {
    const auto left = static_cast<std::size_t>(ink.cols - x);
    const auto* there = static_cast<const std::uint8_t*>(std::memchr(row + x, value, left));
    return there == nullptr ? ink.cols : static_cast<int>(there - row);
  };
  for (int x = next(255, 0); x < ink.cols;) {
    const int end = next(0, x);
    const int length = end - x;
    if (length >= shortest && length <= longest) {
      const int from = std::max(0, x - ends);
      const int to = std::min(ink.cols, end + ends);
      const auto white = [&](const std::uint8_t* other) {
        return std::all_of(other + from, other + to, [](std::uint8_t v) { return v == 0; });
      };
      if (white(above) && white(below)) {
        ++found.count;
        found.ink += length;
        found.left |= x < margin;
        found.right |= end > ink.cols - margin;
      }
    }
    x = next(255, end);
  }
  return found;
}

bool is_nonsense(const cv::Mat& ink, int y, const LoneRuns& runs) {
  return runs.count >= 3 && 5 * runs.ink > 2 * cv::countNonZero(ink.row(y));
}

/// Bands in which most rows are nonsense, from margin to margin.
std::vector<Gap> nonsense_rows(const cv::Mat& ink) {
  std::vector<Gap> gaps;
  for (int y = 2; y + 2 < ink.rows; y += least_nonsense / 2) {
    if (!is_nonsense(ink, y, lone_runs(ink, y))) continue;
    int rows = 0;
    bool left = false;
    bool right = false;
    const auto grow = [&](int from, int way) {
      int last = y;
      for (int next = from; next > 0 && next + 1 < ink.rows && std::abs(next - last) <= 2;
           next += way) {
        const LoneRuns runs = lone_runs(ink, next);
        if (!is_nonsense(ink, next, runs)) continue;
        last = next;
        ++rows;
        left |= runs.left;
        right |= runs.right;
      }
      return last;
    };
    const int first = grow(y - 1, -1);
    const Gap gap{first, grow(y, +1) + 1};
    y = std::max(y, gap.beyond);
    if (rows < least_nonsense || 5 * rows < 3 * gap.size() || !left || !right) continue;
    if (gaps.empty() || gaps.back().beyond <= gap.first) gaps.push_back(gap);
  }
  return gaps;
}

/// With the rows at its edges that hold few runs of nonsense, one of which would become a line.
Gap widened(const cv::Mat& ink, Gap gap) {
  constexpr int most = 3;
  const auto some = [&](int y) { return y > 0 && y + 1 < ink.rows && lone_runs(ink, y).count > 0; };
  const Gap seen = gap;
  while (seen.first - gap.first < most && some(gap.first - 1)) --gap.first;
  while (gap.beyond - seen.beyond < most && some(gap.beyond)) ++gap.beyond;
  return gap;
}

}  // namespace

std::vector<cv::Range> mend_rows(cv::Mat& ink) {
  std::vector<cv::Range> lost;
  if (ink.rows < 8 || ink.cols < 8) return lost;
  for (const Gap& gap : repeated_rows(ink)) trim(ink, gap);
  for (const Gap& core : nonsense_rows(ink)) {
    const Gap gap = widened(ink, core);
    lost.emplace_back(gap.first, gap.beyond);
    if (gap.size() <= 2 * most_repeats) {
      bridge(ink, gap);
    } else {
      ink.rowRange(gap.first, gap.beyond).setTo(0);
    }
  }
  return lost;
}

}  // namespace ocr
