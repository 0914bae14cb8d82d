#pragma once

#include <string>
#include <vector>

#include "daemon/records/records.hpp"
#include "forms/definition.hpp"

/// What several commands show of flags and pathways.
namespace cli {

[[nodiscard]] std::string flag_table(const std::vector<records::Flag>& flags);
[[nodiscard]] std::string pathway_table(const std::vector<records::Pathway>& pathways,
                                        const std::vector<records::Ending>& endings);

/// For the records, which know no files. `catalogue` must outlive it.
[[nodiscard]] records::Records::Definitions definitions_in(const forms::Catalogue& catalogue);

}  // namespace cli
