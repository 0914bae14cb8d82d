#include "daemon/config.hpp"

#include <cerrno>
#include <fstream>
#include <functional>
#include <map>
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
    config.sources.push_back(std::move(source));
  }
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
                        {{"address", text(config.desk.address)},
                         {"port", number(config.desk.port, 0, 65535)}});
             }},
            {"sources", [&](const YAML::Node& node) { read_sources(node, config); }},
            {"forms", folder(config.forms, data)},
            {"reader", [&](const YAML::Node& node) {
               read_map(node, "reader",
                        {{"seconds", seconds(config.reader.wall, 1, 3600)},
                         {"memory_mb", mebibytes(config.reader.memory, 64, 16384)},
                         {"answer_mb", mebibytes(config.reader.answer, 1, 1024)},
                         {"tessdata", folder(config.reader.tessdata, data)}});
             }}});
  config.reader.forms = config.forms;
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
         "reader:\n  seconds: 60\n  memory_mb: 400\n  answer_mb: 64\n";
}

}  // namespace config
