#include "daemon/notify/message.hpp"

#include <array>
#include <ctime>
#include <iterator>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sodium.h>
#include <nlohmann/json.hpp>

namespace notify {
namespace {

using forms::rules::FlagKind;
using forms::rules::Severity;

struct Words {
  const char* ja;
  const char* en;
};

Words words_of(FlagKind kind) {
  switch (kind) {
    case FlagKind::recurrence: return {"再発", "Recurrence"};
    case FlagKind::recurrence_suspected: return {"再発の疑い", "Suspected recurrence"};
    case FlagKind::death: return {"死亡", "Death"};
    case FlagKind::five_year_survival: return {"5年生存", "Five-year survival"};
    case FlagKind::other_exit: return {"その他の逸脱(終了)", "Other exit"};
    case FlagKind::marker_above_limit: return {"腫瘍マーカー 基準値超過", "Marker above its limit"};
    case FlagKind::marker_rising: return {"腫瘍マーカー 連続上昇", "Marker rising twice in a row"};
    case FlagKind::possible_deviation:
      return {"逸脱の可能性(要確認)", "Possible deviation: please look"};
    case FlagKind::mention: return {"本文に逸脱をうかがわせる語", "Words of deviation in the text"};
    case FlagKind::unread_note: return {"未読の書き込み", "Writing that no one has read"};
    case FlagKind::duplicate_differs:
      return {"再送された内容が前回と異なる", "Sent again with other content"};
  }
  return {"要確認", "Please look"};
}

Words words_of(Severity severity) {
  switch (severity) {
    case Severity::urgent: return {"至急", "urgent"};
    case Severity::routine: return {"通常", "routine"};
    case Severity::notice: return {"連絡", "notice"};
  }
  return {"通常", "routine"};
}

std::string base64(std::string_view bytes) {
  constexpr int plain = sodium_base64_VARIANT_ORIGINAL;
  std::string text(sodium_base64_encoded_len(bytes.size(), plain), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), plain);
  text.resize(text.size() - 1);  // the zero at its end
  return text;
}

/// Japan has no summer time, and the mail is for people there.
std::tm in_japan(records::Time time) {
  return fmt::gmtime(std::chrono::system_clock::to_time_t(time + std::chrono::hours(9)));
}

/// RFC 5322; written out, as no locale must reach it.
std::string header_date(records::Time time) {
  static constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto local = in_japan(time);
  return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0900",
                     days.at(static_cast<std::size_t>(local.tm_wday)), local.tm_mday,
                     months.at(static_cast<std::size_t>(local.tm_mon)), local.tm_year + 1900,
                     local.tm_hour, local.tm_min, local.tm_sec);
}

std::string iso(records::Time time, const char* format) {
  return fmt::format(fmt::runtime(format), fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string subject(const Message& message) {
  const bool urgent = message.severity == Severity::urgent;
  const char* mark =
      message.turn > 0 ? (urgent ? "【至急・再通知】" : "【再通知】") : (urgent ? "【至急】" : "");
  return fmt::format("{}がん地域連携パス 報告書のご確認のお願い({}){}", mark,
                     words_of(message.kind).ja, message.flag);
}

std::string japanese(const Message& message) {
  const auto local = in_japan(message.raised_at);
  std::string text =
      "ご担当者様\n\n"
      "連携医療機関から届いた診療経過報告書に、確認が必要な記載がありました。\n"
      "下記の画面で原本の画像とあわせて内容をご確認のうえ、確認済みの登録をお願いいたします。\n\n";
  text += fmt::format("  内容     {}\n  緊急度   {}\n  通知番号 {}\n", words_of(message.kind).ja,
                      words_of(message.severity).ja, message.flag);
  if (!message.report.empty()) text += fmt::format("  報告書   {}\n", message.report);
  text += fmt::format("  書類     {}\n  検出日時 {}年{}月{}日 {}時{:02}分\n\n  {}\n\n",
                      message.document, local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                      local.tm_hour, local.tm_min, message.link);
  if (message.turn > 0) {
    text += fmt::format(
        "※ この通知はまだ確認されていないため、あらためてお知らせしています({}回目)。\n",
        message.turn + 1);
  }
  if (message.severity == Severity::urgent) {
    text += "※ 一定時間内に確認されない場合は、次の担当者にもお知らせします。\n";
  }
  text +=
      "※ 個人情報保護のため、患者さまのお名前等はこのメールに記載していません。\n"
      "※ 本メールは自動送信です。ご返信いただいてもお答えできません。\n";
  return text;
}

std::string english(const Message& message) {
  std::string text =
      "A progress report from a family clinic needs to be looked at. Please open the page below,\n"
      "compare it with the picture of the paper, and acknowledge the flag.\n\n";
  text += fmt::format("  What      {}\n  Severity  {}\n  Flag      {}\n", words_of(message.kind).en,
                      words_of(message.severity).en, message.flag);
  if (!message.report.empty()) text += fmt::format("  Report    {}\n", message.report);
  text += fmt::format("  Document  {}\n  Raised    {}\n\n  {}\n\n", message.document,
                      iso(message.raised_at, "{:%Y-%m-%dT%H:%M:%SZ}"), message.link);
  if (message.turn > 0) {
    text += fmt::format("Nobody has acknowledged it yet: this is message {} about it.\n",
                        message.turn + 1);
  }
  if (message.severity == Severity::urgent) {
    text += "Unless it is acknowledged in time, the next person will be told as well.\n";
  }
  text +=
      "No patient is named in this mail on purpose. It was sent by a program; nobody reads "
      "replies.\n";
  return text;
}

/// Base64, as old relays still turn 8-bit text into something else.
std::string body_lines(const std::string& text) {
  std::string crlf;
  for (const char c : text) {
    if (c == '\n') crlf += '\r';
    crlf += c;
  }
  const auto coded = base64(crlf);
  std::string lines;
  for (std::size_t at = 0; at < coded.size(); at += 76) lines += coded.substr(at, 76) + "\r\n";
  return lines;
}

std::string domain_of(const std::string& address) {
  return address.substr(address.rfind('@') + 1);
}

}  // namespace

Message message_of(const records::OutboxRow& row, const records::Flag& flag,
                   const std::string& desk_url) {
  Message message;
  // The time keeps apart what two databases of one hospital give the same number to.
  message.id = fmt::format("M-{:06}-{}", row.id, iso(row.created_at, "{:%Y%m%dT%H%M%SZ}"));
  message.event = row.kind;
  message.turn = row.turn;
  message.flag = flag.id;
  message.kind = flag.kind;
  message.severity = flag.severity;
  message.report = flag.report;
  message.document = flag.document;
  message.raised_at = flag.raised_at;
  message.link = fmt::format("{}/documents/{}", desk_url, flag.document);
  return message;
}

std::string mail_text(const Message& message, const Settings& settings, const std::string& to,
                      records::Time now) {
  const auto& from = settings.mail->from;
  std::string head;
  const auto line = [&](const char* name, const std::string& value) {
    head += fmt::format("{}: {}\r\n", name, value);
  };
  line("Date", header_date(now));
  line("From", fmt::format("{}\r\n <{}>", encoded_words("がん地域連携パス受信デスク"), from));
  line("To", fmt::format("<{}>", to));
  line("Subject", encoded_words(subject(message)));
  line("Message-ID", fmt::format("<renkei.{}@{}>", message.id, domain_of(from)));
  line("MIME-Version", "1.0");
  line("Content-Type", "text/plain; charset=UTF-8");
  line("Content-Transfer-Encoding", "base64");
  line("Auto-Submitted", "auto-generated");
  if (message.severity == Severity::urgent) line("Importance", "high");
  const std::string rule(40, '-');
  auto text = fmt::format("{}\n{}\n\n{}", japanese(message), rule, english(message));
  text += fmt::format("\n--\n{}{}がん地域連携パス受信デスク (renkeid)\n", settings.hospital,
                      settings.hospital.empty() ? "" : " ");
  return head + "\r\n" + body_lines(text);
}

std::string hook_body(const Message& message) {
  nlohmann::ordered_json body = {{"id", message.id},
                                 {"event", message.event},
                                 {"turn", message.turn},
                                 {"flag", message.flag},
                                 {"kind", forms::rules::to_text(message.kind)},
                                 {"severity", forms::rules::to_text(message.severity)},
                                 {"report", nullptr},
                                 {"document", message.document},
                                 {"raised_at", iso(message.raised_at, "{:%Y-%m-%dT%H:%M:%SZ}")},
                                 {"link", message.link}};
  if (!message.report.empty()) body["report"] = message.report;
  return body.dump();
}

std::string signature(std::string_view secret, std::string_view timestamp, std::string_view body) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  crypto_auth_hmacsha256_state state{};
  crypto_auth_hmacsha256_init(&state, bytes(secret), secret.size());
  crypto_auth_hmacsha256_update(&state, bytes(timestamp), timestamp.size());
  crypto_auth_hmacsha256_update(&state, bytes("."), 1);
  crypto_auth_hmacsha256_update(&state, bytes(body), body.size());
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  crypto_auth_hmacsha256_final(&state, mac.data());
  std::array<char, 2 * crypto_auth_hmacsha256_BYTES + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), mac.data(), mac.size());
  return std::string("v1=") + hex.data();
}

std::string encoded_words(std::string_view text) {
  // 39 bytes are 52 characters of base64; with "=?UTF-8?B?" and a header's name still under the 76
  // that a line may have.
  constexpr std::size_t most = 39;
  std::string words;
  while (!text.empty()) {
    std::size_t length = std::min(most, text.size());
    // never within a character: each word must be readable by itself
    while (length < text.size() && length > 1 &&
           (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
      --length;
    }
    if (!words.empty()) words += "\r\n ";
    words += fmt::format("=?UTF-8?B?{}?=", base64(text.substr(0, length)));
    text.remove_prefix(length);
  }
  return words;
}

}  // namespace notify
