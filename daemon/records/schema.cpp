#include "daemon/records/schema.hpp"

#include <fmt/format.h>

#include <array>
#include <span>

#include "daemon/records/records.hpp"

namespace records {
namespace {

/// SQL that both SQLite and PostgreSQL speak. Times are text, UTC, "2026-11-22T08:12:00Z"; days
/// "2026-11-22"; lists and boxes are JSON. What each table is for: docs/database.md. A step that
/// has been released never changes: the next one follows it.
constexpr std::array first = {
    R"(CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  last_used BIGINT NOT NULL CHECK (last_used >= 0)))",
    "INSERT INTO counters (name, last_used) VALUES "
    "('audit', 0), ('document', 0), ('report', 0), ('flag', 0), ('message', 0)",

    R"(CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  done_at TEXT NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  entity TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  was TEXT NOT NULL,
  became TEXT NOT NULL,
  content TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE))",
    "CREATE INDEX audit_entity ON audit (entity, entity_id, seq)",

    R"(CREATE TABLE patients (
  patient_id TEXT PRIMARY KEY CHECK (patient_id <> ''),
  name TEXT NOT NULL,
  kana TEXT NOT NULL,
  birth_date TEXT NOT NULL CHECK (length(birth_date) = 10),
  sex TEXT NOT NULL CHECK (sex IN ('male', 'female', 'other', 'unknown'))))",

    R"(CREATE TABLE clinics (
  clinic_id TEXT PRIMARY KEY CHECK (clinic_id <> ''),
  name TEXT NOT NULL,
  fax TEXT NOT NULL,
  doctor TEXT NOT NULL))",

    R"(CREATE TABLE pathways (
  pathway_id TEXT PRIMARY KEY CHECK (pathway_id <> ''),
  patient_id TEXT NOT NULL REFERENCES patients (patient_id),
  clinic_id TEXT NOT NULL REFERENCES clinics (clinic_id),
  disease TEXT NOT NULL CHECK (disease <> ''),
  started_on TEXT NOT NULL CHECK (length(started_on) = 10),
  hospital_doctor TEXT NOT NULL,
  thresholds TEXT NOT NULL))",
    "CREATE INDEX pathways_patient ON pathways (patient_id)",
    "CREATE INDEX pathways_clinic ON pathways (clinic_id)",

    R"(CREATE TABLE printed_forms (
  serial TEXT PRIMARY KEY,
  pathway_id TEXT NOT NULL REFERENCES pathways (pathway_id),
  form TEXT NOT NULL CHECK (form <> ''),
  version INTEGER NOT NULL CHECK (version >= 1),
  pages INTEGER NOT NULL CHECK (pages >= 1),
  visit TEXT,
  printed_at TEXT NOT NULL,
  void_at TEXT,
  void_reason TEXT NOT NULL))",
    "CREATE INDEX printed_forms_pathway ON printed_forms (pathway_id)",

    R"(CREATE TABLE geometries (
  form_version TEXT PRIMARY KEY,
  hash TEXT NOT NULL))",

    R"(CREATE TABLE documents (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL UNIQUE CHECK (length(sha256) = 64),
  bytes BIGINT NOT NULL CHECK (bytes >= 0),
  received_at TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('received', 'filed', 'held')),
  reasons TEXT NOT NULL,
  detail TEXT NOT NULL,
  page_count INTEGER NOT NULL CHECK (page_count >= 0),
  second_look INTEGER NOT NULL CHECK (second_look IN (0, 1)),
  pictures INTEGER NOT NULL CHECK (pictures IN (0, 1)),
  CHECK (state <> 'held' OR reasons <> '[]'),
  CHECK (state <> 'filed' OR page_count > 0),
  CHECK (state <> 'received' OR (page_count = 0 AND second_look = 0))))",
    "CREATE INDEX documents_state ON documents (state, id)",
    "CREATE INDEX documents_received ON documents (received_at, id)",
    "CREATE INDEX documents_second_look ON documents (second_look, state, id)",

    R"(CREATE TABLE arrivals (
  document INTEGER NOT NULL REFERENCES documents (id),
  number INTEGER NOT NULL CHECK (number >= 1),
  arrived_at TEXT NOT NULL,
  source TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (document, number)))",

    R"(CREATE TABLE first_readings (
  document INTEGER PRIMARY KEY REFERENCES documents (id),
  reading TEXT NOT NULL))",

    R"(CREATE TABLE reports (
  id INTEGER PRIMARY KEY,
  document INTEGER NOT NULL REFERENCES documents (id),
  serial TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  supersedes INTEGER REFERENCES reports (id),
  state TEXT NOT NULL CHECK (state IN ('filed', 'to-check', 'held')),
  pathway_id TEXT REFERENCES pathways (pathway_id),
  candidate_pathway TEXT REFERENCES pathways (pathway_id),
  reasons TEXT NOT NULL,
  form TEXT NOT NULL,
  form_version INTEGER NOT NULL,
  notes TEXT NOT NULL,
  UNIQUE (serial, version),
  UNIQUE (id, document),
  CHECK ((state = 'held') = (pathway_id IS NULL)),
  CHECK ((version = 1) = (supersedes IS NULL))))",
    "CREATE INDEX reports_document ON reports (document, id)",
    "CREATE INDEX reports_pathway ON reports (pathway_id, id)",
    "CREATE INDEX reports_candidate ON reports (candidate_pathway, id)",
    "CREATE INDEX reports_state ON reports (state, id)",

    // A page can only belong to a report of its own document: the pair is the key.
    R"(CREATE TABLE pages (
  document INTEGER NOT NULL REFERENCES documents (id),
  number INTEGER NOT NULL CHECK (number >= 1),
  fate TEXT NOT NULL CHECK (fate IN ('form', 'attachment', 'cover', 'blank', 'unidentified')),
  tag TEXT,
  tag_form TEXT NOT NULL,
  quality TEXT NOT NULL,
  report INTEGER,
  form_page INTEGER CHECK (form_page >= 1),
  words TEXT NOT NULL,
  PRIMARY KEY (document, number),
  FOREIGN KEY (report, document) REFERENCES reports (id, document),
  CHECK (form_page IS NULL OR report IS NOT NULL)))",
    "CREATE INDEX pages_report ON pages (report, number)",

    R"(CREATE TABLE fields (
  report INTEGER NOT NULL REFERENCES reports (id),
  name TEXT NOT NULL,
  answers TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('accepted', 'doubtful', 'blank', 'corrected')),
  confidence DOUBLE PRECISION NOT NULL CHECK (confidence >= 0 AND confidence <= 1),
  page INTEGER NOT NULL,
  box TEXT NOT NULL,
  doubt TEXT NOT NULL,
  ink INTEGER NOT NULL CHECK (ink IN (0, 1)),
  several INTEGER NOT NULL CHECK (several IN (0, 1)),
  PRIMARY KEY (report, name)))",

    R"(CREATE TABLE corrections (
  report INTEGER NOT NULL,
  field TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number >= 1),
  corrected_at TEXT NOT NULL,
  who TEXT NOT NULL CHECK (who <> ''),
  old_answers TEXT NOT NULL,
  old_state TEXT NOT NULL,
  new_answers TEXT NOT NULL,
  PRIMARY KEY (report, field, number),
  FOREIGN KEY (report, field) REFERENCES fields (report, name)))",

    R"(CREATE TABLE flags (
  id INTEGER PRIMARY KEY,
  document INTEGER NOT NULL REFERENCES documents (id),
  report INTEGER,
  kind TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('urgent', 'routine', 'notice')),
  evidence TEXT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged')),
  raised_at TEXT NOT NULL,
  acknowledged_at TEXT,
  acknowledged_by TEXT NOT NULL,
  note TEXT NOT NULL,
  FOREIGN KEY (report, document) REFERENCES reports (id, document),
  CHECK ((state = 'open') = (acknowledged_at IS NULL)),
  CHECK (state = 'open' OR acknowledged_by <> '')))",
    "CREATE INDEX flags_state ON flags (state, severity, id)",
    "CREATE INDEX flags_report ON flags (report, id)",
    "CREATE INDEX flags_document ON flags (document, id)",

    R"(CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  flag INTEGER NOT NULL REFERENCES flags (id),
  kind TEXT NOT NULL,
  created_at TEXT NOT NULL,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  tried_at TEXT,
  trouble TEXT NOT NULL,
  sent_at TEXT))",
    "CREATE INDEX outbox_unsent ON outbox (sent_at, id)",
    "CREATE INDEX outbox_flag ON outbox (flag)",

    R"(CREATE TABLE users (
  name TEXT PRIMARY KEY CHECK (name <> ''),
  role TEXT NOT NULL CHECK (role IN ('coordinator', 'doctor', 'admin'))))",
};

/// How far each channel is with each message; a row from the first try on.
constexpr std::array second = {
    R"(CREATE TABLE deliveries (
  delivery TEXT PRIMARY KEY,
  message INTEGER NOT NULL REFERENCES outbox (id),
  channel TEXT NOT NULL CHECK (channel <> ''),
  attempts INTEGER NOT NULL CHECK (attempts >= 1),
  tried_at TEXT NOT NULL,
  next_at TEXT NOT NULL,
  trouble TEXT NOT NULL,
  done_at TEXT,
  UNIQUE (message, channel)))",
};

/// What people decide about pathways, flags and letters. Tables of their own: the seals of what
/// stood before do not change.
constexpr std::array third = {
    R"(CREATE TABLE endings (
  ending TEXT PRIMARY KEY,
  pathway_id TEXT NOT NULL REFERENCES pathways (pathway_id),
  number INTEGER NOT NULL CHECK (number >= 1),
  ended_on TEXT NOT NULL CHECK (length(ended_on) = 10),
  why TEXT NOT NULL CHECK (why IN ('death', 'recurrence', 'five-year-survival', 'other-exit')),
  flag INTEGER REFERENCES flags (id),
  ended_at TEXT NOT NULL,
  ended_by TEXT NOT NULL CHECK (ended_by <> ''),
  note TEXT NOT NULL,
  reopened_at TEXT,
  reopened_by TEXT NOT NULL,
  reopened_note TEXT NOT NULL,
  UNIQUE (pathway_id, number),
  CHECK ((reopened_at IS NULL) = (reopened_by = ''))))",
    "CREATE UNIQUE INDEX endings_in_force ON endings (pathway_id) WHERE reopened_at IS NULL",

    R"(CREATE TABLE closings (
  flag INTEGER PRIMARY KEY REFERENCES flags (id),
  how TEXT NOT NULL CHECK (how IN ('false-alarm', 'withdrawn')),
  closed_at TEXT NOT NULL,
  closed_by TEXT NOT NULL CHECK (closed_by <> ''),
  why TEXT NOT NULL CHECK (why <> '')))",

    R"(CREATE TABLE letters (
  letter TEXT PRIMARY KEY,
  document INTEGER NOT NULL REFERENCES documents (id),
  number INTEGER NOT NULL CHECK (number >= 1),
  pathway_id TEXT NOT NULL REFERENCES pathways (pathway_id),
  visit TEXT CHECK (length(visit) = 10),
  pages TEXT NOT NULL,
  filed_at TEXT NOT NULL,
  filed_by TEXT NOT NULL CHECK (filed_by <> ''),
  note TEXT NOT NULL,
  taken_back_at TEXT,
  taken_back_by TEXT NOT NULL,
  UNIQUE (document, number),
  CHECK ((taken_back_at IS NULL) = (taken_back_by = ''))))",
    "CREATE INDEX letters_pathway ON letters (pathway_id, document)",
};

/// Whom the words of a document name.
constexpr std::array fourth = {
    R"(CREATE TABLE proposals (
  proposal TEXT PRIMARY KEY,
  document INTEGER NOT NULL REFERENCES documents (id),
  number INTEGER NOT NULL CHECK (number >= 1),
  patient_id TEXT NOT NULL REFERENCES patients (patient_id),
  reasons TEXT NOT NULL,
  UNIQUE (document, number)))",
};

struct Step {
  int version;
  const char* what;
  std::span<const char* const> statements;
};

/// From this version on an anchor belongs to the database.
constexpr int first_with_anchor = 3;

constexpr std::array<Step, 4> steps = {{{1, "the first schema", first},
                                        {2, "deliveries of messages", second},
                                        {3, "endings, closings and letters", third},
                                        {4, "proposed patients", fourth}}};

constexpr auto make_versions =
    "CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY, what TEXT NOT NULL)";
constexpr auto newest_version = "SELECT max(version) AS newest FROM schema_versions";
constexpr auto add_version = "INSERT INTO schema_versions (version, what) VALUES (:version, :what)";

// The one question that PostgreSQL would have to be asked otherwise.
constexpr auto tables =
    "SELECT sum(CASE WHEN name = 'schema_versions' THEN 1 ELSE 0 END) AS ours, count(*) AS "
    "all_of_them "
    "FROM sqlite_master WHERE type = 'table'";

int version_of(Database& database) {
  std::int64_t ours = 0;
  std::int64_t all = 0;
  database.each(tables, {}, [&](const Row& row) {
    ours = row.number("ours");
    all = row.number("all_of_them");
  });
  if (ours == 0) {
    if (all > 0) throw Refused("cannot open the database: it belongs to another program");
    return 0;
  }
  std::int64_t version = 0;
  database.each(newest_version, {}, [&](const Row& row) { version = row.number("newest"); });
  return static_cast<int>(version);
}

void check_known(int version) {
  if (version > steps.back().version) {
    throw Refused(fmt::format(
        "cannot open the database: its schema is version {}, and this program knows {}; "
        "a newer renkei has used it",
        version, steps.back().version));
  }
}

}  // namespace

int migrate(Database& database) {
  const int found = database.read("open it", [&] { return version_of(database); });
  check_known(found);
  if (found == steps.back().version) return 0;
  database.write("bring its schema up to date", [&] {
    const int version = version_of(database);  // another process may have been faster
    check_known(version);
    database.change(make_versions, {});
    for (const auto& step : steps) {
      if (step.version <= version) continue;
      for (const char* statement : step.statements) database.change(statement, {});
      database.change(add_version, {{"version", step.version}, {"what", step.what}});
    }
  });
  return found < first_with_anchor ? found : 0;
}

}  // namespace records
