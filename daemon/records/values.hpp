#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forms/filled_form.hpp"
#include "forms/named.hpp"
#include "forms/rules/judge.hpp"
#include "forms/tag.hpp"

/// What is on record: values, as the records take and give them. They own all that they hold.
namespace records {

using Date = std::chrono::year_month_day;
using Time = std::chrono::sys_seconds;

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

[[nodiscard]] std::string_view to_text(DocumentState state);
[[nodiscard]] std::string_view to_text(Fate fate);
[[nodiscard]] std::string_view to_text(ReportState state);
[[nodiscard]] std::string_view to_text(FlagState state);
[[nodiscard]] std::optional<DocumentState> parse_document_state(std::string_view text);
[[nodiscard]] std::optional<Fate> parse_fate(std::string_view text);
[[nodiscard]] std::optional<ReportState> parse_report_state(std::string_view text);
[[nodiscard]] std::optional<FlagState> parse_flag_state(std::string_view text);

}  // namespace records
