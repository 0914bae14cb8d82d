#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "daemon/cli/cli.hpp"
#include "daemon/records/records.hpp"
#include "forms/definition.hpp"
#include "forms/filled_form.hpp"
#include "forms/schedule.hpp"

namespace cli {

/// A planned visit of a pathway, and what has become of its report.
struct Visit {
  records::Pathway pathway;
  forms::ExpectedVisit expected;
  std::string report, document;  ///< what told of it; a letter has no report
  std::optional<forms::Date> visited_on;
};

/// Today in Japan if `on` is empty.
[[nodiscard]] forms::Date day_asked_for(const Context& context, const std::string& on);

/// Of one clinic's pathways, or of all if it is empty; by the day that was planned, oldest first.
[[nodiscard]] std::vector<Visit> visits_of(records::Records& records,
                                           const forms::Catalogue& catalogue,
                                           const std::string& clinic, forms::Date on);

/// Visits planned before that day.
void drop_before(std::vector<Visit>& visits, const std::string& since);

/// Late visits whose grace was over before their pathway was registered here: whoever begins with
/// renkei has their reports on paper. A visit that was told of stays. Gives how many were dropped.
std::size_t drop_earlier(std::vector<Visit>& visits, records::Records& records,
                         const forms::Catalogue& catalogue);

/// What is said of visits that were dropped so.
[[nodiscard]] std::string left_out(std::size_t earlier);

}  // namespace cli
