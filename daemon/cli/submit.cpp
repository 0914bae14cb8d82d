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

/// Empty when its time is over.
std::optional<records::Document> settled(records::Records& records, const Handed& handed) {
  auto document = records.document_by_sha256(handed.sha256);
  if (!document || document->arrivals <= handed.arrivals_before ||
      document->state == records::DocumentState::received) {
    return std::nullopt;
  }
  return document;
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
    const auto state = document                   ? std::string(records::to_text(document->state))
                       : options.wait_seconds < 0 ? "handed-in"
                                                  : "received";
    if (options.wait_seconds >= 0 &&
        (!document || document->state == records::DocumentState::held)) {
      status = Status::not_in_order;
    }
    answer.push_back({{"file", one.file.string()},
                      {"sha256", one.sha256},
                      {"document", document ? nlohmann::json(document->id) : nlohmann::json()},
                      {"state", state},
                      {"reasons", document ? document->reasons : std::vector<std::string>{}}});
    if (!context.json) {
      std::cout << fmt::format("{}: {}", one.file.filename().string(), state);
      if (document) std::cout << " as " << document->id;
      if (document && !document->reasons.empty()) {
        std::cout << fmt::format(" ({})", fmt::join(document->reasons, ", "));
      }
      std::cout << '\n';
    }
  }
  if (context.json) std::cout << answer.dump(2) << '\n';
  return status;
}

}  // namespace cli
