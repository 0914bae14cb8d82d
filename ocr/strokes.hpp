#pragma once

#include <span>
#include <utility>
#include <vector>

#include "ocr/patch.hpp"

namespace ocr {

/// Everything about a page's print that its fields share.
struct PrintedPage {
  const PageLayout* layout = nullptr;
  Placement placement;
  double thickening = 0;  ///< thickening_of() the page
};

/// Thickening of a page whose thin lines have gaps.
inline constexpr double eaten_mm = -0.04;

/// Where a patch is full of a photocopy's dots: a grid of squares of 2 mm.
class Screen {
public:
  Screen() = default;
  /// `dots`: the middles (px of the patch) of its small pieces that are no print.
  Screen(const Patch& patch, std::span<const cv::Point2d> dots);

  [[nodiscard]] bool none() const { return squares_.empty(); }
  [[nodiscard]] bool at(const cv::Point2d& pixel) const;
  /// Whether any, or each, of these pixels lies in it.
  [[nodiscard]] bool touches(const cv::Rect& pixels) const { return squares_in(pixels).first; }
  [[nodiscard]] bool covers(const cv::Rect& pixels) const { return squares_in(pixels).second; }

private:
  [[nodiscard]] std::pair<bool, bool> squares_in(const cv::Rect& pixels) const;

  cv::Mat squares_;  ///< CV_8U; empty: no screen at all
  double px_ = 12;   ///< side of a square
};

/// What a pen left in a part of the form: connected strokes, print taken out.
struct Strokes {
  Patch printed;                  ///< as it came, 0 and 255
  Patch patch;                    ///< strokes alone, 0 and 255
  cv::Mat labels;                 ///< CV_32S: number of the stroke, from 1; 0: paper or print
  std::vector<cv::Rect> extents;  ///< by number; [0] unused
  std::vector<int> sizes;         ///< pixels, by number; [0] unused
  cv::Mat dust;                   ///< pieces too small for strokes, dots of a screen too; 0 and 255
  Screen screen;                  ///< where a photocopy's dots lie, which were left out

  [[nodiscard]] std::size_t count() const { return sizes.size(); }
};

/// Strokes of a region of the form at 6 px/mm. Print is what lies wholly in a printed word's box
/// (`words` and the layout's own) or is a printed line. Strokes below `smallest_mm2` are dust or
/// the dots of a screen. Where the fax has eaten thin lines, gaps of a third of a millimetre are
/// closed.
[[nodiscard]] Strokes strokes_of(const Sheet& sheet, const Transform& placed,
                                 const PrintedPage& page, const Box& region,
                                 std::span<const Box> words, double smallest_mm2);

/// Takes strokes out that turned out to be none; `which` by number.
void drop(Strokes& strokes, const std::vector<bool>& which);

/// Level lines right through a box and `beyond` mm on both sides, at most 20 degrees off level.
/// A band as thick as two lines of a thick pen counts as two.
[[nodiscard]] int strikes_through(const Strokes& strokes, const Box& box, double beyond = 0.7);

/// Whether the level lines through a box that strikes_through() takes for one are two that run
/// close together or cross: at both ends, `beyond` mm from the box or half a millimetre further,
/// ink that a line through the box runs to has paper in it. A stroke of the mark itself beside one
/// end of a single line is not enough.
[[nodiscard]] bool part_at_both_ends(const Strokes& strokes, const Box& box, double beyond = 0.7);

/// The two points of a hull that lie farthest apart. It must not be empty.
[[nodiscard]] std::pair<cv::Point, cv::Point> farthest_apart(const std::vector<cv::Point>& hull);

/// Whether a stroke of a pen of `pen_mm` is an open line, straight or slightly curved, that does
/// not lean as ticks and slashes do: those rise to the right by 35 to 65 degrees from one end to
/// the other, also where a tick's corner is blunt; 25 to 72 are let pass.
[[nodiscard]] bool leans_unlike_ticks(const Strokes& strokes, std::size_t stroke, double pen_mm);

/// Share of a box's printed frame that can be seen: what stands on a strip of paper that was lost
/// on the way was not left empty by anyone.
[[nodiscard]] double frame_seen(const Patch& printed, const Box& box);

}  // namespace ocr
