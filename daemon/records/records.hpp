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

#include "forms/filled_form.hpp"
#include "forms/named.hpp"
#include "forms/rules/judge.hpp"
#include "forms/tag.hpp"

/// The database. The only room with SQL. Schema and promises: docs/database.md.
///
/// Every member that writes is one transaction with an audit row for each change; the audit rows
/// are chained by hash. All members throw records::Refused when the database cannot do it (disk,
/// lock, damage); nothing has been changed then. Values are kept as given, any Unicode, and are
/// always bound, never part of a statement.
namespace records {

using Date = std::chrono::year_month_day;
using Time = std::chrono::sys_seconds;

class Refused : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// What was asked for contradicts what is on record: the asker's mistake, not the machine's.
class NotPossible : public Refused {
public:
  using Refused::Refused;
};

struct Patient {
  std::string patient_id, name, kana;
  Date birth_date;
  std::string sex;  ///< male, female, other, unknown
  friend bool operator==(const Patient&, const Patient&) = default;
};

struct Clinic {
  std::string clinic_id, name, fax, doctor;
  friend bool operator==(const Clinic&, const Clinic&) = default;
};

struct Pathway {
  std::string pathway_id, patient_id, clinic_id, disease;
  Date started_on;
  std::string hospital_doctor;
  std::map<std::string, std::string> thresholds;  ///< marker to limit, as written
  friend bool operator==(const Pathway&, const Pathway&) = default;
};

struct ImportCount {
  int added = 0, changed = 0, unchanged = 0;
};

/// A reference in an import that points to nothing: `row` counts from 0.
struct BadReference {
  std::size_t row;
  std::string column;
  std::string value;
  std::string expected;  ///< English, for the operator: "a patient that has been imported"
};

struct PrintedForm {
  forms::Serial serial;
  std::string pathway_id;
  std::string form;
  int version = 1;
  int pages = 1;
  std::optional<Date> visit;
  Time printed_at;
  std::optional<Time> void_at;
  std::string void_reason;
  // what the records add when asked
  std::string void_by = {};
  std::string patient_id = {};
  std::string report = {};  ///< the newest that came back on it; empty: none has

  /// The clinic keeps it: it never comes back as a report, and the end of its pathway does not
  /// concern it.
  [[nodiscard]] bool is_sheet() const { return form.ends_with("-pathway-sheet"); }
};

enum class DocumentState : std::uint8_t { received, filed, held };
enum class Fate : std::uint8_t { form, attachment, cover, blank, unidentified };
enum class ReportState : std::uint8_t { filed, to_check, held };
/// `closed`: a person found it a false alarm, or a correction took its ground away.
enum class FlagState : std::uint8_t { open, acknowledged, closed };

struct Page {
  int number = 1;
  Fate fate = Fate::unidentified;
  std::optional<forms::Tag> tag;  ///< verified
  std::string tag_form;           ///< name of tag->form
  ocr::Quality quality;
  std::string report;  ///< "R-000012"; empty: none
  std::string text;    ///< found by OCR afterwards
};

/// Pages without a proven form that a person has put into a patient's record: the clinic's own
/// letter. Never made by machine.
struct Letter {
  std::string id;  ///< "D-000001/1"
  std::string document, pathway;
  std::optional<Date> visit;  ///< that it reports on
  std::vector<int> pages;
  Time filed_at;
  std::string filed_by, note;
  std::optional<Time> taken_back_at;
  std::string taken_back_by{};
};

struct Document {
  std::string id;  ///< "D-000001"
  std::string source, name, sha256;
  std::uintmax_t bytes = 0;
  Time received_at;
  DocumentState state = DocumentState::received;
  std::vector<std::string> reasons;  ///< words of the contract, each once
  std::string detail;                ///< English, for the operator
  std::vector<Page> pages;
  std::vector<std::string> reports;
  int arrivals = 1;       ///< how often the same bytes came
  bool pictures = false;  ///< page pictures have been drawn
  std::vector<Letter> letters{};
  /// Whom the words of its pages without a tag name: for a person to choose from, never filed by.
  std::vector<forms::Proposal> proposals = {};
};

/// Why a flag no longer stands. `how`: "false-alarm" or "withdrawn".
struct Closing {
  std::string how;
  Time at;
  std::string by, why;
};

struct Flag {
  std::string id;  ///< "F-000001"
  forms::rules::FlagKind kind{};
  forms::rules::Severity severity{};
  std::vector<std::string> evidence;
  std::string reason;
  FlagState state = FlagState::open;
  std::string report;
  std::string document;
  std::string pathway;  ///< empty: not yet tied to a patient
  std::string patient;
  Time raised_at;
  std::optional<Time> acknowledged_at;
  std::string acknowledged_by, note;
  std::optional<Closing> closing{};
};

/// A pathway that came to its end, and perhaps was reopened: the newest one without `reopened_at`
/// is in force.
struct Ending {
  std::string id;  ///< "P-0001/1"
  std::string pathway;
  Date ended_on;
  std::string why;   ///< death recurrence five-year-survival other-exit
  std::string flag;  ///< whose acknowledgement ended it; empty: a person did
  Time ended_at;
  std::string ended_by, note;
  std::optional<Time> reopened_at;
  std::string reopened_by, reopened_note;
};

/// That a clinic has told of a patient at a visit: by a report in the record, or by a letter.
struct Told {
  std::string pathway;
  std::string report;  ///< empty: a letter
  std::string document;
  /// The visit as written; else the one that the form was printed for; else the day it came.
  Date visit;
};

struct Report {
  std::string id;  ///< "R-000001"
  std::string document;
  forms::Serial serial;
  bool serial_known = true;
  std::string pathway, patient;   ///< empty while held
  std::string candidate_pathway;  ///< held: whose it may be
  ReportState state = ReportState::held;
  int version = 1;
  std::string supersedes;  ///< report id or empty
  std::vector<std::string> reasons;
  forms::FilledForm form;
  std::map<int, int> pages;  ///< form page to document page
  std::vector<Flag> flags;
  Time received_at;
};

/// What one trip found, ready to be filed in one transaction.
struct Filing {
  struct ReportDraft {
    forms::Serial serial;
    std::string pathway;  ///< empty if held
    std::string candidate_pathway;
    ReportState state = ReportState::held;
    std::vector<std::string> reasons;
    forms::FilledForm form;
    std::map<int, int> pages;
    std::vector<forms::rules::Finding> findings;
    /// Fields whose difference from an earlier version of the same paper raises
    /// `duplicate-differs`: deviation and marker fields. `birth_date` is always compared; empty:
    /// every field is.
    std::vector<std::string> compared;
    forms::rules::Severity if_different = forms::rules::Severity::routine;
  };
  std::string document;
  DocumentState state = DocumentState::held;
  std::vector<std::string> reasons;
  std::string detail;
  std::vector<Page> pages;       ///< `report` empty
  std::vector<int> page_report;  ///< index into reports for each page, or -1
  std::vector<ReportDraft> reports;
  std::vector<forms::rules::Finding> findings = {};  ///< about pages that are no report's
  std::string reading;  ///< the first look as JSON, kept for the second
};

/// What the second look adds to a filed document. New findings become flags.
struct SecondLook {
  std::string document;
  std::vector<std::pair<int, std::string>> page_text;  ///< document page number, text
  struct ReportText {
    std::string report;
    std::vector<forms::Answer> answers;  ///< text fields
    std::vector<forms::rules::Finding> findings;
  };
  std::vector<ReportText> reports;
  bool pictures = true;                              ///< the page pictures have been drawn
  std::vector<forms::rules::Finding> findings = {};  ///< about pages that are no report's
  /// What words showed a page to be, other than was thought: it leaves its report. An attachment
  /// can become nobody's, and nobody's page a cover; where a person was faster nothing changes.
  std::vector<std::pair<int, Fate>> fates = {};
  std::vector<std::string> reasons = {};  ///< for which the document is held from now on
  std::vector<forms::Proposal> proposals = {};
};

struct OutboxRow {
  std::int64_t id = 0;
  std::string flag;
  std::string kind;  ///< "flag-raised", "flag-repeated"
  Time created_at;
  int attempts = 0;  ///< that failed: of one channel where one was asked for, else of all
  int turn = 0;      ///< messages about this flag before this one that somebody is told
};

struct User {
  std::string name;
  std::string role;  ///< coordinator doctor admin
};

struct Fault {
  std::string what;  ///< "database", "audit chain", "page ledger", "archive"
  std::string where;
};

/// One change, as the audit keeps it. `was` and `became` are JSON.
struct AuditRow {
  std::int64_t seq = 0;
  Time at;
  std::string who, what;   ///< "renkeid", "file"
  std::string entity, id;  ///< "report", "R-000001"
  std::string was, became;
  std::string hash;  ///< over the row before and this one
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

[[nodiscard]] std::string_view to_text(DocumentState state);
[[nodiscard]] std::string_view to_text(Fate fate);
[[nodiscard]] std::string_view to_text(ReportState state);
[[nodiscard]] std::string_view to_text(FlagState state);
[[nodiscard]] std::optional<DocumentState> parse_document_state(std::string_view text);
[[nodiscard]] std::optional<Fate> parse_fate(std::string_view text);
[[nodiscard]] std::optional<ReportState> parse_report_state(std::string_view text);
[[nodiscard]] std::optional<FlagState> parse_flag_state(std::string_view text);

}  // namespace records
