#include "daemon/cli/files.hpp"

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

namespace cli {
namespace {

namespace fs = std::filesystem;

class Descriptor {
public:
  Descriptor(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0)
      throw std::system_error(errno, std::generic_category(), "cannot open " + path.string());
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

private:
  int fd_;
};

void write_all(int fd, const char* data, std::size_t size, const fs::path& path) {
  while (size > 0) {
    const auto done = ::write(fd, data, size);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0)
      throw std::system_error(errno, std::generic_category(), "cannot write " + path.string());
    data += done;
    size -= static_cast<std::size_t>(done);
  }
}

void sync(int fd, const fs::path& path) {
  if (::fsync(fd) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot sync " + path.string());
}

template <typename Use>
void each_block(const fs::path& path, const Use& use) {
  const Descriptor in(path, O_RDONLY);
  std::array<char, 1 << 16> block{};
  for (;;) {
    const auto got = ::read(in.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw std::system_error(errno, std::generic_category(), "cannot read " + path.string());
    if (got == 0) return;
    use(block.data(), static_cast<std::size_t>(got));
  }
}

/// A copy cut short must not look like a file.
template <typename Fill>
void make_file(const fs::path& path, int flags, const Fill& fill) {
  try {
    const Descriptor out(path, O_WRONLY | O_CREAT | flags);
    fill(out.get());
    sync(out.get(), path);
  } catch (...) {
    std::error_code ignored;
    fs::remove(path, ignored);
    throw;
  }
}

}  // namespace

void copy_synced(const fs::path& from, const fs::path& to) {
  make_file(to, O_TRUNC, [&](int out) {
    each_block(from, [&](const char* data, std::size_t size) { write_all(out, data, size, to); });
  });
}

std::string sha256_of(const fs::path& file) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  each_block(file, [&](const char* data, std::size_t size) {
    crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(data), size);
  });
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256_final(&state, hash.data());
  std::string text(2 * hash.size() + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
  text.pop_back();
  return text;
}

void write_whole(const fs::path& path, std::string_view content) {
  const fs::path hidden = path.string() + ".part";
  make_file(hidden, O_TRUNC,
            [&](int out) { write_all(out, content.data(), content.size(), hidden); });
  fs::rename(hidden, path);
  const Descriptor folder(path.has_parent_path() ? path.parent_path() : fs::path("."),
                          O_RDONLY | O_DIRECTORY);
  sync(folder.get(), path);
}

}  // namespace cli
