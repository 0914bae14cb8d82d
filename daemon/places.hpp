#pragma once

#include <filesystem>

/// Where the programs find what was installed beside them, from the program's own place: the build
/// folder and an installed system have the same shape (bin/, share/renkei/), so no path is compiled
/// in.
namespace config {

/// Definitions, digit network, desk assets. Throws std::runtime_error if it is not there.
[[nodiscard]] std::filesystem::path share_folder();
/// `renkei-reader`, beside the program or in libexec/renkei. Throws std::runtime_error if it is not
/// there.
[[nodiscard]] std::filesystem::path reader_program();

}  // namespace config
