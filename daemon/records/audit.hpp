#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "daemon/records/database.hpp"
#include "daemon/records/records.hpp"

/// Who changed what, when: a chain of rows, each hashed over the one before and over the whole
/// content of the entity as the change left it. How the hashes are made: docs/database.md.
namespace records {

struct Change {
  Time at;
  std::string who;     ///< a user, or "renkeid"
  std::string what;    ///< "import", "file", "acknowledge" ...
  std::string entity;  ///< one of the names in audit.cpp
  std::string id;
  nlohmann::json was = nullptr;  ///< what the change touched, before and after; no need of names
  nlohmann::json became = nullptr;
};

/// To be called inside the transaction that changes, after the change.
void note(Database& database, const Change& change);

/// The next of the numbers called `name`, never used before. Inside a transaction that writes.
[[nodiscard]] std::int64_t next_number(Database& database, const std::string& name);

[[nodiscard]] std::string head_of(Database& database);
[[nodiscard]] std::int64_t length_of(Database& database);

[[nodiscard]] bool knows_hash(Database& database, const std::string& hash);
[[nodiscard]] std::vector<AuditRow> trace_of(Database& database, const std::string& entity,
                                             const std::string& id);

/// The chain itself, and every entity against its newest row.
[[nodiscard]] std::vector<Fault> audit_faults(Database& database);
/// Each page one fate; received = filed + held + in hand.
[[nodiscard]] std::vector<Fault> ledger_faults(Database& database);

}  // namespace records
