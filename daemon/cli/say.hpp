#pragma once

#include <iostream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/cli/cli.hpp"
#include "daemon/exchange/json.hpp"

/// How every command says its answer.
namespace cli {

using Rows = std::vector<std::vector<std::string>>;

template <typename Items, typename Row>
[[nodiscard]] Rows rows_of(const Items& items, const Row& row) {
  Rows rows;
  rows.reserve(items.size());
  for (const auto& item : items) rows.push_back(row(item));
  return rows;
}

[[nodiscard]] inline std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

inline void say(const nlohmann::json& answer) {
  std::cout << answer.dump(2) << '\n';
}

template <typename Items>
[[nodiscard]] nlohmann::json as_array(const Items& items) {
  auto array = nlohmann::json::array();
  for (const auto& item : items) array.push_back(exchange::to_json(item));
  return array;
}

/// What a person decides is done in the name of one that renkei knows. Throws WrongInput.
inline void require_user(records::Records& records, const std::string& name) {
  if (records.user(name)) return;
  throw WrongInput("no user '" + name + "'; add one with 'renkei users add'");
}

}  // namespace cli
