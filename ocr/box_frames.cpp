#include "ocr/box_frames.hpp"

#include <algorithm>
#include <cmath>

namespace ocr {
namespace {

constexpr double line_off_mm = 1.3;  ///< how far lost rows move a line
constexpr int filled_rows = 5;       ///< how many rows they make of one
constexpr double line_mm = 0.45;     ///< of a frame, and half a row at each side
constexpr double aside_mm = 0.6;     ///< beyond the frame's corners

struct Piece {
  std::size_t stroke = 0;
  Box extent;
};

/// What lies between the upright lines of a box, or a little above or below it.
std::vector<Piece> pieces_at(const Strokes& strokes, const Box& box, double tallest) {
  std::vector<Piece> pieces;
  for (std::size_t stroke = 1; stroke < strokes.count(); ++stroke) {
    const Box extent = strokes.patch.millimetres(strokes.extents[stroke]);
    const bool level = extent.height <= tallest;
    const bool between = extent.x > box.x - aside_mm && extent.right() < box.right() + aside_mm &&
                         extent.bottom() > box.y - line_off_mm &&
                         extent.y < box.bottom() + line_off_mm;
    if (level && between) pieces.push_back({stroke, extent});
  }
  return pieces;
}

/// A bar from side to side where a line of the frame ought to be about, in one piece or several. A
/// pen's arc leaves more of that strip white.
void find_bar(const Strokes& strokes, const Box& box, const std::vector<Piece>& pieces, double line,
              double tallest, std::vector<bool>& remains) {
  Box bar;
  double ink = 0;
  double boxed = 0;  // mm2 of the pieces' own extents
  std::vector<std::size_t> found;
  for (const auto& [stroke, extent] : pieces) {
    if (extent.y > line + line_off_mm || extent.bottom() < line - line_off_mm) continue;
    if (std::abs(centre_of(extent).y - line) > line_off_mm) continue;
    bar = found.empty() ? extent : joined(bar, extent);
    ink += strokes.patch.mm2(strokes.sizes[stroke]);
    boxed += extent.width * extent.height;
    found.push_back(stroke);
  }
  if (found.empty() || bar.height > tallest) return;
  const double density = ink / (bar.width * bar.height);
  // On a page that lies askew rows hold a part of a line only, from one of its ends.
  const bool from_end =
      std::min(std::abs(bar.x - box.x), std::abs(bar.right() - box.right())) < 0.5;
  // Of a bar's middle more may have been erased with the rules than of its ends.
  const bool solid = ink > 0.75 * boxed;
  const bool whole = bar.width > 0.7 * box.width && (density > 0.45 || solid);
  const bool part = bar.width > 0.25 * box.width && density > 0.75 && from_end;
  if (!whole && !part) return;
  for (const std::size_t stroke : found) remains[stroke] = true;
}

/// Thin level lines that three boxes of the row show at the same height: nobody marks so.
void find_alike(std::span<const Box> boxes, const std::vector<std::vector<Piece>>& pieces,
                double thickest, std::vector<bool>& remains) {
  constexpr double alike = 0.25;
  constexpr std::ptrdiff_t enough = 3;
  const auto line_in = [&](std::size_t m, const Piece& piece) {
    return piece.extent.height <= thickest && piece.extent.width > 0.3 * boxes[m].width;
  };
  for (std::size_t m = 0; m < boxes.size(); ++m) {
    for (const Piece& piece : pieces[m]) {
      if (!line_in(m, piece)) continue;
      const double below = centre_of(piece.extent).y - boxes[m].y;
      std::ptrdiff_t same = 0;
      for (std::size_t k = 0; k < boxes.size(); ++k) {
        same += std::ranges::any_of(pieces[k], [&](const Piece& other) {
          return line_in(k, other) &&
                 std::abs(centre_of(other.extent).y - boxes[k].y - below) < alike;
        });
      }
      if (same >= enough) remains[piece.stroke] = true;
    }
  }
}

}  // namespace

std::vector<bool> frame_remains(const Strokes& strokes, std::span<const Box> boxes,
                                double thickening_mm) {
  const double line = line_mm + std::max(0.0, thickening_mm);
  const double bar = line + filled_rows * strokes.patch.grain_y;
  std::vector<bool> remains(strokes.count(), false);
  std::vector<std::vector<Piece>> pieces;
  pieces.reserve(boxes.size());
  for (const Box& box : boxes) {
    pieces.push_back(pieces_at(strokes, box, bar));
    find_bar(strokes, box, pieces.back(), box.y, bar, remains);
    find_bar(strokes, box, pieces.back(), box.bottom(), bar, remains);
  }
  if (boxes.size() > 2) {
    find_alike(boxes, pieces, line + 2 * strokes.patch.grain_y, remains);
  }
  return remains;
}

}  // namespace ocr
