#include "forms/definition_block.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <vector>

namespace forms {

void refuse(const std::string& file, int line, const std::string& message) {
  throw BadDefinition(fmt::format("{}:{}: {}", file, line, message));
}

int line_of(const YAML::Node& node) {
  return node.Mark().line + 1;
}

Block::Block(const std::string& file, const YAML::Node& node, std::string what)
    : file_(file), node_(node), what_(std::move(what)) {
  if (!node_.IsMap()) {
    refuse(file_, line_of(node_), fmt::format("{}: expected keys with values", what_));
  }
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    if (!entry.first.IsScalar()) {
      refuse(file_, line_of(entry.first), fmt::format("{}: a key must be a word", what_));
    }
    if (!seen.insert(entry.first.Scalar()).second) {
      refuse(file_, line_of(entry.first),
             fmt::format("key '{}' stands twice in {}", entry.first.Scalar(), what_));
    }
  }
}

void Block::only(std::initializer_list<std::string_view> keys) const {
  for (const auto& entry : node_) {
    const auto& key = entry.first.Scalar();
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    refuse(file_, line_of(entry.first),
           fmt::format("unknown key '{}' in {}; expected one of {}", key, what_,
                       fmt::join(keys, ", ")));
  }
}

bool Block::has(const std::string& key) const {
  return node_[key].IsDefined();
}

YAML::Node Block::required(const std::string& key) const {
  const YAML::Node value = node_[key];
  if (!value.IsDefined()) {
    refuse(file_, line(), fmt::format("missing key '{}' in {}", key, what_));
  }
  return value;
}

YAML::Node Block::list(const std::string& key) const {
  YAML::Node value = required(key);
  if (!value.IsSequence()) refuse_at(key, "expected a list");
  return value;
}

void Block::refuse_at(const std::string& key, const std::string& message) const {
  int at = line();
  for (const auto& entry : node_) {  // the value's own line may be the next, or that of an anchor
    if (entry.first.Scalar() == key) at = line_of(entry.first);
  }
  refuse(file_, at, fmt::format("'{}' in {}: {}", key, what_, message));
}

std::string Block::text(const std::string& key) const {
  const YAML::Node value = required(key);
  if (!value.IsScalar() || value.Scalar().empty()) refuse_at(key, "expected text");
  return value.Scalar();
}

std::string Block::text_or(const std::string& key, const std::string& otherwise) const {
  return has(key) ? text(key) : otherwise;
}

int Block::integer(const std::string& key, int low, int high) const {
  int value = 0;
  const YAML::Node node = required(key);
  if (!node.IsScalar() || !YAML::convert<int>::decode(node, value) || value < low || value > high) {
    refuse_at(key, fmt::format("expected a whole number from {} to {}", low, high));
  }
  return value;
}

int Block::integer_or(const std::string& key, int low, int high, int otherwise) const {
  return has(key) ? integer(key, low, high) : otherwise;
}

std::optional<double> Block::number(const std::string& key) const {
  if (!has(key)) return std::nullopt;
  double value = 0;
  const YAML::Node node = required(key);
  if (!node.IsScalar() || !YAML::convert<double>::decode(node, value) || value < 0 || value > 1e9) {
    refuse_at(key, "expected a number, zero or more");
  }
  return value;
}

bool Block::flag(const std::string& key, bool otherwise) const {
  if (!has(key)) return otherwise;
  bool value = false;
  const YAML::Node node = required(key);
  if (!node.IsScalar() || !YAML::convert<bool>::decode(node, value)) {
    refuse_at(key, "expected true or false");
  }
  return value;
}

Words Block::words(const std::string& key) const {
  const Block block(file_, required(key), fmt::format("'{}' in {}", key, what_));
  block.only({"ja", "en"});
  return {block.text("ja"), block.text("en")};
}

bool is_name(std::string_view text, bool hyphens) {
  if (text.empty() || text.size() > 60 || text.front() < 'a' || text.front() > 'z') return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (hyphens && c == '-');
  });
}

}  // namespace forms
