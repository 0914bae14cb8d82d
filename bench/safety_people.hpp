#pragma once

#include "bench/safety_plan.hpp"

/// Inside of `bench/safety_plan.hpp`: people who are easily taken for each other.
namespace bench::safety {

[[nodiscard]] std::vector<Person> make_people(const forms::Catalogue& catalogue, int count,
                                              faxsim::Chance chance);

/// A laboratory page or letter as a clinic's machine prints it. It names the person by number,
/// name, kana or birth date, at least one of them.
[[nodiscard]] Letter make_letter(const Person& person, std::size_t index, bool news,
                                 faxsim::Chance chance);
/// Values alone, and no name.
[[nodiscard]] Letter make_nameless_letter(faxsim::Chance chance);
[[nodiscard]] Cover make_cover(int pages, faxsim::Chance chance);

}  // namespace bench::safety
