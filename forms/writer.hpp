#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "ocr/reading.hpp"

/// How one writer writes. No other room includes this.
namespace forms::answers {

/// Between which two digits a cell lies, and where: the logarithm of their odds.
struct Look {
  std::size_t one = 0;  ///< the smaller digit
  std::size_t other = 0;
  double odds = 0;
};

/// A form is filled in by one hand, and a hand repeats itself: whose ones have a flag, so that they
/// look like a seven, writes most of them so. Cells that context has settled (the month of a visit,
/// say) tell how this writer's digits look; cells that lie between the same two digits are weighed
/// again by that.
class Writer {
public:
  /// `digit` (0 to 9) is what the cell holds for sure.
  void learn(const ocr::CellReading& cell, std::size_t digit);

  /// A cell with a digit that looks like no other, if it is one: it tells that this writer has
  /// written that digit clearly, and is never weighed again itself.
  void count_clear(const ocr::CellReading& cell);

  /// `cell` surely looks like a digit that cannot be meant there.
  void mistrust(const ocr::CellReading& cell);

  /// Whether a cell looks like one that was mistrusted.
  [[nodiscard]] bool mistrusted(const ocr::CellReading& cell) const;

  /// The cell with the likelihoods of its two likeliest digits shared out anew, if this writer's
  /// other digits have a say in it. A digit that was sure stays the likeliest.
  [[nodiscard]] ocr::CellReading reread(const ocr::CellReading& cell) const;

private:
  struct Known {
    Look look;
    std::size_t digit = 0;
  };

  [[nodiscard]] double looks_so(const Look& look, std::size_t digit, double likelihood) const;

  std::array<int, 10> seen_{};  ///< settled cells of each digit
  std::vector<Known> between_;  ///< those of them that lie between two digits
  std::vector<Look> mistrusted_;
};

/// Two cells of one field that look alike, between the same two digits: one hand most likely means
/// the same digit by both, and then the second look tells nothing that the first did not.
class AlikeCells {
public:
  explicit AlikeCells(const std::vector<ocr::CellReading>& cells);

  /// What the product of the cells' likelihoods for these digits (below 0: not known) must be
  /// multiplied by; at most 1, and the same for all digits if no two cells look alike.
  [[nodiscard]] double factor(std::span<const int> digits) const;

private:
  struct Pair {
    std::size_t first = 0, second = 0;   ///< cells
    std::array<int, 2> digits{};         ///< between which they lie
    std::array<double, 2> likelihood{};  ///< of each, the mean of both cells
  };
  std::vector<Pair> pairs_;
};

}  // namespace forms::answers
