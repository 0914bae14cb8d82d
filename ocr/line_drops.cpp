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
constexpr int least_changes = 16;  ///< a row with fewer may well be like its neighbour
constexpr int least_nonsense = 3;  ///< rows; the bars of characters have one or two

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

/// Whether most of a row's ink lies in short runs without ink above or below.
bool is_nonsense(const cv::Mat& ink, int y) {
  const auto* above = ink.ptr<std::uint8_t>(y - 1);
  const auto* row = ink.ptr<std::uint8_t>(y);
  const auto* below = ink.ptr<std::uint8_t>(y + 1);
  int all = 0;
  int alone = 0;
  for (int x = 0; x < ink.cols; ++x) {
    all += row[x] != 0 ? 1 : 0;
    alone += row[x] != 0 && above[x] == 0 && below[x] == 0 ? 1 : 0;
  }
  if (alone < 24 || 2 * alone < all) return false;
  int runs = 0;
  int length = 0;
  for (int x = 0; x <= ink.cols; ++x) {
    const bool lone = x < ink.cols && row[x] != 0 && above[x] == 0 && below[x] == 0;
    if (lone) {
      ++length;
      continue;
    }
    if (length >= 4 && length <= 60) ++runs;
    length = 0;
  }
  return runs >= 3;
}

/// Bands in which nearly every row is nonsense: level strokes of characters and frames stand alone,
/// but never row by row.
std::vector<Gap> nonsense_rows(const cv::Mat& ink) {
  std::vector<Gap> gaps;
  for (int y = 2; y + 2 < ink.rows; y += least_nonsense) {
    if (!is_nonsense(ink, y)) continue;
    int rows = 1;
    const auto grow = [&](int way) {
      int last = y;
      for (int next = y + way; next > 0 && next + 1 < ink.rows && std::abs(next - last) <= 2;
           next += way) {
        if (!is_nonsense(ink, next)) continue;
        last = next;
        ++rows;
      }
      return last;
    };
    const int first = grow(-1);
    const Gap gap{first, grow(+1) + 1};
    y = std::max(y, gap.beyond);
    if (rows < least_nonsense || 4 * rows < 3 * gap.size()) continue;
    if (gaps.empty() || gaps.back().beyond <= gap.first) gaps.push_back(gap);
  }
  return gaps;
}

}  // namespace

int mend_rows(cv::Mat& ink) {
  if (ink.rows < 8 || ink.cols < 8) return 0;
  for (const Gap& gap : repeated_rows(ink)) trim(ink, gap);
  int lost = 0;
  for (const Gap& gap : nonsense_rows(ink)) {
    lost += gap.size();
    if (gap.size() <= 2 * most_repeats) {
      bridge(ink, gap);
    } else {
      ink.rowRange(gap.first, gap.beyond).setTo(0);
    }
  }
  return lost;
}

}  // namespace ocr
