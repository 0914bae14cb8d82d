#pragma once

#include <string>

#include "daemon/config.hpp"
#include "daemon/records/records.hpp"
#include "forms/definition.hpp"
#include "forms/print.hpp"

/// What every printed paper needs.
namespace cli {

struct Subject {
  records::Pathway pathway;
  records::Patient patient;
  records::Clinic clinic;
};

/// Throws WrongInput if there is no such pathway.
[[nodiscard]] Subject find_subject(records::Records& records, const std::string& pathway_id);

/// The hospital, the clinic and the patient.
[[nodiscard]] forms::Letterhead letterhead(const config::Hospital& hospital,
                                           const Subject& subject);

/// A changed geometry under an old version would have forms on their way read at the wrong places:
/// throws WrongInput.
void check_geometry(records::Records& records, const forms::Catalogue::Entry& entry);

/// A form with a serial that is on record before paper exists: one that no record knows could never
/// be filed.
[[nodiscard]] forms::Copy issue(records::Records& records, const forms::Catalogue::Entry& entry,
                                const forms::Letterhead& head, const std::string& who,
                                records::Time now);

}  // namespace cli
