#include <fmt/format.h>

#include "daemon/records/audit.hpp"
#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"

/// What is added after filing: words found later, and pictures.
namespace records {
namespace {

constexpr auto awaiting =
    "SELECT id FROM documents WHERE second_look = 0 AND state IN ('filed', 'held') ORDER BY id";
constexpr auto reading_of = "SELECT reading FROM first_readings WHERE document = :document";
constexpr auto mark_done =
    "UPDATE documents SET second_look = 1, pictures = :pictures "
    "WHERE id = :id AND second_look = 0 AND state <> 'received'";
constexpr auto add_words =
    "UPDATE pages SET words = :words WHERE document = :document AND number = :number";
constexpr auto report_in_document =
    "SELECT id FROM reports WHERE id = :id AND document = :document";

constexpr auto fields_of =
    "SELECT name, answers, state, confidence, page, box, doubt, ink, several FROM fields WHERE "
    "report = :report";
constexpr auto put_field =
    "INSERT INTO fields (report, name, answers, state, confidence, page, box, doubt, ink, several) "
    "VALUES (:report, :name, :answers, :state, :confidence, :page, :box, :doubt, :ink, :several) "
    "ON CONFLICT (report, name) DO UPDATE SET answers = excluded.answers, state = excluded.state, "
    "confidence = excluded.confidence, page = excluded.page, box = excluded.box, doubt = "
    "excluded.doubt, "
    "ink = excluded.ink, several = excluded.several";

constexpr auto settle_report =
    "UPDATE reports SET state = :state WHERE id = :report AND state <> 'held' AND state <> :state";
constexpr auto doubts_left =
    "SELECT count(*) AS doubts FROM fields WHERE report = :report AND state = 'doubtful'";

nlohmann::json field_states(const std::vector<forms::Answer>& answers) {
  auto states = nlohmann::json::object();
  for (const auto& answer : answers) states[answer.field] = forms::to_text(answer.state);
  return states;
}

nlohmann::json fates_json(const SecondLook& look) {
  auto fates = nlohmann::json::object();
  for (const auto& [page, fate] : look.fates) fates[std::to_string(page)] = to_text(fate);
  return fates;
}

void add_to_report(Database& database, std::int64_t document, const SecondLook::ReportText& words,
                   Time now) {
  const auto report = id_number('R', words.report);
  bool found = false;
  if (report) {
    database.each(report_in_document, {{"id", *report}, {"document", document}},
                  [&](const Row&) { found = true; });
  }
  if (!found) throw Refused(fmt::format("there is no report '{}' on that document", words.report));
  if (!words.answers.empty()) {
    const auto known = answers_of(database, *report);
    for (const auto& answer : words.answers) {
      // A person was faster than the machine's second look.
      const auto before = known.find(answer.field);
      if (before != known.end() && before->second.state == forms::AnswerState::corrected) continue;
      put_answer(database, *report, answer);
    }
    const bool settled = settle_state(database, *report);
    note(database, {now,
                    service,
                    "second look",
                    "report",
                    words.report,
                    nullptr,
                    {{"fields", field_states(words.answers)}, {"state_changed", settled}}});
  }
  for (const auto& finding : words.findings)
    raise_flag(database, {document, *report, finding}, now);
}

}  // namespace

forms::Answer answer_in(const Row& row) {
  forms::Answer answer;
  answer.field = row.text("name");
  answer.values = list_of(row.text("answers"));
  answer.state = known(forms::parse_answer_state, row.text("state"));
  answer.confidence = row.real("confidence");
  answer.page = static_cast<int>(row.number("page"));
  answer.box = box_of(json_of(row.text("box")));
  answer.doubt = row.text("doubt");
  answer.ink = row.number("ink") != 0;
  answer.several = row.number("several") != 0;
  return answer;
}

std::map<std::string, forms::Answer, std::less<>> answers_of(Database& database,
                                                             std::int64_t report) {
  std::map<std::string, forms::Answer, std::less<>> found;
  database.each(fields_of, {{"report", report}}, [&](const Row& row) {
    auto answer = answer_in(row);
    found.emplace(answer.field, std::move(answer));
  });
  return found;
}

void put_answer(Database& database, std::int64_t report, const forms::Answer& answer) {
  database.change(put_field, {{"report", report},
                              {"name", answer.field},
                              {"answers", list_text(answer.values)},
                              {"state", forms::to_text(answer.state)},
                              {"confidence", answer.confidence},
                              {"page", answer.page},
                              {"box", json_text(box_json(answer.box))},
                              {"doubt", answer.doubt},
                              {"ink", answer.ink},
                              {"several", answer.several}});
}

bool settle_state(Database& database, std::int64_t report) {
  std::int64_t doubts = 0;
  database.each(doubts_left, {{"report", report}},
                [&](const Row& row) { doubts = row.number("doubts"); });
  const auto state = to_text(doubts == 0 ? ReportState::filed : ReportState::to_check);
  return database.change(settle_report, {{"report", report}, {"state", state}}) == 1;
}

std::vector<std::string> Records::awaiting_second_look() {
  auto& database = state_->database;
  return database.read("list the documents awaiting a second look", [&] {
    std::vector<std::string> found;
    database.each(awaiting, {},
                  [&](const Row& row) { found.push_back(id_text('D', row.number("id"))); });
    return found;
  });
}

std::string Records::first_reading(const std::string& document) {
  auto& database = state_->database;
  return database.read("look up the first reading", [&] {
    std::string reading;
    if (const auto number = id_number('D', document)) {
      database.each(reading_of, {{"document", *number}},
                    [&](const Row& row) { reading = row.text("reading"); });
    }
    return reading;
  });
}

void Records::add_second_look(const SecondLook& look, Time now) {
  auto& database = state_->database;
  const auto document = id_number('D', look.document);
  if (!document) throw Refused(fmt::format("there is no document '{}'", look.document));
  database.write("add the second look to " + look.document, [&] {
    if (database.change(mark_done, {{"id", *document}, {"pictures", look.pictures}}) != 1) {
      throw Refused(fmt::format("cannot add a second look to {}: it is not filed, or has had one",
                                look.document));
    }
    for (const auto& [number, words] : look.page_text) {
      if (database.change(add_words,
                          {{"document", *document}, {"number", number}, {"words", words}}) != 1) {
        throw Refused(fmt::format("cannot add a second look to {}: it has no page {}",
                                  look.document, number));
      }
    }
    for (const auto& report : look.reports) add_to_report(database, *document, report, now);
    for (const auto& finding : look.findings) raise_flag(database, {*document, 0, finding}, now);
    change_fates(database, *document, look);
    put_proposals(database, look, now);
    note(database, {now,
                    service,
                    "second look",
                    "document",
                    look.document,
                    nullptr,
                    {{"pages_with_text", look.page_text.size()},
                     {"pictures", look.pictures},
                     {"fates", fates_json(look)},
                     {"state", look.reasons.empty() ? "" : to_text(DocumentState::held)},
                     {"reasons", look.reasons}}});
  });
}

}  // namespace records
