#include <fmt/format.h>

#include "daemon/records/audit.hpp"
#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"

/// Messages to be sent, at least once each.
namespace records {
namespace {

constexpr auto unsent =
    "SELECT id, flag, kind, created_at, attempts FROM outbox WHERE sent_at IS NULL ORDER BY id "
    "LIMIT :most";
constexpr auto mark_sent =
    "UPDATE outbox SET sent_at = :now, tried_at = :now, attempts = attempts + 1 WHERE id = :id AND "
    "sent_at IS NULL";
constexpr auto mark_tried =
    "UPDATE outbox SET tried_at = :now, attempts = attempts + 1, trouble = :trouble "
    "WHERE id = :id AND sent_at IS NULL";

}  // namespace

std::vector<OutboxRow> Records::outbox(int at_most) {
  auto& database = state_->database;
  return database.read("read the outbox", [&] {
    std::vector<OutboxRow> found;
    database.each(unsent, {{"most", at_most}}, [&](const Row& row) {
      found.push_back({row.number("id"), id_text('F', row.number("flag")), row.text("kind"),
                       time_of(row.text("created_at")), static_cast<int>(row.number("attempts"))});
    });
    return found;
  });
}

void Records::sent(std::int64_t outbox_id, Time now) {
  auto& database = state_->database;
  database.write("mark the message as sent", [&] {
    // A message sent twice is one that was sent: that is what "at least once" means.
    if (database.change(mark_sent, {{"id", outbox_id}, {"now", to_text(now)}}) == 0) return;
    note(database, {now,
                    service,
                    "send",
                    "message",
                    id_text('M', outbox_id),
                    nullptr,
                    {{"sent_at", to_text(now)}}});
  });
}

void Records::not_sent(std::int64_t outbox_id, const std::string& why, Time now) {
  auto& database = state_->database;
  database.write("mark the message as not sent", [&] {
    const auto changed =
        database.change(mark_tried, {{"id", outbox_id}, {"now", to_text(now)}, {"trouble", why}});
    if (changed == 0) return;
    note(database, {now,
                    service,
                    "fail to send",
                    "message",
                    id_text('M', outbox_id),
                    nullptr,
                    {{"trouble", why}}});
  });
}

}  // namespace records
