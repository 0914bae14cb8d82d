#include "spool/watch.hpp"

#include <poll.h>
#include <sys/inotify.h>

#include <array>
#include <cstring>

namespace spool {

Watch::Watch() : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

void Watch::add(const std::filesystem::path& folder) {
  if (!inotify_) return;
  const int watch = ::inotify_add_watch(inotify_.get(), folder.c_str(),
                                        IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR);
  if (watch >= 0) folders_[watch] = folder;
}

void Watch::wait(std::chrono::milliseconds at_most, int other) {
  // poll skips negative descriptors.
  std::array<pollfd, 2> stirring{{{inotify_.get(), POLLIN, 0}, {other, POLLIN, 0}}};
  const auto limit = static_cast<int>(at_most.count());
  if (::poll(stirring.data(), stirring.size(), limit) < 0 && errno != EINTR) {
    refuse("cannot wait for arrivals");
  }
}

void Watch::drain() {
  alignas(inotify_event) std::array<char, 65'536> buffer{};
  while (inotify_) {
    const auto got =
        uninterrupted([&] { return ::read(inotify_.get(), buffer.data(), buffer.size()); });
    if (got <= 0) return;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const auto folder = folders_.find(event.wd);
      if ((event.mask & IN_MOVED_TO) != 0 && folder != folders_.end()) {
        moved_.emplace(folder->second, buffer.data() + at + sizeof event);
      }
      at += sizeof event + event.len;
    }
  }
}

bool Watch::moved_in(const std::filesystem::path& folder, const std::string& name) const {
  return moved_.contains({folder, name});
}

}  // namespace spool
