#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "daemon/config.hpp"
#include "daemon/records/records.hpp"

/// The operator's command. One function a command; each returns the exit status.
namespace cli {

/// Exit status, as the contract fixes it.
enum Status : int {
  done = 0,
  not_in_order = 1,  ///< done, and what was asked about is not in order
  wrong_usage = 2,
  wrong_input = 3,  ///< nothing was changed
  refused = 4,      ///< the machine refused
};

/// The input is wrong: exit status 3. The text names file, line, column and what was expected.
class WrongInput : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

struct Context {
  std::filesystem::path data;
  bool json = false;
  std::chrono::sys_seconds now;
  std::string who;  ///< the operator's login, for the audit
};

[[nodiscard]] config::Config load_config(const Context& context);
[[nodiscard]] records::Records open_records(const config::Config& config);

// init.cpp
struct InitOptions {
  bool demo = false;
};
int init(const Context& context, const InitOptions& options);

// import.cpp
int import(const Context& context, const std::string& what, const std::filesystem::path& file);
records::ImportCount import_file(const Context& context, records::Records& records,
                                 const std::string& what, const std::filesystem::path& file);

// print.cpp
struct PrintOptions {
  std::string pathway;
  std::string replace;  ///< serial that the new form takes the place of, or empty
  std::string visit;    ///< ISO date or empty
  int copies = 1;
  std::filesystem::path out;
  std::filesystem::path layout;  ///< empty: none
};
int print_report(const Context& context, const PrintOptions& options);
int print_pathway_sheet(const Context& context, const PrintOptions& options);

// papers.cpp
int forms_list(const Context& context, const std::string& pathway);
int forms_void(const Context& context, const std::string& serial, const std::string& by,
               const std::string& note);

// submit.cpp
struct SubmitOptions {
  std::vector<std::filesystem::path> files;
  std::string source = "fax";
  int wait_seconds = -1;  ///< negative: do not wait
};
int submit(const Context& context, const SubmitOptions& options);

// ask.cpp
struct ListOptions {
  std::string state, since, pathway, severity;
};
int documents_list(const Context& context, const ListOptions& options);
/// Files in the inboxes that are on no record yet, and whether they are whole: plain text.
void say_waiting(const config::Config& config, std::chrono::sys_seconds now);
int documents_show(const Context& context, const std::string& id);
int documents_export(const Context& context, const std::string& id,
                     const std::filesystem::path& out);
int reports_list(const Context& context, const ListOptions& options);
int reports_show(const Context& context, const std::string& id);
int patients_show(const Context& context, const std::string& id);
int flags_reopen(const Context& context, const std::string& id, const std::string& by,
                 const std::string& why);
int users_list(const Context& context);
int users_add(const Context& context, const std::string& name, const std::string& role);

// flags.cpp
int flags_list(const Context& context, const ListOptions& options);
int flags_show(const Context& context, const std::string& id);
/// `note` is why if it is a false alarm.
int flags_acknowledge(const Context& context, const std::string& id, const std::string& by,
                      const std::string& note, bool false_alarm);

// decide.cpp
struct FileOptions {
  std::string document, pathway, visit, pages, by, note;
  bool despite_mismatch = false;
};
int documents_file(const Context& context, const FileOptions& options);
int documents_hold(const Context& context, const std::string& id, const std::string& by,
                   const std::string& why);
struct CorrectOptions {
  std::string report, field, value, by, note;
};
int reports_correct(const Context& context, const CorrectOptions& options);
struct EndOptions {
  std::string pathway, why, on, by, note;
};
int pathways_list(const Context& context, const std::string& clinic);
int pathways_end(const Context& context, const EndOptions& options);
int pathways_reopen(const Context& context, const EndOptions& options);

// overdue.cpp
struct OverdueOptions {
  std::string on, since, clinic, state;
  bool earlier = false;  ///< also what was late before its pathway was registered
};
int overdue_list(const Context& context, const OverdueOptions& options);
int print_reminder(const Context& context, const OverdueOptions& options,
                   const std::filesystem::path& out);

// backup.cpp
int backup(const Context& context, const std::filesystem::path& out);
int restore(const Context& context, const std::filesystem::path& from);

// verify.cpp
struct VerifyOptions {
  std::vector<std::string> known;  ///< audit hashes kept elsewhere, from the journal
  bool new_anchor = false;
  std::string by, note;
};
int verify(const Context& context, const VerifyOptions& options);
/// A fault of the archive says more: what is wrong, and whose original it is, so that its sender
/// can be asked for it again.
struct Fault : records::Fault {
  /// Of the archive: "damaged", "missing", "set-aside" (a damaged one that good bytes have
  /// replaced), "foreign" (not ours).
  std::string how = {};
  std::optional<records::Document> document = {};
};
[[nodiscard]] nlohmann::json to_json(const Fault& fault);
/// What stands in the journal and what `verify` finds wrong, without a word of what is right.
[[nodiscard]] std::vector<Fault> all_faults(const config::Config& config,
                                            records::Records& records);

/// A line of progress on a terminal's standard error, redrawn in place; nothing elsewhere.
class Progress {
public:
  explicit Progress(std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void at(std::size_t done, std::size_t total);

private:
  std::string what_;
  bool terminal_;
  int last_percent_ = -1;
};

}  // namespace cli
