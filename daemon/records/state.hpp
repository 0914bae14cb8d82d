#pragma once

#include "daemon/records/database.hpp"
#include "daemon/records/records.hpp"

namespace records {

struct Records::State {
  State(const std::filesystem::path& file, bool create, std::chrono::milliseconds patience)
      : database(file, create, patience) {}
  Database database;
};

/// Who does what no person did.
inline constexpr auto service = "renkeid";

/// Parts of the members that several files need; each inside a transaction.
struct NewFlag {
  std::int64_t document = 0;
  std::int64_t report = 0;
  forms::rules::Finding finding;
};
/// The flag, its outbox row, and their audit rows.
void raise_flag(Database& database, const NewFlag& flag, Time now);

/// The outbox row with its audit row.
void queue_message(Database& database, std::int64_t flag, const char* kind, Time now);

/// Writes or replaces one field's answer.
void put_answer(Database& database, std::int64_t report, const forms::Answer& answer);
/// Fields of one report as they are.
[[nodiscard]] std::map<std::string, forms::Answer, std::less<>> answers_of(Database& database,
                                                                           std::int64_t report);
/// What a row of `fields` says.
[[nodiscard]] forms::Answer answer_in(const Row& row);
/// `filed` or `to-check` by the fields; a held report stays so. True if that changed it.
bool settle_state(Database& database, std::int64_t report);

}  // namespace records
