#include <fmt/format.h>

#include "daemon/records/audit.hpp"
#include "daemon/records/compare.hpp"
#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"

/// From arrival to filing.
namespace records {
namespace {

constexpr auto same_bytes = "SELECT id FROM documents WHERE sha256 = :sha256";
constexpr auto add_document =
    "INSERT INTO documents (id, source, name, sha256, bytes, received_at, state, reasons, detail, "
    "page_count, "
    "second_look, pictures) "
    "VALUES (:id, :source, :name, :sha256, :bytes, :received_at, 'received', '[]', '', 0, 0, 0)";
constexpr auto arrivals_so_far =
    "SELECT count(*) AS arrivals FROM arrivals WHERE document = :document";
constexpr auto add_arrival =
    "INSERT INTO arrivals (document, number, arrived_at, source, name) "
    "VALUES (:document, :number, :arrived_at, :source, :name)";
constexpr auto documents_in_hand = "SELECT id FROM documents WHERE state = 'received' ORDER BY id";

/// The state in the condition keeps a document from being filed twice.
constexpr auto settle_document =
    "UPDATE documents SET state = :state, reasons = :reasons, detail = :detail, page_count = "
    ":pages "
    "WHERE id = :id AND state = 'received'";
constexpr auto state_of_document = "SELECT state FROM documents WHERE id = :id";
constexpr auto add_page =
    "INSERT INTO pages (document, number, fate, tag, tag_form, quality, report, form_page, words) "
    "VALUES (:document, :number, :fate, :tag, :tag_form, :quality, :report, :form_page, :words)";
constexpr auto add_reading =
    "INSERT INTO first_readings (document, reading) VALUES (:document, :reading)";

constexpr auto versions_of_serial =
    "SELECT id, version, state FROM reports WHERE serial = :serial ORDER BY version DESC";
constexpr auto add_report =
    "INSERT INTO reports (id, document, serial, version, supersedes, state, pathway_id, "
    "candidate_pathway, "
    "reasons, form, form_version, notes) "
    "VALUES (:id, :document, :serial, :version, :supersedes, :state, :pathway, :candidate, "
    ":reasons, :form, "
    ":form_version, :notes)";

std::int64_t number_of(const std::string& document) {
  const auto number = id_number('D', document);
  if (!number) throw Refused(fmt::format("there is no document '{}'", document));
  return *number;
}

[[noreturn]] void contradicts(const Filing& filing, const std::string& why) {
  throw Refused(fmt::format("cannot file {}: {}", filing.document, why));
}

/// What the schema cannot say about one document.
void check(const Filing& filing) {
  if (filing.state == DocumentState::received) contradicts(filing, "it would stay in hand");
  if (filing.state == DocumentState::held && filing.reasons.empty())
    contradicts(filing, "held without a reason");
  if (filing.page_report.size() != filing.pages.size() &&
      !(filing.page_report.empty() && filing.reports.empty())) {
    contradicts(filing, "not every page says to which report it belongs");
  }
  for (std::size_t i = 0; i < filing.pages.size(); ++i) {
    if (filing.pages[i].number != static_cast<int>(i) + 1)
      contradicts(filing, "its pages are not in order");
  }
  for (const int report : filing.page_report) {
    if (report < -1 || report >= static_cast<int>(filing.reports.size())) {
      contradicts(filing, "a page belongs to a report that is not there");
    }
  }
  for (std::size_t i = 0; i < filing.reports.size(); ++i) {
    const auto& draft = filing.reports[i];
    if ((draft.state == ReportState::held) != draft.pathway.empty()) {
      contradicts(filing, "a report is in a record exactly if it is not held");
    }
    for (const auto& [form_page, page] : draft.pages) {
      if (page < 1 || page > static_cast<int>(filing.page_report.size()) ||
          filing.page_report[static_cast<std::size_t>(page) - 1] != static_cast<int>(i)) {
        contradicts(filing, fmt::format("page {} is not of the report that stands on it", page));
      }
    }
  }
}

std::optional<std::string> or_null(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

std::string notes_text(const forms::FilledForm& form) {
  auto notes = nlohmann::json::array();
  for (const auto& [page, box] : form.notes) notes.push_back({page, box_json(box)});
  return json_text(notes);
}

struct Version {
  std::int64_t report = 0;
  int number = 0;
  bool held = false;
};

/// Newest first.
std::vector<Version> versions_of(Database& database, const std::string& serial) {
  std::vector<Version> found;
  database.each(versions_of_serial, {{"serial", serial}}, [&](const Row& row) {
    found.push_back(
        {row.number("id"), static_cast<int>(row.number("version")), row.text("state") == "held"});
  });
  return found;
}

/// Against the version before and, if nobody's record has that one, back to the one that is in a
/// record.
std::vector<std::string> differences(Database& database, const std::vector<Version>& versions,
                                     const Filing::ReportDraft& draft) {
  std::vector<std::string> found;
  for (const auto& version : versions) {
    for (auto& name : differing_fields(answers_of(database, version.report), draft.form.answers,
                                       draft.compared)) {
      if (std::find(found.begin(), found.end(), name) == found.end())
        found.push_back(std::move(name));
    }
    if (!version.held) break;
  }
  return found;
}

void file_fields(Database& database, std::int64_t report, const Filing::ReportDraft& draft) {
  for (const auto& [name, answer] : draft.form.answers) {
    auto named = answer;
    named.field = name;
    put_answer(database, report, named);
  }
}

/// One report with its fields; its flags and its audit row follow when its pages are there.
std::int64_t file_report(Database& database, std::int64_t document,
                         const Filing::ReportDraft& draft, const std::vector<Version>& versions) {
  const auto report = next_number(database, "report");
  const int version = versions.empty() ? 1 : versions.front().number + 1;
  std::optional<std::int64_t> supersedes;
  if (!versions.empty()) supersedes = versions.front().report;
  database.change(add_report, {{"id", report},
                               {"document", document},
                               {"serial", forms::to_text(draft.serial)},
                               {"version", version},
                               {"supersedes", supersedes},
                               {"state", to_text(draft.state)},
                               {"pathway", or_null(draft.pathway)},
                               {"candidate", or_null(draft.candidate_pathway)},
                               {"reasons", list_text(draft.reasons)},
                               {"form", draft.form.form},
                               {"form_version", draft.form.version},
                               {"notes", notes_text(draft.form)}});
  file_fields(database, report, draft);
  return report;
}

void file_page(Database& database, std::int64_t document, const Filing& filing, std::size_t index,
               const std::vector<std::int64_t>& reports) {
  const auto& page = filing.pages[index];
  std::optional<std::int64_t> report;
  std::optional<int> form_page;
  if (!filing.page_report.empty() && filing.page_report[index] >= 0) {
    const auto draft = static_cast<std::size_t>(filing.page_report[index]);
    report = reports[draft];
    for (const auto& [on_form, on_file] : filing.reports[draft].pages) {
      if (on_file == page.number) form_page = on_form;
    }
  }
  database.change(add_page, {{"document", document},
                             {"number", page.number},
                             {"fate", to_text(page.fate)},
                             {"tag", tag_text(page.tag)},
                             {"tag_form", page.tag_form},
                             {"quality", quality_text(page.quality)},
                             {"report", report},
                             {"form_page", form_page},
                             {"words", page.text}});
}

void settle(Database& database, std::int64_t document, const Filing& filing) {
  const auto changed = database.change(settle_document, {{"id", document},
                                                         {"state", to_text(filing.state)},
                                                         {"reasons", list_text(filing.reasons)},
                                                         {"detail", filing.detail},
                                                         {"pages", filing.pages.size()}});
  if (changed == 1) return;
  std::string state;
  database.each(state_of_document, {{"id", document}},
                [&](const Row& row) { state = row.text("state"); });
  if (state.empty()) contradicts(filing, "there is no such document");
  contradicts(filing, "it is " + state + " already");
}

nlohmann::json page_fates(const Filing& filing) {
  auto fates = nlohmann::json::array();
  for (const auto& page : filing.pages) fates.push_back(to_text(page.fate));
  return fates;
}

void file_reports(Database& database, std::int64_t document, const Filing& filing, Time now) {
  std::vector<std::int64_t> reports;
  std::vector<std::vector<std::string>> differ;
  for (const auto& draft : filing.reports) {
    const auto versions = versions_of(database, forms::to_text(draft.serial));
    differ.push_back(differences(database, versions, draft));
    reports.push_back(file_report(database, document, draft, versions));
  }
  for (std::size_t i = 0; i < filing.pages.size(); ++i)
    file_page(database, document, filing, i, reports);
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const auto& draft = filing.reports[i];
    note(database, {now,
                    service,
                    "file",
                    "report",
                    id_text('R', reports[i]),
                    nullptr,
                    {{"document", filing.document},
                     {"serial", forms::to_text(draft.serial)},
                     {"state", to_text(draft.state)},
                     {"pathway", draft.pathway},
                     {"reasons", draft.reasons}}});
    for (const auto& finding : draft.findings)
      raise_flag(database, {document, reports[i], finding}, now);
    if (!differ[i].empty()) {
      const forms::rules::Finding finding{forms::rules::FlagKind::duplicate_differs,
                                          draft.if_different, differ[i], "earlier-version-differs"};
      raise_flag(database, {document, reports[i], finding}, now);
    }
  }
}

}  // namespace

Records::Received Records::receive(const std::string& source, const std::string& name,
                                   const std::string& sha256, std::uintmax_t bytes, Time now) {
  auto& database = state_->database;
  return database.write("take the arrival in", [&] {
    std::optional<std::int64_t> known;
    database.each(same_bytes, {{"sha256", sha256}},
                  [&](const Row& row) { known = row.number("id"); });
    const auto document = known ? *known : next_number(database, "document");
    if (!known) {
      database.change(add_document, {{"id", document},
                                     {"source", source},
                                     {"name", name},
                                     {"sha256", sha256},
                                     {"bytes", bytes},
                                     {"received_at", to_text(now)}});
    }
    std::int64_t before = 0;
    database.each(arrivals_so_far, {{"document", document}},
                  [&](const Row& row) { before = row.number("arrivals"); });
    database.change(add_arrival, {{"document", document},
                                  {"number", before + 1},
                                  {"arrived_at", to_text(now)},
                                  {"source", source},
                                  {"name", name}});
    note(database, {now,
                    service,
                    known ? "arrive again" : "receive",
                    "document",
                    id_text('D', document),
                    nullptr,
                    {{"source", source}, {"sha256", sha256}, {"arrivals", before + 1}}});
    return Received{id_text('D', document), known.has_value()};
  });
}

std::vector<std::string> Records::in_hand() {
  auto& database = state_->database;
  return database.read("list the documents in hand", [&] {
    std::vector<std::string> found;
    database.each(documents_in_hand, {},
                  [&](const Row& row) { found.push_back(id_text('D', row.number("id"))); });
    return found;
  });
}

void Records::file(const Filing& filing, Time now) {
  auto& database = state_->database;
  const auto document = number_of(filing.document);
  check(filing);
  database.write("file " + filing.document, [&] {
    settle(database, document, filing);
    file_reports(database, document, filing, now);
    for (const auto& finding : filing.findings) raise_flag(database, {document, 0, finding}, now);
    database.change(add_reading, {{"document", document}, {"reading", filing.reading}});
    note(database, {now,
                    service,
                    "file",
                    "document",
                    filing.document,
                    {{"state", "received"}},
                    {{"state", to_text(filing.state)},
                     {"reasons", filing.reasons},
                     {"pages", page_fates(filing)}}});
  });
}

}  // namespace records
