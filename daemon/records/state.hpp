#pragma once

#include "daemon/records/anchor.hpp"
#include "daemon/records/database.hpp"
#include "daemon/records/records.hpp"

namespace records {

struct Records::State {
  State(const std::filesystem::path& file, bool create, std::chrono::milliseconds patience)
      : database(file, create, patience), anchor(anchor_beside(file)) {
    database.after_commit([this] { anchor.advance(database); });
  }
  Database database;
  Anchor anchor;
};

/// Who does what no person did.
inline constexpr auto service = "renkeid";

/// Parts of the members that several files need; each inside a transaction.
struct NewFlag {
  std::int64_t document = 0;
  std::int64_t report = 0;
  forms::rules::Finding finding;
};
/// The flag, its outbox row, and their audit rows.
std::int64_t raise_flag(Database& database, const NewFlag& flag, Time now);

/// The outbox row with its audit row.
void queue_message(Database& database, std::int64_t flag, const char* kind, Time now);

/// Writes or replaces one field's answer.
void put_answer(Database& database, std::int64_t report, const forms::Answer& answer);
/// Fields of one report as they are.
[[nodiscard]] std::map<std::string, forms::Answer, std::less<>> answers_of(Database& database,
                                                                           std::int64_t report);
/// A paper that the rules look at.
struct Paper {
  std::string serial;
  std::int64_t report = 0;  ///< those with lower numbers came before it
  Date received_on;
};
/// Records::history_of; of no pathway ("") the day alone.
[[nodiscard]] forms::rules::History history_in(Database& database, const std::string& pathway,
                                               const Paper& paper);

/// The answers, notes and form of a report.
[[nodiscard]] forms::FilledForm form_of(Database& database, std::int64_t report);
/// What the rules say of a report as it stands, in the light of `pathway` ("": of no pathway).
/// Empty if its form is not known.
[[nodiscard]] std::vector<forms::rules::Finding> judge_again(
    Database& database, std::int64_t report, const std::string& pathway,
    const Records::Definitions& definitions);
/// Whether a flag that still stands says this, evidence and all.
[[nodiscard]] bool is_flagged(Database& database, std::int64_t report,
                              const forms::rules::Finding& finding);
/// "F-000001" and its kind, of the flags of a report that still stand.
struct Standing {
  std::int64_t flag = 0;
  std::string kind, reason;
};
[[nodiscard]] std::vector<Standing> standing_flags(Database& database, std::int64_t report);

/// The flags of a report that somebody acknowledged before it came into this record are raised
/// anew: they were seen as another's, or as nobody's. Notices are not.
void raise_again(Database& database, std::int64_t report, Time now);

/// Whose record a pathway's is.
struct Owner {
  std::string disease, patient, birth_date;
};
[[nodiscard]] std::optional<Owner> owner_of(Database& database, const std::string& pathway);
/// What speaks against a report's being the owner's: its verified tag, its disease, the date of
/// birth on it as far as it is sure or far off. Empty: nothing.
[[nodiscard]] std::string against_report(Database& database, std::int64_t report,
                                         const Owner& owner,
                                         const Records::Definitions& definitions);
/// Another patient's number or date of birth among a document's words, and not the owner's.
[[nodiscard]] std::string against_words(Database& database, std::int64_t document,
                                        const Owner& owner);

struct Occasion {
  std::string by, why;
  Time now;
};
/// A report with what the rules said before something changed.
struct Judged {
  std::int64_t report = 0;
  std::int64_t document = 0;
  std::vector<forms::rules::Finding> before;
};
/// All reports in the record of a pathway: the values of each are history to the others.
[[nodiscard]] std::vector<Judged> judge_pathway(Database& database, const std::string& pathway,
                                                const Records::Definitions& definitions);
/// Raises what the rules say now and did not before; withdraws what they no longer say.
void compare(Database& database, const Judged& judged,
             const std::vector<forms::rules::Finding>& after, const Occasion& occasion,
             Records::Rejudged& outcome);

struct ClosingDraft {
  std::int64_t flag = 0;
  const char* how = "";  ///< "false-alarm", "withdrawn"
  std::string by, why;
};
/// Closes a flag that still stands; a pathway that it ended is open again.
void close_in(Database& database, const ClosingDraft& closing, Time now);

/// An acknowledged flag of an exit ends its pathway, unless that has ended already or nobody's
/// record has the report.
void end_by_flag(Database& database, std::int64_t flag, const std::string& by, Time now);
/// What the flag ended is open again, unless another acknowledged flag ends it too.
void reopen_by_flag(Database& database, std::int64_t flag, const std::string& by,
                    const std::string& why, Time now);

/// The same for a report that has just left the record of `pathway`.
void reopen_by_report(Database& database, const std::string& pathway, std::int64_t report,
                      const Occasion& occasion);

/// A printed form that is not void yet becomes so, with its audit row.
void make_form_void(Database& database, const std::string& serial, const std::string& reason,
                    const std::string& who, Time now);
/// The forms of an ended pathway that have not come back, and back.
void make_unused_void(Database& database, const std::string& pathway, const std::string& reason,
                      const std::string& who, Time now);
void make_valid_again(Database& database, const std::string& pathway, const std::string& reason,
                      Time void_at, const std::string& who, Time now);
/// What words showed pages to be, and what the document is for it: held for another reason, or held
/// no more. Before its audit row.
void change_fates(Database& database, std::int64_t document, const SecondLook& look);
/// With their audit rows.
void put_proposals(Database& database, const SecondLook& look, Time now);
/// What a row of `fields` says.
[[nodiscard]] forms::Answer answer_in(const Row& row);
/// `filed` or `to-check` by the fields; a held report stays so. True if that changed it.
bool settle_state(Database& database, std::int64_t report);

}  // namespace records
