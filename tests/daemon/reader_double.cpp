#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/reader/answer.hpp"
#include "daemon/reader/warm_parent.hpp"

/// A renkei-reader that fails on purpose: the document says how. It stands for a child that was
/// taken over by the file it opened, and runs behind the real walls.
namespace {

using reader::AnswerPipe;
using reader::Job;

/// What a child does that could do as it liked. A number that comes back is an errno.
using Misdeed = std::function<long()>;

long forbidden(long result) {
  return result < 0 ? errno : 0;
}

const std::map<std::string, Misdeed, std::less<>>& misdeeds() {
  static const std::map<std::string, Misdeed, std::less<>> all{
      {"open", [] { return forbidden(::open("/etc/passwd", O_RDONLY)); }},
      {"open-raw", [] { return forbidden(::syscall(SYS_open, "/etc/passwd", O_RDONLY)); }},
      {"create", [] { return forbidden(::open("/tmp/renkei-escaped", O_CREAT | O_WRONLY, 0600)); }},
      {"stat",
       [] {
         struct stat info {};
         return forbidden(::stat("/etc/passwd", &info));
       }},
      {"openat2",
       [] { return forbidden(::syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", nullptr, 0)); }},
      {"unlink", [] { return forbidden(::unlink("/tmp/renkei-none")); }},
      {"socket", [] { return forbidden(::socket(AF_INET, SOCK_STREAM, 0)); }},
      {"connect", [] { return forbidden(::syscall(SYS_connect, 3, nullptr, 0)); }},
      {"exec",
       [] {
         char* none[] = {nullptr};
         return forbidden(::execve("/bin/true", none, none));
       }},
      {"fork", [] { return forbidden(::fork()); }},
      {"clone3", [] { return forbidden(::syscall(SYS_clone3, nullptr, 0)); }},
      {"kill", [] { return forbidden(::kill(::getppid(), SIGKILL)); }},
      {"ptrace", [] { return forbidden(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }},
      {"io_uring",
       [] {
         io_uring_params parameters{};
         return forbidden(::syscall(SYS_io_uring_setup, 1, &parameters));
       }},
      {"memory-that-runs",
       [] {
         void* got = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
         return got == MAP_FAILED ? long{errno} : 0L;
       }},
      {"make-it-run",
       [] {
         void* got =
             ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
         return forbidden(::mprotect(got, 4096, PROT_READ | PROT_EXEC));
       }},
      {"memfd", [] { return forbidden(::memfd_create("x", 0)); }},
      {"dup", [] { return forbidden(::dup(0)); }},
      {"setuid", [] { return forbidden(::setuid(0)); }},
      {"mount", [] { return forbidden(::syscall(SYS_mount, "", "", "", 0, nullptr)); }},
      {"bpf", [] { return forbidden(::syscall(SYS_bpf, 0, nullptr, 0)); }},
      {"abort", []() -> long { std::abort(); }},
      {"crash",
       [] {
         void* closed = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
         return long{*static_cast<volatile int*>(closed)};
       }},
      {"exit", []() -> long { ::_exit(7); }},
      {"exit-clean", []() -> long { ::_exit(0); }},
      {"throw",
       []() -> long {
         throw std::runtime_error(
             "patient\x1B[2J \xFF"
             "says no");
       }},
      {"hang",
       []() -> long {
         for (volatile bool forever = true; forever;) continue;
         return 0;
       }},
      {"memory-bomb",
       [] {
         std::vector<std::vector<char>> heap;
         while (true) heap.emplace_back(64U << 20, 'x');
         return 0L;
       }},
      {"malloc-bomb",
       []() -> long {
         while (true) std::memset(std::malloc(64U << 20), 1, 64U << 20);
       }},
  };
  return all;
}

void fill(AnswerPipe& answer, std::size_t bytes) {
  const std::string block(1 << 20, 'R');
  for (std::size_t i = 0; i < bytes; i += block.size()) answer.write(block);
}

ocr::DocumentReading reading_of(const Job& job) {
  ocr::DocumentReading reading;
  reading.detail.assign(reinterpret_cast<const char*>(job.file.data()), job.file.size());
  reading.pages.resize(2);
  reading.pages[1].number = 2;
  return reading;
}

void answer_second(const Job& job, AnswerPipe& answer, const std::string& order) {
  auto reading = job.first.value();
  if (order == "other-pages") reading.pages.pop_back();
  for (auto& page : reading.pages) {
    page.words = {{"再発", 0.9, {}}};
    if (order == "forge") page.codes = {{1, 2, 3}};
    if (order == "forge") page.form = "forged", page.version = page.form_page = 1;
  }
  answer.write("R" + reader::to_json(reading));
}

void work(const Job& job, AnswerPipe& answer) {
  const std::string order(reinterpret_cast<const char*>(job.file.data()), job.file.size());
  if (job.task == reader::Task::read_text) return answer_second(job, answer, order);
  if (order == "garbage") return answer.write("R{\"answer\":1,\"fault\":99");
  if (order == "wrong-kind") return answer.write("P");
  if (order == "nothing") return;
  if (order == "too-long") return fill(answer, 1U << 30);
  if (order == "long-then-hang") {
    fill(answer, 3U << 20);
    misdeeds().at("hang")();
  }
  if (order == "crash-searching") {
    if (job.task == reader::Task::read) misdeeds().at("crash")();
    return answer.write("R" + reader::to_json(reading_of(job)));
  }
  if (order == "answer-then-crash") answer.write("R" + reader::to_json(reading_of(job)));
  if (order == "close-then-hang") {
    ::close(4);
    misdeeds().at("hang")();
  }
  const auto misdeed = misdeeds().find(order == "answer-then-crash" ? "crash" : order);
  auto reading = reading_of(job);
  if (misdeed != misdeeds().end()) {
    reading.detail = "survived with errno " + std::to_string(misdeed->second());
  }
  answer.write("R" + reader::to_json(reading));
}

}  // namespace

int main() {
  return reader::serve(reader::socket_number, []() -> reader::Work { return work; });
}
