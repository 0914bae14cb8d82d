#include "daemon/records/audit.hpp"
#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"

/// Flags: raised with what is filed, acknowledged by people.
namespace records {
namespace {

constexpr auto add_flag =
    "INSERT INTO flags (id, document, report, kind, severity, evidence, reason, state, raised_at, "
    "acknowledged_at, acknowledged_by, note) "
    "VALUES (:id, :document, :report, :kind, :severity, :evidence, :reason, 'open', :raised_at, "
    "NULL, '', '')";
constexpr auto acknowledge_flag =
    "UPDATE flags SET state = 'acknowledged', acknowledged_at = :at, acknowledged_by = :who, note "
    "= :note "
    "WHERE id = :id AND state = 'open'";
constexpr auto one_flag = "SELECT id FROM flags WHERE id = :id";

}  // namespace

void raise_flag(Database& database, const NewFlag& flag, Time now) {
  const auto id = next_number(database, "flag");
  std::optional<std::int64_t> report;
  if (flag.report != 0) report = flag.report;
  database.change(add_flag, {{"id", id},
                             {"document", flag.document},
                             {"report", report},
                             {"kind", forms::rules::to_text(flag.finding.kind)},
                             {"severity", forms::rules::to_text(flag.finding.severity)},
                             {"evidence", list_text(flag.finding.evidence)},
                             {"reason", flag.finding.reason},
                             {"raised_at", to_text(now)}});
  note(database, {now,
                  service,
                  "raise",
                  "flag",
                  id_text('F', id),
                  nullptr,
                  {{"kind", forms::rules::to_text(flag.finding.kind)},
                   {"severity", forms::rules::to_text(flag.finding.severity)},
                   {"evidence", flag.finding.evidence},
                   {"reason", flag.finding.reason}}});
  queue_message(database, id, "flag-raised", now);
}

bool Records::acknowledge(const std::string& flag, const std::string& user,
                          const std::string& words, Time now) {
  auto& database = state_->database;
  const auto id = id_number('F', flag);
  if (!id) return false;
  return database.write("acknowledge " + flag, [&] {
    const auto changed = database.change(
        acknowledge_flag, {{"id", *id}, {"at", to_text(now)}, {"who", user}, {"note", words}});
    if (changed == 0) {
      bool found = false;
      database.each(one_flag, {{"id", *id}}, [&](const Row&) { found = true; });
      return found;
    }
    note(database, {now,
                    user,
                    "acknowledge",
                    "flag",
                    flag,
                    {{"state", "open"}},
                    {{"state", "acknowledged"}, {"note", words}}});
    return true;
  });
}

}  // namespace records
