#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/records/values.hpp"

/// The database. The only room with SQL. Schema and promises: docs/database.md.
///
/// Every member that writes is one transaction with an audit row for each change; the audit rows
/// are chained by hash. All members throw records::Refused when the database cannot do it (disk,
/// lock, damage); nothing has been changed then. Values are kept as given, any Unicode, and are
/// always bound, never part of a statement.
namespace records {

class Refused : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// What was asked for contradicts what is on record: the asker's mistake, not the machine's.
class NotPossible : public Refused {
public:
  using Refused::Refused;
};

/// One connection. Not thread-safe: each thread opens its own; any number of them, in any number of
/// processes. A writer waits up to a minute for another.
class Records {
public:
  enum class Open : std::uint8_t { existing, create };

  /// Opens DIR/renkei.db. Sets journal_mode=DELETE, synchronous=EXTRA, reads both back and throws
  /// Refused if they did not take, or if the schema is newer than this program. An older schema is
  /// brought up to date. `create` refuses a file that is there already.
  Records(const std::filesystem::path& file, Open how,
          std::chrono::milliseconds patience = std::chrono::minutes(1));
  ~Records();
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;

  // --- master data: all or nothing ---
  /// Patients and clinics that are not there, and pathways that would change hands: a pathway never
  /// gets another patient. import_pathways throws Refused for these.
  [[nodiscard]] std::vector<BadReference> check_pathways(const std::vector<Pathway>& rows);
  ImportCount import_patients(const std::vector<Patient>& rows, const std::string& who, Time now);
  ImportCount import_clinics(const std::vector<Clinic>& rows, const std::string& who, Time now);
  ImportCount import_pathways(const std::vector<Pathway>& rows, const std::string& who, Time now);
  [[nodiscard]] std::optional<Patient> patient(const std::string& id);
  [[nodiscard]] std::vector<Patient> patients();
  [[nodiscard]] std::optional<Clinic> clinic(const std::string& id);
  [[nodiscard]] std::optional<Pathway> pathway(const std::string& id);
  [[nodiscard]] std::vector<Pathway> pathways_of(const std::string& patient_id);
  /// Of one clinic, or all if it is empty; by clinic, then by id.
  [[nodiscard]] std::vector<Pathway> pathways_at(const std::string& clinic_id);
  /// When each pathway was imported first.
  [[nodiscard]] std::map<std::string, Time> registered();
  [[nodiscard]] std::vector<Clinic> clinics();

  // --- the end of a pathway ---
  struct End {
    std::string pathway;
    Date on;
    std::string why;
    std::string by, note;
  };
  /// Nothing is expected afterwards: forms of it that have not come back become void. False if it
  /// has ended already. Throws Refused for an unknown pathway.
  bool end_pathway(const End& end, Time now);
  /// The end was a mistake: what it made void is valid again. False if it has not ended.
  bool reopen_pathway(const std::string& pathway, const std::string& by, const std::string& note,
                      Time now);
  /// Oldest first; of one pathway, or all if it is empty.
  [[nodiscard]] std::vector<Ending> endings(const std::string& pathway);
  [[nodiscard]] std::optional<Ending> ending_of(const std::string& pathway);  ///< in force
  /// Of one pathway, or all if it is empty. Of several versions of one paper the newest counts.
  [[nodiscard]] std::vector<Told> told(const std::string& pathway);

  // --- printed forms ---
  /// Takes note of a form about to be printed; `serial` must be new (throws Refused otherwise).
  void issue(const PrintedForm& form, const std::string& who);
  [[nodiscard]] std::optional<PrintedForm> printed(forms::Serial serial);
  /// Oldest first; those of one pathway, or all.
  [[nodiscard]] std::vector<PrintedForm> printed_forms(const std::string& pathway);
  /// Refuses an unknown serial; voiding twice keeps the first. True if it was this call that did
  /// it.
  bool void_serial(forms::Serial serial, const std::string& reason, const std::string& who,
                   Time now);
  /// Remembers the geometry of a form version at its first printing; false if it has changed since
  /// without a new version.
  bool same_geometry(const std::string& form, int version, const std::string& hash);

  // --- arrivals ---
  /// The row that makes an archived file ours. The same bytes again are an arrival of the same
  /// document.
  struct Received {
    std::string document;
    bool again = false;
  };
  Received receive(const std::string& source, const std::string& name, const std::string& sha256,
                   std::uintmax_t bytes, Time now);
  /// Documents in hand, oldest first.
  [[nodiscard]] std::vector<std::string> in_hand();
  /// All that the rules hold a report against, at its first judgement and at every later one: the
  /// start and the thresholds of its pathway, and of what papers in the record tell that came
  /// before it: accepted numbers, oldest first, by field (a number field is a marker to those who
  /// ask for it; of several versions of one paper the newest in the record counts), and visits.
  /// `paper` is its own serial, whose earlier versions are no history to it.
  [[nodiscard]] forms::rules::History history_of(const std::string& pathway, forms::Serial paper,
                                                 Date received_on);
  /// Document, pages, reports, fields, flags, outbox, audit: one transaction. Refuses a document
  /// that is not in hand, so that nothing is filed twice, and a filing that contradicts itself.
  void file(const Filing& filing, Time now);

  // --- what a person decides ---
  /// The definition of a form's version, or null.
  using Definitions = std::function<const forms::Definition*(const std::string& form, int version)>;
  struct ByPerson {
    std::string document, pathway;
    std::optional<Date> visit;
    std::vector<int> pages;  ///< empty: all that are in nobody's record yet
    std::string by, note;
    /// Also what another patient's verified tag, form, date of birth or words speak against.
    bool despite_mismatch = false;
  };
  /// Puts pages of a held document into a record: its untagged pages as a letter, its held reports
  /// as reports, whose rules are run again. The document is filed when no page is left. Throws
  /// Refused, with what stands in the way, if a page cannot go there.
  void file_by_person(const ByPerson& filing, const Definitions& definitions, Time now);
  /// A document that stands in the wrong record, or whose place there is in doubt: its reports and
  /// letters leave it and are held again. Throws NotPossible if it is not filed, nor in part.
  void take_back(const std::string& document, const std::string& by, const std::string& why,
                 const Definitions& definitions, Time now);
  /// Documents with letters in the record of a pathway.
  [[nodiscard]] std::vector<std::string> letters_of(const std::string& pathway);

  // --- second look ---
  [[nodiscard]] std::vector<std::string> awaiting_second_look();
  [[nodiscard]] std::string first_reading(const std::string& document);  ///< Filing::reading
  /// Also when there was nothing to add. Once a document; a report whose last doubt this ends
  /// becomes `filed`.
  void add_second_look(const SecondLook& look, Time now);

  // --- asking ---
  struct DocumentQuery {
    std::optional<DocumentState> state;
    std::optional<Time> since;
    int limit = 0;  ///< 0: all
    bool newest_first = false;
  };
  [[nodiscard]] std::vector<Document> documents(const DocumentQuery& query);
  [[nodiscard]] std::optional<Document> document(const std::string& id);
  [[nodiscard]] std::optional<Document> document_by_sha256(const std::string& sha256);
  struct ReportQuery {
    std::string pathway;  ///< empty: all
    std::optional<ReportState> state;
    int limit = 0;
    bool newest_first = false;
  };
  [[nodiscard]] std::vector<Report> reports(const ReportQuery& query);
  [[nodiscard]] std::optional<Report> report(const std::string& id);
  struct FlagQuery {
    std::optional<FlagState> state;
    std::optional<forms::rules::Severity> severity;
    bool urgent_first = false;  ///< else oldest first
  };
  [[nodiscard]] std::vector<Flag> flags(const FlagQuery& query);
  [[nodiscard]] std::optional<Flag> flag(const std::string& id);
  /// False if there is no such flag; acknowledging twice keeps the first. `ends_pathway`: the flag
  /// tells of an exit, which is hereby known to the hospital: its pathway ends.
  bool acknowledge(const std::string& flag, const std::string& user, const std::string& note,
                   Time now, bool ends_pathway = false);
  /// A false alarm, for a reason. What its acknowledgement ended is open again. False if there is
  /// no such flag, or it is closed.
  bool close_flag(const std::string& flag, const std::string& user, const std::string& why,
                  Time now);
  /// A flag that was closed is raised anew, under a new number, which is the answer: its closing
  /// was a mistake. None if there is no such flag, or it is not closed.
  std::optional<std::string> reopen_flag(const std::string& flag, const std::string& user,
                                         const std::string& why, Time now);
  struct Correction {
    std::string report, field;
    std::vector<std::string> values;  ///< as the definition allows; none: it is blank
    std::string by, note;
  };
  struct Rejudged {
    std::vector<std::string> raised, withdrawn;  ///< flags
  };
  /// A person's value for a field; what the machine read stays on record. The rules are run on the
  /// report as it was and as it is (and on later reports of the pathway, for which it is history):
  /// findings that appear become flags, flags whose ground is gone are withdrawn. None if there is
  /// no such report or field. Without a definition no rule is run.
  std::optional<Rejudged> correct(const Correction& correction, const Definitions& definitions,
                                  Time now);

  // --- people ---
  bool add_user(const User& user, const std::string& who, Time now);  ///< false: name taken
  [[nodiscard]] std::optional<User> user(const std::string& name);
  [[nodiscard]] std::vector<User> users();

  // --- outbox ---
  /// Messages that are not settled, oldest first.
  [[nodiscard]] std::vector<OutboxRow> outbox(int at_most);
  /// Those that `channel` ("mail", "hook") has still to carry and whose time has come: the least
  /// tried first, so that one message that no server wants never stands before the others; of these
  /// the urgent first.
  [[nodiscard]] std::vector<OutboxRow> outbox_for(const std::string& channel, Time now,
                                                  int at_most);
  /// A delivery that is done stays done.
  void sent(std::int64_t outbox_id, const std::string& channel, Time now);
  /// Not to be tried again before `next`.
  void not_sent(std::int64_t outbox_id, const std::string& channel, const std::string& why,
                Time now, Time next);
  /// Closes what all of `channels` have carried, and what nobody needs to be told: the flag has
  /// been acknowledged, or there is no channel. Gives how many.
  int settle_outbox(const std::vector<std::string>& channels, Time now);
  struct Repeating {
    std::chrono::seconds after;  ///< from the first message about a flag to the second
    std::chrono::seconds every;  ///< then
    int most_unsent = 1;         ///< messages that wait for one flag; no more are added
  };
  /// Puts open urgent flags into the outbox again when their time has come. Gives how many.
  int repeat_urgent(const Repeating& repeating, Time now);

  // --- proof ---
  /// Changes with every commit of any process: the desk asks it whether to draw anew.
  [[nodiscard]] std::int64_t data_version();
  /// integrity_check, foreign keys, audit chain, page ledger (each page one fate; received = filed
  /// + held + in hand). Every entity is compared with the seal that its newest audit row holds.
  [[nodiscard]] std::vector<Fault> faults();
  /// The newest hash of the audit chain, 64 hex digits: written outside the database, it shows a
  /// cut tail. Every commit writes it into `renkei.anchor` beside the database, and faults()
  /// compares.
  [[nodiscard]] std::string audit_head();
  [[nodiscard]] bool audit_knows(const std::string& hash);
  /// After a person has looked into why the anchor is not in the chain, or not there.
  void renew_anchor(const std::string& who, const std::string& why, Time now);
  /// Every change of one document, report, flag, patient ..., oldest first.
  [[nodiscard]] std::vector<AuditRow> trace(const std::string& entity, const std::string& id);
  [[nodiscard]] std::vector<std::string> archived();  ///< every sha256 the database knows

  /// The database as it is at one moment, whoever writes meanwhile, into a new file of mode 0600,
  /// with its anchor beside it.
  void copy_to(const std::filesystem::path& file);

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace records
