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
};

enum class DocumentState : std::uint8_t { received, filed, held };
enum class Fate : std::uint8_t { form, attachment, cover, blank, unidentified };
enum class ReportState : std::uint8_t { filed, to_check, held };
enum class FlagState : std::uint8_t { open, acknowledged };

struct Page {
  int number = 1;
  Fate fate = Fate::unidentified;
  std::optional<forms::Tag> tag;  ///< verified
  std::string tag_form;           ///< name of tag->form
  ocr::Quality quality;
  std::string report;  ///< "R-000012"; empty: none
  std::string text;    ///< found by OCR afterwards
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
  bool pictures = true;  ///< the page pictures have been drawn
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
  [[nodiscard]] std::optional<Clinic> clinic(const std::string& id);
  [[nodiscard]] std::optional<Pathway> pathway(const std::string& id);
  [[nodiscard]] std::vector<Pathway> pathways_of(const std::string& patient_id);

  // --- printed forms ---
  /// Takes note of a form about to be printed; `serial` must be new (throws Refused otherwise).
  void issue(const PrintedForm& form, const std::string& who);
  [[nodiscard]] std::optional<PrintedForm> printed(forms::Serial serial);
  /// Refuses an unknown serial; voiding twice keeps the first.
  void void_serial(forms::Serial serial, const std::string& reason, const std::string& who,
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
  /// Accepted numbers of a pathway's reports, oldest first, by field (a number field is a marker to
  /// those who ask for it). Of several versions of one paper the newest that is in the record
  /// counts.
  [[nodiscard]] std::map<std::string, std::vector<forms::rules::MarkerValue>, std::less<>>
  markers_of(const std::string& pathway);
  /// Document, pages, reports, fields, flags, outbox, audit: one transaction. Refuses a document
  /// that is not in hand, so that nothing is filed twice, and a filing that contradicts itself.
  void file(const Filing& filing, Time now);

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
  /// False if there is no such flag; acknowledging twice keeps the first.
  bool acknowledge(const std::string& flag, const std::string& user, const std::string& note,
                   Time now);
  /// A person's value for a field; what the machine read stays on record. False if there is no such
  /// report or field.
  bool correct(const std::string& report, const std::string& field,
               const std::vector<std::string>& values, const std::string& who, Time now);

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
  /// cut tail.
  [[nodiscard]] std::string audit_head();
  [[nodiscard]] bool audit_knows(const std::string& hash);
  /// Every change of one document, report, flag, patient ..., oldest first.
  [[nodiscard]] std::vector<AuditRow> trace(const std::string& entity, const std::string& id);
  [[nodiscard]] std::vector<std::string> archived();  ///< every sha256 the database knows

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
