#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/notify/notify.hpp"

/// The one file that knows libcurl is post.cpp. Inside the room only.
namespace notify {

enum class Outcome : std::uint8_t {
  carried,
  refused,      ///< this message to this recipient; others may fare better
  unreachable,  ///< nothing can be sent there now: no answer, no login, no TLS, "come back later"
};

struct Answer {
  Outcome outcome = Outcome::unreachable;
  bool for_good = false;  ///< refused, and asking again is not expected to help
  std::string why;        ///< English; no address, nothing that the server said but its number
};

/// Keeps its connection from one call to the next. A call ends within `patience`, or soon after
/// `stop` is asked for.
class Post {
public:
  Post(std::chrono::milliseconds patience, std::stop_token stop);
  ~Post();
  Post(const Post&) = delete;
  Post& operator=(const Post&) = delete;

  /// `password` is used if `mail.user` is not empty.
  [[nodiscard]] Answer send_mail(const Mail& mail, const std::string& password,
                                 const std::string& to, const std::string& text);
  /// Follows no redirection: a signed message is for the one whom the settings name.
  [[nodiscard]] Answer call_hook(const std::string& url, const std::vector<std::string>& headers,
                                 const std::string& body);

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace notify
