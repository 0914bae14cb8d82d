#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bench/near_miss.hpp"
#include "bench/safety_press.hpp"

/// The records side: documents are filed as the service files them, and afterwards every row of the
/// database is held against what was really sent.
namespace bench::safety {

struct Count {
  int documents = 0, pages = 0;
  int filed = 0, held = 0;      ///< documents
  int in_records = 0;           ///< pages that lie in a patient's record
  int misfiled = 0;             ///< pages in the record of a patient they are not about
  int deviations = 0;           ///< forms that must raise an urgent or routine flag
  int unflagged = 0;            ///< of these, that raised none of the right kind
  int news = 0, news_told = 0;  ///< letters that tell of a deviation; with a flag
  int forged = 0;               ///< pages with a code that is none of ours
  int forged_accepted = 0;
  int ledger_faults = 0;
  int versions_wrong = 0;     ///< a paper that came again and is no new version, or no arrival
  int changes = 0;            ///< papers that came again with another answer
  int changes_unflagged = 0;  ///< and raised nothing

  void add(const Count& other);
  [[nodiscard]] bool clean() const {
    return misfiled + unflagged + forged_accepted + ledger_faults + versions_wrong +
               changes_unflagged ==
           0;
  }
};

struct Result {
  std::array<Count, kinds> by_kind;
  std::vector<std::string> faults;    ///< for people; also those of `verify`
  std::vector<std::size_t> failed;    ///< documents
  std::vector<std::string> why_held;  ///< a line for each document that is held, for people
  int received = 0, filed = 0, held = 0, in_hand = 0;
  [[nodiscard]] Count all() const;
};

class Office {
public:
  Office(const forms::Catalogue& catalogue, const forms::TagKeys& keys, const Plan& plan,
         const std::filesystem::path& folder);

  /// Takes in, files and looks again, as the service does.
  void take(const Document& document, const Arrived& arrived);

  [[nodiscard]] const NearMisses& near_misses() const { return near_misses_; }
  [[nodiscard]] Result judge();

private:
  void weigh_birth_dates(const Document& document, const Arrived& arrived);

  const forms::Catalogue& catalogue_;
  const forms::TagKeys& keys_;
  const Plan& plan_;
  records::Records records_;
  std::map<std::size_t, std::string> ids_;  ///< of each planned document, by its number
  NearMisses near_misses_;
};

}  // namespace bench::safety
