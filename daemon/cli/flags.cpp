#include <algorithm>

#include "daemon/cli/cli.hpp"
#include "daemon/cli/dates.hpp"
#include "daemon/cli/decide.hpp"
#include "daemon/cli/say.hpp"
#include "daemon/cli/table.hpp"
#include "forms/schedule.hpp"

/// Flags: what was found, who has seen it, what became of it.
namespace cli {
namespace {

std::vector<std::string> flag_row(const records::Flag& flag) {
  return {flag.id,
          std::string(forms::rules::to_text(flag.severity)),
          std::string(forms::rules::to_text(flag.kind)),
          flag.closing ? flag.closing->how : std::string(records::to_text(flag.state)),
          flag.patient.empty() ? "(not tied)" : flag.patient,
          flag.report.empty() ? flag.document : flag.report,
          local_time(flag.raised_at),
          flag.closing ? flag.closing->by : flag.acknowledged_by};
}

records::Flag find_flag(records::Records& records, const std::string& id) {
  auto flag = records.flag(id);
  if (!flag) throw WrongInput("no flag '" + id + "'");
  return *std::move(flag);
}

void say_flag(const Context& context, const records::Flag& flag) {
  if (context.json) {
    say(exchange::to_json(flag));
  } else {
    std::cout << flag_table({flag});
  }
}

/// Whoever is second must know that somebody else has taken it in hand.
void say_before(const Context& context, const records::Flag& flag) {
  if (context.json) return;
  if (flag.closing) {
    std::cout << fmt::format("{} was closed before: {}, by {}, {}: {}\n", flag.id,
                             flag.closing->how, flag.closing->by, local_time(flag.closing->at),
                             flag.closing->why);
  } else {
    std::cout << fmt::format("{} was acknowledged before: by {}, {}{}\n", flag.id,
                             flag.acknowledged_by, local_time(*flag.acknowledged_at),
                             flag.note.empty() ? "" : ": " + flag.note);
  }
}

/// The form's own definition says which flags end a pathway.
bool ends_its_pathway(const config::Config& config, records::Records& records,
                      const records::Flag& flag) {
  if (flag.pathway.empty()) return false;
  const auto report = records.report(flag.report);
  const auto catalogue = forms::Catalogue::load(config.forms);
  const auto* entry = report ? catalogue.find(report->form.form, report->form.version) : nullptr;
  return entry != nullptr &&
         forms::ends_pathway(entry->definition, forms::rules::to_text(flag.kind));
}

int close_false_alarm(const Context& context, records::Records& records,
                      const records::Flag& before, const std::string& by, const std::string& why) {
  if (why.find_first_not_of(' ') == std::string::npos) {
    throw WrongInput("a false alarm is closed for a reason: say it with --note");
  }
  const auto ended = records.ending_of(before.pathway);
  if (!records.close_flag(before.id, by, why, context.now)) say_before(context, before);
  const bool reopened = ended && !records.ending_of(before.pathway);
  const auto flag = find_flag(records, before.id);
  if (context.json) {
    auto answer = exchange::to_json(flag);
    answer["reopened"] = reopened ? nlohmann::json(ended->pathway) : nlohmann::json();
    say(answer);
    return Status::done;
  }
  say_flag(context, flag);
  if (reopened) {
    std::cout << fmt::format(
        "pathway {} is open again: it had ended on {} by this flag alone; what its end made void "
        "is valid\n",
        ended->pathway, exchange::to_text(ended->ended_on));
  }
  return Status::done;
}

}  // namespace

std::string flag_table(const std::vector<records::Flag>& flags) {
  return table({"FLAG", "SEVERITY", "KIND", "STATE", "PATIENT", "IN", "RAISED", "BY"},
               rows_of(flags, flag_row));
}

int flags_list(const Context& context, const ListOptions& options) {
  auto records = open_records(load_config(context));
  records::Records::FlagQuery query;
  if (!options.state.empty()) query.state = records::parse_flag_state(options.state);
  if (!options.severity.empty()) query.severity = forms::rules::parse_severity(options.severity);
  const auto flags = records.flags(query);
  if (context.json) {
    say(as_array(flags));
  } else {
    std::cout << flag_table(flags);
  }
  return Status::done;
}

int flags_show(const Context& context, const std::string& id) {
  auto records = open_records(load_config(context));
  const auto flag = find_flag(records, id);
  auto trace = records.trace("flag", flag.id);
  for (auto& row : records.trace("closing", flag.id)) trace.push_back(std::move(row));
  std::ranges::sort(trace, {}, &records::AuditRow::seq);
  if (context.json) {
    auto answer = exchange::to_json(flag);
    answer["trace"] = as_array(trace);
    say(answer);
    return Status::done;
  }
  std::cout << flag_table({flag});
  std::cout << fmt::format("\nbecause: {} ({}) in {}", flag.reason, joined(flag.evidence),
                           flag.document);
  if (const auto document = records.document(flag.document))
    std::cout << fmt::format(" ({} from {})", document->name, document->source);
  std::cout << '\n';
  if (!flag.note.empty()) std::cout << "note: " << flag.note << '\n';
  if (flag.closing) {
    std::cout << fmt::format("closed as {} by {}: {}\n", flag.closing->how, flag.closing->by,
                             flag.closing->why);
  }
  const auto row_of = [](const records::AuditRow& row) -> std::vector<std::string> {
    return {local_time(row.at), row.who, row.what, row.became};
  };
  std::cout << '\n' << table({"WHEN", "WHO", "WHAT", "HOW"}, rows_of(trace, row_of));
  return Status::done;
}

int flags_acknowledge(const Context& context, const std::string& id, const std::string& by,
                      const std::string& note, bool false_alarm) {
  const auto config = load_config(context);
  auto records = open_records(config);
  require_user(records, by);
  const auto before = find_flag(records, id);
  if (false_alarm) return close_false_alarm(context, records, before, by, note);
  if (before.state != records::FlagState::open) {
    say_before(context, before);
    say_flag(context, before);
    return Status::done;
  }
  const bool ends = ends_its_pathway(config, records, before);
  if (!records.acknowledge(id, by, note, context.now, ends)) {
    throw WrongInput("no flag '" + id + "'");
  }
  const auto flag = find_flag(records, id);
  if (flag.acknowledged_by != by) say_before(context, flag);
  say_flag(context, flag);
  if (context.json || !ends) return Status::done;
  if (const auto ending = records.ending_of(flag.pathway)) {
    std::cout << fmt::format("pathway {} has ended on {}: {}\n", ending->pathway,
                             exchange::to_text(ending->ended_on), ending->why);
  }
  return Status::done;
}

int flags_reopen(const Context& context, const std::string& id, const std::string& by,
                 const std::string& why) {
  if (why.find_first_not_of(' ') == std::string::npos)
    throw WrongInput("a closed flag is raised anew for a reason: say it with --note");
  auto records = open_records(load_config(context));
  require_user(records, by);
  const auto before = find_flag(records, id);
  const auto anew = records.reopen_flag(before.id, by, why, context.now);
  if (!anew) throw WrongInput(before.id + " is not closed");
  say_flag(context, find_flag(records, *anew));
  return Status::done;
}

}  // namespace cli
