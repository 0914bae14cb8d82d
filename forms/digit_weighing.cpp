#include "forms/digit_weighing.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "forms/answers.hpp"

namespace forms::answers {
namespace {

/// What is rarer than this can neither win nor cost an answer its acceptance, alone; together it is
/// kept as `rest`.
constexpr double negligible_class = 0.0005;
constexpr double negligible = 1e-6;

const Possible& best_of(const PlaceReading& place) {
  return *std::ranges::max_element(place, {}, &Possible::seen);
}

/// Fours that are closed and nines that are open are what hands differ in most, and a network that
/// has not seen a hand is too sure of them. Of 55,000 digits of unseen writers on 2,400 pages 190
/// were said to lie between 4 and 9, the less likely with 0.01 to 0.1; 13 were that one, where 7
/// were to be expected. Of all other pairs together 11 of 28.
constexpr double more_between_them = 2;

void temper(PlaceReading& place) {
  const auto at = [&](int digit) { return std::ranges::find(place, digit, &Possible::says); };
  const auto four = at(4), nine = at(9);
  if (four == place.end() || nine == place.end()) return;
  Possible& best = four->seen < nine->seen ? *nine : *four;
  Possible& rival = four->seen < nine->seen ? *four : *nine;
  if (best_of(place).says != best.says) return;
  const double both = best.likelihood + rival.likelihood;
  rival.likelihood = std::min(rival.likelihood * more_between_them, both / 2);
  best.likelihood = both - rival.likelihood;
}

struct Weighing {
  const std::vector<PlaceReading>& places;
  const std::function<Meaning(const std::vector<int>&)>& means;
  std::map<std::pair<std::string, std::string_view>, double> mass;  ///< by value and doubt
  double total = 0;
  double listed = 0;
  double best_weight = -1;
  std::vector<int> best;
  Meaning best_meaning;

  void add(const std::vector<int>& saying, double likelihood) {
    Meaning meaning = means(saying);
    const double weight = likelihood * meaning.prior;
    listed += likelihood;
    total += weight;
    mass[{meaning.value, meaning.doubt}] += weight;
    if (weight > best_weight) {
      best_weight = weight;
      best = saying;
      best_meaning = std::move(meaning);
    }
  }

  /// How likely a meaning is, of all; 0 if it is not even barely so.
  [[nodiscard]] double share(const Meaning& meaning) const {
    const auto found = mass.find({meaning.value, meaning.doubt});
    return found == mass.end() ? 0 : found->second / all();
  }

  [[nodiscard]] std::vector<std::string> rivals_of(const Meaning& meaning) const {
    std::map<std::string, double> shares;
    for (const auto& [said, weight] : mass) {
      const auto& [value, doubt] = said;
      shares[value.empty() && !doubt.empty() ? "?" : value] += weight / all();
    }
    shares.erase(meaning.value.empty() && !meaning.doubt.empty() ? "?" : meaning.value);
    std::vector<std::string> rivals;
    for (const auto& [value, share] : shares) {
      if (share >= rival_share) rivals.push_back(value);
    }
    return rivals;
  }

  [[nodiscard]] double all() const { return total + std::max(0.0, 1 - listed); }

  void walk(std::vector<int>& saying, double likelihood) {
    if (saying.size() == places.size()) {
      add(saying, likelihood);
      return;
    }
    for (const Possible& each : places[saying.size()]) {
      if (likelihood * each.likelihood < negligible) continue;
      saying.push_back(each.says);
      walk(saying, likelihood * each.likelihood);
      saying.pop_back();
    }
  }
};

}  // namespace

PlaceReading possible(const ocr::CellReading& cell) {
  const auto likelihood = on_forms(cell);
  PlaceReading place;
  for (std::size_t i = 0; i < likelihood.size(); ++i) {
    if (likelihood[i] >= negligible_class) place.push_back({static_cast<int>(i), likelihood[i]});
  }
  if (place.empty()) place.push_back({static_cast<int>(ocr::CellReading::other), 1.0});
  temper(place);
  return place;
}

Weighed weigh(const std::vector<PlaceReading>& places,
              const std::function<Meaning(const std::vector<int>&)>& means) {
  std::vector<int> as_seen;
  double seen = 1;
  for (const auto& place : places) {
    as_seen.push_back(best_of(place).says);
    seen *= best_of(place).likelihood;
  }
  Weighing weighing{places, means, {}, 0, 0, -1, {}, {}};
  std::vector<int> saying;
  weighing.walk(saying, 1);
  if (weighing.best.empty())
    return {as_seen, means(as_seen), seen, false, {}, {}};  // nothing is even barely likely

  bool sure_one_lost = false;
  for (std::size_t i = 0; i < places.size(); ++i) {
    sure_one_lost |= weighing.best[i] != as_seen[i] && best_of(places[i]).seen >= sure_digit;
  }
  if (sure_one_lost) {
    Meaning meaning = means(as_seen);
    const double sure = std::min(seen, weighing.share(meaning));
    auto rivals = weighing.rivals_of(meaning);
    if (meaning.doubt.empty()) meaning.doubt = doubt::unsure;
    const bool plain = weighing.best_meaning.doubt.empty();
    return {as_seen,
            std::move(meaning),
            sure,
            false,
            plain ? std::move(weighing.best) : std::vector<int>{},
            std::move(rivals)};
  }
  const Meaning& meaning = weighing.best_meaning;
  return {weighing.best,
          meaning,
          weighing.share(meaning),
          weighing.best != as_seen,
          {},
          weighing.rivals_of(meaning)};
}

}  // namespace forms::answers
