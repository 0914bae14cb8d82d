#include <fmt/format.h>

#include "daemon/records/audit.hpp"
#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"
#include "forms/schedule.hpp"

/// How pathways end, and are opened again when that was a mistake.
namespace records {
namespace {

constexpr auto ending_columns =
    "SELECT ending, pathway_id, ended_on, why, flag, ended_at, ended_by, note, reopened_at, "
    "reopened_by, reopened_note FROM endings ";
constexpr auto in_force = "WHERE pathway_id = :pathway AND reopened_at IS NULL";
constexpr auto of_pathway = "WHERE pathway_id = :pathway ORDER BY number";
constexpr auto all_endings = "ORDER BY ended_at, ending";
constexpr auto endings_so_far =
    "SELECT count(*) AS endings FROM endings WHERE pathway_id = :pathway";
constexpr auto one_pathway = "SELECT pathway_id FROM pathways WHERE pathway_id = :pathway";
constexpr auto add_ending =
    "INSERT INTO endings (ending, pathway_id, number, ended_on, why, flag, ended_at, ended_by, "
    "note, reopened_at, reopened_by, reopened_note) "
    "VALUES (:ending, :pathway, :number, :ended_on, :why, :flag, :ended_at, :ended_by, :note, "
    "NULL, '', '')";
constexpr auto reopen_ending =
    "UPDATE endings SET reopened_at = :at, reopened_by = :who, reopened_note = :note "
    "WHERE ending = :ending";

constexpr auto flag_and_report =
    "SELECT f.kind, f.report, r.pathway_id, d.received_at FROM flags f "
    "JOIN reports r ON r.id = f.report JOIN documents d ON d.id = r.document "
    "WHERE f.id = :flag AND r.pathway_id IS NOT NULL";
constexpr auto report_of_flag = "SELECT report FROM flags WHERE id = :flag AND report IS NOT NULL";
constexpr auto other_exits =
    "SELECT f.id, f.acknowledged_by FROM flags f JOIN reports r ON r.id = f.report "
    "WHERE r.pathway_id = :pathway AND f.id <> :flag AND f.state = 'acknowledged' "
    "AND NOT EXISTS (SELECT 1 FROM closings c WHERE c.flag = f.id) ORDER BY f.id";

Ending ending_in(const Row& row) {
  Ending ending;
  ending.id = row.text("ending");
  ending.pathway = row.text("pathway_id");
  ending.ended_on = date_of(row.text("ended_on"));
  ending.why = row.text("why");
  if (!row.null("flag")) ending.flag = id_text('F', row.number("flag"));
  ending.ended_at = time_of(row.text("ended_at"));
  ending.ended_by = row.text("ended_by");
  ending.note = row.text("note");
  if (!row.null("reopened_at")) ending.reopened_at = time_of(row.text("reopened_at"));
  ending.reopened_by = row.text("reopened_by");
  ending.reopened_note = row.text("reopened_note");
  return ending;
}

std::vector<Ending> find_endings(Database& database, const char* which, Bindings values) {
  std::vector<Ending> found;
  database.each(std::string(ending_columns) + which, std::move(values),
                [&](const Row& row) { found.push_back(ending_in(row)); });
  return found;
}

std::optional<Ending> find_in_force(Database& database, const std::string& pathway) {
  auto found = find_endings(database, in_force, {{"pathway", pathway}});
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::string void_reason(const std::string& why) {
  return "pathway ended: " + why;
}

bool end_in(Database& database, const Records::End& end, std::optional<std::int64_t> flag,
            Time now) {
  bool known = false;
  database.each(one_pathway, {{"pathway", end.pathway}}, [&](const Row&) { known = true; });
  if (!known) throw Refused(fmt::format("there is no pathway '{}'", end.pathway));
  if (find_in_force(database, end.pathway)) return false;
  std::int64_t before = 0;
  database.each(endings_so_far, {{"pathway", end.pathway}},
                [&](const Row& row) { before = row.number("endings"); });
  const auto id = fmt::format("{}/{}", end.pathway, before + 1);
  database.change(add_ending, {{"ending", id},
                               {"pathway", end.pathway},
                               {"number", before + 1},
                               {"ended_on", to_text(end.on)},
                               {"why", end.why},
                               {"flag", flag},
                               {"ended_at", to_text(now)},
                               {"ended_by", end.by},
                               {"note", end.note}});
  note(database, {now,
                  end.by,
                  "end pathway",
                  "ending",
                  id,
                  nullptr,
                  {{"pathway", end.pathway},
                   {"on", to_text(end.on)},
                   {"why", end.why},
                   {"flag", flag ? nlohmann::json(id_text('F', *flag)) : nlohmann::json()},
                   {"note", end.note}}});
  make_unused_void(database, end.pathway, void_reason(end.why), end.by, now);
  return true;
}

void reopen_in(Database& database, const Ending& ending, const std::string& by,
               const std::string& words, Time now) {
  database.change(reopen_ending,
                  {{"ending", ending.id}, {"at", to_text(now)}, {"who", by}, {"note", words}});
  note(database, {now,
                  by,
                  "reopen pathway",
                  "ending",
                  ending.id,
                  {{"reopened_at", nullptr}},
                  {{"reopened_at", to_text(now)}, {"note", words}}});
  make_valid_again(database, ending.pathway, void_reason(ending.why), ending.ended_at, by, now);
}

/// The day of the exit as the clinic wrote it; else of the visit; else the day it came.
Date day_of_exit(Database& database, std::int64_t report, Time received_at) {
  const auto form = form_of(database, report);
  for (const auto* field : {"outcome_date", "visit_date"}) {
    if (const auto day = form.fact(field)) return date_of(*day);
  }
  return forms::day_in_japan(received_at);
}

/// A hospital may let other flags end its pathways too.
std::string exit_word(const std::string& kind) {
  for (const auto* exit : {"death", "recurrence", "five-year-survival"}) {
    if (kind == exit) return kind;
  }
  return "other-exit";
}

/// When it was acknowledged, its kind ended pathways.
bool was_an_exit(Database& database, std::int64_t flag) {
  bool exit = false;
  for (const auto& row : trace_of(database, "flag", id_text('F', flag))) {
    if (row.what == "acknowledge") exit = json_of(row.became).value("ends_pathway", false);
  }
  return exit;
}

/// The acknowledged exits of other reports still hold.
void reopen_unless_another(Database& database, const Ending& ending, std::int64_t flag,
                           const Occasion& occasion) {
  reopen_in(database, ending, occasion.by, fmt::format("{}: {}", ending.flag, occasion.why),
            occasion.now);
  std::vector<std::pair<std::int64_t, std::string>> others;
  database.each(other_exits, {{"pathway", ending.pathway}, {"flag", flag}}, [&](const Row& row) {
    others.emplace_back(row.number("id"), row.text("acknowledged_by"));
  });
  for (const auto& [other, who] : others) {
    if (was_an_exit(database, other)) return end_by_flag(database, other, who, occasion.now);
  }
}

}  // namespace

void end_by_flag(Database& database, std::int64_t flag, const std::string& by, Time now) {
  std::optional<Records::End> end;
  database.each(flag_and_report, {{"flag", flag}}, [&](const Row& row) {
    end =
        Records::End{row.text("pathway_id"),
                     day_of_exit(database, row.number("report"), time_of(row.text("received_at"))),
                     exit_word(row.text("kind")), by, ""};
  });
  if (end) end_in(database, *end, flag, now);
}

void reopen_by_flag(Database& database, std::int64_t flag, const std::string& by,
                    const std::string& why, Time now) {
  std::string pathway;
  database.each(flag_and_report, {{"flag", flag}},
                [&](const Row& row) { pathway = row.text("pathway_id"); });
  const auto ending = find_in_force(database, pathway);
  if (ending && ending->flag == id_text('F', flag))
    reopen_unless_another(database, *ending, flag, {by, why, now});
}

void reopen_by_report(Database& database, const std::string& pathway, std::int64_t report,
                      const Occasion& occasion) {
  const auto ending = find_in_force(database, pathway);
  const auto flag = ending ? id_number('F', ending->flag) : std::nullopt;
  if (!flag) return;
  bool of_report = false;
  database.each(report_of_flag, {{"flag", *flag}},
                [&](const Row& row) { of_report = row.number("report") == report; });
  if (of_report) reopen_unless_another(database, *ending, *flag, occasion);
}

bool Records::end_pathway(const End& end, Time now) {
  auto& database = state_->database;
  return database.write("end the pathway " + end.pathway,
                        [&] { return end_in(database, end, std::nullopt, now); });
}

bool Records::reopen_pathway(const std::string& pathway, const std::string& by,
                             const std::string& words, Time now) {
  auto& database = state_->database;
  return database.write("reopen the pathway " + pathway, [&] {
    const auto ending = find_in_force(database, pathway);
    if (!ending) return false;
    reopen_in(database, *ending, by, words, now);
    return true;
  });
}

std::vector<Ending> Records::endings(const std::string& pathway) {
  auto& database = state_->database;
  return database.read("look up how pathways ended", [&] {
    return pathway.empty() ? find_endings(database, all_endings, {})
                           : find_endings(database, of_pathway, {{"pathway", pathway}});
  });
}

std::optional<Ending> Records::ending_of(const std::string& pathway) {
  auto& database = state_->database;
  return database.read("look up how a pathway ended",
                       [&] { return find_in_force(database, pathway); });
}

}  // namespace records
