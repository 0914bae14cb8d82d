#include "daemon/cli/overdue.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "daemon/cli/cli.hpp"
#include "daemon/cli/dates.hpp"
#include "daemon/cli/say.hpp"
#include "daemon/cli/table.hpp"
#include "forms/print.hpp"

/// What should have come and did not.
namespace cli {
namespace {

/// Every visit of one pathway that is late, due, next or reported on that day.
void add_visits(records::Records& records, const records::Pathway& pathway,
                const forms::Schedule& schedule, const std::vector<records::Told>& told,
                std::optional<forms::Date> died_on, forms::Date on, std::vector<Visit>& visits) {
  std::vector<forms::Date> days;
  std::vector<const records::Told*> by_day;
  for (const auto& each : told) {
    if (each.pathway != pathway.pathway_id) continue;
    days.push_back(each.visit);
    by_day.push_back(&each);
  }
  const auto ending = records.ending_of(pathway.pathway_id);
  auto ended_on = ending ? std::optional(ending->ended_on) : std::nullopt;
  if (died_on && (!ended_on || *died_on < *ended_on)) ended_on = died_on;
  for (const auto& expected :
       forms::expected_visits(schedule, pathway.started_on, days, ended_on, on)) {
    visits.push_back({pathway, expected, {}, {}, {}});
    if (!expected.told_by) continue;
    const auto& by = *by_day[*expected.told_by];
    visits.back().report = by.report;
    visits.back().document = by.document;
    visits.back().visited_on = by.visit;
  }
}

/// Patients of whom a pathway ended by their death: no visit of any other is expected either.
std::map<std::string, forms::Date> deaths(records::Records& records) {
  std::map<std::string, forms::Date> died;
  for (const auto& ending : records.endings("")) {
    if (ending.why != "death" || ending.reopened_at) continue;
    const auto pathway = records.pathway(ending.pathway);
    if (!pathway) continue;
    const auto [known, added] = died.emplace(pathway->patient_id, ending.ended_on);
    if (!added) known->second = std::min(known->second, ending.ended_on);
  }
  return died;
}

nlohmann::json or_null(const std::string& text) {
  return text.empty() ? nlohmann::json() : nlohmann::json(text);
}

nlohmann::json visit_json(const Visit& visit, const std::map<std::string, std::string>& clinics) {
  return {{"clinic", visit.pathway.clinic_id},
          {"clinic_name", clinics.at(visit.pathway.clinic_id)},
          {"pathway", visit.pathway.pathway_id},
          {"patient", visit.pathway.patient_id},
          {"disease", visit.pathway.disease},
          {"visit", exchange::to_text(visit.expected.due)},
          {"month", visit.expected.month},
          {"state", forms::to_text(visit.expected.state)},
          {"late_days", visit.expected.late_days},
          {"report", or_null(visit.report)},
          {"document", or_null(visit.document)},
          {"visited_on", visit.visited_on ? nlohmann::json(exchange::to_text(*visit.visited_on))
                                          : nlohmann::json()}};
}

std::vector<std::string> visit_row(const Visit& visit) {
  std::string by = visit.report.empty() ? visit.document : visit.report;
  if (visit.expected.state == forms::VisitState::late)
    by = fmt::format("{} days", visit.expected.late_days);
  return {exchange::to_text(visit.expected.due),
          visit.pathway.pathway_id,
          visit.pathway.patient_id,
          visit.pathway.disease,
          std::string(forms::to_text(visit.expected.state)),
          by};
}

std::map<std::string, std::string> clinic_names(records::Records& records) {
  std::map<std::string, std::string> names;
  for (const auto& clinic : records.clinics()) names.emplace(clinic.clinic_id, clinic.name);
  return names;
}

void say_by_clinic(const std::vector<Visit>& visits,
                   const std::map<std::string, std::string>& names) {
  std::map<std::string, std::vector<Visit>> by_clinic;
  for (const auto& visit : visits) by_clinic[visit.pathway.clinic_id].push_back(visit);
  bool first = true;
  for (const auto& [clinic, theirs] : by_clinic) {
    const auto late = std::ranges::count_if(
        theirs, [](const Visit& visit) { return visit.expected.state == forms::VisitState::late; });
    std::cout << (first ? "" : "\n")
              << fmt::format("{}  {}: {} late\n", clinic, names.at(clinic), late)
              << table({"VISIT", "PATHWAY", "PATIENT", "DISEASE", "STATE", "BY"},
                       rows_of(theirs, visit_row));
    first = false;
  }
  if (visits.empty()) std::cout << "no visits\n";
}

}  // namespace

forms::Date day_asked_for(const Context& context, const std::string& on) {
  return on.empty() ? forms::day_in_japan(context.now) : parse_date(on, "--on");
}

std::vector<Visit> visits_of(records::Records& records, const forms::Catalogue& catalogue,
                             const std::string& clinic, forms::Date on) {
  if (!clinic.empty() && !records.clinic(clinic)) throw WrongInput("no clinic '" + clinic + "'");
  const auto told = records.told("");
  const auto died = deaths(records);
  std::vector<Visit> visits;
  const auto death_of = [&](const records::Pathway& pathway) -> std::optional<forms::Date> {
    const auto found = died.find(pathway.patient_id);
    return found == died.end() ? std::nullopt : std::optional(found->second);
  };
  for (const auto& pathway : records.pathways_at(clinic)) {
    if (const auto* entry = catalogue.report_for(pathway.disease))
      add_visits(records, pathway, entry->definition.schedule, told, death_of(pathway), on, visits);
  }
  std::ranges::stable_sort(visits, {}, [](const Visit& visit) { return visit.expected.due; });
  return visits;
}

void drop_before(std::vector<Visit>& visits, const std::string& since) {
  if (since.empty()) return;
  const auto first = parse_date(since, "--since");
  std::erase_if(visits, [&](const Visit& visit) { return visit.expected.due < first; });
}

std::size_t drop_earlier(std::vector<Visit>& visits, records::Records& records,
                         const forms::Catalogue& catalogue) {
  const auto registered = records.registered();
  return std::erase_if(visits, [&](const Visit& visit) {
    const auto since = registered.find(visit.pathway.pathway_id);
    const auto* entry = catalogue.report_for(visit.pathway.disease);
    if (visit.expected.state != forms::VisitState::late || since == registered.end()) return false;
    const std::chrono::days grace(entry == nullptr ? 0 : entry->definition.schedule.grace_days);
    return std::chrono::sys_days(visit.expected.due) + grace <
           std::chrono::sys_days(forms::day_in_japan(since->second));
  });
}

std::string left_out(std::size_t earlier) {
  return fmt::format(
      "{} visits were late before their pathways were registered here, and are left out: "
      "--earlier takes them in",
      earlier);
}

int overdue_list(const Context& context, const OverdueOptions& options) {
  const auto config = load_config(context);
  auto records = open_records(config);
  const auto catalogue = forms::Catalogue::load(config.forms);
  auto visits = visits_of(records, catalogue, options.clinic, day_asked_for(context, options.on));
  drop_before(visits, options.since);
  const auto earlier = options.earlier ? 0 : drop_earlier(visits, records, catalogue);
  if (const auto state = forms::parse_visit_state(options.state)) {
    std::erase_if(visits, [&](const Visit& visit) { return visit.expected.state != *state; });
  }
  const auto names = clinic_names(records);
  if (!context.json) {
    say_by_clinic(visits, names);
    if (earlier > 0) std::cout << '\n' << left_out(earlier) << '\n';
    return Status::done;
  }
  if (earlier > 0) std::cerr << "renkei: " << left_out(earlier) << '\n';
  auto answer = nlohmann::json::array();
  for (const auto& visit : visits) answer.push_back(visit_json(visit, names));
  say(answer);
  return Status::done;
}

}  // namespace cli
