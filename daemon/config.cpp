#include "daemon/config.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <sstream>
#include <system_error>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "daemon/places.hpp"

namespace config {
namespace {

namespace fs = std::filesystem;

constexpr const char* file_name = "renkei.yaml";

[[noreturn]] void fail(const YAML::Mark& mark, const std::string& what) {
  throw BadConfig(fmt::format("{}:{}:{}: {}", file_name, mark.line + 1, mark.column + 1, what));
}

/// Commented out: without it nobody is told, and flags wait on the desk. No patient is named in
/// what is sent.
constexpr const char* notify_text =
    "\n# 通知(メールと Web フック)。使うときは行頭の # を外してください。\n"
    "# Notification by mail and web hook; see docs/notify.md. Take the first # away to use it.\n"
    "# to は通知先。上から順に、至急の通知が確認されないときは次の人へ送ります。\n"
    "# パスワードと秘密鍵のファイルは、サービスの利用者だけが読めること (chmod 600)。\n"
    "#notify:\n"
    "#  desk_url: http://127.0.0.1:8470\n"
    "#  mail:\n"
    "#    server: localhost:25\n"
    "#    starttls: false          # only for a mail server on this machine\n"
    "#    from: renkei@hospital.example\n"
    "#    to: [renkei-shitsu@hospital.example, shujii@hospital.example]\n"
    "#    #user: renkei\n"
    "#    #password_file: keys/mail-password\n"
    "#  hook:\n"
    "#    url: https://hub.hospital.example/renkei\n"
    "#    secret_file: keys/hook-secret\n"
    "#  repeat_after_hours: 4\n"
    "#  repeat_every_hours: 24\n";

using Setters = std::map<std::string, std::function<void(const YAML::Node&)>>;

std::string known(const Setters& setters) {
  std::string names;
  for (const auto& [name, set] : setters) names += (names.empty() ? "" : ", ") + name;
  return names;
}

/// Each key once, each key known: a mistyped key must not become a default in silence.
void read_map(const YAML::Node& node, const std::string& where, const Setters& setters) {
  if (node.IsNull()) return;
  if (!node.IsMap()) fail(node.Mark(), fmt::format("'{}' takes keys and values", where));
  std::map<std::string, bool> seen;
  for (const auto& pair : node) {
    const auto key = pair.first.as<std::string>();
    const auto found = setters.find(key);
    if (found == setters.end()) {
      fail(pair.first.Mark(),
           fmt::format("unknown key '{}' under {}; known: {}", key, where, known(setters)));
    }
    if (seen[key]) fail(pair.first.Mark(), fmt::format("key '{}' stands twice", key));
    seen[key] = true;
    found->second(pair.second);
  }
}

std::function<void(const YAML::Node&)> text(std::string& into) {
  return [&into](const YAML::Node& node) {
    if (node.IsNull()) return;
    if (!node.IsScalar()) fail(node.Mark(), "a text is expected");
    into = node.Scalar();
  };
}

/// The desk shows patients to whoever asks: to this machine alone.
std::function<void(const YAML::Node&)> loopback(std::string& into) {
  return [&into](const YAML::Node& node) {
    const auto address = node.IsScalar() ? node.Scalar() : std::string();
    if (address != "localhost" && address != "::1" && !address.starts_with("127.")) {
      fail(node.Mark(), "an address of this machine alone is expected, like 127.0.0.1");
    }
    into = address;
  };
}

std::int64_t whole_number(const YAML::Node& node, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  if (!node.IsScalar() || !YAML::convert<std::int64_t>::decode(node, value) || value < least ||
      value > most) {
    fail(node.Mark(), fmt::format("a whole number from {} to {} is expected", least, most));
  }
  return value;
}

template <typename Number>
std::function<void(const YAML::Node&)> number(Number& into, std::int64_t least, std::int64_t most) {
  return [&into, least, most](const YAML::Node& node) {
    into = static_cast<Number>(whole_number(node, least, most));
  };
}

std::function<void(const YAML::Node&)> seconds(std::chrono::seconds& into, std::int64_t least,
                                               std::int64_t most) {
  return [&into, least, most](const YAML::Node& node) {
    into = std::chrono::seconds(whole_number(node, least, most));
  };
}

std::function<void(const YAML::Node&)> mebibytes(std::uint64_t& into, std::int64_t least,
                                                 std::int64_t most) {
  return [&into, least, most](const YAML::Node& node) {
    into = static_cast<std::uint64_t>(whole_number(node, least, most)) << 20U;
  };
}

std::function<void(const YAML::Node&)> folder(fs::path& into, const fs::path& data) {
  return [&into, data](const YAML::Node& node) {
    if (!node.IsScalar() || node.Scalar().empty()) fail(node.Mark(), "a folder is expected");
    into = data / node.Scalar();  // an absolute path stays as it is
  };
}

/// A source's name is a folder's name, part of every document's record.
void check_source_name(const YAML::Node& name) {
  const auto& text = name.Scalar();
  const bool plain =
      !text.empty() && text.size() <= 32 &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
  if (!plain) fail(name.Mark(), "a source's name has 1 to 32 of a-z, 0-9, '-' and '_'");
}

void read_sources(const YAML::Node& node, Config& config) {
  if (!node.IsMap() || node.size() == 0) fail(node.Mark(), "at least one source is expected");
  config.sources.clear();
  for (const auto& pair : node) {
    check_source_name(pair.first);
    spool::Source source;
    source.name = pair.first.Scalar();
    source.folder = config.data / "inbox" / source.name;
    for (const auto& other : config.sources) {
      if (other.name == source.name) fail(pair.first.Mark(), "this source stands twice");
    }
    std::uint64_t most = source.max_bytes;
    read_map(pair.second, "sources: " + source.name,
             {{"folder", folder(source.folder, config.data)},
              {"rest_seconds", seconds(source.rest, 0, 3600)},
              {"give_up_seconds", seconds(source.give_up, 1, 86400)},
              {"max_mb", mebibytes(most, 1, 4096)}});
    source.max_bytes = most;
    for (const auto& other : config.sources) {
      if (other.folder.lexically_normal() == source.folder.lexically_normal()) {
        fail(pair.first.Mark(), "its folder is that of the source '" + other.name + "'");
      }
    }
    config.sources.push_back(std::move(source));
  }
}

std::function<void(const YAML::Node&)> yes_or_no(bool& into) {
  return [&into](const YAML::Node& node) {
    if (!node.IsScalar() || !YAML::convert<bool>::decode(node, into)) {
      fail(node.Mark(), "true or false is expected");
    }
  };
}

std::function<void(const YAML::Node&)> hours(std::chrono::hours& into) {
  return [&into](const YAML::Node& node) { into = std::chrono::hours(whole_number(node, 1, 720)); };
}

/// Plain enough to stand in a mail's head and in an SMTP command as it is.
std::string address(const YAML::Node& node) {
  auto text = node.IsScalar() ? node.Scalar() : std::string();
  const auto at = text.find('@');
  const bool plain = at != std::string::npos && at > 0 && at + 1 < text.size() &&
                     text.find('@', at + 1) == std::string::npos && text.size() <= 254 &&
                     std::all_of(text.begin(), text.end(), [](char c) {
                       return c > ' ' && c < 127 && std::strchr("<>()[],;:\\\"", c) == nullptr;
                     });
  if (!plain) fail(node.Mark(), "a mail address is expected");
  return text;
}

std::vector<std::string> addresses(const YAML::Node& node) {
  if (!node.IsSequence() || node.size() == 0) {
    fail(node.Mark(), "a list of mail addresses is expected, in the order of asking");
  }
  std::vector<std::string> all;
  for (const auto& each : node) {
    all.push_back(address(each));
    if (std::find(all.begin(), all.end() - 1, all.back()) != all.end() - 1) {
      fail(each.Mark(), "this address stands twice");
    }
  }
  return all;
}

/// "host", "host:port", "smtp://...", "smtps://...": nothing that a URL could hide more in.
std::string mail_server(const YAML::Node& node) {
  auto text = node.IsScalar() ? node.Scalar() : std::string();
  static const std::regex expected(
      R"((smtps?://)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?)");
  if (!std::regex_match(text, expected)) {
    fail(node.Mark(), "a mail server is expected: mail.example.jp or mail.example.jp:587");
  }
  return text;
}

std::string web_address(const YAML::Node& node) {
  auto text = node.IsScalar() ? node.Scalar() : "";
  static const std::regex expected(R"(https?://[A-Za-z0-9\[][!-~]*)");
  if (!std::regex_match(text, expected))
    fail(node.Mark(), "an address with http(s):// is expected");
  return text;
}

bool on_this_machine(const std::string& server) {
  static const std::regex loopback(R"((smtps?://)?(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?)");
  return std::regex_match(server, loopback);
}

void read_mail(const YAML::Node& node, Config& config) {
  auto& mail = config.notify.mail.emplace();
  read_map(node, "notify: mail",
           {{"server", [&](const YAML::Node& value) { mail.server = mail_server(value); }},
            {"from", [&](const YAML::Node& value) { mail.from = address(value); }},
            {"to", [&](const YAML::Node& value) { mail.to = addresses(value); }},
            {"user", text(mail.user)},
            {"password_file", folder(mail.password_file, config.data)},
            {"starttls", yes_or_no(mail.starttls)}});
  if (mail.server.empty() || mail.from.empty() || mail.to.empty()) {
    fail(node.Mark(), "mail needs a server, from and to");
  }
  if (mail.user.empty() != mail.password_file.empty()) {
    fail(node.Mark(), "user and password_file go together");
  }
  const bool covered = mail.starttls || mail.server.starts_with("smtps://");
  if (!mail.user.empty() && !covered && !on_this_machine(mail.server)) {
    fail(node.Mark(), "a password leaves this machine only with starttls: true, or by smtps://");
  }
}

void read_hook(const YAML::Node& node, Config& config) {
  auto& hook = config.notify.hook.emplace();
  read_map(node, "notify: hook",
           {{"url", [&](const YAML::Node& value) { hook.url = web_address(value); }},
            {"secret_file", folder(hook.secret_file, config.data)}});
  if (hook.url.empty() || hook.secret_file.empty()) {
    fail(node.Mark(), "hook needs a url and a secret_file");
  }
}

void read_notify(const YAML::Node& node, Config& config) {
  auto& notify = config.notify;
  read_map(node, "notify",
           {{"desk_url", [&](const YAML::Node& value) { notify.desk_url = web_address(value); }},
            {"mail", [&](const YAML::Node& value) { read_mail(value, config); }},
            {"hook", [&](const YAML::Node& value) { read_hook(value, config); }},
            {"repeat_after_hours", hours(notify.repeat_after)},
            {"repeat_every_hours", hours(notify.repeat_every)}});
  if (node.IsMap() && !notify.mail && !notify.hook) {
    fail(node.Mark(), "notify needs mail, hook, or both; without them leave it out");
  }
}

/// What notify takes from elsewhere.
void complete_notify(Config& config) {
  auto& notify = config.notify;
  notify.hospital = config.hospital.name;
  if (notify.desk_url.empty()) {
    const bool six = config.desk.address.find(':') != std::string::npos;
    notify.desk_url = fmt::format("http://{}{}{}:{}", six ? "[" : "", config.desk.address,
                                  six ? "]" : "", config.desk.port);
  }
  while (notify.desk_url.ends_with('/')) notify.desk_url.pop_back();
}

Config with_defaults(const fs::path& data) {
  Config config;
  config.data = data;
  for (const char* name : {"fax", "scan"}) {
    spool::Source source;
    source.name = name;
    source.folder = data / "inbox" / name;
    config.sources.push_back(std::move(source));
  }
  config.forms = data / "forms";
  config.reader.program = reader_program();
  config.reader.model = share_folder() / "digits.onnx";
  return config;
}

}  // namespace

Config load(const fs::path& data) {
  Config config = with_defaults(data);
  std::ifstream in(data / file_name);
  if (!in) {
    throw std::system_error(errno, std::generic_category(),
                            "cannot read " + (data / file_name).string());
  }
  std::stringstream content;
  content << in.rdbuf();
  YAML::Node root;
  try {
    root = YAML::Load(content.str());
  } catch (const YAML::Exception& error) {
    fail(error.mark, error.msg);
  }
  auto& hospital = config.hospital;
  read_map(root, file_name,
           {{"hospital",
             [&](const YAML::Node& node) {
               read_map(node, "hospital",
                        {{"name", text(hospital.name)},
                         {"department", text(hospital.department)},
                         {"address", text(hospital.address)},
                         {"phone", text(hospital.phone)},
                         {"fax", text(hospital.fax)}});
             }},
            {"desk",
             [&](const YAML::Node& node) {
               read_map(node, "desk",
                        {{"address", loopback(config.desk.address)},
                         {"port", number(config.desk.port, 0, 65535)}});
             }},
            {"sources", [&](const YAML::Node& node) { read_sources(node, config); }},
            {"forms", folder(config.forms, data)},
            {"notify", [&](const YAML::Node& node) { read_notify(node, config); }},
            {"reader", [&](const YAML::Node& node) {
               read_map(node, "reader",
                        {{"seconds", seconds(config.reader.wall, 1, 3600)},
                         {"memory_mb", mebibytes(config.reader.memory, 64, 16384)},
                         {"answer_mb", mebibytes(config.reader.answer, 1, 1024)},
                         {"tessdata", folder(config.reader.tessdata, data)}});
             }}});
  config.reader.forms = config.forms;
  complete_notify(config);
  return config;
}

std::string default_text(const Hospital& hospital) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  out << YAML::Key << "hospital" << YAML::Value << YAML::BeginMap;
  const std::pair<const char*, const std::string*> lines[] = {{"name", &hospital.name},
                                                              {"department", &hospital.department},
                                                              {"address", &hospital.address},
                                                              {"phone", &hospital.phone},
                                                              {"fax", &hospital.fax}};
  for (const auto& [key, value] : lines) {
    out << YAML::Key << key << YAML::Value << YAML::DoubleQuoted << *value;
  }
  out << YAML::EndMap << YAML::EndMap;
  return std::string(
             "# renkeid の設定。知らないキーは行番号つきのエラーになります。\n"
             "# Settings of renkeid. An unknown key is an error that names its line.\n\n") +
         "# 様式に印刷される病院の情報 / the hospital, as printed on the forms\n" + out.c_str() +
         "\n\n# 画面(この機械の中からのみ) / the desk, served on this machine only\n"
         "desk:\n  address: 127.0.0.1\n  port: 8470\n"
         "\n# 受信フォルダ / inboxes. A folder that is not absolute lies under the data folder.\n"
         "# rest_seconds: a file written in place is taken when it has rested so long.\n"
         "sources:\n"
         "  fax:\n    folder: inbox/fax\n    rest_seconds: 5\n"
         "  scan:\n    folder: inbox/scan\n    rest_seconds: 5\n"
         "\n# 様式の定義 / form definitions; see docs/form-definitions.md\n"
         "forms: forms\n"
         "\n# 読み取り子プロセスの上限 / limits of the confined reader, for each document\n"
         "reader:\n  seconds: 60\n  memory_mb: 320\n  answer_mb: 64\n" +
         notify_text;
}

}  // namespace config
