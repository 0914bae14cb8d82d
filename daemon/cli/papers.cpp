#include "daemon/cli/cli.hpp"
#include "daemon/cli/dates.hpp"
#include "daemon/cli/say.hpp"
#include "daemon/cli/table.hpp"

/// The paper that is out: which serial went where, and what became of it.
namespace cli {
namespace {

std::vector<std::string> form_row(const records::PrintedForm& form) {
  std::string state = form.report.empty() ? "out" : form.report;
  if (form.is_sheet()) state = "kept by the clinic";
  if (form.void_at) state = "void: " + form.void_reason;
  return {forms::to_text(form.serial),
          form.form,
          form.pathway_id,
          form.visit ? exchange::to_text(*form.visit) : "",
          local_time(form.printed_at),
          state};
}

const std::vector<std::string> form_head{"SERIAL", "FORM", "PATHWAY", "VISIT", "PRINTED", "STATE"};

}  // namespace

int forms_list(const Context& context, const std::string& pathway) {
  auto records = open_records(load_config(context));
  if (!pathway.empty() && !records.pathway(pathway))
    throw WrongInput("no pathway '" + pathway + "'");
  const auto printed = records.printed_forms(pathway);
  if (context.json) {
    say(as_array(printed));
  } else {
    std::cout << table(form_head, rows_of(printed, form_row));
  }
  return Status::done;
}

int forms_void(const Context& context, const std::string& serial, const std::string& by,
               const std::string& note) {
  auto records = open_records(load_config(context));
  require_user(records, by);
  const auto typed = forms::parse_serial(serial);
  if (!typed) {
    throw WrongInput("'" + serial + "' is no serial: expected ten characters like 7K2QX-9HD4X, " +
                     "the last of which checks the others");
  }
  if (!records.printed(*typed))
    throw WrongInput("no form with serial " + forms::to_text(*typed) + " was printed here");
  const bool now_void =
      records.void_serial(*typed, note.empty() ? "made void" : note, by, context.now);
  const auto form = *records.printed(*typed);
  if (context.json) {
    say(exchange::to_json(form));
  } else {
    std::cout << fmt::format("{} of {} {} void since {} by {}: {}\n", forms::to_text(form.serial),
                             form.pathway_id, now_void ? "is" : "was already",
                             local_time(*form.void_at), form.void_by, form.void_reason);
    if (!form.report.empty()) {
      std::cout << fmt::format("note: it came back as {}; that report stays as it is\n",
                               form.report);
    }
  }
  return Status::done;
}

}  // namespace cli
