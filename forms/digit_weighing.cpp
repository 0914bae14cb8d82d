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
  return *std::ranges::max_element(place, {}, &Possible::likelihood);
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
    return {as_seen, means(as_seen), seen, false, {}};  // nothing is even barely likely

  bool sure_one_lost = false;
  for (std::size_t i = 0; i < places.size(); ++i) {
    sure_one_lost |= weighing.best[i] != as_seen[i] && best_of(places[i]).likelihood >= sure_digit;
  }
  if (sure_one_lost) {
    Meaning meaning = means(as_seen);
    if (meaning.doubt.empty()) meaning.doubt = doubt::unsure;
    const bool plain = weighing.best_meaning.doubt.empty();
    return {as_seen, std::move(meaning), seen, false,
            plain ? std::move(weighing.best) : std::vector<int>{}};
  }
  const double all = weighing.total + std::max(0.0, 1 - weighing.listed);
  const Meaning& meaning = weighing.best_meaning;
  return {weighing.best,
          meaning,
          weighing.mass.at({meaning.value, meaning.doubt}) / all,
          weighing.best != as_seen,
          {}};
}

}  // namespace forms::answers
