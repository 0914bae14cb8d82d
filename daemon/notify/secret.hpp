#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace notify {

class BadSecret : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// The one line of a file that belongs to this process's user and that nobody else may read. Throws
/// BadSecret, which names the file and never what is in it.
[[nodiscard]] std::string read_secret(const std::filesystem::path& file, std::size_t least_bytes);

}  // namespace notify
