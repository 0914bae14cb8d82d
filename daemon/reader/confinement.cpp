#include "daemon/reader/confinement.hpp"

#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>

// linux/filter.h names what <linux/seccomp.h> loads.
#include <linux/filter.h>

#include "daemon/reader/descriptor.hpp"

namespace reader {
namespace {

/// What decoding, arithmetic and one answer need, and nothing else; seen with strace over some 700
/// documents, and what the C library does when memory runs short or a library gives up.
constexpr std::array allowed{
    // the answer; the document is mapped before
    SCMP_SYS(write), SCMP_SYS(close), SCMP_SYS(fstat),
    // memory
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    // locks, time and chance, as the C and C++ libraries use them inside one thread
    SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    // signals of its own, and the end
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(exit), SCMP_SYS(exit_group)};

/// Refused, not killed for: poppler looks for its tables of characters, Tesseract for /dev/null,
/// the C library asks whether a descriptor is a terminal; all go on without.
constexpr std::array denied{SCMP_SYS(open),      SCMP_SYS(openat),     SCMP_SYS(access),
                            SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(stat),
                            SCMP_SYS(lstat),     SCMP_SYS(newfstatat), SCMP_SYS(statx),
                            SCMP_SYS(readlink),  SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
                            SCMP_SYS(ioctl)};

void require(int result, const char* what) {
  if (result == 0) return;
  errno = result < 0 && result > -4096 ? -result : errno;
  refuse(what);
}

std::vector<std::uint8_t> compile() {
  const std::unique_ptr<void, void (*)(void*)> filter(seccomp_init(SCMP_ACT_KILL_PROCESS),
                                                      seccomp_release);
  if (!filter) refuse("cannot make a system call filter");
  const char* const what = "cannot add to the system call filter";
  require(seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), what);
  for (const int call : allowed) {
    require(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0), what);
  }
  for (const int call : denied) {
    require(seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EACCES), call, 0), what);
  }
  if constexpr (sanitized) {
    for (const int call : {SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(read)}) {
      require(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0), what);
    }
  }
  // Memory may be had, never memory that runs.
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    require(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 1,
                             SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)),
            what);
  }
  const Descriptor file(::memfd_create("filter", MFD_CLOEXEC));
  if (!file) refuse("cannot make a system call filter");
  require(seccomp_export_bpf(filter.get(), file.get()), what);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) refuse(what);
  std::vector<std::uint8_t> program(static_cast<std::size_t>(info.st_size));
  if (::pread(file.get(), program.data(), program.size(), 0) != info.st_size) refuse(what);
  return program;
}

void limit(__rlimit_resource resource, std::uint64_t most) {
  const rlimit both{most, most};
  if (::setrlimit(resource, &both) != 0) refuse("cannot limit the child");
}

/// Pages mapped now, in bytes.
std::uint64_t mapped() {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/proc/self/statm", "re"),
                                                   std::fclose);
  unsigned long long pages = 0;
  if (!file || std::fscanf(file.get(), "%llu", &pages) != 1) refuse("cannot read statm");
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t seconds_used() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<std::uint64_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1;
}

void drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) refuse("cannot drop capabilities");
}

/// No file system at all. A kernel without Landlock leaves this to the filter.
void forbid_files() {
  const auto version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return;
  landlock_ruleset_attr handled{};
  handled.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // all of the first version
  if (version >= 2) handled.handled_access_fs |= 1U << 13;             // refer
  if (version >= 3) handled.handled_access_fs |= 1U << 14;             // truncate
  const Descriptor rules(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0)));
  if (!rules || ::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) {
    refuse("cannot forbid files");
  }
}

}  // namespace

Confinement::Confinement() : filter_(compile()) {}

void Confinement::enter(const Limits& limits) const {
  // Nobody may look into the child, and it leaves no picture of a patient's page in a core file.
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    refuse("cannot give up privileges");
  }
  if (!sanitized) limit(RLIMIT_AS, mapped() + limits.memory);
  limit(RLIMIT_CPU, seconds_used() + limits.cpu_seconds);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_NPROC, 0);
  limit(RLIMIT_MEMLOCK, 0);
  forbid_files();
  if (!sanitized) limit(RLIMIT_NOFILE, 0);  // what is open stays open
  drop_capabilities();
  // The program is only borrowed; the kernel copies it.
  sock_fprog program{static_cast<unsigned short>(filter_.size() / sizeof(sock_filter)),
                     reinterpret_cast<sock_filter*>(const_cast<std::uint8_t*>(filter_.data()))};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
    refuse("cannot enter the system call filter");
  }
}

}  // namespace reader
