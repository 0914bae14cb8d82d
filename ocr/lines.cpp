#include "ocr/lines.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ocr {
namespace {

/// `means` moved by a fraction of a pixel, so that its entries stand at whole offsets.
std::vector<float> resampled(const std::vector<float>& means, double bias) {
  std::vector<float> moved(means.size());
  const int size = static_cast<int>(means.size());
  const int whole = static_cast<int>(std::floor(-bias));
  const auto part = static_cast<float>(-bias - whole);
  const auto at = [&](int i) {
    return means[static_cast<std::size_t>(std::clamp(i, 0, size - 1))];
  };
  for (int i = 0; i < size; ++i) {
    moved[static_cast<std::size_t>(i)] = (1 - part) * at(i + whole) + part * at(i + whole + 1);
  }
  return moved;
}

/// Mean ink along the piece for each offset from -reach to +reach across it.
std::vector<float> profile(const cv::Mat& ink, cv::Point2d from, cv::Point2d to, Across across,
                           int reach) {
  const int rows = across == Across::y ? ink.rows : ink.cols;
  const int columns = across == Across::y ? ink.cols : ink.rows;
  if (across == Across::x) {
    std::swap(from.x, from.y);
    std::swap(to.x, to.y);
  }
  if (from.x > to.x) std::swap(from, to);
  const int first = std::max(0, static_cast<int>(std::floor(from.x)));
  const int last = std::min(columns - 1, static_cast<int>(std::floor(to.x)));
  const double slope = to.x - from.x < 1 ? 0 : (to.y - from.y) / (to.x - from.x);
  const auto exact = [&](int u) { return from.y + slope * (u + 0.5 - from.x); };
  std::vector<int> sums(static_cast<std::size_t>(2 * reach + 1), 0);
  int seen = 0;
  double bias = 0;  // of the pixels' centres from the line
  for (int u = first; u <= last;) {
    // Pixels beside one another that lie equally far across.
    const int v = static_cast<int>(std::floor(exact(u)));
    const int start = u;
    double off = 0;
    do {
      off += v + 0.5 - exact(u);
      ++u;
    } while (u <= last && static_cast<int>(std::floor(exact(u))) == v);
    if (v - reach < 0 || v + reach >= rows) continue;
    seen += u - start;
    bias += off;
    if (across == Across::y) {
      int y = v - reach;
      for (int& sum : sums) {
        const auto* row = ink.ptr<std::uint8_t>(y++);
        sum += std::accumulate(row + start, row + u, 0);
      }
    } else {
      for (int down = start; down < u; ++down) {
        const auto* row = ink.ptr<std::uint8_t>(down) + (v - reach);
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += row[i];
      }
    }
  }
  // A piece that is half off the page says nothing sure.
  if (seen < 4 || 2 * seen < to.x - from.x) return {};
  std::vector<float> means(sums.size());
  std::ranges::transform(sums, means.begin(), [seen](int sum) {
    return static_cast<float>(sum) / (255.0F * static_cast<float>(seen));
  });
  return resampled(means, bias / seen);
}

/// Ink in a window as wide as the line, less what stands on both sides of it: grey areas,
/// pictures and thick bars are no lines.
std::vector<float> line_likeness(const std::vector<float>& means, double width_px, double gap_px) {
  const int half = std::max(0, static_cast<int>(std::lround((width_px - 1) / 2)));
  const int gap = std::max(half + 2, static_cast<int>(std::lround(gap_px)));
  const int size = static_cast<int>(means.size());
  const auto at = [&](int i) {
    return means[static_cast<std::size_t>(std::clamp(i, 0, size - 1))];
  };
  std::vector<float> found(means.size());
  for (int i = 0; i < size; ++i) {
    float inside = 0;
    for (int k = -half; k <= half; ++k) inside += at(i + k);
    inside /= static_cast<float>(2 * half + 1);
    const float beside = std::max(at(i - gap), at(i + gap));
    found[static_cast<std::size_t>(i)] = std::max(0.0F, inside - beside);
  }
  return found;
}

}  // namespace

std::vector<LinePiece> pieces_of(const std::vector<Rule>& rules, double longest, double shortest) {
  std::vector<LinePiece> pieces;
  for (const Rule& rule : rules) {
    const double dx = rule.to.x - rule.from.x;
    const double dy = rule.to.y - rule.from.y;
    const double length = std::hypot(dx, dy);
    // Slanted lines are drawn for people; only upright and level ones are measured.
    if (length < shortest || std::min(std::abs(dx), std::abs(dy)) > 0.02 * length) continue;
    const int count = std::max(1, static_cast<int>(std::ceil(length / longest - 0.01)));
    for (int i = 0; i < count; ++i) {
      // Ends touch other lines.
      const double low = (i + 0.08) / count;
      const double high = (i + 0.92) / count;
      pieces.push_back({{rule.from.x + low * dx, rule.from.y + low * dy},
                        {rule.from.x + high * dx, rule.from.y + high * dy},
                        rule.width});
    }
  }
  return pieces;
}

LineEvidence look(const Sheet& sheet, const Transform& placed, const LinePiece& piece,
                  double reach_mm) {
  const Scale scale = scale_of(placed);
  const cv::Point2d from = to_page(placed, piece.from);
  const cv::Point2d to = to_page(placed, piece.to);
  LineEvidence evidence;
  evidence.across =
      std::abs(to.x - from.x) / scale.x > std::abs(to.y - from.y) / scale.y ? Across::y : Across::x;
  evidence.middle = (from + to) / 2;
  evidence.form = {(piece.from.x + piece.to.x) / 2, (piece.from.y + piece.to.y) / 2};
  const double px_per_mm = evidence.across == Across::y ? scale.y : scale.x;
  evidence.reach = static_cast<int>(std::lround(reach_mm * px_per_mm));
  const std::vector<float> means = profile(sheet.ink, from, to, evidence.across, evidence.reach);
  if (!means.empty()) {
    evidence.likeness = line_likeness(means, piece.width * px_per_mm, 0.55 * px_per_mm);
  }
  return evidence;
}

Peak peak_of(const std::vector<float>& likeness, int reach, double start, double within) {
  Peak peak;
  if (likeness.empty()) return peak;
  const int low = std::max(-reach, static_cast<int>(std::ceil(start - within)));
  const int high = std::min(reach, static_cast<int>(std::floor(start + within)));
  int best = low - 1;
  for (int offset = low; offset <= high; ++offset) {
    const double here = likeness[static_cast<std::size_t>(offset + reach)];
    if (best < low || here > peak.likeness) {
      best = offset;
      peak.likeness = here;
    }
  }
  if (best < low) return {};
  double sum = 0;
  double moment = 0;
  for (int offset = std::max(-reach, best - 2); offset <= std::min(reach, best + 2); ++offset) {
    // Only what belongs to the same line.
    const double here = likeness[static_cast<std::size_t>(offset + reach)];
    const double weight = here > 0.4 * peak.likeness ? here : 0;
    sum += weight;
    moment += weight * offset;
  }
  peak.offset = sum > 0 ? moment / sum : best;
  return peak;
}

}  // namespace ocr
