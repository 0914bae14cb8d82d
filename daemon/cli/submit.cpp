#include <cerrno>
#include <iostream>
#include <map>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "daemon/cli/cli.hpp"
#include "daemon/cli/files.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;

const spool::Source& find_source(const config::Config& config, const std::string& name) {
  std::string names;
  for (const auto& source : config.sources) {
    if (source.name == name) return source;
    names += (names.empty() ? "" : ", ") + source.name;
  }
  throw WrongInput(fmt::format("no source is called '{}'; there are: {}", name, names));
}

struct Handed {
  fs::path file;
  std::string sha256;
  int arrivals_before = 0;
};

/// As a careful sender does: written under a name that the service leaves alone, then renamed in
/// one step.
void hand_in(const fs::path& file, const fs::path& inbox) {
  fs::create_directories(inbox);
  const fs::path hidden = inbox / fmt::format(".renkei-{}.part", ::getpid());
  copy_synced(file, hidden);
  for (int number = 0;; ++number) {
    const auto name = number == 0 ? file.filename().string()
                                  : fmt::format("{}-{}{}", file.stem().string(), number,
                                                file.extension().string());
    if (::renameat2(AT_FDCWD, hidden.c_str(), AT_FDCWD, (inbox / name).c_str(), RENAME_NOREPLACE) ==
        0) {
      return;
    }
    if (errno != EEXIST) {
      const int reason = errno;
      fs::remove(hidden);
      throw std::system_error(reason, std::generic_category(),
                              "cannot hand in to " + inbox.string());
    }
  }
}

int arrivals(records::Records& records, const std::string& sha256) {
  const auto document = records.document_by_sha256(sha256);
  return document ? document->arrivals : 0;
}

void check_readable(const std::vector<fs::path>& files) {
  for (const auto& file : files) {
    if (!fs::is_regular_file(file)) throw WrongInput("no such file: " + file.string());
    if (::access(file.c_str(), R_OK) != 0) throw WrongInput("cannot be read: " + file.string());
  }
}

/// The document that it has become; none: it lies in the inbox still.
std::optional<records::Document> taken_in(records::Records& records, const Handed& handed) {
  auto document = records.document_by_sha256(handed.sha256);
  if (!document || document->arrivals <= handed.arrivals_before) return std::nullopt;
  return document;
}

/// Empty when its time is over.
std::optional<records::Document> settled(records::Records& records, const Handed& handed) {
  auto document = taken_in(records, handed);
  if (document && document->state == records::DocumentState::received) return std::nullopt;
  return document;
}

struct Outcome {
  std::string state;  ///< of the contract: "received" is all that is not settled
  bool taken_in = false;
  std::string words;
};

Outcome outcome_of(records::Records& records, const Handed& handed,
                   const std::optional<records::Document>& settled, bool waited) {
  if (settled) {
    const std::string state(records::to_text(settled->state));
    auto words = fmt::format("{} as {}", state, settled->id);
    if (!settled->reasons.empty()) words += fmt::format(" ({})", fmt::join(settled->reasons, ", "));
    return {state, true, words};
  }
  const auto in_hand = taken_in(records, handed);
  if (!waited) return {"handed-in", in_hand.has_value(), "handed-in"};
  if (in_hand) return {"received", true, "received as " + in_hand->id};
  // Its bytes are not whole yet, or no service runs: it is on no record.
  return {"received", false, "not taken in yet"};
}

}  // namespace

int submit(const Context& context, const SubmitOptions& options) {
  const auto config = load_config(context);
  const auto& source = find_source(config, options.source);
  check_readable(options.files);
  auto records = open_records(config);

  std::vector<Handed> handed;
  std::map<std::string, int> times;  // the same bytes twice in one call
  for (const auto& file : options.files) {
    Handed one{file, sha256_of(file), 0};
    one.arrivals_before = arrivals(records, one.sha256) + times[one.sha256]++;
    hand_in(file, source.folder);
    handed.push_back(std::move(one));
  }

  auto answer = nlohmann::json::array();
  int status = Status::done;
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(std::max(0, options.wait_seconds));
  for (const auto& one : handed) {
    std::optional<records::Document> document;
    while (options.wait_seconds >= 0 && !(document = settled(records, one)) &&
           std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    const auto outcome = outcome_of(records, one, document, options.wait_seconds >= 0);
    if (options.wait_seconds >= 0 &&
        (!document || document->state == records::DocumentState::held)) {
      status = Status::not_in_order;
    }
    answer.push_back({{"file", one.file.string()},
                      {"sha256", one.sha256},
                      {"document", document ? nlohmann::json(document->id) : nlohmann::json()},
                      {"state", outcome.state},
                      {"taken_in", outcome.taken_in},
                      {"reasons", document ? document->reasons : std::vector<std::string>{}}});
    if (!context.json)
      std::cout << fmt::format("{}: {}\n", one.file.filename().string(), outcome.words);
  }
  if (context.json) std::cout << answer.dump(2) << '\n';
  return status;
}

}  // namespace cli
