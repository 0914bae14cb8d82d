#include "daemon/records/records.hpp"

#include "daemon/records/audit.hpp"
#include "daemon/records/schema.hpp"
#include "daemon/records/state.hpp"

namespace records {

Records::Records(const std::filesystem::path& file, Open how, std::chrono::milliseconds patience)
    : state_(std::make_unique<State>(file, how == Open::create, patience)) {
  // A database of before there were anchors gets its first one here.
  if (migrate(state_->database) != 0) state_->anchor.renew(state_->database);
}

Records::~Records() = default;

std::int64_t Records::data_version() {
  // Every change has its audit row, so the chain's length is the version.
  auto& database = state_->database;
  return database.read("look for changes", [&] { return length_of(database); });
}

std::vector<Fault> Records::faults() {
  auto& database = state_->database;
  const auto damage = database.read("check the database", [&] { return database.damage(); });
  const auto anchor = state_->anchor.faults(database);
  const auto chain = audit_faults(database);
  const auto ledger = ledger_faults(database);
  std::vector<Fault> all;
  all.reserve(damage.size() + anchor.size() + chain.size() + ledger.size());
  for (const auto& each : damage) all.push_back({"database", each});
  all.insert(all.end(), chain.begin(), chain.end());
  all.insert(all.end(), anchor.begin(), anchor.end());
  all.insert(all.end(), ledger.begin(), ledger.end());
  return all;
}

std::string Records::audit_head() {
  auto& database = state_->database;
  return database.read("read the audit", [&] { return head_of(database); });
}

void Records::renew_anchor(const std::string& who, const std::string& why, Time now) {
  auto& database = state_->database;
  database.write("renew the audit's anchor", [&] {
    note(database, {now, who, "renew anchor", "user", who, nullptr, {{"why", why}}});
  });
  state_->anchor.renew(database);
}

void Records::copy_to(const std::filesystem::path& file) {
  state_->database.copy_to(file);
  Database copy(file, false, std::chrono::seconds(1));
  Anchor(anchor_beside(file)).renew(copy);
}

bool Records::audit_knows(const std::string& hash) {
  auto& database = state_->database;
  return database.read("read the audit", [&] { return knows_hash(database, hash); });
}

std::vector<AuditRow> Records::trace(const std::string& entity, const std::string& id) {
  auto& database = state_->database;
  return database.read("read the audit", [&] { return trace_of(database, entity, id); });
}

}  // namespace records
