#include <fmt/format.h>

#include <unordered_map>

#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"

/// Documents, reports and flags as they stand. A list costs a fixed number of statements, however
/// long it is: the same choice of rows stands inside each of them.
namespace records {
namespace {

constexpr auto document_columns =
    "SELECT d.id, d.source, d.name, d.sha256, d.bytes, d.received_at, d.state, d.reasons, "
    "d.detail, d.pictures "
    "FROM documents d WHERE d.id IN ({}) ORDER BY d.id {}";
constexpr auto document_arrivals =
    "SELECT document, count(*) AS arrivals FROM arrivals WHERE document IN ({}) GROUP BY document";
constexpr auto document_pages =
    "SELECT document, number, fate, tag, tag_form, quality, report, words FROM pages WHERE "
    "document IN ({}) "
    "ORDER BY document, number";
constexpr auto document_reports =
    "SELECT document, id FROM reports WHERE document IN ({}) ORDER BY id";

constexpr auto document_letters =
    "SELECT letter, document, pathway_id, visit, pages, filed_at, filed_by, note, taken_back_at, "
    "taken_back_by FROM letters WHERE document IN ({}) ORDER BY document, number";
constexpr auto document_proposals =
    "SELECT document, patient_id, reasons FROM proposals WHERE document IN ({}) "
    "ORDER BY document, number";

constexpr auto report_columns =
    "SELECT r.id, r.document, r.serial, r.version, r.supersedes, r.state, r.pathway_id, "
    "r.candidate_pathway, "
    "r.reasons, r.form, r.form_version, r.notes, d.received_at, p.patient_id, "
    "CASE WHEN f.serial IS NULL THEN 0 ELSE 1 END AS serial_known "
    "FROM reports r JOIN documents d ON d.id = r.document "
    "LEFT JOIN pathways p ON p.pathway_id = r.pathway_id LEFT JOIN printed_forms f ON f.serial = "
    "r.serial "
    "WHERE r.id IN ({}) ORDER BY r.id {}";
constexpr auto report_fields =
    "SELECT report, name, answers, state, confidence, page, box, doubt, ink, several FROM fields "
    "WHERE report IN ({}) ORDER BY report, name";
constexpr auto report_pages =
    "SELECT report, form_page, number FROM pages WHERE form_page IS NOT NULL AND report IN ({})";

constexpr auto flag_columns =
    "SELECT f.id, f.document, f.report, f.kind, f.severity, f.evidence, f.reason, f.state, "
    "f.raised_at, "
    "f.acknowledged_at, f.acknowledged_by, f.note, r.pathway_id, p.patient_id, c.how, c.closed_at, "
    "c.closed_by, c.why "
    "FROM flags f LEFT JOIN closings c ON c.flag = f.id LEFT JOIN reports r ON r.id = f.report "
    "LEFT JOIN pathways p ON p.pathway_id = "
    "r.pathway_id "
    "WHERE {} ORDER BY {}";
constexpr auto oldest_flag_first = "f.id";
constexpr auto urgent_flag_first =
    "CASE f.severity WHEN 'urgent' THEN 0 WHEN 'routine' THEN 1 ELSE 2 END, f.id";

/// Which rows: a SELECT of ids with its values.
struct Choice {
  std::string ids;
  Bindings values;
};

template <class... Piece>
std::string statement(const char* frame, const Piece&... pieces) {
  return fmt::format(fmt::runtime(frame), pieces...);
}

Page page_in(const Row& row) {
  Page page;
  page.number = static_cast<int>(row.number("number"));
  page.fate = known(parse_fate, row.text("fate"));
  if (!row.null("tag")) page.tag = tag_of(row.text("tag"));
  page.tag_form = row.text("tag_form");
  page.quality = quality_of(row.text("quality"));
  if (!row.null("report")) page.report = id_text('R', row.number("report"));
  page.text = row.text("words");
  return page;
}

Document document_in(const Row& row) {
  Document document;
  document.id = id_text('D', row.number("id"));
  document.source = row.text("source");
  document.name = row.text("name");
  document.sha256 = row.text("sha256");
  document.bytes = static_cast<std::uintmax_t>(row.number("bytes"));
  document.received_at = time_of(row.text("received_at"));
  document.state = known(parse_document_state, row.text("state"));
  document.reasons = list_of(row.text("reasons"));
  document.detail = row.text("detail");
  document.pictures = row.number("pictures") != 0;
  return document;
}

Letter letter_in(const Row& row) {
  Letter letter;
  letter.id = row.text("letter");
  letter.document = id_text('D', row.number("document"));
  letter.pathway = row.text("pathway_id");
  if (!row.null("visit")) letter.visit = date_of(row.text("visit"));
  for (const auto& page : json_of(row.text("pages"))) {
    if (page.is_number_integer()) letter.pages.push_back(page.get<int>());
  }
  letter.filed_at = time_of(row.text("filed_at"));
  letter.filed_by = row.text("filed_by");
  letter.note = row.text("note");
  if (!row.null("taken_back_at")) letter.taken_back_at = time_of(row.text("taken_back_at"));
  letter.taken_back_by = row.text("taken_back_by");
  return letter;
}

Report report_in(const Row& row) {
  Report report;
  report.id = id_text('R', row.number("id"));
  report.document = id_text('D', row.number("document"));
  report.serial = known(forms::parse_serial, row.text("serial"));
  report.serial_known = row.number("serial_known") != 0;
  report.pathway = row.text("pathway_id");
  report.patient = row.text("patient_id");
  report.candidate_pathway = row.text("candidate_pathway");
  report.state = known(parse_report_state, row.text("state"));
  report.version = static_cast<int>(row.number("version"));
  if (!row.null("supersedes")) report.supersedes = id_text('R', row.number("supersedes"));
  report.reasons = list_of(row.text("reasons"));
  report.form.form = row.text("form");
  report.form.version = static_cast<int>(row.number("form_version"));
  report.form.notes = notes_of(row.text("notes"));
  report.received_at = time_of(row.text("received_at"));
  return report;
}

Flag flag_in(const Row& row) {
  Flag flag;
  flag.id = id_text('F', row.number("id"));
  flag.kind = known(forms::rules::parse_flag_kind, row.text("kind"));
  flag.severity = known(forms::rules::parse_severity, row.text("severity"));
  flag.evidence = list_of(row.text("evidence"));
  flag.reason = row.text("reason");
  flag.state = known(parse_flag_state, row.text("state"));
  if (!row.null("report")) flag.report = id_text('R', row.number("report"));
  flag.document = id_text('D', row.number("document"));
  flag.pathway = row.text("pathway_id");
  flag.patient = row.text("patient_id");
  flag.raised_at = time_of(row.text("raised_at"));
  if (!row.null("acknowledged_at")) flag.acknowledged_at = time_of(row.text("acknowledged_at"));
  flag.acknowledged_by = row.text("acknowledged_by");
  flag.note = row.text("note");
  if (!row.null("how")) {
    flag.state = FlagState::closed;
    flag.closing = Closing{row.text("how"), time_of(row.text("closed_at")), row.text("closed_by"),
                           row.text("why")};
  }
  return flag;
}

/// What belongs to which of the things that were chosen.
template <class Thing>
class ById {
public:
  ById(std::vector<Thing>& things, char letter) : letter_(letter) {
    for (auto& thing : things) by_id_.emplace(thing.id, &thing);
  }
  Thing* find(std::int64_t number) const {
    const auto found = by_id_.find(id_text(letter_, number));
    return found == by_id_.end() ? nullptr : found->second;
  }

private:
  char letter_;
  std::unordered_map<std::string, Thing*> by_id_;
};

std::vector<Document> find_documents(Database& database, const Choice& choice, bool newest_first) {
  std::vector<Document> found;
  database.each(statement(document_columns, choice.ids, newest_first ? "DESC" : "ASC"),
                choice.values, [&](const Row& row) { found.push_back(document_in(row)); });
  const ById by_id(found, 'D');
  database.each(statement(document_arrivals, choice.ids), choice.values, [&](const Row& row) {
    if (auto* document = by_id.find(row.number("document"))) {
      document->arrivals = static_cast<int>(row.number("arrivals"));
    }
  });
  database.each(statement(document_pages, choice.ids), choice.values, [&](const Row& row) {
    if (auto* document = by_id.find(row.number("document")))
      document->pages.push_back(page_in(row));
  });
  database.each(statement(document_reports, choice.ids), choice.values, [&](const Row& row) {
    if (auto* document = by_id.find(row.number("document"))) {
      document->reports.push_back(id_text('R', row.number("id")));
    }
  });
  database.each(statement(document_letters, choice.ids), choice.values, [&](const Row& row) {
    if (auto* document = by_id.find(row.number("document")))
      document->letters.push_back(letter_in(row));
  });
  database.each(statement(document_proposals, choice.ids), choice.values, [&](const Row& row) {
    if (auto* document = by_id.find(row.number("document"))) {
      document->proposals.push_back({row.text("patient_id"), list_of(row.text("reasons"))});
    }
  });
  return found;
}

std::vector<Report> find_reports(Database& database, const Choice& choice, bool newest_first) {
  std::vector<Report> found;
  database.each(statement(report_columns, choice.ids, newest_first ? "DESC" : "ASC"), choice.values,
                [&](const Row& row) { found.push_back(report_in(row)); });
  const ById by_id(found, 'R');
  database.each(statement(report_fields, choice.ids), choice.values, [&](const Row& row) {
    if (auto* report = by_id.find(row.number("report"))) {
      auto answer = answer_in(row);
      report->form.answers.emplace(answer.field, std::move(answer));
    }
  });
  database.each(statement(report_pages, choice.ids), choice.values, [&](const Row& row) {
    if (auto* report = by_id.find(row.number("report"))) {
      report->pages[static_cast<int>(row.number("form_page"))] =
          static_cast<int>(row.number("number"));
    }
  });
  const auto of_reports = fmt::format("f.report IN ({})", choice.ids);
  database.each(statement(flag_columns, of_reports, oldest_flag_first), choice.values,
                [&](const Row& row) {
                  if (auto* report = by_id.find(row.number("report")))
                    report->flags.push_back(flag_in(row));
                });
  return found;
}

/// "SELECT id FROM TABLE WHERE ... ORDER BY id LIMIT ..." with what the query asks for, bound.
class Chooser {
public:
  explicit Chooser(const char* select) : text_(select) {}
  Chooser& where(const char* condition, const Bound& value) {
    text_ += any_ ? " AND " : " WHERE ";
    text_ += condition;
    values_.add(value);
    any_ = true;
    return *this;
  }
  Choice limit(int limit, bool newest_first) {
    if (limit > 0) {
      text_ += newest_first ? " ORDER BY id DESC LIMIT :most" : " ORDER BY id LIMIT :most";
      values_.add({"most", limit});
    }
    return {text_, values_};
  }

private:
  std::string text_;
  Bindings values_{};
  bool any_ = false;
};

constexpr auto all_hashes = "SELECT sha256 FROM documents ORDER BY id";
constexpr auto some_documents = "SELECT id FROM documents";
constexpr auto some_reports = "SELECT id FROM reports";

template <class Thing>
std::optional<Thing> only(std::vector<Thing> found) {
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

}  // namespace

std::vector<Document> Records::documents(const DocumentQuery& query) {
  auto& database = state_->database;
  Chooser chooser(some_documents);
  if (query.state) chooser.where("state = :state", {"state", to_text(*query.state)});
  if (query.since) chooser.where("received_at >= :since", {"since", to_text(*query.since)});
  const auto choice = chooser.limit(query.limit, query.newest_first);
  return database.read("list the documents",
                       [&] { return find_documents(database, choice, query.newest_first); });
}

std::optional<Document> Records::document(const std::string& id) {
  auto& database = state_->database;
  const auto number = id_number('D', id);
  if (!number) return std::nullopt;
  const auto choice = Chooser(some_documents).where("id = :id", {"id", *number}).limit(0, false);
  return database.read("look up " + id,
                       [&] { return only(find_documents(database, choice, false)); });
}

std::optional<Document> Records::document_by_sha256(const std::string& sha256) {
  auto& database = state_->database;
  const auto choice =
      Chooser(some_documents).where("sha256 = :sha256", {"sha256", sha256}).limit(0, false);
  return database.read("look up a document",
                       [&] { return only(find_documents(database, choice, false)); });
}

std::vector<std::string> Records::archived() {
  auto& database = state_->database;
  return database.read("list what is archived", [&] {
    std::vector<std::string> found;
    database.each(all_hashes, {}, [&](const Row& row) { found.push_back(row.text("sha256")); });
    return found;
  });
}

std::vector<Report> Records::reports(const ReportQuery& query) {
  auto& database = state_->database;
  Chooser chooser(some_reports);
  if (!query.pathway.empty()) chooser.where("pathway_id = :pathway", {"pathway", query.pathway});
  if (query.state) chooser.where("state = :state", {"state", to_text(*query.state)});
  const auto choice = chooser.limit(query.limit, query.newest_first);
  return database.read("list the reports",
                       [&] { return find_reports(database, choice, query.newest_first); });
}

std::optional<Report> Records::report(const std::string& id) {
  auto& database = state_->database;
  const auto number = id_number('R', id);
  if (!number) return std::nullopt;
  const auto choice = Chooser(some_reports).where("id = :id", {"id", *number}).limit(0, false);
  return database.read("look up " + id,
                       [&] { return only(find_reports(database, choice, false)); });
}

std::vector<Flag> Records::flags(const FlagQuery& query) {
  auto& database = state_->database;
  std::string which = "1 = 1";
  Bindings values{};
  if (query.state) {
    // Whatever is closed has been acknowledged.
    const bool closed = *query.state == FlagState::closed;
    which += closed ? " AND c.flag IS NOT NULL" : " AND c.flag IS NULL AND f.state = :state";
    if (!closed) values.add({"state", to_text(*query.state)});
  }
  if (query.severity) {
    which += " AND f.severity = :severity";
    values.add({"severity", forms::rules::to_text(*query.severity)});
  }
  const auto* order = query.urgent_first ? urgent_flag_first : oldest_flag_first;
  return database.read("list the flags", [&] {
    std::vector<Flag> found;
    database.each(statement(flag_columns, which, order), values,
                  [&](const Row& row) { found.push_back(flag_in(row)); });
    return found;
  });
}

std::optional<Flag> Records::flag(const std::string& id) {
  auto& database = state_->database;
  const auto number = id_number('F', id);
  if (!number) return std::nullopt;
  return database.read("look up " + id, [&] {
    std::optional<Flag> found;
    database.each(statement(flag_columns, "f.id = :id", oldest_flag_first), {{"id", *number}},
                  [&](const Row& row) { found = flag_in(row); });
    return found;
  });
}

}  // namespace records
