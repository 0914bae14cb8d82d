#include "daemon/cli/decide.hpp"

#include <charconv>
#include <set>

#include "daemon/cli/cli.hpp"
#include "daemon/cli/dates.hpp"
#include "daemon/cli/say.hpp"
#include "daemon/cli/table.hpp"
#include "forms/filled_form.hpp"
#include "forms/schedule.hpp"
#include "forms/typed_value.hpp"

/// What a person decides: whose a held document is, what a field says, that a pathway has ended.
namespace cli {
namespace {

/// "1,3" and "2-4". Throws WrongInput.
std::vector<int> parse_pages(const std::string& text) {
  std::vector<int> pages;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  const auto number = [&] {
    int value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc() || value < 1 || value > 10000)
      throw WrongInput("--pages: '" + text + "' are no pages; expected them like 1,3 or 2-4");
    at = next;
    return value;
  };
  while (at != end) {
    const int first = number();
    int last = first;
    if (at != end && *at == '-') {
      ++at;
      last = number();
    }
    for (int page = first; page <= last; ++page) pages.push_back(page);
    if (at != end && *at++ != ',')
      throw WrongInput("--pages: '" + text + "' are no pages; expected them like 1,3 or 2-4");
  }
  return pages;
}

records::Pathway find_pathway(records::Records& records, const std::string& id) {
  auto pathway = records.pathway(id);
  if (!pathway) throw WrongInput("no pathway '" + id + "'");
  return *std::move(pathway);
}

/// A visit outside every window satisfies none: better said now than wondered at later.
void warn_of_visit(const Context& context, const forms::Catalogue& catalogue,
                   const records::Pathway& pathway, const records::Date& visit) {
  const auto* entry = catalogue.report_for(pathway.disease);
  if (entry == nullptr || context.json) return;
  const auto planned = forms::planned_for(entry->definition.schedule, pathway.started_on, visit);
  if (planned) {
    std::cout << fmt::format("it counts for the visit planned on {}\n",
                             exchange::to_text(*planned));
  } else {
    std::cout << fmt::format("no visit is planned within {} days of {}: none is satisfied by it\n",
                             entry->definition.schedule.window_days, exchange::to_text(visit));
  }
}

const forms::FieldDefinition& find_field(const forms::Definition& definition,
                                         const std::string& name) {
  if (const auto* field = definition.find(name)) return *field;
  std::vector<std::string> known;
  for (const auto& field : definition.fields) known.push_back(field.name);
  throw WrongInput(
      fmt::format("{} has no field '{}'; it has {}", definition.form, name, fmt::join(known, " ")));
}

/// The birth date in a record's form is the second key: another one means another patient.
void check_identity(records::Records& records, const records::Report& report,
                    const std::vector<std::string>& values) {
  const auto patient = report.patient.empty() ? std::nullopt : records.patient(report.patient);
  if (!patient) return;
  if (values.size() == 1 && values[0] == exchange::to_text(patient->birth_date)) return;
  throw WrongInput(
      fmt::format("{} is in the record of {}, who was born on another day: a form of "
                  "somebody else's cannot be corrected into this record",
                  report.id, report.patient));
}

std::vector<std::string> checked_values(const CorrectOptions& options,
                                        const forms::FieldDefinition& field, records::Date today) {
  const auto typed = forms::typed_value(field, options.value, today);
  if (typed.fault)
    throw WrongInput(fmt::format("{}: {}, found '{}'", field.name, *typed.fault, options.value));
  if (typed.unlike && options.note.empty()) {
    throw WrongInput(fmt::format("{}: {} is {}; if it is so, say why with --note", field.name,
                                 options.value, *typed.unlike));
  }
  return typed.values;
}

/// Pathways that have ended and are open again must not stay unsaid.
class Reopened {
public:
  Reopened(const Context& context, records::Records& records)
      : context_(context), records_(records), before_(in_force()) {}

  void say() const {
    if (context_.json) return;
    const auto now = in_force();
    for (const auto& pathway : before_) {
      if (!now.contains(pathway))
        std::cout << fmt::format("pathway {} had ended and is open again\n", pathway);
    }
  }

private:
  [[nodiscard]] std::set<std::string> in_force() const {
    std::set<std::string> ended;
    for (const auto& ending : records_.endings("")) {
      if (!ending.reopened_at) ended.insert(ending.pathway);
    }
    return ended;
  }

  const Context& context_;
  records::Records& records_;
  std::set<std::string> before_;
};

/// Whoever files a form must see what it tells: the doctor is told of it as of any other.
void say_open_flags(records::Records& records, const records::Document& document) {
  for (const auto& flag : records.flags({records::FlagState::open, std::nullopt, false})) {
    if (flag.document != document.id) continue;
    std::cout << fmt::format("open: {} {} {}{}\n", flag.id, forms::rules::to_text(flag.severity),
                             forms::rules::to_text(flag.kind),
                             flag.report.empty() ? "" : " in " + flag.report);
  }
}

void say_ending(const Context& context, records::Records& records, const std::string& pathway) {
  const auto endings = records.endings(pathway);
  if (context.json) {
    say(exchange::to_json(endings.back()));
    return;
  }
  std::cout << pathway_table({find_pathway(records, pathway)}, endings);
}

}  // namespace

records::Records::Definitions definitions_in(const forms::Catalogue& catalogue) {
  return [&catalogue](const std::string& form, int version) {
    const auto* entry = catalogue.find(form, version);
    return entry == nullptr ? nullptr : &entry->definition;
  };
}

std::string pathway_table(const std::vector<records::Pathway>& pathways,
                          const std::vector<records::Ending>& endings) {
  const auto row = [&](const records::Pathway& pathway) -> std::vector<std::string> {
    std::string ended;
    for (const auto& each : endings) {
      if (each.pathway == pathway.pathway_id && !each.reopened_at)
        ended =
            fmt::format("{}: {} ({})", exchange::to_text(each.ended_on), each.why, each.ended_by);
    }
    return {pathway.pathway_id,      pathway.disease,
            pathway.clinic_id,       exchange::to_text(pathway.started_on),
            pathway.hospital_doctor, ended};
  };
  return table({"PATHWAY", "DISEASE", "CLINIC", "STARTED", "HOSPITAL DOCTOR", "ENDED"},
               rows_of(pathways, row));
}

int documents_file(const Context& context, const FileOptions& options) {
  const auto config = load_config(context);
  auto records = open_records(config);
  require_user(records, options.by);
  if (!records.document(options.document))
    throw WrongInput("no document '" + options.document + "'");
  const auto pathway = find_pathway(records, options.pathway);
  records::Records::ByPerson filing{options.document,           options.pathway, {},
                                    parse_pages(options.pages), options.by,      options.note,
                                    options.despite_mismatch};
  if (options.despite_mismatch && options.note.empty())
    throw WrongInput("--despite-mismatch: say in --note why it is this patient's all the same");
  if (!options.visit.empty()) filing.visit = parse_date(options.visit, "--visit");
  if (filing.visit && *filing.visit > forms::day_in_japan(context.now))
    throw WrongInput("--visit: " + options.visit + " is in the future: nobody can report it yet");
  const auto catalogue = forms::Catalogue::load(config.forms);
  records.file_by_person(filing, definitions_in(catalogue), context.now);
  const auto document = *records.document(options.document);
  if (context.json) {
    say(exchange::to_json(document));
    return Status::done;
  }
  std::cout << fmt::format(
      "{} is {}: filed for {} (patient {}) by {}\n", document.id,
      document.state == records::DocumentState::filed ? "filed" : "still held in part",
      options.pathway, pathway.patient_id, options.by);
  if (filing.visit) warn_of_visit(context, catalogue, pathway, *filing.visit);
  say_open_flags(records, document);
  return Status::done;
}

int documents_hold(const Context& context, const std::string& id, const std::string& by,
                   const std::string& why) {
  const auto config = load_config(context);
  auto records = open_records(config);
  require_user(records, by);
  if (!records.document(id)) throw WrongInput("no document '" + id + "'");
  const auto catalogue = forms::Catalogue::load(config.forms);
  const Reopened reopened(context, records);
  records.take_back(id, by, why, definitions_in(catalogue), context.now);
  const auto document = *records.document(id);
  if (context.json) {
    say(exchange::to_json(document));
  } else {
    std::cout << fmt::format("{} is held again: nothing of it is in a record\n", document.id);
  }
  reopened.say();
  return Status::done;
}

int reports_correct(const Context& context, const CorrectOptions& options) {
  const auto config = load_config(context);
  auto records = open_records(config);
  require_user(records, options.by);
  const auto report = records.report(options.report);
  if (!report) throw WrongInput("no report '" + options.report + "'");
  const auto catalogue = forms::Catalogue::load(config.forms);
  const auto* entry = catalogue.find(report->form.form, report->form.version);
  if (entry == nullptr) {
    throw WrongInput(
        fmt::format("{} is of a form that is not known here, so that nothing of it "
                    "can be checked",
                    report->id));
  }
  const auto& field = find_field(entry->definition, options.field);
  const auto values = checked_values(options, field, forms::day_in_japan(context.now));
  if (field.name == "birth_date") check_identity(records, *report, values);
  const Reopened reopened(context, records);
  const auto outcome =
      records.correct({options.report, options.field, values, options.by, options.note},
                      definitions_in(catalogue), context.now);
  if (!outcome) throw WrongInput(options.report + " has no field '" + options.field + "'");
  if (context.json) {
    auto answer = exchange::to_json(*records.report(options.report));
    answer["raised"] = outcome->raised;
    answer["withdrawn"] = outcome->withdrawn;
    say(answer);
    return Status::done;
  }
  const auto* before = report->form.find(options.field);
  std::cout << fmt::format("{} of {}: '{}' instead of '{}' ({})\n", options.field, options.report,
                           options.value, before == nullptr ? "" : before->value(),
                           before == nullptr ? "" : forms::to_text(before->state));
  if (!outcome->raised.empty())
    std::cout << fmt::format("raised {}\n", fmt::join(outcome->raised, ", "));
  if (!outcome->withdrawn.empty())
    std::cout << fmt::format("withdrawn {}\n", fmt::join(outcome->withdrawn, ", "));
  reopened.say();
  return Status::done;
}

int pathways_list(const Context& context, const std::string& clinic) {
  auto records = open_records(load_config(context));
  if (!clinic.empty() && !records.clinic(clinic)) throw WrongInput("no clinic '" + clinic + "'");
  const auto pathways = records.pathways_at(clinic);
  const auto endings = records.endings("");
  if (!context.json) {
    std::cout << pathway_table(pathways, endings);
    return Status::done;
  }
  auto answer = nlohmann::json::array();
  for (const auto& pathway : pathways) {
    answer.push_back(exchange::to_json(pathway));
    answer.back()["ending"] = nullptr;
    for (const auto& ending : endings) {
      if (ending.pathway == pathway.pathway_id && !ending.reopened_at)
        answer.back()["ending"] = exchange::to_json(ending);
    }
  }
  say(answer);
  return Status::done;
}

int pathways_end(const Context& context, const EndOptions& options) {
  auto records = open_records(load_config(context));
  require_user(records, options.by);
  const auto pathway = find_pathway(records, options.pathway);
  const auto today = forms::day_in_japan(context.now);
  const auto on = options.on.empty() ? today : parse_date(options.on, "--on");
  if (on > today) throw WrongInput("--on: a pathway cannot have ended in the future");
  if (on < pathway.started_on) throw WrongInput("--on: the pathway had not begun then");
  if (!records.end_pathway({options.pathway, on, options.why, options.by, options.note},
                           context.now) &&
      !context.json) {
    std::cout << options.pathway << " had ended before; nothing was changed\n";
  }
  say_ending(context, records, options.pathway);
  return Status::done;
}

int pathways_reopen(const Context& context, const EndOptions& options) {
  auto records = open_records(load_config(context));
  require_user(records, options.by);
  static_cast<void>(find_pathway(records, options.pathway));
  if (!records.reopen_pathway(options.pathway, options.by, options.note, context.now))
    throw WrongInput(options.pathway + " has not ended");
  say_ending(context, records, options.pathway);
  return Status::done;
}

}  // namespace cli
