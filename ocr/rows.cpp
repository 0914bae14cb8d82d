#include "ocr/rows.hpp"

#include <algorithm>
#include <cmath>

namespace ocr {
namespace {

constexpr double band_mm = 2;  ///< less than half a cell's height

/// What the pieces of lines in one band of rows say together.
struct Band {
  double row = 0;  ///< their middle, px
  int pieces = 0;
  std::vector<float> likeness;
};

/// Bands begin where pieces do, so that those of one level line are seldom in two, where they would
/// weigh twice.
std::vector<Band> bands_of(std::span<const LineEvidence> lines, double px_per_mm, int reach) {
  std::vector<const LineEvidence*> pieces;
  for (const LineEvidence& line : lines) {
    if (line.across != Across::y || line.likeness.empty() || line.reach != reach) continue;
    pieces.push_back(&line);
  }
  std::ranges::sort(pieces, {}, [](const LineEvidence* piece) { return piece->middle.y; });
  std::vector<Band> bands;
  double end = 0;
  for (const LineEvidence* piece : pieces) {
    if (bands.empty() || piece->middle.y >= end) {
      bands.emplace_back().likeness.assign(piece->likeness.size(), 0);
      end = piece->middle.y + band_mm * px_per_mm;
    }
    Band& band = bands.back();
    for (std::size_t i = 0; i < band.likeness.size(); ++i) band.likeness[i] += piece->likeness[i];
    band.row += piece->middle.y;
    ++band.pieces;
  }
  for (Band& band : bands) {
    band.row /= band.pieces;
    // Twenty pieces on one long line are no more sure than three.
    const float weight =
        std::min(3.0F, static_cast<float>(band.pieces)) / static_cast<float>(band.pieces);
    for (float& value : band.likeness) value *= weight;
  }
  return bands;
}

/// Cost of going from any offset to each: the cheaper of a slow change, a cost a pixel, and a jump.
/// `before` becomes the best total; `origin` where it came from.
void spread(std::vector<float>& total, std::vector<int>& origin, float a_pixel, float a_jump) {
  const std::size_t size = total.size();
  const auto cheapest = static_cast<std::size_t>(std::ranges::max_element(total) - total.begin());
  const float jumped = total[cheapest] - a_jump;
  origin.resize(size);
  for (std::size_t i = 0; i < size; ++i) origin[i] = static_cast<int>(i);
  for (std::size_t i = 1; i < size; ++i) {
    if (total[i - 1] - a_pixel > total[i]) {
      total[i] = total[i - 1] - a_pixel;
      origin[i] = origin[i - 1];
    }
  }
  for (std::size_t i = size - 1; i > 0; --i) {
    if (total[i] - a_pixel > total[i - 1]) {
      total[i - 1] = total[i] - a_pixel;
      origin[i - 1] = origin[i];
    }
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (jumped > total[i]) {
      total[i] = jumped;
      origin[i] = static_cast<int>(cheapest);
    }
  }
}

/// The path of offsets, one a band, of greatest likeness (Viterbi).
std::vector<int> best_path(const std::vector<Band>& bands, double px_per_mm, int reach) {
  // A change of 0.13 mm (a row of a fine fax) costs as little as a faint line can make up for.
  const auto a_pixel = static_cast<float>(0.12 * 7.7 / px_per_mm);
  constexpr float a_jump = 0.9F;
  std::vector<float> total(bands.front().likeness.size(), 0);
  std::vector<std::vector<int>> origins(bands.size());
  for (std::size_t b = 0; b < bands.size(); ++b) {
    if (b > 0) spread(total, origins[b], a_pixel, a_jump);
    for (std::size_t i = 0; i < total.size(); ++i) {
      // The anchors have placed the page: staying there costs nothing.
      const double off = std::abs(static_cast<double>(i) - reach) / (px_per_mm * 3);
      total[i] += bands[b].likeness[i] - static_cast<float>(0.02 * off);
    }
  }
  std::vector<int> path(bands.size());
  int at = static_cast<int>(std::ranges::max_element(total) - total.begin());
  for (std::size_t b = bands.size(); b-- > 0;) {
    path[b] = at - reach;
    if (b > 0) at = origins[b][static_cast<std::size_t>(at)];
  }
  return path;
}

/// The exact offset of each band near its place on the path.
std::vector<RowShift> refined(const std::vector<Band>& bands, const std::vector<int>& path,
                              int reach) {
  std::vector<RowShift> shifts;
  for (std::size_t b = 0; b < bands.size(); ++b) {
    const Peak peak = peak_of(bands[b].likeness, reach, path[b], 1.5);
    // A faint band follows its neighbours by leaving it out.
    if (peak.likeness < 0.3) continue;
    shifts.push_back({bands[b].row, peak.offset});
  }
  return shifts;
}

}  // namespace

std::vector<RowShift> follow_rows(std::span<const LineEvidence> lines, double px_per_mm) {
  int reach = 0;
  for (const LineEvidence& line : lines) {
    if (line.across == Across::y) reach = std::max(reach, line.reach);
  }
  const std::vector<Band> bands = bands_of(lines, px_per_mm, reach);
  if (reach == 0 || bands.size() < 4) return {};
  std::vector<RowShift> shifts = refined(bands, best_path(bands, px_per_mm, reach), reach);
  if (shifts.size() < 4) return {};
  return shifts;
}

int jumped_rows(const std::vector<RowShift>& shifts, double px_per_mm) {
  double rows = 0;
  for (std::size_t i = 1; i < shifts.size(); ++i) {
    const double step = std::abs(shifts[i].shift - shifts[i - 1].shift);
    // Stretched paper moves by under 2 % of the way between two bands.
    const double slow = 0.7 + 0.02 * (shifts[i].row - shifts[i - 1].row);
    if (step > std::max(slow, 0.1 * px_per_mm)) rows += step;
  }
  return static_cast<int>(std::lround(rows));
}

}  // namespace ocr
