#include "daemon/notify/post.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include <curl/curl.h>
#include <fmt/format.h>

namespace notify {
namespace {

struct EndList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, EndList>;

List list_of(const std::vector<std::string>& lines) {
  List list;
  for (const auto& line : lines) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

struct Unread {
  const std::string& text;
  std::size_t at = 0;
};

std::size_t hand_over(char* into, std::size_t size, std::size_t count, void* from) {
  auto& unread = *static_cast<Unread*>(from);
  const auto length = std::min(size * count, unread.text.size() - unread.at);
  std::memcpy(into, unread.text.data() + unread.at, length);
  unread.at += length;
  return length;
}

std::size_t discard(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

int leave_off(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

/// The server understood and said no, in the trip of this one message.
bool said_no(CURLcode result) {
  return result == CURLE_SEND_ERROR || result == CURLE_WEIRD_SERVER_REPLY ||
         result == CURLE_UPLOAD_FAILED || result == CURLE_RECV_ERROR;
}

Answer mail_answer(CURLcode result, long code, const std::string& why) {
  if (result == CURLE_OK) return {Outcome::carried, false, ""};
  // 421: "service not available", whatever was asked
  if (said_no(result) && code >= 400 && code <= 599 && code != 421) {
    return {Outcome::refused, code >= 500, fmt::format("the mail server answered {}", code)};
  }
  return {Outcome::unreachable, false, why};
}

Answer hook_answer(CURLcode result, long code, const std::string& why) {
  if (result != CURLE_OK) return {Outcome::unreachable, false, why};
  if (code >= 200 && code <= 299) return {Outcome::carried, false, ""};
  const auto said = fmt::format("the web hook answered {}", code);
  const bool later = code >= 500 || code == 408 || code == 425 || code == 429;
  if (later) return {Outcome::unreachable, false, said};
  return {Outcome::refused, true, said};
}

}  // namespace

struct Post::State {
  State(std::chrono::milliseconds wait, std::stop_token token)
      : patience(wait), stop(std::move(token)) {
    static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (!ready) throw std::runtime_error("libcurl cannot be used");
    curl = curl_easy_init();
    if (curl == nullptr) throw std::bad_alloc();
  }
  ~State() { curl_easy_cleanup(curl); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  template <typename Value>
  void set(CURLoption option, Value value) {
    const auto result = curl_easy_setopt(curl, option, value);
    if (result != CURLE_OK) {
      throw std::runtime_error(fmt::format("libcurl: {}", curl_easy_strerror(result)));
    }
  }

  void begin(const std::string& url, const char* protocols) {
    curl_easy_reset(curl);
    error[0] = '\0';
    set(CURLOPT_ERRORBUFFER, error.data());
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, protocols);
    set(CURLOPT_PROXY, "");  // what the environment says of proxies is not a setting of ours
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(patience.count()));
    set(CURLOPT_WRITEFUNCTION, &discard);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &leave_off);
    set(CURLOPT_XFERINFODATA, &stop);
  }

  /// Result, the server's number, and words for the log.
  template <typename Judge>
  Answer perform(Judge judge) {
    const auto result = curl_easy_perform(curl);
    long code = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    return judge(result, code, error[0] != '\0' ? error.data() : curl_easy_strerror(result));
  }

  std::chrono::milliseconds patience;
  std::stop_token stop;
  CURL* curl = nullptr;
  std::array<char, CURL_ERROR_SIZE> error{};
};

Post::Post(std::chrono::milliseconds patience, std::stop_token stop)
    : state_(std::make_unique<State>(patience, std::move(stop))) {}

Post::~Post() = default;

Answer Post::send_mail(const Mail& mail, const std::string& password, const std::string& to,
                       const std::string& text) {
  auto& state = *state_;
  const bool has_scheme = mail.server.find("://") != std::string::npos;
  state.begin(has_scheme ? mail.server : "smtp://" + mail.server, "smtp,smtps");
  if (mail.starttls) state.set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  if (!mail.user.empty()) {
    state.set(CURLOPT_USERNAME, mail.user.c_str());
    state.set(CURLOPT_PASSWORD, password.c_str());
  }
  const auto from = fmt::format("<{}>", mail.from);
  const auto recipients = list_of({fmt::format("<{}>", to)});
  Unread unread{text};
  state.set(CURLOPT_MAIL_FROM, from.c_str());
  state.set(CURLOPT_MAIL_RCPT, recipients.get());
  state.set(CURLOPT_UPLOAD, 1L);
  state.set(CURLOPT_READFUNCTION, &hand_over);
  state.set(CURLOPT_READDATA, &unread);
  return state.perform(mail_answer);
}

Answer Post::call_hook(const std::string& url, const std::vector<std::string>& headers,
                       const std::string& body) {
  auto& state = *state_;
  state.begin(url, "http,https");
  const auto lines = list_of(headers);
  state.set(CURLOPT_HTTPHEADER, lines.get());
  state.set(CURLOPT_USERAGENT, "renkeid");
  state.set(CURLOPT_FOLLOWLOCATION, 0L);
  state.set(CURLOPT_POST, 1L);
  state.set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  state.set(CURLOPT_POSTFIELDS, body.c_str());
  return state.perform(hook_answer);
}

}  // namespace notify
