#pragma once

#include <array>
#include <set>

#include "forms/filled_form.hpp"
#include "tests/faxsim/faxsim.hpp"

/// How often the second key turns in another's lock: each faxed date of birth is tested against
/// every recorded date that it could be confused with.
namespace bench::safety {

/// Dates that differ from `written` in one digit as it is written, by one day, by the era alone, or
/// by day and month changing places.
[[nodiscard]] std::set<forms::Date> near_misses(forms::Date written);

struct NearMissCount {
  long dates = 0;  ///< written, and the field was found
  long held = 0;   ///< of those: did not agree with themselves
  long tried = 0;  ///< near misses
  long agreed = 0;
};

class NearMisses {
public:
  /// `reading` is that of the field in which `written` stands.
  void add(faxsim::Quality quality, const forms::FieldDefinition& field,
           const ocr::Reading& reading, forms::Date written);

  [[nodiscard]] const NearMissCount& of(faxsim::Quality quality) const {
    return counts_[static_cast<std::size_t>(quality)];
  }
  [[nodiscard]] NearMissCount all() const;

private:
  std::array<NearMissCount, 4> counts_;
};

}  // namespace bench::safety
