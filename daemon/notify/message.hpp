#pragma once

#include <string>
#include <string_view>

#include "daemon/notify/notify.hpp"

/// What is said. Inside the room only; pure.
namespace notify {

/// All that leaves the house. There is no place in it for a patient.
struct Message {
  std::string id;     ///< "M-000012-20261122T081200Z": the same for every try
  std::string event;  ///< "flag-raised", "flag-repeated"
  int turn = 0;       ///< how many were sent about this flag before
  std::string flag;
  forms::rules::FlagKind kind{};
  forms::rules::Severity severity{};
  std::string report;  ///< may be empty
  std::string document;
  records::Time raised_at;
  std::string link;  ///< to the document on the desk
};

[[nodiscard]] Message message_of(const records::OutboxRow& row, const records::Flag& flag,
                                 const std::string& desk_url);

/// The whole mail with its head, lines ended by CRLF, 7 bits only. Japanese, then English.
[[nodiscard]] std::string mail_text(const Message& message, const Settings& settings,
                                    const std::string& to, records::Time now);

[[nodiscard]] std::string hook_body(const Message& message);
/// "v1=" and HMAC-SHA-256 over timestamp, '.' and body, in hex.
[[nodiscard]] std::string signature(std::string_view secret, std::string_view timestamp,
                                    std::string_view body);

/// RFC 2047: UTF-8 as words of a header line, folded where needed.
[[nodiscard]] std::string encoded_words(std::string_view text);

}  // namespace notify
