#include <algorithm>
#include <utility>

#include "daemon/records/audit.hpp"
#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"

/// Flags: raised with what is filed, acknowledged and closed by people.
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
constexpr auto one_flag =
    "SELECT f.id, f.state, CASE WHEN c.flag IS NULL THEN 0 ELSE 1 END AS closed "
    "FROM flags f LEFT JOIN closings c ON c.flag = f.id WHERE f.id = :id";
constexpr auto flags_standing =
    "SELECT f.id, f.kind, f.reason, f.evidence FROM flags f WHERE f.report = :report "
    "AND NOT EXISTS (SELECT 1 FROM closings c WHERE c.flag = f.id) ORDER BY f.id";
constexpr auto findings_of =
    "SELECT f.document, f.report, f.kind, f.severity, f.evidence, f.reason, f.state FROM flags f ";
constexpr auto of_report =
    "WHERE f.report = :report AND NOT EXISTS (SELECT 1 FROM closings c WHERE c.flag = f.id) "
    "ORDER BY f.id";
constexpr auto of_closed =
    "WHERE f.id = :flag AND EXISTS (SELECT 1 FROM closings c WHERE c.flag = f.id)";
constexpr auto add_closing =
    "INSERT INTO closings (flag, how, closed_at, closed_by, why) "
    "VALUES (:flag, :how, :at, :who, :why)";

struct Known {
  NewFlag flag;
  bool open = false;
};

std::vector<Known> known_flags(Database& database, const char* which, Bindings values) {
  std::vector<Known> found;
  database.each(std::string(findings_of) + which, std::move(values), [&](const Row& row) {
    const auto kind = forms::rules::parse_flag_kind(row.text("kind"));
    const auto severity = forms::rules::parse_severity(row.text("severity"));
    if (!kind || !severity) return;
    found.push_back({{row.number("document"),
                      row.null("report") ? 0 : row.number("report"),
                      {*kind, *severity, list_of(row.text("evidence")), row.text("reason")}},
                     row.text("state") == "open"});
  });
  return found;
}

bool same(const forms::rules::Finding& one, const forms::rules::Finding& other) {
  return one.kind == other.kind && one.reason == other.reason && one.evidence == other.evidence;
}

}  // namespace

void raise_again(Database& database, std::int64_t report, Time now) {
  const auto known = known_flags(database, of_report, {{"report", report}});
  std::vector<forms::rules::Finding> open;
  for (const auto& each : known) {
    if (each.open) open.push_back(each.flag.finding);
  }
  for (const auto& [flag, is_open] : known) {
    const auto is_this = [&](const auto& finding) { return same(finding, flag.finding); };
    if (flag.finding.severity == forms::rules::Severity::notice) continue;
    if (std::ranges::any_of(open, is_this)) continue;
    raise_flag(database, flag, now);
    open.push_back(flag.finding);
  }
}

std::int64_t raise_flag(Database& database, const NewFlag& flag, Time now) {
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
  return id;
}

std::vector<Standing> standing_flags(Database& database, std::int64_t report) {
  std::vector<Standing> found;
  database.each(flags_standing, {{"report", report}}, [&](const Row& row) {
    found.push_back({row.number("id"), row.text("kind"), row.text("reason")});
  });
  return found;
}

bool is_flagged(Database& database, std::int64_t report, const forms::rules::Finding& finding) {
  bool found = false;
  database.each(flags_standing, {{"report", report}}, [&](const Row& row) {
    found |= row.text("kind") == forms::rules::to_text(finding.kind) &&
             row.text("reason") == finding.reason &&
             list_of(row.text("evidence")) == finding.evidence;
  });
  return found;
}

void close_in(Database& database, const ClosingDraft& closing, Time now) {
  const auto flag = id_text('F', closing.flag);
  // Whoever closes it has seen it.
  const auto changed = database.change(
      acknowledge_flag,
      {{"id", closing.flag}, {"at", to_text(now)}, {"who", closing.by}, {"note", ""}});
  if (changed == 1) {
    note(database, {now,
                    closing.by,
                    "acknowledge",
                    "flag",
                    flag,
                    {{"state", "open"}},
                    {{"state", "acknowledged"}, {"note", ""}}});
  }
  database.change(add_closing, {{"flag", closing.flag},
                                {"how", closing.how},
                                {"at", to_text(now)},
                                {"who", closing.by},
                                {"why", closing.why}});
  note(database, {now,
                  closing.by,
                  "close",
                  "closing",
                  flag,
                  nullptr,
                  {{"how", closing.how}, {"why", closing.why}}});
  reopen_by_flag(database, closing.flag, closing.by, closing.why, now);
}

bool Records::acknowledge(const std::string& flag, const std::string& user,
                          const std::string& words, Time now, bool ends_pathway) {
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
                    id_text('F', *id),
                    {{"state", "open"}},
                    {{"state", "acknowledged"}, {"note", words}, {"ends_pathway", ends_pathway}}});
    if (ends_pathway) end_by_flag(database, *id, user, now);
    return true;
  });
}

bool Records::close_flag(const std::string& flag, const std::string& user, const std::string& why,
                         Time now) {
  auto& database = state_->database;
  const auto id = id_number('F', flag);
  if (!id) return false;
  return database.write("close " + flag, [&] {
    bool stands = false;
    database.each(one_flag, {{"id", *id}},
                  [&](const Row& row) { stands = row.number("closed") == 0; });
    if (stands) close_in(database, {*id, "false-alarm", user, why}, now);
    return stands;
  });
}

std::optional<std::string> Records::reopen_flag(const std::string& flag, const std::string& user,
                                                const std::string& why, Time now) {
  auto& database = state_->database;
  const auto id = id_number('F', flag);
  if (!id) return std::nullopt;
  return database.write("reopen " + flag, [&]() -> std::optional<std::string> {
    const auto closed = known_flags(database, of_closed, {{"flag", *id}});
    if (closed.empty()) return std::nullopt;
    const auto anew = id_text('F', raise_flag(database, closed.front().flag, now));
    note(
        database,
        {now, user, "reopen", "closing", id_text('F', *id), nullptr, {{"as", anew}, {"why", why}}});
    return anew;
  });
}

}  // namespace records
