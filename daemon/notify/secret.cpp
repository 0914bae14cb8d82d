#include "daemon/notify/secret.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace notify {
namespace {

class Descriptor {
public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

private:
  int fd_;
};

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& why) {
  throw BadSecret(fmt::format("cannot use {}: {}", file.string(), why));
}

void check_owner(const std::filesystem::path& file, int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) fail(file, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) fail(file, "it is no regular file");
  if (status.st_uid != ::geteuid()) fail(file, "it does not belong to the service's user");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    fail(file, "others may read or change it; chmod 600 it");
  }
}

}  // namespace

std::string read_secret(const std::filesystem::path& file, std::size_t least_bytes) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (in.get() < 0) fail(file, std::strerror(errno));
  check_owner(file, in.get());
  std::array<char, 4096> bytes{};
  const auto got = ::read(in.get(), bytes.data(), bytes.size());
  if (got < 0) fail(file, std::strerror(errno));
  if (static_cast<std::size_t>(got) == bytes.size()) fail(file, "it is too long for a secret");
  std::string secret(bytes.data(), static_cast<std::size_t>(got));
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  if (secret.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    fail(file, "one line is expected");
  }
  if (secret.size() < least_bytes) {
    fail(file, fmt::format("at least {} bytes are expected", least_bytes));
  }
  return secret;
}

}  // namespace notify
