#include "forms/tag_key.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace forms {
namespace {

/// Keeps a MAC of a tag from ever being the MAC of something else under the same key.
constexpr std::string_view domain{"renkei tag 1\0", 13};
constexpr std::size_t claim_size = std::tuple_size_v<TagClaim>;
constexpr std::size_t mac_size = std::tuple_size_v<TagBytes> - claim_size;

void need_sodium() {
  static const int ready = sodium_init();  // 1: another caller was first
  if (ready < 0) throw std::runtime_error("libsodium does not start");
}

/// HMAC-SHA-256 over domain and claim, cut to 128 bits.
std::array<std::uint8_t, mac_size> mac(const TagKeys::Key& key,
                                       std::span<const std::uint8_t> claim) {
  crypto_auth_hmacsha256_state state;
  std::array<std::uint8_t, crypto_auth_hmacsha256_BYTES> whole{};
  crypto_auth_hmacsha256_init(&state, key.data(), key.size());
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(domain.data()),
                                domain.size());
  crypto_auth_hmacsha256_update(&state, claim.data(), claim.size());
  crypto_auth_hmacsha256_final(&state, whole.data());
  std::array<std::uint8_t, mac_size> cut{};
  std::copy_n(whole.begin(), mac_size, cut.begin());
  return cut;
}

/// An open file, closed with its owner.
class Descriptor {
public:
  Descriptor(const std::filesystem::path& path, int flags, mode_t mode = 0)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), path.string());
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

private:
  int fd_;
};

void refuse_if(bool failed, const std::filesystem::path& path) {
  if (failed) throw std::system_error(errno, std::generic_category(), path.string());
}

/// 1 to 255 from `tag-N.key`; none for other names.
std::optional<std::uint8_t> key_id(const std::string& name) {
  constexpr std::string_view start = "tag-";
  constexpr std::string_view end = ".key";
  if (!name.starts_with(start) || !name.ends_with(end)) return std::nullopt;
  const auto digits = name.substr(start.size(), name.size() - start.size() - end.size());
  if (digits.empty() || digits.size() > 3 || digits.front() == '0') return std::nullopt;
  if (digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  const int id = std::stoi(digits);
  if (id > 255) return std::nullopt;
  return static_cast<std::uint8_t>(id);
}

TagKeys::Key read_key(const std::filesystem::path& path) {
  const Descriptor file(path, O_RDONLY | O_NONBLOCK);
  struct stat about {};
  refuse_if(::fstat(file.get(), &about) != 0, path);
  if (!S_ISREG(about.st_mode)) throw std::runtime_error(path.string() + ": not a regular file");
  if ((about.st_mode & 077U) != 0) {
    throw std::runtime_error(fmt::format("{}: others may read it (mode {:o}, expected 600)",
                                         path.string(), about.st_mode & 07777U));
  }
  TagKeys::Key key{};
  if (about.st_size != static_cast<off_t>(key.size()) ||
      ::read(file.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size())) {
    throw std::runtime_error(
        fmt::format("{}: {} bytes, a tag key has {}", path.string(), about.st_size, key.size()));
  }
  return key;
}

}  // namespace

void TagKeys::create(const std::filesystem::path& folder) {
  need_sodium();
  if (!std::filesystem::exists(folder)) {
    std::filesystem::create_directories(folder);
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (key_id(entry.path().filename().string())) {
      throw std::system_error(EEXIST, std::generic_category(), entry.path().string());
    }
  }
  Key key{};
  randombytes_buf(key.data(), key.size());
  const auto path = folder / "tag-1.key";
  const Descriptor file(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  // A key that signed paper and was lost in a power cut would make that paper forged.
  refuse_if(::write(file.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size()), path);
  sodium_memzero(key.data(), key.size());
  refuse_if(::fsync(file.get()) != 0, path);
  const Descriptor parent(folder, O_RDONLY | O_DIRECTORY);
  refuse_if(::fsync(parent.get()) != 0, folder);
}

TagKeys TagKeys::load(const std::filesystem::path& folder) {
  std::map<std::uint8_t, Key> keys;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error) throw std::runtime_error(folder.string() + ": " + error.message());
  for (const auto& entry : entries) {
    if (const auto id = key_id(entry.path().filename().string())) {
      keys.emplace(*id, read_key(entry.path()));
    }
  }
  if (keys.empty()) throw std::runtime_error(folder.string() + ": no tag key (tag-1.key)");
  return TagKeys(std::move(keys));
}

TagBytes TagKeys::sign(Tag tag) const {
  assert(!keys_.empty());
  need_sodium();
  const auto& [id, key] = *keys_.rbegin();
  tag.key_id = id;
  const TagClaim claim = pack(tag);
  const auto seal = mac(key, claim);
  TagBytes bytes{};
  std::copy(claim.begin(), claim.end(), bytes.begin());
  std::copy(seal.begin(), seal.end(), bytes.begin() + claim_size);
  return bytes;
}

std::optional<Tag> TagKeys::verify(std::span<const std::uint8_t> bytes) const {
  const auto tag = peek(bytes);
  if (!tag) return std::nullopt;
  const auto key = keys_.find(tag->key_id);
  if (key == keys_.end()) return std::nullopt;
  need_sodium();
  const auto seal = mac(key->second, bytes.first(claim_size));
  if (sodium_memcmp(seal.data(), bytes.data() + claim_size, mac_size) != 0) return std::nullopt;
  return tag;
}

}  // namespace forms
