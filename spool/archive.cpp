#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdio>
#include <stdexcept>
#include <string_view>

#include "spool/descriptor.hpp"
#include "spool/label.hpp"
#include "spool/spool.hpp"

namespace spool {
namespace {

namespace fs = std::filesystem;

// Every name that the archive writes: archive/.new/XXXXXX while copying, archive/ab/abcdef... then,
// and archive/ab/abcdef....damaged for a file that was found to hold other bytes than it is named
// by.
constexpr const char* new_folder = ".new";
constexpr const char* damaged_ending = ".damaged";

bool is_hash(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

class Hash {
public:
  Hash() { crypto_hash_sha256_init(&state_); }
  void add(const unsigned char* bytes, std::size_t count) {
    crypto_hash_sha256_update(&state_, bytes, count);
  }
  [[nodiscard]] std::string hex() {
    std::array<unsigned char, crypto_hash_sha256_BYTES> raw{};
    crypto_hash_sha256_final(&state_, raw.data());
    std::array<char, 2 * crypto_hash_sha256_BYTES + 1> text{};
    sodium_bin2hex(text.data(), text.size(), raw.data(), raw.size());
    return text.data();
  }

private:
  crypto_hash_sha256_state state_{};
};

void write_all(int descriptor, const unsigned char* bytes, std::size_t count) {
  while (count > 0) {
    const auto done = uninterrupted([&] { return ::write(descriptor, bytes, count); });
    if (done < 0) refuse("cannot write to the archive");
    bytes += done;
    count -= static_cast<std::size_t>(done);
  }
}

/// Hashes all of `from`, and copies it to `to` unless that is -1. From the start, whatever the
/// descriptor's own position.
Archive::Kept digest(int from, int to) {
  Hash hash;
  Archive::Kept kept;
  std::vector<unsigned char> block(262'144);
  while (true) {
    const auto got = uninterrupted(
        [&] { return ::pread(from, block.data(), block.size(), static_cast<off_t>(kept.bytes)); });
    if (got < 0) refuse("cannot read a file to archive");
    if (got == 0) break;
    const auto count = static_cast<std::size_t>(got);
    hash.add(block.data(), count);
    if (to >= 0) write_all(to, block.data(), count);
    kept.bytes += count;
  }
  kept.sha256 = hash.hex();
  return kept;
}

/// Never tried again: after an error the kernel may call the next fsync a success although the
/// bytes are not on the disk.
void sync(int descriptor) {
  if (::fsync(descriptor) != 0) refuse("cannot sync the archive");
}

void sync_folder(const fs::path& folder) {
  const Descriptor opened(
      uninterrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!opened) refuse("cannot open an archive folder");
  sync(opened.get());
}

/// A copy on its way. Its name goes with it unless it was given its place.
class Draft {
public:
  explicit Draft(const fs::path& folder) {
    // A sweep may come between making the file and locking it; then it has lost its name.
    for (int attempt = 0; attempt < 100; ++attempt) {
      auto name = (folder / "XXXXXX").string();
      file_ = Descriptor(::mkostemp(name.data(), O_CLOEXEC));
      if (!file_) refuse("cannot make a file in the archive");
      path_ = name;
      struct stat info {};
      if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0 && ::fstat(file_.get(), &info) == 0 &&
          info.st_nlink == 1) {
        return;
      }
    }
    throw std::system_error(EAGAIN, std::generic_category(), "cannot make a file in the archive");
  }
  ~Draft() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  [[nodiscard]] int descriptor() const { return file_.get(); }

  /// False if something stands there already.
  [[nodiscard]] bool place(const fs::path& target) {
    int done = ::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE);
    if (done != 0 && errno == EINVAL) {
      // File systems that cannot rename without replacing can still link.
      done = ::link(path_.c_str(), target.c_str());
      if (done == 0) done = ::unlink(path_.c_str());
    }
    if (done != 0 && errno == EEXIST) return false;
    if (done != 0) refuse("cannot name a file in the archive");
    path_.clear();
    return true;
  }

private:
  Descriptor file_;
  fs::path path_;
};

/// Whether the disk still gives back what the name promises. Throws if that cannot be tried.
bool holds(const fs::path& path, const std::string& sha256) {
  const Descriptor file(
      uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC); }));
  if (!file) refuse("cannot open archive file " + sha256);
  try {
    return digest(file.get(), -1).sha256 == sha256;
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::io_error) return false;  // a bad sector
    throw;
  }
}

}  // namespace

Archive::Archive(fs::path root) : root_(std::move(root)) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
  if (fs::create_directories(root_ / new_folder)) sync_folder(fs::absolute(root_).parent_path());
}

void Archive::sweep() {
  for (const auto& entry : fs::directory_iterator(root_ / new_folder)) {
    const Descriptor file(::open(entry.path().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    // Locked: a copy that another process is just making.
    if (file && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(entry.path().c_str());
  }
}

Archive::Kept Archive::keep(int descriptor) {
  return *keep_if(descriptor, [] { return true; });
}

std::optional<Archive::Kept> Archive::keep_if(int descriptor,
                                              const std::function<bool()>& unchanged) {
  Draft draft(root_ / new_folder);
  const auto kept = digest(descriptor, draft.descriptor());
  if (!unchanged()) return std::nullopt;
  if (::fchmod(draft.descriptor(), 0440) != 0) refuse("cannot set the mode of an archive file");
  sync(draft.descriptor());

  const auto target = path_of(kept.sha256);
  fs::create_directory(target.parent_path());
  bool ours = draft.place(target);
  if (!ours && !holds(target, kept.sha256)) {
    // The disk has spoilt the older copy. The good bytes take its place; the bad ones stay to be
    // seen.
    fs::rename(target, target.string() + damaged_ending);
    ours = draft.place(target);
  }
  try {
    // Also when the file stood there already: the process that named it may have died before this.
    sync_folder(target.parent_path());
    sync_folder(root_);
  } catch (const std::system_error&) {
    // So that the next attempt writes the name anew, instead of syncing again what may be lost.
    if (ours) ::unlink(target.c_str());
    throw;
  }
  return kept;
}

fs::path Archive::path_of(const std::string& sha256) const {
  if (!is_hash(sha256)) throw std::invalid_argument("not the name of an archive file");
  return root_ / sha256.substr(0, 2) / sha256;
}

int Archive::open(const std::string& sha256) const {
  const auto path = path_of(sha256);
  const int file =
      uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC); });
  if (file < 0) refuse("cannot open archive file " + sha256);
  return file;
}

std::vector<std::string> Archive::all() const {
  std::vector<std::string> names;
  for (const auto& folder : fs::directory_iterator(root_)) {
    if (folder.path().filename() == new_folder || !folder.is_directory()) continue;
    for (const auto& file : fs::directory_iterator(folder)) {
      const auto name = file.path().filename().string();
      if (is_hash(name) && name.starts_with(folder.path().filename().string())) {
        names.push_back(name);
      }
    }
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> Archive::faults(
    const std::function<void(std::size_t, std::size_t)>& progress) const {
  std::vector<std::string> found;
  // Foreign things first: whatever is neither the new folder nor reached by a hash's own path.
  for (auto entry = fs::recursive_directory_iterator(root_);
       entry != fs::recursive_directory_iterator(); ++entry) {
    const auto name = entry->path().filename().string();
    const bool top = entry.depth() == 0;
    if (top && name == new_folder) {
      entry.disable_recursion_pending();
      continue;
    }
    const bool folder = entry->symlink_status().type() == fs::file_type::directory;
    const bool fan = top && folder && name.size() == 2 && is_hash(name + std::string(62, '0'));
    const bool file = entry.depth() == 1 &&
                      entry->symlink_status().type() == fs::file_type::regular && is_hash(name) &&
                      path_of(name) == entry->path();
    if (!fan && !file) {
      found.push_back(label_of(entry->path().lexically_relative(root_).string()));
      entry.disable_recursion_pending();
    }
  }
  const auto names = all();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (progress) progress(i, names.size());
    const auto path = path_of(names[i]);
    if (!fs::is_regular_file(fs::symlink_status(path))) continue;  // named above
    if (!holds(path, names[i])) found.push_back(names[i]);
  }
  if (progress) progress(names.size(), names.size());
  std::ranges::sort(found);
  return found;
}

}  // namespace spool
