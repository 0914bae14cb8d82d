#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "daemon/records/records.hpp"

/// How values stand in the database: ids, times and days as text, small structures as JSON. Reading
/// back what no writer of ours can have written throws Refused: the database is damaged.
namespace records {

[[nodiscard]] std::string to_text(Time time);  ///< "2026-11-22T08:12:00Z"
[[nodiscard]] std::string to_text(Date date);  ///< "2026-11-22"
[[nodiscard]] std::optional<std::string> to_text(const std::optional<Date>& date);
[[nodiscard]] Time time_of(std::string_view text);
[[nodiscard]] Date date_of(std::string_view text);

/// "D-000012" and back; nothing if it is no such id.
[[nodiscard]] std::string id_text(char letter, std::int64_t number);
[[nodiscard]] std::optional<std::int64_t> id_number(char letter, std::string_view text);

/// "3.20" as a number; nothing if the text is anything else.
[[nodiscard]] std::optional<double> number_in(std::string_view text);

/// Always valid UTF-8, whatever came in.
[[nodiscard]] std::string json_text(const nlohmann::json& json);
[[nodiscard]] nlohmann::json json_of(std::string_view text);
[[nodiscard]] std::string list_text(const std::vector<std::string>& list);
[[nodiscard]] std::vector<std::string> list_of(std::string_view text);
[[nodiscard]] nlohmann::json box_json(const ocr::Box& box);
[[nodiscard]] ocr::Box box_of(const nlohmann::json& json);
/// Unexplained ink: page of the form, place.
[[nodiscard]] std::vector<std::pair<int, ocr::Box>> notes_of(std::string_view text);
[[nodiscard]] std::string quality_text(const ocr::Quality& quality);
[[nodiscard]] ocr::Quality quality_of(std::string_view text);
[[nodiscard]] std::optional<std::string> tag_text(const std::optional<forms::Tag>& tag);
[[nodiscard]] forms::Tag tag_of(std::string_view text);

/// What `parse` makes of a word that only we write, or Refused.
template <class Parse>
[[nodiscard]] auto known(Parse parse, const std::string& word) {
  const auto value = parse(word);
  if (!value)
    throw Refused("the database is damaged: it says '" + word + "' where no such word can stand");
  return *value;
}

}  // namespace records
