#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "daemon/records/audit.hpp"
#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"

/// What a person puts into a record: the clinic's own letters, and forms whose identity no machine
/// could be sure of.
namespace records {
namespace {

constexpr auto one_document = "SELECT state, reasons FROM documents WHERE id = :document";
constexpr auto one_pathway = "SELECT pathway_id FROM pathways WHERE pathway_id = :pathway";
/// Pages with the state of their report, if they have one, and in how many letters they are.
constexpr auto pages_of =
    "SELECT p.number, p.fate, p.report, r.state, r.candidate_pathway FROM pages p "
    "LEFT JOIN reports r ON r.id = p.report WHERE p.document = :document ORDER BY p.number";
constexpr auto letters_of = "SELECT pages FROM letters WHERE document = :document";
constexpr auto documents_of =
    "SELECT DISTINCT document FROM letters WHERE pathway_id = :pathway ORDER BY document";
constexpr auto add_letter =
    "INSERT INTO letters (letter, document, number, pathway_id, visit, pages, filed_at, filed_by, "
    "note) "
    "VALUES (:letter, :document, :number, :pathway, :visit, :pages, :filed_at, :filed_by, :note)";
constexpr auto letters_so_far =
    "SELECT count(*) AS letters FROM letters WHERE document = :document";
constexpr auto give_fate =
    "UPDATE pages SET fate = 'attachment' "
    "WHERE document = :document AND number = :number AND fate = 'unidentified'";
constexpr auto take_into_record =
    "UPDATE reports SET state = :state, pathway_id = :pathway, candidate_pathway = NULL, "
    "reasons = '[]' WHERE id = :report AND state = 'held'";
constexpr auto doubts_of =
    "SELECT count(*) AS doubts FROM fields WHERE report = :report AND state = 'doubtful'";
constexpr auto reasons_of = "SELECT reasons FROM reports WHERE id = :report";
constexpr auto file_document =
    "UPDATE documents SET state = 'filed', reasons = '[]' WHERE id = :document AND state = 'held'";

struct OpenPage {
  int number = 0;
  std::int64_t report = 0;  ///< held; 0: none
  std::string candidate;
};

/// Those that are in nobody's record yet.
std::vector<OpenPage> open_pages(Database& database, std::int64_t document) {
  std::set<int> in_letters;
  database.each(letters_of, {{"document", document}}, [&](const Row& row) {
    for (const auto& page : json_of(row.text("pages"))) in_letters.insert(page.get<int>());
  });
  std::vector<OpenPage> open;
  database.each(pages_of, {{"document", document}}, [&](const Row& row) {
    const auto number = static_cast<int>(row.number("number"));
    const auto fate = row.text("fate");
    const bool held = row.text("state") == "held";
    const bool nobodys = row.null("report") && fate != "cover" && fate != "blank";
    if ((!held && !nobodys) || in_letters.contains(number)) return;
    open.push_back({number, held ? row.number("report") : 0, row.text("candidate_pathway")});
  });
  return open;
}

class PersonFiling {
public:
  PersonFiling(Database& database, const Records::ByPerson& filing, std::int64_t document, Time now)
      : database_(database), filing_(filing), document_(document), now_(now) {}

  void run(const Records::Definitions& definitions) {
    check_document();
    choose();
    for (const auto report : reports_) take_in(report);
    if (!untagged_.empty() || filing_.visit) write_letter();
    const bool whole = open_pages(database_, document_).empty();
    if (whole) database_.change(file_document, {{"document", document_}});
    note(database_, {now_,
                     filing_.by,
                     "file by person",
                     "document",
                     filing_.document,
                     {{"state", "held"}, {"reasons", reasons_}},
                     {{"state", whole ? "filed" : "held"},
                      {"pathway", filing_.pathway},
                      {"pages", chosen_},
                      {"note", filing_.note}}});
    for (const auto report : reports_) judge(report, definitions);
  }

private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw NotPossible(fmt::format("cannot file {}: {}", filing_.document, why));
  }

  void check_document() {
    std::string state;
    database_.each(one_document, {{"document", document_}}, [&](const Row& row) {
      state = row.text("state");
      reasons_ = list_of(row.text("reasons"));
    });
    if (state.empty()) refuse("there is no such document");
    if (state != "held") refuse("it is " + state + ", not held");
    bool known = false;
    database_.each(one_pathway, {{"pathway", filing_.pathway}}, [&](const Row&) { known = true; });
    if (!known) refuse(fmt::format("there is no pathway '{}'", filing_.pathway));
  }

  /// Which of its pages, and with them which held reports.
  void choose() {
    const auto open = open_pages(database_, document_);
    if (open.empty()) refuse("it has no page that could be filed");
    const auto asked = [&](int page) {
      return filing_.pages.empty() || std::ranges::find(filing_.pages, page) != filing_.pages.end();
    };
    for (const int page : filing_.pages) {
      if (std::ranges::find(open, page, &OpenPage::number) == open.end())
        refuse(fmt::format("page {} is not there, or is in a record already", page));
    }
    for (const auto& page : open) {
      if (!asked(page.number)) {
        if (page.report != 0) left_out_.insert(page.report);
        continue;
      }
      chosen_.push_back(page.number);
      if (page.report == 0) {
        untagged_.push_back(page.number);
        continue;
      }
      reports_.insert(page.report);
      check_candidate(page);
    }
    for (const auto report : reports_) {
      if (left_out_.contains(report))
        refuse(fmt::format("all pages of {} must go together", id_text('R', report)));
    }
  }

  /// Whoever names no pages may not have seen that one of them is somebody else's.
  void check_candidate(const OpenPage& page) const {
    if (page.candidate.empty() || page.candidate == filing_.pathway || !filing_.pages.empty())
      return;
    refuse(fmt::format("page {} was printed for {}; name the pages that are of {} (--pages)",
                       page.number, page.candidate, filing_.pathway));
  }

  void take_in(std::int64_t report) {
    std::int64_t doubts = 0;
    database_.each(doubts_of, {{"report", report}},
                   [&](const Row& row) { doubts = row.number("doubts"); });
    std::vector<std::string> reasons;
    database_.each(reasons_of, {{"report", report}},
                   [&](const Row& row) { reasons = list_of(row.text("reasons")); });
    const auto state = to_text(doubts == 0 ? ReportState::filed : ReportState::to_check);
    database_.change(take_into_record,
                     {{"report", report}, {"state", state}, {"pathway", filing_.pathway}});
    note(database_, {now_,
                     filing_.by,
                     "file by person",
                     "report",
                     id_text('R', report),
                     {{"state", "held"}, {"reasons", reasons}},
                     {{"state", state}, {"pathway", filing_.pathway}, {"note", filing_.note}}});
  }

  void write_letter() {
    for (const int page : untagged_)
      database_.change(give_fate, {{"document", document_}, {"number", page}});
    std::int64_t before = 0;
    database_.each(letters_so_far, {{"document", document_}},
                   [&](const Row& row) { before = row.number("letters"); });
    const auto id = fmt::format("{}/{}", filing_.document, before + 1);
    database_.change(add_letter, {{"letter", id},
                                  {"document", document_},
                                  {"number", before + 1},
                                  {"pathway", filing_.pathway},
                                  {"visit", to_text(filing_.visit)},
                                  {"pages", json_text(untagged_)},
                                  {"filed_at", to_text(now_)},
                                  {"filed_by", filing_.by},
                                  {"note", filing_.note}});
    note(database_, {now_,
                     filing_.by,
                     "file by person",
                     "letter",
                     id,
                     nullptr,
                     {{"pathway", filing_.pathway}, {"pages", untagged_}, {"note", filing_.note}}});
  }

  /// Now that it is known whose it is: thresholds, former markers and the start of the pathway may
  /// say more than was seen when nobody knew.
  void judge(std::int64_t report, const Records::Definitions& definitions) {
    for (const auto& finding : judge_again(database_, report, filing_.pathway, definitions)) {
      if (is_flagged(database_, report, finding)) continue;
      raise_flag(database_, {document_, report, finding}, now_);
    }
  }

  Database& database_;
  const Records::ByPerson& filing_;
  std::int64_t document_;
  Time now_;
  std::vector<std::string> reasons_;
  std::vector<int> chosen_, untagged_;
  std::set<std::int64_t> reports_, left_out_;
};

}  // namespace

void Records::file_by_person(const ByPerson& filing, const Definitions& definitions, Time now) {
  auto& database = state_->database;
  const auto document = id_number('D', filing.document);
  if (!document) throw Refused(fmt::format("there is no document '{}'", filing.document));
  database.write("file " + filing.document,
                 [&] { PersonFiling(database, filing, *document, now).run(definitions); });
}

std::vector<std::string> Records::letters_of(const std::string& pathway) {
  auto& database = state_->database;
  return database.read("list the letters", [&] {
    std::vector<std::string> found;
    database.each(documents_of, {{"pathway", pathway}},
                  [&](const Row& row) { found.push_back(id_text('D', row.number("document"))); });
    return found;
  });
}

}  // namespace records
