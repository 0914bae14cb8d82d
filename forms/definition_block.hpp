#pragma once

#include <yaml-cpp/yaml.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "forms/definition.hpp"

namespace forms {

/// Throws BadDefinition "file:line: message"; `line` from 1.
[[noreturn]] void refuse(const std::string& file, int line, const std::string& message);

/// Line of a node, from 1.
[[nodiscard]] int line_of(const YAML::Node& node);

/// One mapping of a definition file. Every key must be known and stand once; every question
/// about a value that is missing or of the wrong kind throws BadDefinition.
class Block {
public:
  /// `what` names the mapping in messages: "field 'cea'".
  Block(const std::string& file, const YAML::Node& node, std::string what);

  /// Refuses keys that are not in `keys`.
  void only(std::initializer_list<std::string_view> keys) const;

  [[nodiscard]] bool has(const std::string& key) const;
  [[nodiscard]] YAML::Node required(const std::string& key) const;
  [[nodiscard]] YAML::Node list(const std::string& key) const;  ///< required, a sequence

  [[nodiscard]] std::string text(const std::string& key) const;
  [[nodiscard]] std::string text_or(const std::string& key, const std::string& otherwise) const;
  [[nodiscard]] int integer(const std::string& key, int low, int high) const;
  [[nodiscard]] int integer_or(const std::string& key, int low, int high, int otherwise) const;
  [[nodiscard]] std::optional<double> number(const std::string& key) const;
  [[nodiscard]] bool flag(const std::string& key, bool otherwise = false) const;
  [[nodiscard]] Words words(const std::string& key) const;  ///< {ja: ..., en: ...}

  [[noreturn]] void refuse_at(const std::string& key, const std::string& message) const;
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] const std::string& what() const { return what_; }
  [[nodiscard]] int line() const { return line_of(node_); }
  void rename(std::string what) { what_ = std::move(what); }

private:
  std::string file_;
  YAML::Node node_;
  std::string what_;
};

/// What a field's mapping says. Throws BadDefinition.
[[nodiscard]] FieldDefinition read_field(Block block);

/// A name of the files' own: lower case letters, digits, underscores (and hyphens, where allowed).
[[nodiscard]] bool is_name(std::string_view text, bool hyphens = false);

}  // namespace forms
