#include "daemon/reader/warm_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/reader/wire.hpp"

namespace reader {
namespace {

constexpr int load_milliseconds = 60'000;  // models from a cold disk
constexpr int end_milliseconds = 5'000;

void require(int error, const char* what) {
  if (error == 0) return;
  errno = error;
  refuse(what);
}

/// posix_spawn's C structures, destroyed with it.
struct SpawnPlan {
  SpawnPlan() {
    require(::posix_spawn_file_actions_init(&actions), "cannot plan a process");
    require(::posix_spawnattr_init(&attributes), "cannot plan a process");
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> found;
  found.reserve(texts.size() + 1);
  for (auto& text : texts) found.push_back(text.data());
  found.push_back(nullptr);
  return found;
}

}  // namespace

WarmProcess::WarmProcess(const Settings& settings) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    refuse("cannot make a socket for the reader");
  }
  socket_ = Descriptor(ends[0]);
  {
    const Descriptor theirs(ends[1]);
    start(settings, theirs.get());
  }
  pollfd heard{socket_.get(), POLLIN, 0};
  const int count = uninterrupted([&] { return ::poll(&heard, 1, load_milliseconds); });
  const auto report = count > 0 ? receive_report(socket_.get()) : std::nullopt;
  if (report && report->news == News::ready) return;
  end();
  if (report) throw std::runtime_error("renkei-reader: " + std::string(report->text.data()));
  throw std::runtime_error("renkei-reader does not start: " + settings.program.string());
}

void WarmProcess::start(const Settings& settings, int theirs) {
  SpawnPlan plan;
  auto* actions = &plan.actions;
  const char* const what = "cannot plan a process";
  require(::posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0), what);
  require(::posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0), what);
  require(::posix_spawn_file_actions_adddup2(actions, theirs, socket_number), what);
  require(::posix_spawn_file_actions_addclosefrom_np(actions, socket_number + 1), what);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  require(::posix_spawnattr_setsigmask(&plan.attributes, &none), what);
  require(::posix_spawnattr_setsigdefault(&plan.attributes, &all), what);
  require(
      ::posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF),
      what);

  std::vector<std::string> arguments{
      settings.program.string(), "--forms",    settings.forms.string(),   "--model",
      settings.model.string(),   "--tessdata", settings.tessdata.string()};
  // Nothing of the service's environment. One thread each: what forks must have no others.
  std::vector<std::string> environment{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "OMP_THREAD_LIMIT=1",
                                       "OMP_NUM_THREADS=1", "MALLOC_ARENA_MAX=1"};
  const auto error = ::posix_spawn(&pid_, settings.program.c_str(), actions, &plan.attributes,
                                   pointers(arguments).data(), pointers(environment).data());
  if (error != 0) pid_ = -1;
  require(error, "cannot start renkei-reader");
}

void WarmProcess::end() {
  socket_ = Descriptor();
  if (pid_ < 0) return;
  const auto ended = end_of(pid_);
  pollfd heard{ended.get(), POLLIN, 0};
  if (!ended || uninterrupted([&] { return ::poll(&heard, 1, end_milliseconds); }) <= 0) {
    ::kill(pid_, SIGKILL);
  }
  uninterrupted([&] { return ::waitpid(pid_, nullptr, 0); });
  pid_ = -1;
}

WarmProcess::~WarmProcess() {
  end();
}

}  // namespace reader
