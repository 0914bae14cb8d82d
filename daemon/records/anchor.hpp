#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "daemon/records/database.hpp"
#include "daemon/records/records.hpp"

/// `renkei.anchor`: the number and the hash of the newest audit row, one line, outside the
/// database. Whoever cuts the chain's end and what it was about out of the database leaves an
/// anchor that is not in it.
namespace records {

[[nodiscard]] std::filesystem::path anchor_beside(const std::filesystem::path& database);

class Anchor {
public:
  explicit Anchor(std::filesystem::path file) : file_(std::move(file)) {}

  /// Writes the chain's head, if what stands there is still in the chain: an anchor that is not is
  /// evidence, and stays. A missing one is made only for a chain without rows. Never throws: what
  /// was committed is committed, and an old anchor is a true one.
  void advance(Database& database) noexcept;
  /// Whatever stands there. Throws Refused.
  void renew(Database& database);
  [[nodiscard]] std::vector<Fault> faults(Database& database) const;

private:
  std::filesystem::path file_;
};

}  // namespace records
