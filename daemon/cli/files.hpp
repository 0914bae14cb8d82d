#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace cli {

/// Copies and fsyncs. Throws std::system_error; leaves no half copy.
void copy_synced(const std::filesystem::path& from, const std::filesystem::path& to);

/// 64 hex digits. Throws std::system_error.
[[nodiscard]] std::string sha256_of(const std::filesystem::path& file);

/// Replaces `path` in one step. Throws std::system_error.
void write_whole(const std::filesystem::path& path, std::string_view content);

}  // namespace cli
