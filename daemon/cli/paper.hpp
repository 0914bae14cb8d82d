#pragma once

#include <functional>
#include <string>
#include <vector>

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

/// Says on the error channel what a clinic needs to send the paper back and the configuration does
/// not tell.
void warn_of_hospital(const config::Hospital& hospital);

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

/// Makes the paper of what was issued. If `make` throws, the forms are void, since nobody must wait
/// for paper that never was; one that could not be made void is named on standard error. What
/// `make` threw goes on.
void make_paper(records::Records& records, const std::vector<forms::Serial>& issued,
                const std::string& who, records::Time now, const std::function<void()>& make);

}  // namespace cli
