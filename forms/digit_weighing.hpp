#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ocr/reading.hpp"

/// Digits read as a whole: all readings that the cells allow, each with its probability, weighed by
/// what they would mean. No other room includes this.
namespace forms::answers {

/// What one place (a cell, or the era of a date) may say, and how probable each is.
struct Possible {
  int says = 0;  ///< a class of ocr::CellReading, or the index of an era
  double likelihood = 0;
  double seen = likelihood;  ///< as the reader said it: what is sure, and what is likeliest
};
using PlaceReading = std::vector<Possible>;

[[nodiscard]] PlaceReading possible(const ocr::CellReading& cell);

/// What one combination would mean.
struct Meaning {
  std::string value;       ///< empty: blank, or nothing that can be said
  std::string_view doubt;  ///< empty: may be accepted
  /// How likely a writer is to write such a thing at all, against an ordinary answer (1). It can
  /// choose among doubtful candidates and make an answer doubtful.
  double prior = 1;
};

struct Weighed {
  std::vector<int> saying;  ///< of each place
  Meaning meaning;
  double confidence = 0;
  bool moved = false;  ///< some place says another than it looked likeliest to say
  /// Of each place, what all that is known would have it say where a sure digit stands against
  /// that; else empty. Either the writer's digit looks like another, or the writer made a mistake.
  std::vector<int> expected;
  /// Other meanings, each with `rival_share` or more: values, "" for blank, "?" for no number.
  std::vector<std::string> rivals;
};

/// What is less likely than this is no rival of the answer: half of what the floor of a single
/// answer lets pass.
inline constexpr double rival_share = 0.01;

/// The most probable meaning. It never holds another digit where one was sure: then the digits
/// stand as written, with doubt. Places must not be empty; `means` gets one `says` for each.
[[nodiscard]] Weighed weigh(const std::vector<PlaceReading>& places,
                            const std::function<Meaning(const std::vector<int>&)>& means);

}  // namespace forms::answers
