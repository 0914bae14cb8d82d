#include "forms/writer.hpp"

#include <algorithm>
#include <cmath>

#include "forms/answers.hpp"

namespace forms::answers {
namespace {

/// A rival less likely than this costs no answer its acceptance.
constexpr double least_rival = 0.003;
/// Two looks are alike if their odds differ by less than this factor (as a logarithm): the same
/// stroke on another grid of pixels differs as much.
constexpr double odds_apart = 2.5;
/// How many cells the writers' average counts as, against this writer's own.
constexpr double weight_of_average = 1;
/// Of all cells with one digit, so many lie between it and one certain other. Measured on faxed
/// digits of unseen writers (10,838 at fine; the other has 0.1 or more): 2.3 % of the fives lie
/// towards 3, 1.9 % of the nines towards 4, 0.15 % in the mean of all pairs. A figure above them
/// all trusts the writer's habits less.
constexpr double share_between = 0.03;

/// How likely two cells that look alike are meant as different digits, against what it would be of
/// two hands. Since the second look of equal digits counts for nothing, the odds of different
/// against equal fall by p^2 + q^2 more: by 0.31 on the whole for two cells of p = 0.75. Measured on
/// faxed digits of unseen writers: of 72 pairs that lie between the same digits, the less likely
/// with 0.1 or more, 8 were different where 30 would be by chance, odds of 0.18 to 1; of writers
/// that the networks have seen 0.45.
constexpr double unlike_by_one_hand = 0.5;

std::optional<Look> look_of(const ocr::CellReading& cell) {
  const auto likelihood = on_forms(cell);
  std::size_t first = 0;
  for (std::size_t i = 1; i < likelihood.size(); ++i) {
    if (likelihood[i] > likelihood[first]) first = i;
  }
  if (first > 9) return std::nullopt;
  std::size_t second = first == 0 ? 1 : 0;
  for (std::size_t i = 0; i < 10; ++i) {
    if (i != first && likelihood[i] > likelihood[second]) second = i;
  }
  if (likelihood[second] < least_rival) return std::nullopt;
  const auto [one, other] = std::minmax(first, second);
  return Look{one, other, std::log(likelihood[one] / likelihood[other])};
}

bool alike(const Look& one, const Look& other) {
  return one.one == other.one && one.other == other.other &&
         std::abs(one.odds - other.odds) < odds_apart;
}

}  // namespace

void Writer::learn(const ocr::CellReading& cell, std::size_t digit) {
  ++seen_[digit];
  const auto look = look_of(cell);
  if (look && (digit == look->one || digit == look->other)) between_.push_back({*look, digit});
}

void Writer::count_clear(const ocr::CellReading& cell) {
  const std::size_t best = cell.best();
  if (best < 10 && cell.likelihood[best] > 0 && !look_of(cell)) ++seen_[best];
}

void Writer::mistrust(const ocr::CellReading& cell) {
  if (const auto look = look_of(cell)) mistrusted_.push_back(*look);
}

bool Writer::mistrusted(const ocr::CellReading& cell) const {
  const auto look = look_of(cell);
  return look && std::ranges::any_of(mistrusted_, [&](const Look& each) {
           return alike(each, *look) && (each.odds > 0) == (look->odds > 0);
         });
}

/// Likelihood that this writer's `digit` looks so.
double Writer::looks_so(const Look& look, std::size_t digit, double likelihood) const {
  const auto same = std::ranges::count_if(between_, [&](const Known& known) {
    return known.digit == digit && alike(known.look, look);
  });
  return (static_cast<double>(same) + weight_of_average * share_between * likelihood) /
         (seen_[digit] + weight_of_average);
}

ocr::CellReading Writer::reread(const ocr::CellReading& cell) const {
  const auto look = look_of(cell);
  if (!look) return cell;
  ocr::CellReading reread = cell;
  float& one = reread.likelihood[look->one];
  float& other = reread.likelihood[look->other];
  const double both = static_cast<double>(one) + static_cast<double>(other);
  const double for_one = looks_so(*look, look->one, one / both);
  const double for_other = looks_so(*look, look->other, other / both);
  one = static_cast<float>(both * for_one / (for_one + for_other));
  other = static_cast<float>(both - static_cast<double>(one));
  const bool turned = reread.best() != cell.best();
  return turned && static_cast<double>(cell.likelihood[cell.best()]) >= sure_digit ? cell : reread;
}

AlikeCells::AlikeCells(const std::vector<ocr::CellReading>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto look = look_of(cells[i]);
    if (!look) continue;
    for (std::size_t j = i + 1; j < cells.size(); ++j) {
      const auto other = look_of(cells[j]);
      if (!other || !alike(*look, *other)) continue;
      const auto first = on_forms(cells[i]);
      const auto second = on_forms(cells[j]);
      const auto mean = [&](std::size_t digit) { return std::sqrt(first[digit] * second[digit]); };
      pairs_.push_back({i,
                        j,
                        {static_cast<int>(look->one), static_cast<int>(look->other)},
                        {mean(look->one), mean(look->other)}});
      break;  // a third is compared with the second
    }
  }
}

double AlikeCells::factor(std::span<const int> digits) const {
  double factor = 1;
  for (const Pair& pair : pairs_) {
    const double least = std::min(pair.likelihood[0], pair.likelihood[1]);
    const auto at = [&](std::size_t cell) {
      return std::ranges::find(pair.digits, digits[cell]) - pair.digits.begin();
    };
    const auto first = at(pair.first);
    const auto second = at(pair.second);
    factor *= least;
    if (first > 1 || second > 1) continue;
    factor *=
        first != second ? unlike_by_one_hand : 1 / pair.likelihood[static_cast<std::size_t>(first)];
  }
  return factor;
}

}  // namespace forms::answers
