#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "daemon/config.hpp"
#include "daemon/intake.hpp"
#include "daemon/notify/notify.hpp"
#include "daemon/places.hpp"
#include "daemon/reader/reader.hpp"
#include "daemon/records/records.hpp"
#include "daemon/review/desk.hpp"
#include "forms/definition.hpp"
#include "forms/tag_key.hpp"
#include "spool/spool.hpp"

/// renkeid: wires the rooms together and keeps the trip going. Two workers: one takes in, reads and
/// files, so that flags are out as soon as they can be; the other tells people of them, looks again
/// for text and draws the pictures.
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A rescan is the truth, inotify only makes it sooner.
constexpr auto rescan = 15s;
/// After the machine refused something: neither a busy loop nor a long silence.
constexpr auto breath = 5s;
/// The outbox is looked at this often when nothing new was filed: what failed, what is to be
/// repeated.
constexpr auto outbox_round = 30s;
constexpr auto audit_head_every = 1h;

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// Two services on one folder would take in every file twice.
class Lock {
public:
  explicit Lock(const fs::path& data)
      : fd_(::open((data / "renkeid.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)) {
    if (fd_ < 0) {
      throw std::system_error(errno, std::generic_category(), "cannot lock " + data.string());
    }
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      ::close(fd_);
      throw std::runtime_error("another renkeid works on " + data.string());
    }
  }
  ~Lock() { ::close(fd_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

private:
  int fd_;
};

/// SIGTERM and SIGINT as something that can be waited for, by both workers.
class Stop {
public:
  Stop() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    ::signal(SIGPIPE, SIG_IGN);
  }
  ~Stop() { ::close(fd_); }
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;

  [[nodiscard]] int descriptor() const { return fd_; }
  [[nodiscard]] bool asked() {
    signalfd_siginfo info{};
    if (::read(fd_, &info, sizeof info) == sizeof info) asked_ = true;
    return asked_;
  }

private:
  int fd_ = -1;
  bool asked_ = false;
};

/// What one worker needs of its own; the rooms that may be shared come from outside.
struct Worker {
  Worker(const config::Config& config, spool::Spool& spool, spool::Archive& archive,
         const forms::Catalogue& catalogue, const forms::TagKeys& keys)
      : records(config.database(), records::Records::Open::existing),
        reader(config.reader),
        intake({spool, archive, records, reader, catalogue, keys, config.pictures()}),
        notifier(records, config.notify) {}

  records::Records records;
  reader::Reader reader;
  intake::Intake intake;
  notify::Notifier notifier;
};

/// One of the three places that catch: around one job. The job stays in hand and is tried again.
template <typename Job>
bool attempt(const char* what, const Job& job) {
  try {
    return job();
  } catch (const std::exception& error) {
    spdlog::error("{} refused, to be tried again: {}", what, error.what());
    return false;
  }
}

/// What became of a document, for whoever asks where a fax has gone. No word of its content or its
/// sender: journals are read by people who may not read records.
void log_document(Worker& worker, const std::string& id, const char* look) {
  const auto document = worker.records.document(id);
  if (!document) return;
  std::string why = fmt::format("{}", fmt::join(document->reasons, " "));
  if (!why.empty()) why = " for " + why;
  if (!document->detail.empty()) why += " (" + document->detail + ")";
  spdlog::info("{} {}: {} page(s), {} report(s), {}{}", id, look, document->pages.size(),
               document->reports.size(), records::to_text(document->state), why);
}

/// One document of those in hand. False if there was none to read.
bool read_one(Worker& worker) {
  return attempt("reading", [&] {
    const auto id = worker.intake.work(now());
    if (id) log_document(worker, *id, "read");
    return id.has_value();
  });
}

bool look_again(Worker& worker) {
  return attempt("second look", [&] {
    const auto look = worker.intake.look_again(now());
    if (look) log_document(worker, look->document, "looked at again");
    if (look && !look->trouble.empty())
      spdlog::warn("{}: its text could not be read: {}", look->document, look->trouble);
    return look.has_value();
  });
}

/// Into the journal, which whoever cuts the audit's end would have to cut too: docs/database.md.
void log_audit_head(Worker& worker) {
  attempt("audit", [&] {
    spdlog::info("audit head {}", worker.records.audit_head());
    return true;
  });
}

void alive() {
  ::sd_notify(0, "WATCHDOG=1");
}

/// True if there is more to tell at once.
bool tell(Worker& worker, const std::stop_token& stop = {}) {
  return attempt("notification", [&] {
    const auto round = worker.notifier.work(now(), stop);
    for (const auto& trouble : round.troubles) spdlog::warn("not told yet: {}", trouble);
    if (round.sent > 0) spdlog::info("{} messages sent", round.sent);
    if (round.repeated > 0) spdlog::warn("{} urgent flags raised again", round.repeated);
    return round.more;
  });
}

/// The second worker's life: wakes when told that something was filed, and for the outbox.
class SecondLooks {
public:
  SecondLooks(Worker& worker) : worker_(worker), fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  ~SecondLooks() {
    thread_.request_stop();
    wake();
    thread_.join();
    ::close(fd_);
  }
  SecondLooks(const SecondLooks&) = delete;
  SecondLooks& operator=(const SecondLooks&) = delete;

  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
  }

private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      // People first, and between two looks: there may be hours of these after a bad day.
      bool more = tell(worker_, stop);
      while (!stop.stop_requested() && look_again(worker_)) more = tell(worker_, stop);
      if (!more) wait();
    }
  }
  void wait() const {
    pollfd woken{fd_, POLLIN, 0};
    ::poll(&woken, 1, static_cast<int>(std::chrono::milliseconds(outbox_round).count()));
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(fd_, &count, sizeof count);
  }

  Worker& worker_;
  int fd_;
  std::jthread thread_;
};

/// What is no plain file is never taken, nor what its sender never gave its last name: somebody may
/// think that it was. Names are senders' and may be patients', so that the journal has none.
void log_passed_over(const spool::Spool& spool, std::map<std::string, std::size_t>& told) {
  if (spool.passed_over() == told) return;
  told = spool.passed_over();
  for (const auto& [source, count] : told) {
    spdlog::warn(
        "source {}: {} in its folder that are not taken in: no plain files (folders, links), or "
        "still called unfinished (.tmp, .part, a leading dot) long after their last change; "
        "'renkei documents list' names them",
        source, count);
  }
}

void work_off(const spool::Spool& spool, Worker& worker) {
  attempt("intake", [&] { return worker.intake.take_in(now(), true) > 0; });
  std::map<std::string, std::size_t> told;
  log_passed_over(spool, told);
  while (read_one(worker)) {
  }
  while (look_again(worker)) {
  }
  while (tell(worker)) {
  }
  log_audit_head(worker);
}

void serve(const config::Config& config, spool::Spool& spool, Worker& first, Worker& second) {
  Stop stop;
  const SecondLooks looks(second);
  const review::Desk desk({config.desk.address, config.desk.port, config.database(), config.forms,
                           config.pictures(), config::share_folder() / "desk",
                           config.hospital.name});
  spdlog::info("the desk is at http://{}:{}/", config.desk.address, desk.port());
  ::sd_notify(0, "READY=1\nSTATUS=watching the inboxes");
  auto head_logged = now() - audit_head_every;
  std::map<std::string, std::size_t> passed_over;
  while (!stop.asked()) {
    alive();
    if (now() - head_logged >= audit_head_every) {
      log_audit_head(first);
      head_logged = now();
    }
    const bool took = attempt("intake", [&] {
      first.intake.take_in(now(), false);
      return true;
    });
    log_passed_over(spool, passed_over);
    while (!stop.asked() && read_one(first)) {
      looks.wake();
      alive();
    }
    spool.wait(took ? rescan : breath, stop.descriptor());
  }
  ::sd_notify(0, "STOPPING=1");
  log_audit_head(first);
  spdlog::info("stopping");
}

int run(const fs::path& data, bool once) {
  const auto config = config::load(data);
  const Lock lock(data);
  const auto catalogue = forms::Catalogue::load(config.forms);
  const auto keys = forms::TagKeys::load(config.keys());
  spool::Archive archive(config.archive());
  spool::Spool spool(config.sources, archive);
  Worker first(config, spool, archive, catalogue, keys);
  for (const auto& each : first.notifier.complaints()) spdlog::error("notification: {}", each);
  if (once) {
    work_off(spool, first);
    return 0;
  }
  Worker second(config, spool, archive, catalogue, keys);
  serve(config, spool, first, second);
  return 0;
}

int start(int argc, char** argv) {
  CLI::App app("renkeid: takes in faxed pathway reports, files them and flags deviations");
  const char* from_environment = std::getenv("RENKEI_DATA");
  fs::path data = from_environment != nullptr ? from_environment : "/var/lib/renkei";
  bool once = false;
  app.add_option("--data", data, "data folder (default: $RENKEI_DATA, then /var/lib/renkei)");
  app.add_flag("--once", once, "work off what lies in the inboxes now, then exit");
  app.set_version_flag("--version", RENKEI_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  spdlog::set_default_logger(spdlog::stderr_logger_mt("renkeid"));
  // journald writes the time itself
  spdlog::set_pattern(::getenv("JOURNAL_STREAM") != nullptr ? "%l: %v" : "%Y-%m-%d %T %l: %v");
  return run(data, once);
}

int complain(const std::exception& error, int status) {
  std::cerr << "renkeid: " << error.what() << '\n';
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return start(argc, argv);
  } catch (const config::BadConfig& error) {
    return complain(error, 3);
  } catch (const forms::BadDefinition& error) {
    return complain(error, 3);
  } catch (const std::exception& error) {
    return complain(error, 4);
  }
}
