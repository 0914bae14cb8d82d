#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/records/records.hpp"

/// Tells people of flags by mail and other systems by a web hook: drains the outbox, at least once
/// each, every message with an id that makes a repeat harmless. What is sent, and how the hook is
/// signed: docs/notify.md. No message says whose report it is.
namespace notify {

struct Mail {
  std::string server;  ///< "mail.example.jp:587"; "smtps://..." for TLS from the first byte
  std::string from;    ///< addresses, plain ASCII
  /// In the order in which they are asked: an urgent flag that one does not acknowledge goes to the
  /// next, after the last to the first again.
  std::vector<std::string> to;
  std::string user;  ///< empty: no login
  std::filesystem::path password_file;
  bool starttls = true;  ///< required then, never merely hoped for
};

struct Hook {
  std::string url;
  std::filesystem::path secret_file;
};

struct Settings {
  std::string hospital;  ///< signs the mail; may be empty
  std::string desk_url;  ///< without a slash at its end
  std::optional<Mail> mail;
  std::optional<Hook> hook;
  std::chrono::hours repeat_after{4};                             ///< urgent and not acknowledged
  std::chrono::hours repeat_every{24};                            ///< then
  std::chrono::milliseconds patience = std::chrono::seconds(20);  ///< for one try, all of it
};

/// What one round did.
struct Round {
  int sent = 0;                       ///< messages, each channel counted
  int settled = 0;                    ///< messages that need nothing more
  int repeated = 0;                   ///< urgent flags put into the outbox again
  bool more = false;                  ///< the round was cut short: come again at once
  std::vector<std::string> troubles;  ///< English, for the log: no address, no name
};

class Notifier {
public:
  /// `records` must outlive it.
  Notifier(records::Records& records, Settings settings);
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// One round: urgent flags whose time has come are queued again, then each channel carries what
  /// is due. Never waits longer than `patience` for a server that does not answer: the rest of that
  /// channel's messages are left for later, and later grows (1, 2, 4 ... 15 minutes; for a message
  /// that is refused up to an hour). A recipient who is refused for good gives way to the next one.
  /// Throws records::Refused; a message that was sent but could not be marked is sent again.
  Round work(records::Time now, const std::stop_token& stop = {});

  /// What stands in the way of sending, without sending: secrets that cannot be used.
  [[nodiscard]] std::vector<std::string> complaints() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace notify
