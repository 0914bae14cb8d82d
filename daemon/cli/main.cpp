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

constexpr auto earlier_words =
    "also visits that were late before their pathway was registered here";

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
    add_papers();
    add_submit();
    add_documents();
    add_reports();
    add_flags();
    add_pathways();
    add_overdue();
    add_people();
    add_keeping();
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
      command->add_option("--pathway", print_.pathway, "pathway id");
      command->add_option("--replace", print_.replace,
                          "serial of a printed form that this one replaces; it becomes void");
      command->add_option("--out", print_.out, "PDF to write")->required();
      command->add_option("--layout", print_.layout, "also write where everything stands (JSON)");
    };
    auto* report = add(*group, "report", "progress reports (地域連携がん診療経過報告書)",
                       [this] { return cli::print_report(context_, checked_print()); });
    common(report);
    report->add_option("--visit", print_.visit, "day of the planned visit, 2026-11-22");
    report->add_option("--copies", print_.copies, "how many, each with its own tag")
        ->check(CLI::Range(1, 500));
    auto* reminder = add(*group, "reminder", "a letter for late reports, with fresh forms",
                         [this] { return cli::print_reminder(context_, overdue_, print_.out); });
    reminder->add_option("--clinic", overdue_.clinic, "to whom")->required();
    reminder->add_option("--on", overdue_.on, "as of that day (default: today)");
    reminder->add_option("--since", overdue_.since, "only visits planned since then");
    reminder->add_flag("--earlier", overdue_.earlier, earlier_words);
    reminder->add_option("--out", print_.out, "PDF to write")->required();
    common(add(*group, "pathway-sheet", "the pathway for the clinic (医療者用パス)",
               [this] { return cli::print_pathway_sheet(context_, checked_print()); }));
  }

  [[nodiscard]] const cli::PrintOptions& checked_print() const {
    if (print_.pathway.empty() && print_.replace.empty())
      throw CLI::RequiredError("--pathway or --replace");
    return print_;
  }

  void add_papers() {
    auto* group = add("forms", "printed forms: which serial went where", nullptr);
    auto* list = add(*group, "list", "printed forms, oldest first",
                     [this] { return cli::forms_list(context_, list_.pathway); });
    list->add_option("--pathway", list_.pathway);
    auto* make_void = add(*group, "void", "a form that must not be filed when it comes back",
                          [this] { return cli::forms_void(context_, id_, by_, note_); });
    make_void->add_option("SERIAL", id_, "as printed, 7K2QX-9HD4X")->required();
    by_user(make_void);
  }

  /// What a person decides: in whose name, and why.
  void by_user(CLI::App* command) {
    command->add_option("--by", by_, "a user of renkei")->required();
    command->add_option("--note", note_);
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
    list->add_option("--since", list_.since,
                     "2026-11-22 (from its midnight in Japan) or 2026-11-22T08:00:00Z");
    auto* show = add(*group, "show", "one document and its pages",
                     [this] { return cli::documents_show(context_, id_); });
    show->add_option("ID", id_)->required();
    auto* write = add(*group, "export", "the original bytes, and the filed PDF",
                      [this] { return cli::documents_export(context_, id_, out_); });
    write->add_option("ID", id_)->required();
    write->add_option("--out", out_, "folder to write to")->required();
    auto* file = add(*group, "file", "put a held document, or pages of it, into a record",
                     [this] { return cli::documents_file(context_, filing_); });
    file->add_option("ID", filing_.document)->required();
    file->add_option("--pathway", filing_.pathway, "whose it is")->required();
    file->add_option("--visit", filing_.visit, "the visit that a letter reports on, 2026-11-22");
    file->add_option("--pages", filing_.pages, "these pages alone: 1,3 or 2-4");
    file->add_option("--by", filing_.by, "a user of renkei")->required();
    file->add_option("--note", filing_.note);
    file->add_flag("--despite-mismatch", filing_.despite_mismatch,
                   "though its tag or its date of birth is another patient's; needs a note");
    add_taking_back(*group);
  }

  void add_taking_back(CLI::App& group) {
    auto* hold = add(group, "hold", "take a document out of the record that it was filed in",
                     [this] { return cli::documents_hold(context_, id_, by_, note_); });
    hold->add_option("ID", id_)->required();
    hold->add_option("--by", by_, "a user of renkei")->required();
    hold->add_option("--note", note_, "why")->required();
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
    auto* correct = add(*group, "correct", "what the form really says; the rules are run again",
                        [this] { return cli::reports_correct(context_, correction_); });
    correct->add_option("ID", correction_.report)->required();
    correct->add_option("FIELD", correction_.field)->required();
    correct->add_option("VALUE", correction_.value, "as 'reports show' prints it; '' for blank")
        ->required();
    correct->add_option("--by", correction_.by, "a user of renkei")->required();
    correct->add_option("--note", correction_.note);
  }

  void add_flags() {
    auto* group = add("flags", "deviations and doubts raised for a doctor", nullptr);
    auto* list = add(*group, "list", "flags, oldest first",
                     [this] { return cli::flags_list(context_, list_); });
    list->add_option("--state", list_.state)
        ->check(CLI::IsMember({"open", "acknowledged", "closed"}));
    list->add_option("--severity", list_.severity)
        ->check(CLI::IsMember({"urgent", "routine", "notice"}));
    auto* show = add(*group, "show", "one flag, and who did what with it",
                     [this] { return cli::flags_show(context_, id_); });
    show->add_option("ID", id_)->required();
    auto* acknowledge = add(*group, "acknowledge", "say that it was seen, and by whom", [this] {
      return cli::flags_acknowledge(context_, id_, by_, note_, false_alarm_);
    });
    acknowledge->add_option("ID", id_)->required();
    acknowledge->add_flag("--false-alarm", false_alarm_,
                          "it proved wrong: close it, for the reason in --note");
    by_user(acknowledge);
    auto* close = add(*group, "close", "the same as acknowledge --false-alarm",
                      [this] { return cli::flags_acknowledge(context_, id_, by_, note_, true); });
    close->add_option("ID", id_)->required();
    close->add_flag("--false-alarm", false_alarm_, "the only reason there is, and so the default");
    by_user(close);
    auto* reopen = add(*group, "reopen", "it was closed by mistake: raise it anew",
                       [this] { return cli::flags_reopen(context_, id_, by_, note_); });
    reopen->add_option("ID", id_)->required();
    by_user(reopen);
  }

  void add_pathways() {
    auto* group = add("pathways", "who is followed where, until when", nullptr);
    auto* list = add(*group, "list", "pathways, and which have ended",
                     [this] { return cli::pathways_list(context_, id_); });
    list->add_option("--clinic", id_, "of one clinic");
    auto* end = add(*group, "end", "nothing is expected afterwards; unused forms become void",
                    [this] { return cli::pathways_end(context_, end_); });
    end->add_option("ID", end_.pathway)->required();
    end->add_option("--why", end_.why)
        ->required()
        ->check(CLI::IsMember({"death", "recurrence", "five-year-survival", "other-exit"}));
    end->add_option("--on", end_.on, "the day of the exit (default: today)");
    end->add_option("--by", end_.by, "a user of renkei")->required();
    end->add_option("--note", end_.note);
    auto* reopen = add(*group, "reopen", "the end was a mistake",
                       [this] { return cli::pathways_reopen(context_, end_); });
    reopen->add_option("ID", end_.pathway)->required();
    reopen->add_option("--by", end_.by, "a user of renkei")->required();
    reopen->add_option("--note", end_.note);
  }

  void add_overdue() {
    auto* group = add("overdue", "reports that should have come", nullptr);
    auto* list = add(*group, "list", "visits by clinic: late, due, next and reported",
                     [this] { return cli::overdue_list(context_, overdue_); });
    list->add_option("--on", overdue_.on, "as of that day (default: today)");
    list->add_option("--since", overdue_.since, "only visits planned since then");
    list->add_flag("--earlier", overdue_.earlier, earlier_words);
    list->add_option("--clinic", overdue_.clinic, "of one clinic");
    list->add_option("--state", overdue_.state, "only these")
        ->check(CLI::IsMember({"late", "due", "next", "reported"}));
  }

  void add_keeping() {
    auto* verify = add("verify", "check database, archive, page ledger and audit chain",
                       [this] { return cli::verify(context_, verify_); });
    verify->add_option("--knows", verify_.known, "an audit hash from the journal: is it there?");
    auto* renew = verify->add_flag("--new-anchor", verify_.new_anchor,
                                   "write renkei.anchor anew, after its fault was looked into");
    verify->add_option("--by", verify_.by, "a user of renkei")->needs(renew);
    verify->add_option("--note", verify_.note)->needs(renew);
    renew->needs("--by");
    auto* backup = add("backup", "a copy of the data folder, made while the service runs",
                       [this] { return cli::backup(context_, out_); });
    backup->add_option("--out", out_, "new folder")->required();
    auto* restore = add("restore", "a data folder from a backup",
                        [this] { return cli::restore(context_, out_); });
    restore->add_option("--from", out_, "folder that backup made")->required();
  }

  void add_people() {
    auto* patients = add("patients", "patients", nullptr);
    auto* show = add(*patients, "show", "pathways, reports, documents and flags of one patient",
                     [this] { return cli::patients_show(context_, id_); });
    show->add_option("ID", id_)->required();
    auto* users = add("users", "who may use renkei", nullptr);
    add(*users, "list", "all of them", [this] { return cli::users_list(context_); });
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
  cli::FileOptions filing_;
  cli::CorrectOptions correction_;
  cli::EndOptions end_;
  cli::OverdueOptions overdue_;
  cli::VerifyOptions verify_;
  bool false_alarm_ = false;
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
  } catch (const records::NotPossible& error) {
    return complain(error, cli::wrong_input);
  } catch (const exchange::BadCsv& error) {
    return complain(error, cli::wrong_input);
  } catch (const config::BadConfig& error) {
    return complain(error, cli::wrong_input);
  } catch (const forms::BadDefinition& error) {
    return complain(error, cli::wrong_input);
  } catch (const fs::filesystem_error& error) {
    std::cerr << "renkei: " << error.path1().string() << ": " << error.code().message() << '\n';
    return cli::refused;
  } catch (const std::exception& error) {
    return complain(error, cli::refused);
  }
}
