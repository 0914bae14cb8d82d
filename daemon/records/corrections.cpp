#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "daemon/records/audit.hpp"
#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"
#include "forms/schedule.hpp"

/// What people correct, and what the rules say then.
namespace records {
namespace {

constexpr auto corrected_so_far =
    "SELECT count(*) AS times FROM corrections WHERE report = :report AND field = :field";
constexpr auto add_correction =
    "INSERT INTO corrections (report, field, number, corrected_at, who, old_answers, old_state, "
    "new_answers) "
    "VALUES (:report, :field, :number, :corrected_at, :who, :old_answers, :old_state, "
    ":new_answers)";
constexpr auto correct_field =
    "UPDATE fields SET answers = :answers, state = 'corrected' WHERE report = :report AND name = "
    ":field";

constexpr auto one_report =
    "SELECT r.serial, r.form, r.form_version, r.notes, r.pathway_id, r.candidate_pathway, "
    "r.document, d.received_at FROM reports r JOIN documents d ON d.id = r.document "
    "WHERE r.id = :report";
constexpr auto reports_in_record =
    "SELECT id, document FROM reports WHERE pathway_id = :pathway ORDER BY id";

using forms::rules::Finding;

/// The corrected one, and all others of its pathway: its values are their history.
struct Concerned {
  std::string pathway;
  std::vector<Judged> reports;
};

Concerned concerned_by(Database& database, std::int64_t report,
                       const Records::Definitions& definitions) {
  Concerned concerned;
  std::int64_t document = 0;
  bool in_record = false;
  database.each(one_report, {{"report", report}}, [&](const Row& row) {
    in_record = !row.null("pathway_id");
    concerned.pathway = row.text(in_record ? "pathway_id" : "candidate_pathway");
    document = row.number("document");
  });
  if (in_record) {
    concerned.reports = judge_pathway(database, concerned.pathway, definitions);
  } else {
    concerned.reports.push_back(
        {report, document, judge_again(database, report, concerned.pathway, definitions)});
  }
  return concerned;
}

/// Findings of one kind and reason are one, whatever their evidence: it is compared apart.
using Ground = std::pair<std::string, std::string>;

Ground ground_of(const Finding& finding) {
  return {std::string(forms::rules::to_text(finding.kind)), finding.reason};
}

std::map<Ground, std::set<std::string>> grounds(const std::vector<Finding>& findings) {
  std::map<Ground, std::set<std::string>> found;
  for (const auto& finding : findings)
    found[ground_of(finding)].insert(finding.evidence.begin(), finding.evidence.end());
  return found;
}

bool adds(const Finding& finding, const std::map<Ground, std::set<std::string>>& before) {
  const auto same = before.find(ground_of(finding));
  return same == before.end() || std::ranges::any_of(finding.evidence, [&](const auto& each) {
           return !same->second.contains(each);
         });
}

void put_correction(Database& database, std::int64_t report, const Records::Correction& correction,
                    const forms::Answer& before, Time now) {
  std::int64_t times = 0;
  database.each(corrected_so_far, {{"report", report}, {"field", correction.field}},
                [&](const Row& row) { times = row.number("times"); });
  database.change(add_correction, {{"report", report},
                                   {"field", correction.field},
                                   {"number", times + 1},
                                   {"corrected_at", to_text(now)},
                                   {"who", correction.by},
                                   {"old_answers", list_text(before.values)},
                                   {"old_state", forms::to_text(before.state)},
                                   {"new_answers", list_text(correction.values)}});
  database.change(
      correct_field,
      {{"report", report}, {"field", correction.field}, {"answers", list_text(correction.values)}});
  settle_state(database, report);
}

}  // namespace

std::vector<Judged> judge_pathway(Database& database, const std::string& pathway,
                                  const Records::Definitions& definitions) {
  std::vector<Judged> judged;
  database.each(reports_in_record, {{"pathway", pathway}}, [&](const Row& row) {
    judged.push_back({row.number("id"), row.number("document"), {}});
  });
  for (auto& each : judged) each.before = judge_again(database, each.report, pathway, definitions);
  return judged;
}

void compare(Database& database, const Judged& judged, const std::vector<Finding>& after,
             const Occasion& occasion, Records::Rejudged& outcome) {
  const auto had = grounds(judged.before);
  const auto has = grounds(after);
  for (const auto& flag : standing_flags(database, judged.report)) {
    const Ground ground{flag.kind, flag.reason};
    if (!had.contains(ground) || has.contains(ground)) continue;
    close_in(database, {flag.flag, "withdrawn", occasion.by, occasion.why}, occasion.now);
    outcome.withdrawn.push_back(id_text('F', flag.flag));
  }
  for (const auto& finding : after) {
    if (!adds(finding, had) || is_flagged(database, judged.report, finding)) continue;
    const auto flag = raise_flag(database, {judged.document, judged.report, finding}, occasion.now);
    outcome.raised.push_back(id_text('F', flag));
  }
}

forms::FilledForm form_of(Database& database, std::int64_t report) {
  forms::FilledForm form;
  database.each(one_report, {{"report", report}}, [&](const Row& row) {
    form.form = row.text("form");
    form.version = static_cast<int>(row.number("form_version"));
    form.notes = notes_of(row.text("notes"));
  });
  form.answers = answers_of(database, report);
  return form;
}

std::vector<Finding> judge_again(Database& database, std::int64_t report,
                                 const std::string& pathway,
                                 const Records::Definitions& definitions) {
  const auto form = form_of(database, report);
  const auto* definition = definitions ? definitions(form.form, form.version) : nullptr;
  if (definition == nullptr) return {};
  Paper paper;
  paper.report = report;
  database.each(one_report, {{"report", report}}, [&](const Row& row) {
    paper.serial = row.text("serial");
    paper.received_on = forms::day_in_japan(time_of(row.text("received_at")));
  });
  return forms::rules::judge(form, *definition, history_in(database, pathway, paper));
}

std::optional<Records::Rejudged> Records::correct(const Correction& correction,
                                                  const Definitions& definitions, Time now) {
  auto& database = state_->database;
  const auto number = id_number('R', correction.report);
  if (!number) return std::nullopt;
  const auto report = id_text('R', *number);
  return database.write("correct " + report, [&]() -> std::optional<Rejudged> {
    const auto answers = answers_of(database, *number);
    const auto before = answers.find(correction.field);
    if (before == answers.end()) return std::nullopt;
    const auto concerned = concerned_by(database, *number, definitions);
    put_correction(database, *number, correction, before->second, now);
    Rejudged outcome;
    const Occasion occasion{correction.by,
                            fmt::format("{} of {} was corrected", correction.field, report), now};
    for (const auto& each : concerned.reports) {
      compare(database, each, judge_again(database, each.report, concerned.pathway, definitions),
              occasion, outcome);
    }
    note(database, {now,
                    correction.by,
                    "correct",
                    "report",
                    report,
                    {{"field", correction.field},
                     {"values", before->second.values},
                     {"state", forms::to_text(before->second.state)}},
                    {{"field", correction.field},
                     {"values", correction.values},
                     {"state", "corrected"},
                     {"note", correction.note},
                     {"raised", outcome.raised},
                     {"withdrawn", outcome.withdrawn}}});
    return outcome;
  });
}

}  // namespace records
