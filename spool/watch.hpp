#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "spool/descriptor.hpp"

namespace spool {

/// Tells sooner that something stirs in a folder. Where inotify is not to be had (limits, remote
/// file systems) it is silent, and the rescan does the work alone.
class Watch {
public:
  Watch();

  /// Begins or renews the watch of a folder; harmless to repeat.
  void add(const std::filesystem::path& folder);

  /// Blocks until something stirs, `other` becomes readable or the time is over.
  void wait(std::chrono::milliseconds at_most, int other);

  /// Takes in what was reported so far.
  void drain();

  /// Whether this name was moved into this folder, by what was drained since the last forget().
  [[nodiscard]] bool moved_in(const std::filesystem::path& folder, const std::string& name) const;
  void forget() { moved_.clear(); }

private:
  Descriptor inotify_;
  std::map<int, std::filesystem::path> folders_;
  std::set<std::pair<std::filesystem::path, std::string>> moved_;
};

}  // namespace spool
