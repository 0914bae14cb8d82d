#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

/// Arrivals: a sender's file becomes an archived copy, and only then may it go.
/// Knows no pixels, no patients and no SQL.
namespace spool {

using Time = std::chrono::sys_seconds;

struct Source {
  std::string name;              ///< "fax", "scan"
  std::filesystem::path folder;  ///< watched, not its subfolders
  std::chrono::seconds rest{
      5};  ///< a file must have rested so long, unless it is whole and was moved in
  std::chrono::seconds give_up{900};  ///< not whole after so long: taken as damaged
  std::uintmax_t max_bytes = 512u << 20;
};

/// Whether the folder of a source is this folder, or lies in it.
[[nodiscard]] bool leads_to_a_source(const std::filesystem::path& folder,
                                     const std::vector<Source>& sources);

/// A plain file under a name that says it is still being sent, unchanged for longer than its source
/// is waited for: its sender has died, or calls what is whole so. It is never taken, and must be
/// told.
[[nodiscard]] bool is_stuck(std::string_view name, const struct stat& info, const Source& source,
                            Time now);

/// A file whose bytes lie safely in the archive: file and folder are synced.
struct Arrival {
  std::string source;
  std::string name;    ///< the sender's, made valid UTF-8; a label, never an identity; never logged
  std::string sha256;  ///< 64 hex digits
  std::uintmax_t bytes = 0;
  bool whole = true;  ///< its structure ends where it should
  bool too_large = false;

  // what release() needs to know that the sender's file is still the one that was copied
  std::filesystem::path path;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t changed_ns = 0;  ///< mtime, nanoseconds since 1970
};

/// Original bytes by SHA-256, never changed: `archive/ab/abcdef…`. See docs/archive.md.
class Archive {
public:
  /// Makes the folder. Throws std::system_error.
  explicit Archive(std::filesystem::path root);

  /// Copies from an open descriptor: temporary name, hash while copying, fsync, rename, fsync of
  /// the folder. The same bytes twice are one file. Throws std::system_error; a failed fsync is
  /// never tried again.
  struct Kept {
    std::string sha256;
    std::uintmax_t bytes = 0;
  };
  [[nodiscard]] Kept keep(int descriptor);
  /// The same, unless `unchanged`, asked after the copy and before the file gets its name, says no.
  [[nodiscard]] std::optional<Kept> keep_if(int descriptor, const std::function<bool()>& unchanged);
  /// Takes away half-made copies that a crash left behind. Safe beside other processes.
  void sweep();

  [[nodiscard]] std::filesystem::path path_of(const std::string& sha256) const;
  /// Read-only descriptor, owned by the caller. Throws std::system_error.
  [[nodiscard]] int open(const std::string& sha256) const;
  /// Every name whose bytes hash to something else, and everything that is no archive file.
  /// `progress(done, total)` may be empty.
  [[nodiscard]] std::vector<std::string> faults(
      const std::function<void(std::size_t, std::size_t)>& progress = {}) const;
  [[nodiscard]] std::vector<std::string> all() const;

private:
  std::filesystem::path root_;
};

/// Watches the sources. A full rescan is the truth; inotify only makes it sooner.
/// All members throw std::system_error when the machine refuses.
class Spool {
public:
  Spool(std::vector<Source> sources, Archive& archive);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// Everything that is ready now, archived. Call release() for each after its row is committed;
  /// a file that was not released is offered again. `impatient` (for --once) takes whole files at
  /// once, without their rest, and cut ones that nobody has open for writing. A file that cannot be
  /// taken does not stand in the way of the others: its error is thrown when nothing else was
  /// claimed.
  [[nodiscard]] std::vector<Arrival> claim(Time now, bool impatient = false);

  /// What lay in each source at the last claim() and is never taken: what is no plain file (folders
  /// with all that they hold, unless they lead to another source; links; devices), and what
  /// is_stuck(). By the source's name; none: not there.
  [[nodiscard]] const std::map<std::string, std::size_t>& passed_over() const;

  /// Lets the sender's file go, if it is unchanged since; otherwise it stays and will be claimed
  /// again.
  bool release(const Arrival& arrival);

  /// Blocks until something stirs in a source, `descriptor` becomes readable, or the time is over.
  void wait(std::chrono::milliseconds at_most, int descriptor = -1);

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spool
