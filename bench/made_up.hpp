#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "daemon/intake.hpp"
#include "forms/print.hpp"
#include "tests/faxsim/chance.hpp"
#include "tests/faxsim/faxsim.hpp"

/// Made-up reports of made-up patients, with what a perfect reader would say of each.
namespace bench {

/// What stands at the head of the bench's forms: its hospital, a clinic, and a patient.
[[nodiscard]] forms::Letterhead letterhead();

/// The definitions of several folders, copied into one (`into`, made if need be), because a form
/// may include files of its own folder alone. Throws what copying and loading throw.
[[nodiscard]] forms::Catalogue merged(const std::vector<std::filesystem::path>& folders,
                                      const std::filesystem::path& into);

/// A form that the hospital has printed and can be filled many times: the patient's birth date is
/// not on it, so each case brings its own patient.
struct Printed {
  const forms::Catalogue::Entry* entry = nullptr;
  forms::Serial serial;
  std::shared_ptr<const faxsim::Blank> blank;
};

class Hospital {
public:
  /// Prints `copies` forms of each disease (all if empty) into `folder`. Throws what printing
  /// throws.
  Hospital(forms::Catalogue definitions, const std::filesystem::path& folder,
           const std::vector<std::string>& diseases, int copies);

  [[nodiscard]] const forms::Catalogue& catalogue() const { return catalogue_; }
  [[nodiscard]] const forms::TagKeys& keys() const { return keys_; }
  [[nodiscard]] const std::vector<Printed>& printed() const { return printed_; }

private:
  forms::Catalogue catalogue_;
  forms::TagKeys keys_;
  std::vector<Printed> printed_;
};

/// What is special about a case: which counts it belongs to.
struct Traits {
  bool deviation = false;  ///< recurrence, death, ...: something happened
  bool prose = false;      ///< free text in its box
  bool note = false;       ///< a note in the margin
  bool two_marks = false;  ///< a choice that no one can decide
  bool struck = false;     ///< digits struck out, the right ones above
  bool cancelled = false;  ///< a wrong mark taken back
  bool stray = false;
  bool typed = false;
  bool wrong_patient = false;  ///< the birth date written is another's: must never be filed
};

struct Case {
  const Printed* printed = nullptr;
  faxsim::Values values;
  records::Patient patient;  ///< as recorded
  records::Pathway pathway;
  std::map<std::string, std::vector<forms::rules::MarkerValue>, std::less<>> markers;
  records::Time received_at;
  forms::FilledForm truth;  ///< answers as written; doubtful where no one could tell
  std::vector<forms::rules::Finding> expected;
  Traits traits;
};

/// Of whom a case tells, where it does not make up a patient of its own.
struct Whom {
  records::Patient patient;
  records::Pathway pathway;
  records::Time received_at;
  records::Date visit;
  records::Date birth_date;  ///< as written
};

[[nodiscard]] Case make_case(const Printed& printed, faxsim::Chance chance,
                             const Whom* whom = nullptr);

/// The records, as far as the interpretation of this case asks them.
[[nodiscard]] intake::Known known(const Case& made);

}  // namespace bench
