#include "ocr/align.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ocr/anchors.hpp"
#include "ocr/lines.hpp"
#include "ocr/rows.hpp"

namespace ocr {
namespace {

/// Tags and anchors that one guess explains.
struct Guess {
  Transform placed;
  std::vector<Match> matches;
  int anchors = 0;
};

void add_tag(std::vector<Match>& matches, const Box& printed, const SeenTag& seen) {
  const auto corners = corners_of(printed);
  // ZXing rounds corners to pixels and finds them by extrapolation; an anchor is worth ten of them.
  for (std::size_t i = 0; i < corners.size(); ++i) {
    matches.push_back({corners[i], seen[i], 0.1});
  }
}

bool plausible(const Transform& placed, const Sheet& sheet) {
  const double determinant = placed.a * placed.e - placed.b * placed.d;
  const double area = sheet.px_per_mm_x * sheet.px_per_mm_y;
  // Mirrored pages do not exist; A3 and B4 sheets come shrunk to A4, A5 enlarged.
  return determinant > 0.4 * area && determinant < 2.5 * area;
}

double distance_to_nearest(const std::vector<Match>& matches, const Point& place) {
  double nearest = std::numeric_limits<double>::max();
  for (const Match& match : matches) {
    nearest = std::min(nearest, std::hypot(match.form.x - place.x, match.form.y - place.y));
  }
  return nearest;
}

/// Takes the anchors one by one, nearest first: each makes the map good enough for the next.
/// `least_reach` is how far off (mm) the first map may be even near a match.
Guess with_anchors(const Sheet& sheet, const PageLayout& layout, std::vector<Match> matches,
                   double least_reach = 2) {
  Guess guess;
  guess.placed = fit_affine(matches, 2);
  std::vector<Point> left = layout.anchors;
  while (!left.empty() && plausible(guess.placed, sheet)) {
    const auto next = std::ranges::min_element(
        left, {}, [&](const Point& anchor) { return distance_to_nearest(matches, anchor); });
    const Point anchor = *next;
    left.erase(next);
    // A tag of 25 mm seen half a pixel askew points 2 to 3 mm beside the far end of the page.
    const double far = distance_to_nearest(matches, anchor);
    const double reach = std::clamp(1.5 + 0.025 * far, least_reach, 7.0);
    const auto found = find_anchor(sheet, guess.placed, anchor, layout.anchor_size, reach);
    if (!found) continue;
    matches.push_back({anchor, *found, 1});
    ++guess.anchors;
    guess.placed = fit_affine(matches, 4);
  }
  guess.matches = std::move(matches);
  return guess;
}

/// Which code is which tag is not written in it: both are tried, and the anchors decide.
std::optional<Guess> best_guess(const Sheet& sheet, const PageLayout& layout,
                                std::span<const SeenTag> tags) {
  std::optional<Guess> best;
  const auto consider = [&](std::vector<Match> matches) {
    Guess guess = with_anchors(sheet, layout, std::move(matches));
    if (!plausible(guess.placed, sheet)) return;
    if (!best || guess.anchors > best->anchors) best = std::move(guess);
  };
  for (std::size_t one = 0; one < layout.tags.size(); ++one) {
    for (std::size_t other = 0; tags.size() > 1 && other < layout.tags.size(); ++other) {
      if (one == other) continue;
      std::vector<Match> matches;
      add_tag(matches, layout.tags[one], tags[0]);
      add_tag(matches, layout.tags[other], tags[1]);
      // Two tags in each other's place give a map that is upside down or torn.
      const Transform rough = fit_affine(matches, 20);
      const cv::Point2d miss = to_page(rough, matches.front().form) - matches.front().page;
      if (std::hypot(miss.x, miss.y) < 20) consider(std::move(matches));
    }
  }
  if (best && best->anchors > 0) return best;
  for (const SeenTag& tag : tags) {
    for (const Box& printed : layout.tags) {
      std::vector<Match> matches;
      add_tag(matches, printed, tag);
      consider(std::move(matches));
    }
  }
  return best;
}

constexpr double line_reach_mm = 3;
constexpr double seen_likeness = 0.45;  ///< of a piece of line that is surely there

/// Looks at the pieces, at every `step`-th of those that run down the page: they only correct the
/// affine map, while those along the rows must find each lost row.
std::vector<LineEvidence> look_at_all(const Sheet& sheet, const Placement& placement,
                                      const std::vector<LinePiece>& pieces, double reach_mm,
                                      int step = 1) {
  const Transform& placed = placement.affine;
  std::vector<LineEvidence> evidence;
  evidence.reserve(pieces.size());
  int count = 0;
  for (const LinePiece& piece : pieces) {
    const double dx = piece.to.x - piece.from.x;
    const double dy = piece.to.y - piece.from.y;
    const bool down =
        std::abs(placed.d * dx + placed.e * dy) > std::abs(placed.a * dx + placed.b * dy);
    if (down && ++count % step != 0) continue;
    const Point middle{(piece.from.x + piece.to.x) / 2, (piece.from.y + piece.to.y) / 2};
    LineEvidence seen = look(sheet, placement.near(middle), piece, reach_mm);
    if (!seen.likeness.empty()) evidence.push_back(std::move(seen));
  }
  return evidence;
}

/// Offsets of lines along one axis of the page, to be explained by p + q*x + r*y.
struct Offset {
  cv::Point2d at;
  double offset = 0;
  double weight = 0;
};

cv::Vec3d fit_plane(const std::vector<Offset>& offsets, double gate) {
  cv::Vec3d plane(0, 0, 0);
  for (int round = 0; round < 6; ++round) {
    const double scale = std::max(gate, 3 * gate / (round + 1));
    cv::Matx33d normal = cv::Matx33d::eye() * 1e-3;
    cv::Vec3d right(0, 0, 0);
    for (const Offset& offset : offsets) {
      const cv::Vec3d v(1, offset.at.x / 1000, offset.at.y / 1000);
      const double miss = (offset.offset - plane.dot(v)) / scale;
      const double w = offset.weight / ((1 + miss * miss) * (1 + miss * miss));
      normal += w * (v * v.t());
      right += w * offset.offset * v;
    }
    plane = normal.solve(right, cv::DECOMP_CHOLESKY);
  }
  return plane;
}

/// Moves the map so that lines that run down the page stand where they are seen.
void correct_columns(Transform& placed, const std::vector<LineEvidence>& lines, double px_per_mm) {
  std::vector<Offset> offsets;
  for (const LineEvidence& line : lines) {
    if (line.across != Across::x) continue;
    const Peak peak = peak_of(line.likeness, line.reach, 0, line.reach);
    if (peak.likeness > 0.35) offsets.push_back({line.middle, peak.offset, peak.likeness});
  }
  if (offsets.size() < 8) return;
  const cv::Vec3d plane = fit_plane(offsets, 0.25 * px_per_mm);
  // x' = x + p + q x + r y, with x and y themselves affine in millimetres.
  const double q = plane[1] / 1000;
  const double r = plane[2] / 1000;
  const Transform before = placed;
  placed.a += q * before.a + r * before.d;
  placed.b += q * before.b + r * before.e;
  placed.c += plane[0] + q * before.c + r * before.f;
}

/// The affine map that fits the followed rows best, with the rest left as shifts: `placed` alone
/// should be as right as a map without shifts can be.
void absorb(Placement& placement) {
  if (placement.rows.size() < 4) return;
  std::vector<Offset> offsets;
  for (const RowShift& shift : placement.rows) {
    offsets.push_back({{0, shift.row}, shift.shift, 1});
  }
  const cv::Vec3d line = fit_plane(offsets, 100);
  const double r = line[2] / 1000;
  for (RowShift& shift : placement.rows) {
    const double moved = line[0] + r * shift.row;
    shift.shift -= moved;
    shift.row += moved;
  }
  Transform& placed = placement.affine;
  placed.d += r * placed.d;
  placed.e += r * placed.e;
  placed.f += line[0] + r * placed.f;
}

/// How well the finished map explains what is seen.
void judge(Alignment& alignment, const std::vector<LineEvidence>& lines,
           const std::vector<Match>& anchors) {
  const Scale scale = scale_of(alignment.placement.affine);
  std::vector<double> errors;
  std::size_t found = 0;
  for (const LineEvidence& line : lines) {
    const double px_per_mm = line.across == Across::x ? scale.x : scale.y;
    const Peak peak = peak_of(line.likeness, line.reach, 0, line.reach);
    if (peak.likeness < seen_likeness) continue;
    const double error = std::abs(peak.offset) / px_per_mm;
    if (error < std::max(0.4, 1.6 / px_per_mm)) ++found;
    errors.push_back(error);
  }
  for (const Match& match : anchors) {
    const cv::Point2d miss = alignment.placement.at(match.form) - match.page;
    errors.push_back(std::hypot(miss.x / scale.x, miss.y / scale.y));
  }
  alignment.lines_gained = 2 * static_cast<int>(found) - static_cast<int>(lines.size());
  alignment.lines_found =
      lines.empty() ? 0 : static_cast<double>(found) / static_cast<double>(lines.size());
  if (errors.empty()) {
    alignment.error_mm = std::numeric_limits<double>::infinity();
    return;
  }
  const auto rank = static_cast<std::ptrdiff_t>(0.9 * static_cast<double>(errors.size() - 1));
  std::ranges::nth_element(errors, errors.begin() + rank);
  alignment.error_mm = errors[static_cast<std::size_t>(rank)];
}

/// From a guess to the finished map; none if the form's lines are not where it puts them.
std::optional<Alignment> settled(const Sheet& sheet, const PageLayout& layout, const Guess& guess) {
  Alignment alignment;
  alignment.anchors = guess.anchors;
  Placement& placement = alignment.placement;
  placement.affine = guess.placed;
  const std::vector<LinePiece> pieces = pieces_of(layout.rules);
  const Scale scale = scale_of(placement.affine);

  const auto first = look_at_all(sheet, placement, pieces, line_reach_mm, 3);
  correct_columns(placement.affine, first, scale.x);
  placement.rows = follow_rows(first, scale.y);
  alignment.jumped_rows = jumped_rows(placement.rows, scale.y);
  absorb(placement);

  // A second, close look settles what the first saw only from afar, and tells how good it was.
  const auto second = look_at_all(sheet, placement, pieces, 1, 2);
  std::vector<Match> anchors;
  std::ranges::copy_if(guess.matches, std::back_inserter(anchors),
                       [](const Match& match) { return match.weight >= 1; });
  judge(alignment, second, anchors);
  correct_columns(placement.affine, second, scale.x);
  const bool fits =
      alignment.lines_found > 0.5 || (alignment.anchors >= 3 && alignment.lines_found > 0.25);
  if (!fits || alignment.error_mm > 1) return std::nullopt;
  return alignment;
}

}  // namespace

std::optional<Alignment> align(const Sheet& sheet, const PageLayout& layout,
                               std::span<const SeenTag> tags) {
  if (tags.empty() || sheet.ink.empty()) return std::nullopt;
  const auto guess = best_guess(sheet, layout, tags);
  if (!guess) return std::nullopt;
  return settled(sheet, layout, *guess);
}

std::optional<Alignment> align_from(const Sheet& sheet, const PageLayout& layout,
                                    const Transform& rough) {
  if (sheet.ink.empty() || !plausible(rough, sheet)) return std::nullopt;
  std::vector<Match> matches;
  const Box page{0, 0, layout.width, layout.height};
  for (const Point& corner : corners_of(page)) {
    matches.push_back({corner, to_page(rough, corner), 0.01});
  }
  const Guess guess = with_anchors(sheet, layout, std::move(matches), 6);
  if (!plausible(guess.placed, sheet)) return std::nullopt;
  return settled(sheet, layout, guess);
}

}  // namespace ocr
