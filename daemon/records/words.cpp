#include "daemon/records/words.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace records {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<DocumentState, std::string_view>, 3> document_states = {
    {{DocumentState::received, "received"},
     {DocumentState::filed, "filed"},
     {DocumentState::held, "held"}}};
constexpr std::array<std::pair<Fate, std::string_view>, 5> fates = {
    {{Fate::form, "form"},
     {Fate::attachment, "attachment"},
     {Fate::cover, "cover"},
     {Fate::blank, "blank"},
     {Fate::unidentified, "unidentified"}}};
constexpr std::array<std::pair<ReportState, std::string_view>, 3> report_states = {
    {{ReportState::filed, "filed"},
     {ReportState::to_check, "to-check"},
     {ReportState::held, "held"}}};
constexpr std::array<std::pair<FlagState, std::string_view>, 3> flag_states = {
    {{FlagState::open, "open"},
     {FlagState::acknowledged, "acknowledged"},
     {FlagState::closed, "closed"}}};

template <class Table, class Value>
std::string_view word_for(const Table& table, Value value) {
  for (const auto& [each, word] : table) {
    if (each == value) return word;
  }
  throw Refused("no word for a state: memory is damaged");
}

template <class Table>
auto value_for(const Table& table, std::string_view text) {
  std::optional<decltype(table[0].first)> found;
  for (const auto& [each, word] : table) {
    if (word == text) found.emplace(each);
  }
  return found;
}

[[noreturn]] void damaged(std::string_view text, std::string_view expected) {
  throw Refused(fmt::format("the database is damaged: '{}' where {} should stand", text, expected));
}

int digits(std::string_view text, std::size_t from, std::size_t count, std::string_view expected) {
  int value = 0;
  const auto* begin = text.data() + from;
  const auto [end, error] = std::from_chars(begin, begin + count, value);
  if (error != std::errc() || end != begin + count) damaged(text, expected);
  return value;
}

}  // namespace

std::string_view to_text(DocumentState state) {
  return word_for(document_states, state);
}
std::string_view to_text(Fate fate) {
  return word_for(fates, fate);
}
std::string_view to_text(ReportState state) {
  return word_for(report_states, state);
}
std::string_view to_text(FlagState state) {
  return word_for(flag_states, state);
}

std::optional<DocumentState> parse_document_state(std::string_view text) {
  return value_for(document_states, text);
}
std::optional<Fate> parse_fate(std::string_view text) {
  return value_for(fates, text);
}
std::optional<ReportState> parse_report_state(std::string_view text) {
  return value_for(report_states, text);
}
std::optional<FlagState> parse_flag_state(std::string_view text) {
  return value_for(flag_states, text);
}

std::string to_text(Date date) {
  return forms::iso_date(date);
}

std::optional<std::string> to_text(const std::optional<Date>& date) {
  if (!date) return std::nullopt;
  return to_text(*date);
}

std::string to_text(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{}T{:02}:{:02}:{:02}Z", to_text(Date(day)), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

Date date_of(std::string_view text) {
  constexpr auto expected = "a day like 2026-11-22";
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') damaged(text, expected);
  return std::chrono::year(digits(text, 0, 4, expected)) /
         std::chrono::month(static_cast<unsigned>(digits(text, 5, 2, expected))) /
         std::chrono::day(static_cast<unsigned>(digits(text, 8, 2, expected)));
}

Time time_of(std::string_view text) {
  constexpr auto expected = "a time like 2026-11-22T08:12:00Z";
  if (text.size() != 20 || text[10] != 'T' || text[19] != 'Z') damaged(text, expected);
  return std::chrono::sys_days(date_of(text.substr(0, 10))) +
         std::chrono::hours(digits(text, 11, 2, expected)) +
         std::chrono::minutes(digits(text, 14, 2, expected)) +
         std::chrono::seconds(digits(text, 17, 2, expected));
}

std::string id_text(char letter, std::int64_t number) {
  return fmt::format("{}-{:06}", letter, number);
}

std::optional<std::int64_t> id_number(char letter, std::string_view text) {
  std::int64_t number = 0;
  if (text.size() < 3 || text[0] != letter || text[1] != '-') return std::nullopt;
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + 2, end, number);
  if (error != std::errc() || stopped != end || number < 1) return std::nullopt;
  return number;
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

std::string json_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json json_of(std::string_view text) {
  auto value = json::parse(text, nullptr, false);
  if (value.is_discarded()) damaged(text, "JSON");
  return value;
}

std::string list_text(const std::vector<std::string>& list) {
  return json_text(list);
}

std::vector<std::string> list_of(std::string_view text) {
  const auto value = json_of(text);
  std::vector<std::string> list;
  if (!value.is_array()) damaged(text, "a list");
  for (const auto& each : value) {
    if (!each.is_string()) damaged(text, "a list of words");
    list.push_back(each.get<std::string>());
  }
  return list;
}

json box_json(const ocr::Box& box) {
  return json::array({box.x, box.y, box.width, box.height});
}

ocr::Box box_of(const json& value) {
  const bool four = value.is_array() && value.size() == 4;
  if (!four) damaged(value.dump(), "a box");
  const auto at = [&](std::size_t i) {
    return value[i].is_number() ? value[i].get<double>() : 0.0;
  };
  return {at(0), at(1), at(2), at(3)};
}

std::vector<std::pair<int, ocr::Box>> notes_of(std::string_view text) {
  std::vector<std::pair<int, ocr::Box>> notes;
  for (const auto& each : json_of(text)) {
    if (each.is_array() && each.size() == 2 && each[0].is_number_integer())
      notes.emplace_back(each[0].get<int>(), box_of(each[1]));
  }
  return notes;
}

std::string quality_text(const ocr::Quality& quality) {
  return json_text({{"dpi", {quality.dpi_x, quality.dpi_y}},
                    {"rotation", quality.rotation},
                    {"skew_degrees", quality.skew_degrees},
                    {"scale", quality.scale},
                    {"alignment_error_mm", quality.alignment_error_mm},
                    {"lost_rows", quality.lost_rows},
                    {"noise", quality.noise},
                    {"contrast", quality.contrast}});
}

ocr::Quality quality_of(std::string_view text) {
  const auto value = json_of(text);
  const auto real = [&](const char* key) {
    const auto found = value.find(key);
    return found != value.end() && found->is_number() ? found->get<double>() : 0.0;
  };
  ocr::Quality quality;
  const auto dpi = value.find("dpi");
  if (dpi != value.end() && dpi->is_array() && dpi->size() == 2) {
    quality.dpi_x = (*dpi)[0].is_number() ? (*dpi)[0].get<double>() : 0;
    quality.dpi_y = (*dpi)[1].is_number() ? (*dpi)[1].get<double>() : 0;
  }
  quality.rotation = static_cast<int>(real("rotation"));
  quality.skew_degrees = real("skew_degrees");
  quality.scale = real("scale");
  quality.alignment_error_mm = real("alignment_error_mm");
  quality.lost_rows = static_cast<int>(real("lost_rows"));
  quality.noise = real("noise");
  quality.contrast = real("contrast");
  return quality;
}

std::optional<std::string> tag_text(const std::optional<forms::Tag>& tag) {
  if (!tag) return std::nullopt;
  return json_text({{"key_id", tag->key_id},
                    {"form", tag->form},
                    {"version", tag->version},
                    {"page", tag->page},
                    {"pages", tag->pages},
                    {"serial", forms::to_text(tag->serial)}});
}

forms::Tag tag_of(std::string_view text) {
  const auto value = json_of(text);
  forms::Tag tag;
  try {
    tag.key_id = value.at("key_id").get<std::uint8_t>();
    tag.form = value.at("form").get<std::uint16_t>();
    tag.version = value.at("version").get<std::uint8_t>();
    tag.page = value.at("page").get<std::uint8_t>();
    tag.pages = value.at("pages").get<std::uint8_t>();
    tag.serial = known(forms::parse_serial, value.at("serial").get<std::string>());
  } catch (const json::exception&) {
    damaged(text, "a tag");
  }
  return tag;
}

}  // namespace records
