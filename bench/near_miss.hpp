#pragma once

#include <array>
#include <set>
#include <string>
#include <vector>

#include "forms/filled_form.hpp"
#include "tests/faxsim/faxsim.hpp"

/// How often the second key turns in another's lock: each faxed date of birth is tested against
/// every recorded date that it could be confused with.
namespace bench {

/// Dates that differ from `written` in one digit as it is written, by one day, by the era alone, or
/// by day and month changing places.
[[nodiscard]] std::set<forms::Date> near_misses(forms::Date written);

/// Of near misses, so many may agree.
inline constexpr double most_false_agreement = 1e-4;

struct NearMissCount {
  long dates = 0;  ///< written, and the field was found
  long held = 0;   ///< of those: did not agree with themselves
  long tried = 0;  ///< near misses
  long agreed = 0;

  [[nodiscard]] double false_agreement() const {
    return tried > 0 ? static_cast<double>(agreed) / static_cast<double>(tried) : 0;
  }
};

class NearMisses {
public:
  /// A form on whose `pages` the date `written` (as in 1950-03-12) stands; read as the intake reads
  /// it, in the light of the same hand's sure digits. Nothing, if the field was not found, or on
  /// two pages.
  void add(faxsim::Quality quality, const forms::Definition& definition,
           const std::vector<const ocr::PageReading*>& pages, const std::string& written,
           forms::Date today);

  [[nodiscard]] const NearMissCount& of(faxsim::Quality quality) const {
    return counts_[static_cast<std::size_t>(quality)];
  }
  [[nodiscard]] NearMissCount all() const;

  /// A table, one row a quality that has dates.
  void print() const;

private:
  std::array<NearMissCount, 4> counts_;
};

}  // namespace bench
