#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "daemon/records/audit.hpp"
#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"

/// What a person puts into a record: the clinic's own letters, and forms whose identity no machine
/// could be sure of.
namespace records {
namespace {

constexpr auto one_document = "SELECT state, reasons FROM documents WHERE id = :document";
/// Pages with the state of their report, if they have one, and in how many letters they are.
constexpr auto pages_of =
    "SELECT p.number, p.fate, p.report, r.state, r.candidate_pathway FROM pages p "
    "LEFT JOIN reports r ON r.id = p.report WHERE p.document = :document ORDER BY p.number";
constexpr auto letters_of =
    "SELECT pages FROM letters WHERE document = :document AND taken_back_at IS NULL";
constexpr auto documents_of =
    "SELECT DISTINCT document FROM letters WHERE pathway_id = :pathway AND taken_back_at IS NULL "
    "ORDER BY document";
constexpr auto add_letter =
    "INSERT INTO letters (letter, document, number, pathway_id, visit, pages, filed_at, filed_by, "
    "note, taken_back_at, taken_back_by) "
    "VALUES (:letter, :document, :number, :pathway, :visit, :pages, :filed_at, :filed_by, :note, "
    "NULL, '')";
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

constexpr auto reports_to_take_back =
    "SELECT id, pathway_id, state FROM reports WHERE document = :document AND state <> 'held' "
    "ORDER BY id";
constexpr auto letters_to_take_back =
    "SELECT letter, pathway_id, pages FROM letters "
    "WHERE document = :document AND taken_back_at IS NULL ORDER BY number";
constexpr auto take_report_back =
    "UPDATE reports SET state = 'held', pathway_id = NULL, candidate_pathway = "
    "(SELECT f.pathway_id FROM printed_forms f WHERE f.serial = reports.serial), "
    "reasons = :reasons WHERE id = :report";
constexpr auto take_letter_back =
    "UPDATE letters SET taken_back_at = :at, taken_back_by = :who WHERE letter = :letter";
constexpr auto take_fate_back =
    "UPDATE pages SET fate = 'unidentified' "
    "WHERE document = :document AND number = :number AND fate = 'attachment' AND report IS NULL "
    "AND tag IS NULL";
constexpr auto hold_document =
    "UPDATE documents SET state = 'held', reasons = :reasons WHERE id = :document";

/// The reason of a document that a person holds.
constexpr auto by_a_person = "held-by-person";

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
    check_owner(definitions);
    const auto others = judge_pathway(database_, filing_.pathway, definitions);
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
                      {"despite_mismatch", filing_.despite_mismatch},
                      {"note", filing_.note}}});
    for (const auto report : reports_) judge(report, definitions);
    if (reports_.empty()) return;
    Records::Rejudged ignored;
    for (const auto& each : others) {
      compare(database_, each, judge_again(database_, each.report, filing_.pathway, definitions),
              {filing_.by, filing_.document + " entered the record", now_}, ignored);
    }
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
    const auto owner = owner_of(database_, filing_.pathway);
    if (!owner) refuse(fmt::format("there is no pathway '{}'", filing_.pathway));
    owner_ = *owner;
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

  /// A person must know what speaks against it.
  void check_owner(const Records::Definitions& definitions) const {
    if (filing_.despite_mismatch) return;
    const auto refuse_if = [&](const std::string& why) {
      if (!why.empty())
        refuse(why + "; if it is this patient's all the same: --despite-mismatch, and a note");
    };
    for (const auto report : reports_)
      refuse_if(against_report(database_, report, owner_, definitions));
    if (!untagged_.empty()) refuse_if(against_words(database_, document_, owner_));
  }

  /// Whoever names no pages may not have seen that one of them is somebody else's.
  void check_candidate(const OpenPage& page) const {
    if (page.candidate.empty() || page.candidate == filing_.pathway || !filing_.pages.empty())
      return;
    refuse(fmt::format("page {} seems to be of {}; name the pages that are of {} (--pages)",
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
    raise_again(database_, report, now_);
    for (const auto& finding : judge_again(database_, report, filing_.pathway, definitions)) {
      if (is_flagged(database_, report, finding)) continue;
      raise_flag(database_, {document_, report, finding}, now_);
    }
  }

  Database& database_;
  const Records::ByPerson& filing_;
  std::int64_t document_;
  Time now_;
  Owner owner_;
  std::vector<std::string> reasons_;
  std::vector<int> chosen_, untagged_;
  std::set<std::int64_t> reports_, left_out_;
};

struct TakingBack {
  std::string document, by, why;
  Time now;
};

struct Place {
  std::int64_t report = 0;
  std::string pathway, state;
};

void take_back_report(Database& database, const TakingBack& taking, const Place& place) {
  // Whose it may be is what its serial says: the record that it leaves was wrong.
  database.change(take_report_back,
                  {{"report", place.report}, {"reasons", list_text({by_a_person})}});
  note(database, {taking.now,
                  taking.by,
                  "take back",
                  "report",
                  id_text('R', place.report),
                  {{"state", place.state}, {"pathway", place.pathway}},
                  {{"state", "held"}, {"why", taking.why}}});
  // The record that its flags were about is not this one.
  reopen_by_report(database, place.pathway, place.report, {taking.by, taking.why, taking.now});
}

bool take_back_letters(Database& database, const TakingBack& taking, std::int64_t document) {
  std::vector<std::pair<std::string, std::string>> letters;
  database.each(letters_to_take_back, {{"document", document}}, [&](const Row& row) {
    letters.emplace_back(row.text("letter"), row.text("pages"));
  });
  for (const auto& [letter, pages] : letters) {
    const auto numbers = json_of(pages);
    for (const auto& page : numbers)
      database.change(take_fate_back, {{"document", document}, {"number", page.get<int>()}});
    database.change(take_letter_back,
                    {{"letter", letter}, {"at", to_text(taking.now)}, {"who", taking.by}});
    note(database,
         {taking.now, taking.by, "take back", "letter", letter, nullptr, {{"why", taking.why}}});
  }
  return !letters.empty();
}

void take_back_in(Database& database, const TakingBack& taking, std::int64_t document,
                  const Records::Definitions& definitions) {
  std::vector<Place> places;
  database.each(reports_to_take_back, {{"document", document}}, [&](const Row& row) {
    places.push_back({row.number("id"), row.text("pathway_id"), row.text("state")});
  });
  std::map<std::string, std::vector<Judged>> others;
  for (const auto& place : places) {
    if (!others.contains(place.pathway))
      others[place.pathway] = judge_pathway(database, place.pathway, definitions);
  }
  for (const auto& place : places) take_back_report(database, taking, place);
  if (!take_back_letters(database, taking, document) && places.empty()) {
    throw NotPossible(
        fmt::format("cannot take back {}: nothing of it is in a record", taking.document));
  }
  database.change(hold_document, {{"document", document}, {"reasons", list_text({by_a_person})}});
  note(database, {taking.now,
                  taking.by,
                  "take back",
                  "document",
                  taking.document,
                  nullptr,
                  {{"state", "held"}, {"why", taking.why}}});
  Records::Rejudged ignored;
  for (const auto& [pathway, judged] : others) {
    for (const auto& each : judged) {
      if (each.document == document) continue;
      compare(database, each, judge_again(database, each.report, pathway, definitions),
              {taking.by, taking.document + " left the record", taking.now}, ignored);
    }
  }
}

}  // namespace

void Records::take_back(const std::string& document, const std::string& by, const std::string& why,
                        const Definitions& definitions, Time now) {
  auto& database = state_->database;
  const auto number = id_number('D', document);
  if (!number) throw NotPossible(fmt::format("there is no document '{}'", document));
  database.write("take back " + document, [&] {
    take_back_in(database, {id_text('D', *number), by, why, now}, *number, definitions);
  });
}

void Records::file_by_person(const ByPerson& filing, const Definitions& definitions, Time now) {
  auto& database = state_->database;
  const auto document = id_number('D', filing.document);
  if (!document) throw Refused(fmt::format("there is no document '{}'", filing.document));
  ByPerson known = filing;
  known.document = id_text('D', *document);
  database.write("file " + known.document,
                 [&] { PersonFiling(database, known, *document, now).run(definitions); });
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
