#include "daemon/reader/warm_parent.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <memory>
#include <new>
#include <string>

#include "daemon/reader/answer.hpp"
#include "daemon/reader/confinement.hpp"

namespace reader {
namespace {

constexpr std::size_t most_error_text = 300;  // bytes
constexpr std::uint64_t most_first_reading = 256U << 20;

// Where a child finds what it was given; everything else is closed.
constexpr int file_number = 3;
constexpr int answer_number = 4;
constexpr int first_number = 5;

int threads() {
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir("/proc/self/task"), ::closedir);
  int count = 0;
  while (tasks && ::readdir(tasks.get()) != nullptr) ++count;
  return count - 2;  // "." and ".."
}

/// Puts the job's descriptors in their places and closes all others, the socket to the service
/// first of all: a child that held it could speak as its parent.
void arrange(const std::vector<Descriptor>& given) {
  // High copies first, so that no place is overwritten before it is read.
  std::vector<int> high;
  high.reserve(given.size());
  for (const auto& each : given) high.push_back(::fcntl(each.get(), F_DUPFD, 100));
  for (std::size_t i = 0; i < high.size(); ++i) {
    if (high[i] < 0 || ::dup2(high[i], file_number + static_cast<int>(i)) < 0) {
      refuse("cannot arrange descriptors");
    }
  }
  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) refuse("cannot open /dev/null");
  // A library's complaint about a page would carry its content into the log.
  for (int number = 0; number < (sanitized ? 2 : 3); ++number) ::dup2(null, number);
  if (::close_range(static_cast<unsigned>(file_number + static_cast<int>(given.size())), ~0U, 0) !=
      0) {
    refuse("cannot close descriptors");
  }
}

std::span<const std::byte> map(int descriptor) {
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) refuse("no regular file");
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size == 0) return {};
  void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (start == MAP_FAILED) refuse("cannot map the document");
  return {static_cast<const std::byte*>(start), size};
}

/// Everything a child does. Never returns to the parent's code.
[[noreturn]] void child(const Received& order, const Confinement& confinement, const Work& work) {
  int status = 1;
  AnswerPipe answer(answer_number);
  try {
    arrange(order.descriptors);
    Job job{order.request.task, map(file_number), std::nullopt};
    const bool second = order.descriptors.size() > 2;
    const auto first = second ? map(first_number) : std::span<const std::byte>{};
    if (first.size() > most_first_reading) throw std::runtime_error("first reading too long");
    confinement.enter({order.request.memory, order.request.cpu_seconds});
    if (second) {
      job.first = parse_answer({reinterpret_cast<const char*>(first.data()), first.size()});
      if (!job.first) throw std::runtime_error("first reading not understood");
    }
    work(job, answer);
    status = 0;
  } catch (const std::exception& error) {
    try {
      answer.write("E" + std::string(error.what()).substr(0, most_error_text));
    } catch (
        ...) {  // NOLINT(bugprone-empty-catch): nobody listens any more, and the status says it
    }
  }
  ::_exit(status);
}

class WarmParent {
public:
  WarmParent(int socket, Work work) : socket_(socket), work_(std::move(work)) {}

  void serve() {
    while (auto order = receive_request(socket_)) {
      if (order->request.task == Task::kill) continue;  // it came too late: that child has ended
      if (!run(*order)) return;
    }
  }

private:
  /// False if the service is gone.
  bool run(Received& order) {
    const auto parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) refuse("cannot fork");
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) ::_exit(1);
      child(order, confinement_, work_);
    }
    // Closed here, so that the end of the child is the end of the pipe.
    order.descriptors.clear();
    const bool listening = watch(pid);
    int status = 0;
    rusage used{};
    if (uninterrupted([&] { return ::wait4(pid, &status, 0, &used); }) != pid) {
      refuse("cannot wait for a child");
    }
    Report report;
    report.news = News::ended;
    report.number = order.request.number;
    report.status = status;
    report.peak = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
    return listening && send(socket_, report);
  }

  /// Until the child has ended, by itself or because the service wants it so. The child is not yet
  /// waited for, so its number cannot be another process's.
  bool watch(pid_t pid) {
    const auto ended = end_of(pid);
    if (!ended) {
      ::kill(pid, SIGKILL);
      return true;
    }
    std::array<pollfd, 2> stirring{{{ended.get(), POLLIN, 0}, {socket_, POLLIN, 0}}};
    while (true) {
      if (uninterrupted([&] { return ::poll(stirring.data(), stirring.size(), -1); }) < 0) {
        refuse("cannot wait for a child");
      }
      if (stirring[0].revents != 0) return true;
      if (stirring[1].revents == 0) continue;
      const auto order = receive_request(socket_);
      ::kill(pid, SIGKILL);
      return order.has_value();
    }
  }

  int socket_;
  Work work_;
  Confinement confinement_;
};

void tell(int socket, News news, const std::string& text) {
  Report report;
  report.news = news;
  text.copy(report.text.data(), report.text.size() - 1);
  send(socket, report);
}

}  // namespace

void AnswerPipe::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto done =
        uninterrupted([&] { return ::write(descriptor_, bytes.data(), bytes.size()); });
    if (done < 0) refuse("cannot answer");
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
}

int serve(int socket, const std::function<Work()>& load) {
  // A stop of the service must not look like a crash on the document in hand: this process ends
  // when the service closes the socket, and for no gentler signal.
  for (const int gentle : {SIGINT, SIGTERM, SIGHUP}) std::signal(gentle, SIG_IGN);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  try {
    WarmParent parent(socket, load());
    // fork takes one thread along: locks that others hold would stay locked in every child.
    if (threads() != 1) throw std::runtime_error("a library started threads");
    tell(socket, News::ready, "");
    parent.serve();
    return 0;
  } catch (const std::exception& error) {
    tell(socket, News::failed, error.what());
    return 4;
  }
}

}  // namespace reader
