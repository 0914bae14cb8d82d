#include "daemon/notify/notify.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "daemon/notify/message.hpp"
#include "daemon/notify/post.hpp"
#include "daemon/notify/secret.hpp"

namespace notify {
namespace {

using records::Time;
using namespace std::chrono_literals;

constexpr auto mail_channel = "mail";
constexpr auto hook_channel = "hook";

/// Messages of one round and channel: the second looks share the thread.
constexpr int most_a_round = 50;
/// While a server is out of reach it is asked this often at the least, so that an urgent flag does
/// not wait long once it is back.
constexpr auto longest_silence = std::chrono::minutes(15);
/// A message that was refused will most likely be refused again.
constexpr auto longest_refusal = std::chrono::minutes(60);
/// RFC 2104 wants the key no shorter than a hash; who types one by hand gets away with half.
constexpr std::size_t least_hook_secret = 16;

/// 1, 2, 4 ... minutes after so many failures.
std::chrono::seconds back_off(int failures, std::chrono::minutes longest) {
  const auto doublings = std::clamp(failures - 1, 0, 10);
  return std::min(std::chrono::minutes(1LL << doublings), longest);
}

/// When a channel may be used again. In memory only: after a restart it may be tried at once.
struct Silence {
  int failures = 0;
  Time since, until;

  [[nodiscard]] bool holds(Time now) const {
    return failures > 0 && now < until && now >= since;  // before: the clock was put back
  }
  void lengthen(Time now) {
    since = now;
    until = now + back_off(++failures, longest_silence);
  }
  void end() { *this = {}; }
};

}  // namespace

struct Notifier::State {
  State(records::Records& book, Settings given) : records(book), settings(std::move(given)) {
    if (settings.mail) channels.emplace_back(mail_channel);
    if (settings.hook) channels.emplace_back(hook_channel);
  }

  [[nodiscard]] int people() const {
    return settings.mail ? static_cast<int>(settings.mail->to.size()) : 1;
  }

  /// To whose turn it is; one who is refused for good gives way to the next, as a mistyped address
  /// must not keep an urgent flag from everybody.
  Answer mail(Post& post, const Message& message, Time now) const {
    const auto& to = settings.mail->to;
    std::string password;
    if (!settings.mail->user.empty()) password = read_secret(settings.mail->password_file, 1);
    std::string why;
    Answer answer;
    for (std::size_t i = 0; i < to.size(); ++i) {
      const auto person = (static_cast<std::size_t>(message.turn) + i) % to.size();
      answer = post.send_mail(*settings.mail, password, to[person],
                              mail_text(message, settings, to[person], now));
      if (answer.outcome == Outcome::carried) break;
      why += fmt::format("{}to person {} of {}: {}", why.empty() ? "" : "; ", person + 1, to.size(),
                         answer.why);
      if (!answer.for_good) break;
    }
    answer.why = why;
    return answer;
  }

  Answer hook(Post& post, const Message& message, Time now) const {
    const auto secret = read_secret(settings.hook->secret_file, least_hook_secret);
    const auto body = hook_body(message);
    const auto timestamp = std::to_string(now.time_since_epoch().count());
    return post.call_hook(settings.hook->url,
                          {"Content-Type: application/json; charset=utf-8",
                           "Idempotency-Key: " + message.id, "Renkei-Timestamp: " + timestamp,
                           "Renkei-Signature: " + signature(secret, timestamp, body)},
                          body);
  }

  Answer carry(const std::string& channel, Post& post, const Message& message, Time now) const {
    try {
      return channel == mail_channel ? mail(post, message, now) : hook(post, message, now);
    } catch (const BadSecret& error) {
      return {Outcome::unreachable, false, error.what()};
    }
  }

  /// False if the channel is out of reach now.
  bool deliver(const std::string& channel, Post& post, const records::OutboxRow& row, Time now,
               const std::stop_token& stop, Round& round) {
    const auto flag = records.flag(row.flag);
    if (!flag || flag->state != records::FlagState::open) return true;
    auto& silence = silences[channel];
    // Ahead of the try: should marking it fail, the same message must not go out in a busy loop.
    silence.lengthen(now);
    const auto answer = carry(channel, post, message_of(row, *flag, settings.desk_url), now);
    if (answer.outcome == Outcome::carried) {
      records.sent(row.id, channel, now);
      silence.end();
      ++round.sent;
      if (!answer.why.empty()) {
        round.troubles.push_back(fmt::format("{} by {}: {}", row.flag, channel, answer.why));
      }
      return true;
    }
    if (stop.stop_requested()) return false;  // nobody's fault: tried again at the next start
    round.troubles.push_back(fmt::format("{} by {}: {}", row.flag, channel, answer.why));
    if (answer.outcome == Outcome::refused) {
      records.not_sent(row.id, channel, answer.why, now,
                       now + back_off(row.attempts + 1, longest_refusal));
      silence.end();  // it answers
      return true;
    }
    records.not_sent(row.id, channel, answer.why, now, silence.until);
    return false;
  }

  void drain(const std::string& channel, Time now, const std::stop_token& stop, Round& round) {
    if (silences[channel].holds(now)) return;
    const auto rows = records.outbox_for(channel, now, most_a_round);
    if (rows.empty()) return;
    Post post(settings.patience, stop);
    for (const auto& row : rows) {
      if (stop.stop_requested() || !deliver(channel, post, row, now, stop, round)) return;
    }
    if (static_cast<int>(rows.size()) == most_a_round) round.more = true;
  }

  records::Records& records;
  Settings settings;
  std::vector<std::string> channels;
  std::map<std::string, Silence> silences;
};

Notifier::Notifier(records::Records& records, Settings settings)
    : state_(std::make_unique<State>(records, std::move(settings))) {}

Notifier::~Notifier() = default;

Round Notifier::work(Time now, const std::stop_token& stop) {
  auto& state = *state_;
  Round round;
  round.settled = state.records.settle_outbox(state.channels, now);
  if (state.channels.empty()) return round;
  round.repeated = state.records.repeat_urgent(
      {state.settings.repeat_after, state.settings.repeat_every, state.people()}, now);
  for (const auto& channel : state.channels) state.drain(channel, now, stop, round);
  round.settled += state.records.settle_outbox(state.channels, now);
  return round;
}

std::vector<std::string> Notifier::complaints() const {
  const auto& settings = state_->settings;
  std::vector<std::string> found;
  const auto check = [&](const std::filesystem::path& file, std::size_t least) {
    try {
      static_cast<void>(read_secret(file, least));
    } catch (const BadSecret& error) {
      found.emplace_back(error.what());
    }
  };
  if (settings.mail && !settings.mail->user.empty()) check(settings.mail->password_file, 1);
  if (settings.hook) check(settings.hook->secret_file, least_hook_secret);
  return found;
}

}  // namespace notify
