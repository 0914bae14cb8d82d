#include <fmt/format.h>

#include "daemon/records/audit.hpp"
#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"

/// Messages to be sent, at least once each by each channel.
namespace records {
namespace {

constexpr auto add_message =
    "INSERT INTO outbox (id, flag, kind, created_at, attempts, tried_at, trouble, sent_at) "
    "VALUES (:id, :flag, :kind, :created_at, 0, NULL, '', NULL)";

/// Earlier messages that were closed without anybody having been told do not count.
constexpr auto turn_of_message =
    "(SELECT count(*) FROM outbox e WHERE e.flag = o.flag AND e.id < o.id AND (e.sent_at IS NULL "
    "OR EXISTS (SELECT 1 FROM deliveries x WHERE x.message = e.id AND x.done_at IS NOT NULL)))";
constexpr auto unsent =
    "SELECT o.id, o.flag, o.kind, o.created_at, o.attempts, {} AS turn FROM outbox o "
    "WHERE o.sent_at IS NULL ORDER BY o.id LIMIT :most";
/// A try in the future: the clock has been put back since.
constexpr auto unsent_by_channel =
    "SELECT o.id, o.flag, o.kind, o.created_at, coalesce(d.attempts, 0) AS attempts, {} AS turn "
    "FROM outbox o JOIN flags f ON f.id = o.flag "
    "LEFT JOIN deliveries d ON d.message = o.id AND d.channel = :channel "
    "WHERE o.sent_at IS NULL AND (d.message IS NULL OR "
    "(d.done_at IS NULL AND (d.next_at <= :now OR d.tried_at > :now_too))) "
    "ORDER BY coalesce(d.attempts, 0), "
    "CASE f.severity WHEN 'urgent' THEN 0 WHEN 'routine' THEN 1 ELSE 2 END, o.id LIMIT :most";

constexpr auto one_message = "SELECT sent_at FROM outbox WHERE id = :id";
constexpr auto one_delivery = "SELECT done_at FROM deliveries WHERE delivery = :delivery";
constexpr auto add_delivery =
    "INSERT INTO deliveries (delivery, message, channel, attempts, tried_at, next_at, trouble, "
    "done_at) VALUES (:delivery, :message, :channel, 1, :now, :next, :trouble, :done)";
constexpr auto change_delivery =
    "UPDATE deliveries SET attempts = attempts + 1, tried_at = :now, next_at = :next, "
    "trouble = :trouble, done_at = :done WHERE delivery = :delivery";
constexpr auto mark_tried =
    "UPDATE outbox SET tried_at = :now, attempts = attempts + 1, trouble = :trouble "
    "WHERE id = :id AND sent_at IS NULL";

constexpr auto all_unsettled = "SELECT o.id FROM outbox o WHERE o.sent_at IS NULL";
constexpr auto carried_by =
    " AND EXISTS (SELECT 1 FROM deliveries d WHERE d.message = o.id AND d.channel = :channel{} "
    "AND d.done_at IS NOT NULL)";
constexpr auto no_longer_needed =
    "SELECT o.id FROM outbox o JOIN flags f ON f.id = o.flag "
    "WHERE o.sent_at IS NULL AND f.state = 'acknowledged'";
constexpr auto close_message =
    "UPDATE outbox SET sent_at = :now, trouble = :why WHERE id = :id AND sent_at IS NULL";

/// The newest message has the highest number, whatever the clock said.
constexpr auto urgent_and_open =
    "SELECT f.id, count(o.id) AS messages, "
    "sum(CASE WHEN o.sent_at IS NULL THEN 1 ELSE 0 END) AS waiting, "
    "(SELECT n.created_at FROM outbox n WHERE n.flag = f.id ORDER BY n.id DESC LIMIT 1) AS newest "
    "FROM flags f JOIN outbox o ON o.flag = f.id "
    "WHERE f.state = 'open' AND f.severity = 'urgent' GROUP BY f.id ORDER BY f.id";

OutboxRow message_in(const Row& row) {
  return {row.number("id"),
          id_text('F', row.number("flag")),
          row.text("kind"),
          time_of(row.text("created_at")),
          static_cast<int>(row.number("attempts")),
          static_cast<int>(row.number("turn"))};
}

struct Try {
  std::int64_t message = 0;
  std::string channel;
  std::string trouble;  ///< empty: it was carried
  Time now;
  Time next;
};

/// False if there is nothing to be marked: the delivery is done, or there is no such message.
bool mark(Database& database, const Try& attempt) {
  bool there = false;
  database.each(one_message, {{"id", attempt.message}}, [&](const Row&) { there = true; });
  if (!there) return false;
  const auto delivery = fmt::format("{}/{}", id_text('M', attempt.message), attempt.channel);
  bool known = false;
  bool done = false;
  database.each(one_delivery, {{"delivery", delivery}}, [&](const Row& row) {
    known = true;
    done = !row.null("done_at");
  });
  if (done) return false;
  std::optional<std::string> done_at;
  if (attempt.trouble.empty()) done_at = to_text(attempt.now);
  Bindings values = {{"delivery", delivery},
                     {"now", to_text(attempt.now)},
                     {"next", to_text(attempt.next)},
                     {"trouble", attempt.trouble},
                     {"done", done_at}};
  if (!known) {
    values.add({"message", attempt.message});
    values.add({"channel", attempt.channel});
  }
  database.change(known ? change_delivery : add_delivery, std::move(values));
  nlohmann::json became = {{"trouble", attempt.trouble}};
  if (done_at) became = {{"done_at", *done_at}};
  note(database, {attempt.now, service, done_at ? "send" : "fail to send", "delivery", delivery,
                  nullptr, std::move(became)});
  return true;
}

struct Closing {
  std::int64_t message = 0;
  const char* why = "";  ///< empty: every channel has carried it
};

std::vector<Closing> to_be_closed(Database& database, const std::vector<std::string>& channels) {
  std::vector<Closing> found;
  std::string carried = all_unsettled;
  Bindings values = {};
  for (std::size_t i = 0; i < channels.size(); ++i) {
    carried += fmt::format(carried_by, i);
    values.add({fmt::format("channel{}", i), channels[i]});
  }
  const char* why = channels.empty() ? "nobody to tell: no channel is configured" : "";
  database.each(carried, std::move(values), [&](const Row& row) {
    found.push_back({row.number("id"), why});
  });
  database.each(no_longer_needed, {}, [&](const Row& row) {
    found.push_back({row.number("id"), "the flag was acknowledged before it was sent"});
  });
  return found;
}

bool close(Database& database, const Closing& closing, Time now) {
  const auto changed = database.change(
      close_message, {{"id", closing.message}, {"now", to_text(now)}, {"why", closing.why}});
  if (changed == 0) return false;  // for the first reason that was found
  note(database, {now,
                  service,
                  "settle",
                  "message",
                  id_text('M', closing.message),
                  nullptr,
                  {{"sent_at", to_text(now)}, {"why", closing.why}}});
  return true;
}

std::vector<std::int64_t> due_again(Database& database, const Records::Repeating& repeating,
                                    Time now) {
  std::vector<std::int64_t> found;
  database.each(urgent_and_open, {}, [&](const Row& row) {
    const auto newest = time_of(row.text("newest"));
    const auto wait = row.number("messages") == 1 ? repeating.after : repeating.every;
    const bool due = now >= newest + wait || now < newest;  // before: the clock was put back
    if (due && row.number("waiting") < repeating.most_unsent) found.push_back(row.number("id"));
  });
  return found;
}

}  // namespace

void queue_message(Database& database, std::int64_t flag, const char* kind, Time now) {
  const auto message = next_number(database, "message");
  database.change(add_message,
                  {{"id", message}, {"flag", flag}, {"kind", kind}, {"created_at", to_text(now)}});
  note(database, {now,
                  service,
                  "queue",
                  "message",
                  id_text('M', message),
                  nullptr,
                  {{"flag", id_text('F', flag)}, {"kind", kind}}});
}

std::vector<OutboxRow> Records::outbox(int at_most) {
  auto& database = state_->database;
  return database.read("read the outbox", [&] {
    std::vector<OutboxRow> found;
    database.each(fmt::format(unsent, turn_of_message), {{"most", at_most}},
                  [&](const Row& row) { found.push_back(message_in(row)); });
    return found;
  });
}

std::vector<OutboxRow> Records::outbox_for(const std::string& channel, Time now, int at_most) {
  auto& database = state_->database;
  return database.read("read the outbox", [&] {
    std::vector<OutboxRow> found;
    database.each(
        fmt::format(unsent_by_channel, turn_of_message),
        {{"channel", channel}, {"now", to_text(now)}, {"now_too", to_text(now)}, {"most", at_most}},
        [&](const Row& row) { found.push_back(message_in(row)); });
    return found;
  });
}

void Records::sent(std::int64_t outbox_id, const std::string& channel, Time now) {
  auto& database = state_->database;
  // A message sent twice is one that was sent: that is what "at least once" means.
  database.write("mark the message as sent", [&] {
    mark(database, {outbox_id, channel, "", now, now});
  });
}

void Records::not_sent(std::int64_t outbox_id, const std::string& channel, const std::string& why,
                       Time now, Time next) {
  auto& database = state_->database;
  database.write("mark the message as not sent", [&] {
    const auto trouble = why.empty() ? std::string("no reason given") : why;
    if (!mark(database, {outbox_id, channel, trouble, now, next})) return;
    const auto said = fmt::format("{}: {}", channel, trouble);
    const auto changed =
        database.change(mark_tried, {{"id", outbox_id}, {"now", to_text(now)}, {"trouble", said}});
    if (changed == 0) return;
    note(database, {now,
                    service,
                    "fail to send",
                    "message",
                    id_text('M', outbox_id),
                    nullptr,
                    {{"trouble", said}}});
  });
}

int Records::settle_outbox(const std::vector<std::string>& channels, Time now) {
  auto& database = state_->database;
  // Asked for often and seldom needed: no writer has to wait for the question.
  const auto some =
      database.read("read the outbox", [&] { return !to_be_closed(database, channels).empty(); });
  if (!some) return 0;
  return database.write("settle the outbox", [&] {
    int closed = 0;
    for (const auto& each : to_be_closed(database, channels)) {
      if (close(database, each, now)) ++closed;
    }
    return closed;
  });
}

int Records::repeat_urgent(const Repeating& repeating, Time now) {
  auto& database = state_->database;
  const auto some = database.read("look for flags to repeat",
                                  [&] { return !due_again(database, repeating, now).empty(); });
  if (!some) return 0;
  return database.write("repeat urgent flags", [&] {
    const auto due = due_again(database, repeating, now);
    for (const auto flag : due) queue_message(database, flag, "flag-repeated", now);
    return static_cast<int>(due.size());
  });
}

}  // namespace records
