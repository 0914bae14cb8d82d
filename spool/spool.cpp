#include "spool/spool.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cassert>
#include <exception>
#include <map>
#include <utility>

#include "spool/descriptor.hpp"
#include "spool/label.hpp"
#include "spool/structure.hpp"
#include "spool/watch.hpp"

namespace spool {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// inotify loses events and sees nothing of remote writers: no file waits longer than this for a
// look.
constexpr std::chrono::milliseconds longest_wait = 30s;

/// Two looks that find the same are a file that rests.
struct Identity {
  std::uint64_t device = 0, inode = 0;
  std::int64_t size = 0, changed_ns = 0, touched_ns = 0;  // mtime, ctime
  friend bool operator==(const Identity&, const Identity&) = default;
};

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Identity identity_of(const struct stat& info) {
  return {info.st_dev, info.st_ino, info.st_size, nanoseconds(info.st_mtim),
          nanoseconds(info.st_ctim)};
}

struct Seen {
  Identity identity;
  Time since;             ///< first seen like this
  bool moved_in = false;  ///< came under its name in one step
  std::optional<Shape> shape;
};

struct Candidate {
  const Source* source = nullptr;
  std::string name;
  Seen* seen = nullptr;
};

enum class Writer : std::uint8_t { none, some, untold };

/// Whether any process here has the file open for writing: the kernel grants a read lease only if
/// none has. It will not say so for other owners' files without CAP_LEASE, nor on remote file
/// systems.
Writer writer_of(int descriptor) {
  if (::fcntl(descriptor, F_SETLEASE, F_RDLCK) == 0) {
    ::fcntl(descriptor, F_SETLEASE, F_UNLCK);
    return Writer::none;
  }
  return errno == EAGAIN ? Writer::some : Writer::untold;
}

std::chrono::seconds age(Time now, std::int64_t nanoseconds_since_epoch) {
  return now - Time(std::chrono::floor<std::chrono::seconds>(
                   std::chrono::nanoseconds(nanoseconds_since_epoch)));
}

std::vector<std::string> names_in(const fs::path& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(folder.c_str()), ::closedir);
  if (!opened) refuse("cannot list a source folder");
  std::vector<std::string> names;
  errno = 0;
  while (const auto* entry = ::readdir(opened.get())) {
    names.emplace_back(entry->d_name);
    errno = 0;
  }
  if (errno != 0) refuse("cannot list a source folder");
  return names;
}

void sync_folder(const fs::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0) refuse("cannot sync a source folder");
}

/// Renames without ever replacing. False if the new name is taken, or the old one gone.
bool move(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EINVAL && ::link(from.c_str(), to.c_str()) == 0) {
    return ::unlink(from.c_str()) == 0;
  }
  if (errno == EEXIST || errno == ENOENT) return false;
  refuse("cannot rename a file of a source");
}

/// Under its own name if that is free, else beside it: a sender that wraps its names may have sent
/// the next page meanwhile.
void give_back(const fs::path& going, const fs::path& path) {
  if (move(going, path)) return;
  for (int i = 1; i < 1000; ++i) {
    if (move(going, path.parent_path() / ("renkei-returned-" + std::to_string(i)))) return;
  }
  throw std::system_error(EEXIST, std::generic_category(), "cannot give a sender's file back");
}

}  // namespace

bool is_stuck(std::string_view name, const struct stat& info, const Source& source, Time now) {
  if (!S_ISREG(info.st_mode) || !is_still_sent(name)) return false;
  // A copy may carry its original's mtime; ctime cannot be set.
  return age(now, nanoseconds(info.st_mtim)) > source.give_up &&
         age(now, nanoseconds(info.st_ctim)) > source.give_up;
}

bool leads_to_a_source(const fs::path& folder, const std::vector<Source>& sources) {
  const auto here = folder.lexically_normal();
  return std::ranges::any_of(sources, [&](const Source& source) {
    const auto there = source.folder.lexically_normal();
    return std::ranges::mismatch(here, there).in1 == here.end();
  });
}

struct Spool::State {
  std::vector<Source> sources;
  Archive& archive;
  Watch watch;
  std::map<std::pair<std::string, std::string>, Seen> seen;  ///< by source and name
  std::optional<std::chrono::milliseconds> until_due;        ///< of the first file that rests now
  std::map<std::string, std::size_t> passed_over;

  void prepare(const Source& source);
  std::vector<Candidate> scan(Time now);
  std::optional<Arrival> take(Candidate& candidate, Time now, bool impatient);
  bool ready(Candidate& candidate, int descriptor, Time now, bool impatient);
  void due_in(std::chrono::seconds rest);
};

/// Watch first, then scan: a file that comes between the two is seen twice rather than never.
void Spool::State::prepare(const Source& source) {
  fs::create_directories(source.folder);
  watch.add(source.folder);
  for (const auto& name : names_in(source.folder)) {
    // A crash in release() leaves such a name.
    if (name.starts_with(going_prefix)) {
      give_back(source.folder / name, source.folder / name.substr(going_prefix.size()));
    }
  }
}

std::vector<Candidate> Spool::State::scan(Time now) {
  std::map<std::pair<std::string, std::string>, Seen> still_here;
  std::vector<Candidate> candidates;
  passed_over.clear();
  for (const auto& source : sources) {
    for (const auto& name : names_in(source.folder)) {
      const auto path = source.folder / name;
      struct stat info {};
      if (::lstat(path.c_str(), &info) != 0) continue;
      if (is_provisional(name)) {
        if (is_stuck(name, info, source, now)) ++passed_over[source.name];
        continue;
      }
      if (!S_ISREG(info.st_mode)) {
        if (!leads_to_a_source(path, sources)) ++passed_over[source.name];
        continue;
      }
      const auto identity = identity_of(info);
      const auto key = std::pair(source.name, name);
      const auto known = seen.find(key);
      Seen look{identity, now, false, std::nullopt};
      if (known != seen.end() && known->second.identity == identity) look = known->second;
      // A clock that was set back must not make a file wait for the lost time.
      look.since = std::min(look.since, now);
      look.moved_in = look.moved_in || watch.moved_in(source.folder, name);
      candidates.push_back({&source, name, &(still_here[key] = look)});
    }
  }
  seen = std::move(still_here);
  watch.forget();
  std::ranges::sort(candidates, {}, [](const Candidate& candidate) {
    return std::pair(candidate.seen->identity.changed_ns, candidate.name);
  });
  return candidates;
}

void Spool::State::due_in(std::chrono::seconds rest) {
  const std::chrono::milliseconds due = std::max(rest, 1s);
  until_due = until_due ? std::min(*until_due, due) : due;
}

/// The one place that decides whether a file may be taken.
bool Spool::State::ready(Candidate& candidate, int descriptor, Time now, bool impatient) {
  const auto& source = *candidate.source;
  auto& look = *candidate.seen;
  const auto watched = now - look.since;
  // A name that came in one step (or long before the service did) has nothing more to come.
  const auto unwritten = std::max(watched, age(now, look.identity.changed_ns));
  if (!impatient && !look.moved_in && unwritten < source.rest) {
    due_in(source.rest - unwritten);
    return false;
  }
  // HylaFAX holds this lock for as long as it receives.
  if (::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;

  // ctime cannot be set by a sender: a file that lay here untouched while the service was down has
  // waited.
  const bool waited =
      watched >= source.give_up || (age(now, look.identity.changed_ns) >= source.give_up &&
                                    age(now, look.identity.touched_ns) >= source.give_up);
  if (waited) return true;
  const auto writer = writer_of(descriptor);
  if (writer == Writer::some) return false;

  if (!look.shape) {
    look.shape = shape_of(descriptor, static_cast<std::uint64_t>(look.identity.size));
  }
  if (*look.shape == Shape::whole || *look.shape == Shape::unknown) return true;
  const bool abandoned = writer == Writer::none;
  if (impatient && abandoned) return true;
  return *look.shape == Shape::empty && abandoned;
}

std::optional<Arrival> Spool::State::take(Candidate& candidate, Time now, bool impatient) {
  const auto& source = *candidate.source;
  const auto& identity = candidate.seen->identity;
  Arrival arrival;
  arrival.path = source.folder / candidate.name;
  const Descriptor file(uninterrupted([&] {
    return ::open(arrival.path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  }));
  if (!file) {
    // Gone, or something else stands there now: the next scan will say.
    if (errno == ENOENT || errno == ELOOP || errno == ENXIO) return std::nullopt;
    refuse("cannot open a file of source " + source.name);
  }
  const auto unchanged = [&] {
    struct stat info {};
    return ::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode) &&
           identity_of(info) == identity;
  };
  if (!unchanged() || !ready(candidate, file.get(), now, impatient)) return std::nullopt;
  if (!candidate.seen->shape) {
    candidate.seen->shape = shape_of(file.get(), static_cast<std::uint64_t>(identity.size));
  }

  const auto kept = archive.keep_if(file.get(), unchanged);
  if (!kept || kept->bytes != static_cast<std::uintmax_t>(identity.size)) return std::nullopt;
  arrival.source = source.name;
  arrival.name = label_of(candidate.name);
  arrival.sha256 = kept->sha256;
  arrival.bytes = kept->bytes;
  arrival.whole =
      *candidate.seen->shape == Shape::whole || *candidate.seen->shape == Shape::unknown;
  // Archived all the same: a page that is too large to read is no reason to lose it.
  arrival.too_large = kept->bytes > source.max_bytes;
  arrival.device = identity.device;
  arrival.inode = identity.inode;
  arrival.size = identity.size;
  arrival.changed_ns = identity.changed_ns;
  return arrival;
}

Spool::Spool(std::vector<Source> sources, Archive& archive)
    : state_(new State{std::move(sources), archive, {}, {}, {}, {}}) {
  archive.sweep();
  for (const auto& source : state_->sources) state_->prepare(source);
}

Spool::~Spool() = default;

std::vector<Arrival> Spool::claim(Time now, bool impatient) {
  for (const auto& source : state_->sources) state_->prepare(source);
  state_->watch.drain();
  state_->until_due.reset();
  std::vector<Arrival> arrivals;
  std::exception_ptr refusal;
  for (auto& candidate : state_->scan(now)) {
    try {
      if (auto arrival = state_->take(candidate, now, impatient)) {
        arrivals.push_back(std::move(*arrival));
      }
    } catch (const std::system_error&) {
      if (!refusal) refusal = std::current_exception();
    }
  }
  if (arrivals.empty() && refusal) std::rethrow_exception(refusal);
  return arrivals;
}

const std::map<std::string, std::size_t>& Spool::passed_over() const {
  return state_->passed_over;
}

bool Spool::release(const Arrival& arrival) {
  const auto folder = arrival.path.parent_path();
  const auto same = [&](const fs::path& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) {
      if (errno == ENOENT) return false;
      refuse("cannot look at a file of source " + arrival.source);
    }
    return info.st_dev == arrival.device && info.st_ino == arrival.inode &&
           info.st_size == arrival.size && nanoseconds(info.st_mtim) == arrival.changed_ns;
  };
  if (!same(arrival.path)) return false;

  // Between this look and an unlink the sender could put another page under the same name. So the
  // name is taken away first: what it stood for then can be looked at without a race.
  const auto going = folder / (std::string(going_prefix) + std::to_string(arrival.inode));
  if (!move(arrival.path, going)) return false;
  if (!same(going)) {
    give_back(going, arrival.path);
    return false;
  }
  if (::unlink(going.c_str()) != 0) refuse("cannot let a file of source " + arrival.source + " go");
  sync_folder(folder);
  return true;
}

void Spool::wait(std::chrono::milliseconds at_most, int descriptor) {
  auto limit = std::min(at_most, longest_wait);
  if (state_->until_due) limit = std::min(limit, *state_->until_due);
  state_->watch.wait(std::max(limit, 0ms), descriptor);
}

}  // namespace spool
