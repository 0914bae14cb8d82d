#include "ocr/marks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <opencv2/imgproc.hpp>

namespace ocr {
namespace {

constexpr double px_per_mm = 6;
constexpr double frame_inset_mm = 0.35;  ///< half a thick frame, and a small misplacement
constexpr double box_margin_mm = 4;      ///< how far a tick's tail is followed
constexpr double word_margin_mm = 6;

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

/// The strokes of one row of options, print taken out.
struct Strokes {
  Patch patch;
  cv::Mat hidden;  ///< where print was taken out: nothing is known of ink there
  cv::Mat labels;  ///< connected strokes, from 1
  int count = 1;
};

Strokes strokes_of(const Sheet& sheet, const Transform& placed, const PrintedPage& printed,
                   const Box& region, std::span<const Box> words) {
  Strokes strokes;
  strokes.patch = cut(sheet, placed, region, px_per_mm);
  cv::threshold(strokes.patch.ink, strokes.patch.ink, 110, 255, cv::THRESH_BINARY);
  erase_rules(strokes.patch, printed.layout->rules, printed.thickening);
  strokes.hidden = cv::Mat::zeros(strokes.patch.ink.size(), CV_8U);
  const auto hide = [&](const Box& box) {
    const cv::Rect pixels = strokes.patch.pixels(grown(box, 0.3));
    if (!pixels.empty()) strokes.hidden(pixels).setTo(255);
  };
  for (const Box& box : printed.layout->print) {
    if (overlap(box, region)) hide(box);
  }
  for (const Box& box : words) hide(box);
  strokes.patch.ink.setTo(0, strokes.hidden);
  strokes.count = cv::connectedComponents(strokes.patch.ink, strokes.labels, 8, CV_32S);
  return strokes;
}

/// Ink of each stroke inside each option's frame, pixels.
using Shares = std::vector<std::vector<int>>;

/// Level lines through a box from side to side and beyond, at most 20 degrees off. Where print was
/// taken out nothing counts for or against.
int strikes_through(const Strokes& strokes, const Box& box) {
  const Patch& patch = strokes.patch;
  const double beyond = 0.7;
  const double left = patch.column(box.x - beyond);
  const double right = patch.column(box.right() + beyond);
  const double centre = (left + right) / 2;
  int found = 0;
  double last = -1e9;
  for (double y = box.y + 0.1 * box.height; y <= box.bottom() - 0.1 * box.height; y += 0.12) {
    bool through = false;
    for (int degrees = -20; degrees <= 20 && !through; degrees += 2) {
      const double slope = std::tan(degrees * std::numbers::pi / 180);
      int seen = 0;
      int inked = 0;
      int ends = 0;
      for (double x = left; x <= right; x += 1) {
        const int column = static_cast<int>(x);
        const int row = static_cast<int>(patch.row(y) + slope * (x - centre));
        if (column < 0 || row < 0 || column >= patch.ink.cols || row >= patch.ink.rows) continue;
        if (strokes.hidden.at<std::uint8_t>(row, column) != 0) continue;
        ++seen;
        const bool ink = patch.ink.at<std::uint8_t>(row, column) != 0;
        inked += ink ? 1 : 0;
        if (ink && (x < patch.column(box.x) || x > patch.column(box.right()))) ++ends;
      }
      through = seen > 8 && inked >= 0.93 * seen && ends >= 0.8 * beyond * px_per_mm;
    }
    if (!through) continue;
    // Two lines have paper between them; one thick line is one.
    if (y - last > 0.3) ++found;
    last = y;
  }
  return found;
}

/// A patch filled solid is struck through everywhere; that is not what strikes are.
bool solid(const MarkInk& ink) {
  return ink.fill > 0.55;
}

void measure_inside(const Strokes& strokes, const Box& box, std::size_t option,
                    const std::vector<int>& owner, MarkInk& ink) {
  const cv::Rect inner = strokes.patch.pixels(grown(box, -frame_inset_mm));
  if (inner.empty()) return;
  int pixels = 0;
  cv::Rect extent;
  for (int y = inner.y; y < inner.br().y; ++y) {
    const int* labels = strokes.labels.ptr<int>(y);
    for (int x = inner.x; x < inner.br().x; ++x) {
      if (labels[x] == 0 ||
          owner[static_cast<std::size_t>(labels[x])] != static_cast<int>(option)) {
        continue;
      }
      ++pixels;
      const cv::Rect here(x, y, 1, 1);
      extent = pixels == 1 ? here : (extent | here);
    }
  }
  ink.area = strokes.patch.mm2(pixels);
  ink.fill = static_cast<double>(pixels) / inner.area();
  ink.width = static_cast<double>(extent.width) / inner.width;
  ink.height = static_cast<double>(extent.height) / inner.height;
}

Shares shares_of(const Strokes& strokes, std::span<const Option> options,
                 const std::vector<std::size_t>& members) {
  Shares shares(static_cast<std::size_t>(strokes.count), std::vector<int>(members.size(), 0));
  for (std::size_t m = 0; m < members.size(); ++m) {
    const cv::Rect inner = strokes.patch.pixels(grown(options[members[m]].box, -frame_inset_mm));
    for (int y = inner.y; y < inner.br().y; ++y) {
      const int* labels = strokes.labels.ptr<int>(y);
      for (int x = inner.x; x < inner.br().x; ++x) ++shares[static_cast<std::size_t>(labels[x])][m];
    }
  }
  return shares;
}

/// Ticked boxes of one row.
void look_at_boxes(const Sheet& sheet, const PrintedPage& printed, std::span<const Option> options,
                   const std::vector<std::size_t>& members, std::vector<MarkInk>& inks) {
  std::vector<Box> boxes;
  for (const std::size_t member : members) boxes.push_back(options[member].box);
  Box region = boxes.front();
  for (const Box& box : boxes) region = joined(region, box);
  const Transform placed = settle(sheet, printed.placement, boxes);
  const Strokes strokes = strokes_of(sheet, placed, printed, grown(region, box_margin_mm), {});
  const Shares shares = shares_of(strokes, options, members);

  std::vector<int> totals(static_cast<std::size_t>(strokes.count), 0);
  for (int y = 0; y < strokes.labels.rows; ++y) {
    const int* labels = strokes.labels.ptr<int>(y);
    for (int x = 0; x < strokes.labels.cols; ++x) ++totals[static_cast<std::size_t>(labels[x])];
  }
  std::vector<int> owner(static_cast<std::size_t>(strokes.count), -1);
  for (std::size_t stroke = 1; stroke < shares.size(); ++stroke) {
    const auto most = std::ranges::max_element(shares[stroke]);
    if (*most == 0) continue;
    const auto m = static_cast<std::size_t>(most - shares[stroke].begin());
    owner[stroke] = static_cast<int>(m);
    int others = 0;
    for (std::size_t k = 0; k < members.size(); ++k) others += k == m ? 0 : shares[stroke][k];
    MarkInk& ink = inks[members[m]];
    ink.outside += strokes.patch.mm2(totals[stroke] - *most - others);
    for (std::size_t k = 0; k < members.size(); ++k) {
      if (k == m || shares[stroke][k] == 0) continue;
      const double part = static_cast<double>(shares[stroke][k]) / *most;
      inks[members[k]].shared = std::max(inks[members[k]].shared, part);
      ink.shared = std::max(ink.shared, part);
    }
  }
  for (std::size_t m = 0; m < members.size(); ++m) {
    MarkInk& ink = inks[members[m]];
    measure_inside(strokes, boxes[m], m, owner, ink);
    if (ink.area > 0.3 && !solid(ink)) ink.strikes = strikes_through(strokes, boxes[m]);
  }
}

constexpr int directions = 24;

/// The directions, seen from the word's middle, in which a stroke passes outside the word, for
/// each stroke: a stroke circles the word that it encloses most.
std::vector<std::array<bool, directions>> enclosed(const Strokes& strokes, const Box& word) {
  std::vector<std::array<bool, directions>> found(static_cast<std::size_t>(strokes.count));
  const Patch& patch = strokes.patch;
  const Point centre = centre_of(word);
  for (std::size_t d = 0; d < directions; ++d) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(d) / directions;
    // On an ellipse around the word, from just inside its ink to 3 mm outside.
    const double dx = std::cos(angle);
    const double dy = std::sin(angle);
    for (double out = -0.3; out < 3.2; out += 0.8 / px_per_mm) {
      const int column = static_cast<int>(patch.column(centre.x + dx * (word.width / 2 + out)));
      const int row = static_cast<int>(patch.row(centre.y + dy * (word.height / 2 + out)));
      if (column < 0 || row < 0 || column >= patch.ink.cols || row >= patch.ink.rows) continue;
      const int label = strokes.labels.at<int>(row, column);
      if (label > 0) found[static_cast<std::size_t>(label)][d] = true;
    }
  }
  return found;
}

/// Circled words: all options of the field, which may stand in several rows.
void look_at_words(const Sheet& sheet, const PrintedPage& printed, std::span<const Option> options,
                   const std::vector<std::size_t>& members, std::vector<MarkInk>& inks) {
  std::vector<Box> words;
  for (const std::size_t member : members) words.push_back(options[member].box);
  Box region = words.front();
  for (const Box& box : words) region = joined(region, box);
  const Transform placed = printed.placement.near(centre_of(region));
  const Strokes strokes = strokes_of(sheet, placed, printed, grown(region, word_margin_mm), words);

  std::vector<std::vector<std::array<bool, directions>>> around;
  around.reserve(words.size());
  for (const Box& word : words) around.push_back(enclosed(strokes, word));
  std::vector<std::array<bool, directions>> rings(words.size());
  for (std::size_t stroke = 1; stroke < static_cast<std::size_t>(strokes.count); ++stroke) {
    std::size_t best = 0;
    std::ptrdiff_t most = 0;
    for (std::size_t m = 0; m < words.size(); ++m) {
      const auto count = std::ranges::count(around[m][stroke], true);
      if (count > most) {
        most = count;
        best = m;
      }
    }
    for (std::size_t d = 0; d < directions; ++d) rings[best][d] |= around[best][stroke][d];
  }
  for (std::size_t m = 0; m < words.size(); ++m) {
    MarkInk& ink = inks[members[m]];
    ink.ring = static_cast<double>(std::ranges::count(rings[m], true)) / directions;
    ink.strikes = strikes_through(strokes, words[m]);
  }
}

MarkReading reading(const Option& option, MarkState state, double confidence) {
  return {option.value, state, confidence, option.box};
}

/// One option seen alone.
MarkReading judge_box(const Option& option, const MarkInk& ink) {
  const double extent = std::max(ink.width, ink.height);
  const double both = std::min(ink.width, ink.height);
  if (ink.strikes >= 1 && ink.area > 0.5) {
    return reading(option, ink.strikes >= 2 ? MarkState::cancelled : MarkState::unclear,
                   ink.strikes >= 2 ? 0.97 : 0.6);
  }
  if (ink.area < 0.1 || extent < 0.15) return reading(option, MarkState::empty, 0.9999);
  // A dot where a pen rested.
  if (extent < 0.22 && ink.area < 0.4) return reading(option, MarkState::empty, 0.98);
  if (extent < 0.28 || ink.area < 0.25) {
    return ink.area < 0.16 ? reading(option, MarkState::empty, 0.98)
                           : reading(option, MarkState::unclear, 0.6);
  }
  if (ink.shared > 0.5) return reading(option, MarkState::unclear, 0.6);
  // A long line that only passes through is nobody's tick.
  if (ink.outside > 4 * ink.area && both < 0.5) return reading(option, MarkState::unclear, 0.6);
  if (solid(ink)) return reading(option, MarkState::marked, 0.99);
  const bool whole = extent > 0.5 && ink.area > 0.4;
  return reading(option, MarkState::marked, whole ? 0.9995 : 0.9);
}

MarkReading judge_word(const Option& option, const MarkInk& ink, double most) {
  if (ink.ring >= 0.6 && ink.strikes >= 2) return reading(option, MarkState::cancelled, 0.95);
  if (ink.ring >= 0.75) return reading(option, MarkState::marked, 0.999);
  if (ink.ring >= 0.55) return reading(option, MarkState::marked, 0.97);
  // Beside a well circled word a few strokes are that circle's.
  if (ink.ring < 0.25 || (most >= 0.75 && ink.ring < 0.4)) {
    return reading(option, MarkState::empty, ink.ring < 0.15 ? 0.9995 : 0.98);
  }
  return reading(option, MarkState::unclear, 0.6);
}

}  // namespace

std::vector<MarkInk> look_at_marks(const Sheet& sheet, const PrintedPage& printed,
                                   std::span<const Option> options) {
  std::vector<MarkInk> inks(options.size());
  for (const std::vector<std::size_t>& row : rows_of(options)) {
    std::vector<std::size_t> boxes;
    std::vector<std::size_t> words;
    for (const std::size_t member : row) {
      (options[member].mark == MarkStyle::box ? boxes : words).push_back(member);
    }
    if (!boxes.empty()) look_at_boxes(sheet, printed, options, boxes, inks);
    if (!words.empty()) look_at_words(sheet, printed, options, words, inks);
  }
  return inks;
}

std::vector<MarkReading> judge_marks(std::span<const Option> options,
                                     std::span<const MarkInk> inks) {
  double most = 0;
  for (const MarkInk& ink : inks) most = std::max(most, ink.ring);
  std::vector<MarkReading> readings;
  for (std::size_t i = 0; i < options.size(); ++i) {
    readings.push_back(options[i].mark == MarkStyle::box ? judge_box(options[i], inks[i])
                                                         : judge_word(options[i], inks[i], most));
  }
  const auto drawn = [&](std::size_t i) {
    return readings[i].state == MarkState::marked && !solid(inks[i]);
  };
  bool another = false;
  for (std::size_t i = 0; i < options.size(); ++i) another |= drawn(i);
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (options[i].mark != MarkStyle::box || !solid(inks[i])) continue;
    if (readings[i].state == MarkState::marked && another) {
      readings[i] = reading(options[i], MarkState::cancelled, 0.95);
    }
  }
  return readings;
}

}  // namespace ocr
