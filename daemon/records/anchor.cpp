#include "daemon/records/anchor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "daemon/records/audit.hpp"

namespace records {
namespace {

namespace fs = std::filesystem;

constexpr auto head_row = "SELECT seq, hash FROM audit WHERE seq = (SELECT max(seq) FROM audit)";
constexpr auto row_at = "SELECT hash FROM audit WHERE seq = :seq";

struct Place {
  std::int64_t seq = 0;
  std::string hash = std::string(64, '0');
};

/// Locked while it is open: two writers must not put back each other's line.
class File {
public:
  File(const fs::path& path, int flags, int lock)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd_ >= 0) ::flock(fd_, lock);
  }
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] bool open() const { return fd_ >= 0; }

  [[nodiscard]] std::string content() const {
    std::array<char, 256> text{};
    const auto got = ::pread(fd_, text.data(), text.size(), 0);
    return {text.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  }

  /// In place, always as long: the line is far shorter than a sector, so it is old or new.
  bool put(const Place& place) const {
    const auto line = fmt::format("{:020} {}\n", place.seq, place.hash);
    return ::pwrite(fd_, line.data(), line.size(), 0) == static_cast<ssize_t>(line.size()) &&
           ::fdatasync(fd_) == 0;
  }

private:
  int fd_;
};

std::optional<Place> place_in(const std::string& line) {
  constexpr std::size_t whole = 20 + 1 + 64 + 1;
  if (line.size() != whole || line[20] != ' ' || line.back() != '\n') return std::nullopt;
  if (line.find_first_not_of("0123456789") != 20) return std::nullopt;
  Place place{0, line.substr(21, 64)};
  if (place.hash.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  for (std::size_t i = 1; i < 20; ++i) place.seq = place.seq * 10 + (line[i] - '0');
  return place;
}

Place head(Database& database) {
  return database.read("read the audit", [&] {
    Place place;
    database.each(head_row, {}, [&](const Row& row) {
      place = {row.number("seq"), row.text("hash")};
    });
    return place;
  });
}

bool in_chain(Database& database, const Place& place) {
  if (place.seq == 0) return place.hash == Place().hash;
  return database.read("read the audit", [&] {
    bool found = false;
    database.each(row_at, {{"seq", place.seq}},
                  [&](const Row& row) { found = row.text("hash") == place.hash; });
    return found;
  });
}

}  // namespace

fs::path anchor_beside(const fs::path& database) {
  auto file = database;
  return file.replace_extension(".anchor");
}

void Anchor::advance(Database& database) noexcept {
  try {
    const auto now = head(database);
    const File file(file_, now.seq == 0 ? O_RDWR | O_CREAT : O_RDWR, LOCK_EX);
    if (!file.open()) return;
    const auto before = file.content();
    if (!before.empty()) {
      const auto place = place_in(before);
      if (!place || place->seq >= now.seq || !in_chain(database, *place)) return;
    } else if (now.seq != 0) {
      return;  // emptied by somebody: a fault to be seen
    }
    static_cast<void>(file.put(now));
  } catch (const std::exception&) {
    // Said in the header.
  }
}

void Anchor::renew(Database& database) {
  const auto now = head(database);
  const File file(file_, O_RDWR | O_CREAT | O_TRUNC, LOCK_EX);
  if (!file.open() || !file.put(now)) {
    throw Refused(fmt::format("cannot write {}: {}", file_.string(), std::strerror(errno)));
  }
}

/// The anchor first: a writer may add rows meanwhile, and none goes.
std::vector<Fault> Anchor::faults(Database& database) const {
  constexpr auto what = "audit anchor";
  const auto name = file_.filename().string();
  std::string line;
  {
    const File file(file_, O_RDONLY, LOCK_SH);
    if (!file.open()) {
      return {{what, fmt::format("{} is not there ({}): nothing outside the database says how far "
                                 "the audit went",
                                 name, std::strerror(errno))}};
    }
    line = file.content();
  }
  const auto place = place_in(line);
  if (!place) return {{what, fmt::format("{} is not what was written", name)}};
  if (in_chain(database, *place)) return {};
  return {{what, fmt::format("row {}, which {} names, is not in the audit: its end was cut off or "
                             "written anew",
                             place->seq, name)}};
}

}  // namespace records
