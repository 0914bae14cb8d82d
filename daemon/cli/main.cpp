#include <cstdlib>
#include <iostream>

#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "daemon/cli/cli.hpp"
#include "daemon/exchange/csv.hpp"
#include "forms/definition.hpp"

namespace {

namespace fs = std::filesystem;
using cli::Context;

std::string login() {
  const auto* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::getuid());
}

/// Every command: its words, its options, and the function that does it.
class Commands {
public:
  Commands(CLI::App& app, Context& context) : app_(app), context_(context) {
    add_init();
    add_import();
    add_print();
    add_submit();
    add_documents();
    add_reports();
    add_flags();
    add_people();
    add("verify", "check database, archive, page ledger and audit chain",
        [this] { return cli::verify(context_); });
  }

  [[nodiscard]] int status() const { return status_; }

private:
  using Run = std::function<int()>;

  CLI::App* add(CLI::App& under, const std::string& name, const std::string& help, Run run) {
    auto* command = under.add_subcommand(name, help);
    command->fallthrough();
    if (run) {
      command->callback([this, run = std::move(run)] { status_ = run(); });
    } else {
      command->require_subcommand(1);
    }
    return command;
  }
  CLI::App* add(const std::string& name, const std::string& help, Run run) {
    return add(app_, name, help, std::move(run));
  }

  void add_init() {
    auto* command = add("init", "make the data folder: settings, keys, database, inboxes",
                        [this] { return cli::init(context_, init_); });
    command->add_flag("--demo", init_.demo, "with a made-up hospital and made-up patients");
  }

  void add_import() {
    auto* command = add("import", "take in master data from CSV, all or nothing",
                        [this] { return cli::import(context_, what_, file_); });
    command->add_option("WHAT", what_, "patients, clinics or pathways")
        ->required()
        ->check(CLI::IsMember({"patients", "clinics", "pathways"}));
    command->add_option("FILE", file_, "UTF-8 CSV with a header line")->required();
  }

  void add_print() {
    auto* group = add("print", "print tagged forms as PDF", nullptr);
    const auto common = [this](CLI::App* command) {
      command->add_option("--pathway", print_.pathway, "pathway id")->required();
      command->add_option("--out", print_.out, "PDF to write")->required();
      command->add_option("--layout", print_.layout, "also write where everything stands (JSON)");
    };
    auto* report = add(*group, "report", "progress reports (地域連携がん診療経過報告書)",
                       [this] { return cli::print_report(context_, print_); });
    common(report);
    report->add_option("--visit", print_.visit, "day of the planned visit, 2026-11-22");
    report->add_option("--copies", print_.copies, "how many, each with its own tag")
        ->check(CLI::Range(1, 500));
    common(add(*group, "pathway-sheet", "the pathway for the clinic (医療者用パス)",
               [this] { return cli::print_pathway_sheet(context_, print_); }));
  }

  void add_submit() {
    auto* command = add("submit", "hand files in as a sender would",
                        [this] { return cli::submit(context_, submit_); });
    command->add_option("FILE", submit_.files, "TIFF, PDF, PNG or JPEG")->required();
    command->add_option("--source", submit_.source, "which inbox (default fax)");
    command->add_option("--wait", submit_.wait_seconds, "wait so many seconds for the outcome")
        ->check(CLI::Range(0, 86400));
  }

  void add_documents() {
    auto* group = add("documents", "what came in", nullptr);
    auto* list = add(*group, "list", "documents, oldest first",
                     [this] { return cli::documents_list(context_, list_); });
    list->add_option("--state", list_.state)->check(CLI::IsMember({"received", "filed", "held"}));
    list->add_option("--since", list_.since, "2026-11-22 or 2026-11-22T08:00:00Z");
    auto* show = add(*group, "show", "one document and its pages",
                     [this] { return cli::documents_show(context_, id_); });
    show->add_option("ID", id_)->required();
    auto* write = add(*group, "export", "the original bytes, and the filed PDF",
                      [this] { return cli::documents_export(context_, id_, out_); });
    write->add_option("ID", id_)->required();
    write->add_option("--out", out_, "folder to write to")->required();
  }

  void add_reports() {
    auto* group = add("reports", "what was read", nullptr);
    auto* list = add(*group, "list", "reports, oldest first",
                     [this] { return cli::reports_list(context_, list_); });
    list->add_option("--pathway", list_.pathway);
    list->add_option("--state", list_.state)->check(CLI::IsMember({"filed", "to-check", "held"}));
    auto* show = add(*group, "show", "one report, its fields and flags",
                     [this] { return cli::reports_show(context_, id_); });
    show->add_option("ID", id_)->required();
  }

  void add_flags() {
    auto* group = add("flags", "deviations and doubts raised for a doctor", nullptr);
    auto* list = add(*group, "list", "flags, oldest first",
                     [this] { return cli::flags_list(context_, list_); });
    list->add_option("--state", list_.state)->check(CLI::IsMember({"open", "acknowledged"}));
    list->add_option("--severity", list_.severity)
        ->check(CLI::IsMember({"urgent", "routine", "notice"}));
    auto* acknowledge = add(*group, "acknowledge", "say that it was seen, and by whom",
                            [this] { return cli::flags_acknowledge(context_, id_, by_, note_); });
    acknowledge->add_option("ID", id_)->required();
    acknowledge->add_option("--by", by_, "a user of renkei")->required();
    acknowledge->add_option("--note", note_);
  }

  void add_people() {
    auto* patients = add("patients", "patients", nullptr);
    auto* show = add(*patients, "show", "pathways, reports, documents and flags of one patient",
                     [this] { return cli::patients_show(context_, id_); });
    show->add_option("ID", id_)->required();
    auto* users = add("users", "who may use renkei", nullptr);
    auto* user =
        add(*users, "add", "a new user", [this] { return cli::users_add(context_, id_, role_); });
    user->add_option("NAME", id_)->required();
    user->add_option("--role", role_, "what the user may do")
        ->required()
        ->check(CLI::IsMember({"coordinator", "doctor", "admin"}));
  }

  CLI::App& app_;
  Context& context_;
  int status_ = 0;
  cli::InitOptions init_;
  cli::PrintOptions print_;
  cli::SubmitOptions submit_;
  cli::ListOptions list_;
  std::string what_, id_, by_, note_, role_;
  fs::path file_, out_;
};

int run(int argc, char** argv) {
  CLI::App app("renkei: the operator's command of renkeid");
  Context context;
  const char* from_environment = std::getenv("RENKEI_DATA");
  context.data = from_environment != nullptr ? from_environment : "/var/lib/renkei";
  context.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  context.who = login();
  app.add_option("--data", context.data, "data folder (default: $RENKEI_DATA, /var/lib/renkei)");
  app.add_flag("--json", context.json, "answer in JSON");
  app.set_version_flag("--version", RENKEI_VERSION);
  app.require_subcommand(1);
  const Commands commands(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? cli::done : cli::wrong_usage;
  }
  return commands.status();
}

int complain(const std::exception& error, int status) {
  std::cerr << "renkei: " << error.what() << '\n';
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const cli::WrongInput& error) {
    return complain(error, cli::wrong_input);
  } catch (const exchange::BadCsv& error) {
    return complain(error, cli::wrong_input);
  } catch (const config::BadConfig& error) {
    return complain(error, cli::wrong_input);
  } catch (const forms::BadDefinition& error) {
    return complain(error, cli::wrong_input);
  } catch (const std::exception& error) {
    return complain(error, cli::refused);
  }
}
