#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "daemon/cli/dates.hpp"
#include "daemon/cli/say.hpp"
#include "daemon/cli/table.hpp"
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

/// None if it is no plain file, or has gone meanwhile.
std::optional<std::vector<std::string>> waiting_row(const std::string& source,
                                                    const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::optional<std::vector<std::string>> row;
  struct stat info {};
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
    std::string state = "not readable";
    try {
      state = words_for(spool::shape_of(fd, static_cast<std::uint64_t>(info.st_size)));
    } catch (const std::system_error&) {
      // Said by the word above.
    }
    const std::chrono::sys_seconds changed{std::chrono::seconds(info.st_mtim.tv_sec)};
    row = {source, file.filename().string(), std::to_string(info.st_size), local_time(changed),
           state};
  }
  ::close(fd);
  return row;
}

}  // namespace

void say_waiting(const config::Config& config) {
  Rows rows;
  for (const auto& source : config.sources) {
    std::error_code none;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(source.folder, none)) {
      if (!entry.path().filename().string().starts_with(".")) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    for (const auto& file : files) {
      if (auto row = waiting_row(source.name, file)) rows.push_back(*std::move(row));
    }
  }
  if (rows.empty()) return;
  std::cout << "\nwaiting in the inboxes, not taken in yet:\n"
            << table({"SOURCE", "NAME", "BYTES", "CHANGED", "STATE"}, rows);
}

}  // namespace cli
