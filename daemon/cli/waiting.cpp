#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "daemon/cli/dates.hpp"
#include "daemon/cli/say.hpp"
#include "daemon/cli/table.hpp"
#include "spool/label.hpp"
#include "spool/structure.hpp"

/// Files that lie in the inboxes: on no record yet, still the senders'.
namespace cli {
namespace {

namespace fs = std::filesystem;

const char* words_for(spool::Shape shape) {
  switch (shape) {
    case spool::Shape::whole: return "whole";
    case spool::Shape::cut_short: return "not whole yet";
    case spool::Shape::empty: return "empty";
    case spool::Shape::unknown: return "of no known format";
  }
  return "";
}

/// What keeps it from being taken in, as far as it tells, and what it is; empty: it has gone.
std::string state_of(const fs::path& file, struct stat& info) {
  if (::lstat(file.c_str(), &info) != 0) return "";
  if (S_ISDIR(info.st_mode)) return "a folder: nothing in it is taken in";
  if (!S_ISREG(info.st_mode)) return "no plain file: it is not taken in";
  std::string state = "not readable";
  errno = 0;
  const int fd = ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? "" : state;
  try {
    state = words_for(spool::shape_of(fd, static_cast<std::uint64_t>(info.st_size)));
  } catch (const std::system_error&) {
    // Said by the word above.
  }
  ::close(fd);
  return state;
}

/// None if it has gone meanwhile, or is rightly left alone.
std::optional<std::vector<std::string>> waiting_row(const spool::Source& source,
                                                    const fs::path& file, spool::Time now) {
  struct stat info {};
  auto state = state_of(file, info);
  if (state.empty()) return std::nullopt;
  const auto name = file.filename().string();
  const std::chrono::sys_seconds changed{std::chrono::seconds(info.st_mtim.tv_sec)};
  if (spool::is_provisional(name)) {
    if (!spool::is_stuck(name, info, source, now)) return std::nullopt;
    state = fmt::format("still being sent since {}: rename it if it is whole", local_time(changed));
  }
  return std::vector<std::string>{source.name, name,
                                  S_ISREG(info.st_mode) ? std::to_string(info.st_size) : "",
                                  local_time(changed), std::move(state)};
}

}  // namespace

void say_waiting(const config::Config& config, std::chrono::sys_seconds now) {
  Rows rows;
  for (const auto& source : config.sources) {
    std::error_code none;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(source.folder, none)) {
      if (!spool::leads_to_a_source(entry.path(), config.sources)) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    for (const auto& file : files) {
      if (auto row = waiting_row(source, file, now)) rows.push_back(*std::move(row));
    }
  }
  if (rows.empty()) return;
  std::cout << "\nwaiting in the inboxes, not taken in yet:\n"
            // Uncut: somebody must find the file, and do what is said.
            << table({"SOURCE", "NAME", "BYTES", "CHANGED", "STATE"}, rows, any_width);
}

}  // namespace cli
