#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
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
  std::string visit;  ///< ISO date or empty
  int copies = 1;
  std::filesystem::path out;
  std::filesystem::path layout;  ///< empty: none
};
int print_report(const Context& context, const PrintOptions& options);
int print_pathway_sheet(const Context& context, const PrintOptions& options);

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
int documents_show(const Context& context, const std::string& id);
int documents_export(const Context& context, const std::string& id,
                     const std::filesystem::path& out);
int reports_list(const Context& context, const ListOptions& options);
int reports_show(const Context& context, const std::string& id);
int flags_list(const Context& context, const ListOptions& options);
int flags_acknowledge(const Context& context, const std::string& id, const std::string& by,
                      const std::string& note);
int patients_show(const Context& context, const std::string& id);
int users_add(const Context& context, const std::string& name, const std::string& role);

// verify.cpp
int verify(const Context& context);

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
