#include <algorithm>
#include <array>
#include <utility>

#include "tests/faxsim/faxsim.hpp"

namespace faxsim {
namespace {

using nlohmann::json;

template <class Enum, std::size_t N>
std::optional<Enum> look_up(const std::array<std::pair<std::string_view, Enum>, N>& names,
                            std::string_view text) {
  for (const auto& [name, value] : names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

constexpr std::array<std::pair<std::string_view, Quality>, 4> qualities = {
    {{"standard", Quality::standard},
     {"fine", Quality::fine},
     {"superfine", Quality::superfine},
     {"scan300", Quality::scan300}}};
constexpr std::array<std::pair<std::string_view, Degrade>, 4> degrades = {
    {{"none", Degrade::none},
     {"light", Degrade::light},
     {"normal", Degrade::normal},
     {"heavy", Degrade::heavy}}};
constexpr std::array<std::pair<std::string_view, Coding>, 7> codings = {
    {{"seed", Coding::by_seed},
     {"g3", Coding::g3},
     {"g3-2d", Coding::g3_2d},
     {"g4", Coding::g4},
     {"lzw", Coding::lzw},
     {"deflate", Coding::deflate},
     {"raw", Coding::raw}}};
constexpr std::array<std::pair<std::string_view, MarkShape>, 6> shapes = {
    {{"tick", MarkShape::tick},
     {"check", MarkShape::check},
     {"cross", MarkShape::cross},
     {"fill", MarkShape::fill},
     {"ring", MarkShape::ring},
     {"slash", MarkShape::slash}}};

[[noreturn]] void wrong(const std::string& key, const std::string& expected) {
  throw BadInput("\"" + key + "\": expected " + expected);
}

std::string one_text(const std::string& key, const json& value) {
  if (value.is_string()) return value.get<std::string>();
  wrong(key, "a text");
}

double one_number(const std::string& key, const json& value) {
  if (value.is_number()) return value.get<double>();
  wrong(key, "a number");
}

std::vector<double> numbers(const std::string& key, const json& value, std::size_t count) {
  if (!value.is_array() || value.size() != count) {
    wrong(key, std::to_string(count) + " numbers");
  }
  std::vector<double> out;
  for (const auto& each : value) out.push_back(one_number(key, each));
  return out;
}

ocr::Box to_box(const std::string& key, const json& value) {
  const auto n = numbers(key, value, 4);
  return {n[0], n[1], n[2], n[3]};
}

ocr::Point to_point(const std::string& key, const json& value) {
  const auto n = numbers(key, value, 2);
  return {n[0], n[1]};
}

std::vector<ocr::Box> to_boxes(const std::string& key, const json& value) {
  if (!value.is_array()) wrong(key, "a list of boxes");
  std::vector<ocr::Box> out;
  for (const auto& each : value) out.push_back(to_box(key, each));
  return out;
}

std::vector<std::string> to_texts(const std::string& key, const json& value) {
  if (value.is_string()) return {value.get<std::string>()};
  if (!value.is_array()) wrong(key, "a text or a list of texts");
  std::vector<std::string> out;
  for (const auto& each : value) out.push_back(one_text(key, each));
  return out;
}

std::map<std::string, std::string, std::less<>> to_pairs(const std::string& key,
                                                         const json& value) {
  if (!value.is_object()) wrong(key, "an object: field to value");
  std::map<std::string, std::string, std::less<>> out;
  for (const auto& [field, text] : value.items()) out[field] = one_text(key, text);
  return out;
}

WrittenDate to_written(const std::string& key, const json& value) {
  const auto part = [&](const char* name) {
    return value.contains(name) ? one_text(key, value[name]) : std::string();
  };
  return {part("era"), part("year"), part("month"), part("day")};
}

Note to_note(const json& value) {
  Note note;
  if (value.is_string()) {
    note.text = value.get<std::string>();
  } else if (value.is_object() && value.contains("text")) {
    note.text = one_text("_margin_note", value["text"]);
    if (value.contains("at")) note.at = to_point("_margin_note", value["at"]);
    note.typed = value.value("typed", false);
    note.page = value.value("page", 1);
  } else {
    wrong("_margin_note", "a text, or an object with text, at, typed, page");
  }
  return note;
}

/// How the page lies in the machine, what is wrong with the paper. False: not such a key.
bool paper_directive(const std::string& key, const json& value, Values& out) {
  if (key == "_hide") {
    out.hide = to_texts(key, value);
  } else if (key == "_cover") {
    out.cover = to_boxes(key, value);
  } else if (key == "_blacken") {
    out.blacken = to_boxes(key, value);
  } else if (key == "_rotate") {
    const double degrees = one_number(key, value);
    if (degrees != 0 && degrees != 90 && degrees != 180 && degrees != 270) {
      wrong(key, "0, 90, 180 or 270");
    }
    out.rotate = static_cast<int>(degrees);
  } else if (key == "_scale") {
    out.scale = one_number(key, value);
    if (*out.scale < 0.3 || *out.scale > 1.5) wrong(key, "0.3 to 1.5");
  } else if (key == "_skew") {
    out.skew = one_number(key, value);
  } else if (key == "_stretch") {
    out.stretch = one_number(key, value);
    if (*out.stretch < 0.5 || *out.stretch > 2) wrong(key, "0.5 to 2");
  } else if (key == "_shift") {
    out.shift = to_point(key, value);
  } else {
    return false;
  }
  return true;
}

void directive(const std::string& key, const json& value, Values& out) {
  if (paper_directive(key, value, out)) return;
  if (key == "_typed") {
    if (value.is_boolean()) {
      out.typed = value.get<bool>();
    } else {
      out.typed_fields = to_texts(key, value);
    }
  } else if (key == "_cancelled") {
    out.cancelled = to_pairs(key, value);
  } else if (key == "_two_marks") {
    out.two_marks = to_pairs(key, value);
  } else if (key == "_struck") {
    out.struck = to_pairs(key, value);
  } else if (key == "_margin_note") {
    if (value.is_array()) {
      for (const auto& each : value) out.notes.push_back(to_note(each));
    } else {
      out.notes.push_back(to_note(value));
    }
  } else if (key == "_stray") {
    out.stray =
        value.is_boolean() ? (value.get<bool>() ? 3 : 0) : static_cast<int>(one_number(key, value));
  } else if (key == "_mark") {
    const auto shape = look_up(shapes, one_text(key, value));
    if (!shape) wrong(key, "tick, check, cross, fill, ring or slash");
    out.mark = *shape;
  } else if (key == "_pen") {
    out.pen_mm = one_number(key, value);
    if (*out.pen_mm < 0.05 || *out.pen_mm > 3) wrong(key, "a width in mm, 0.05 to 3");
  } else if (key == "_seal") {
    out.seal_colour = one_text(key, value);
  } else if (key == "_seal_name") {
    out.seal_name = one_text(key, value);
  } else {
    throw BadInput("unknown directive \"" + key + "\"");
  }
}

std::vector<ocr::Option> to_options(const std::string& name, const json& list) {
  std::vector<ocr::Option> out;
  for (const auto& each : list) {
    ocr::Option option;
    option.value = each.at("value").get<std::string>();
    option.box = to_box(name, each.at("box"));
    if (each.value("mark", std::string("box")) == "circle") option.mark = ocr::MarkStyle::circle;
    out.push_back(option);
  }
  return out;
}

ocr::DateField to_date(const std::string& name, const json& parts) {
  ocr::DateField date;
  if (parts.contains("era")) {
    const json& era = parts["era"];
    if (era.contains("value")) date.era = era["value"].get<std::string>();
    if (era.contains("options")) date.eras = to_options(name, era["options"]);
  }
  date.year = to_boxes(name, parts.at("year"));
  date.month = to_boxes(name, parts.at("month"));
  if (parts.contains("day")) date.day = to_boxes(name, parts["day"]);
  return date;
}

ocr::Field to_field(const json& each) {
  ocr::Field field;
  field.name = each.at("name").get<std::string>();
  if (each.contains("area")) field.box = to_box(field.name, each["area"]);
  const auto type = each.at("type").get<std::string>();
  if (type == "choice") {
    field.kind =
        ocr::ChoiceField{to_options(field.name, each.at("options")), each.value("several", false)};
  } else if (type == "number") {
    field.kind =
        ocr::NumberField{to_boxes(field.name, each.at("cells")), each.value("point_after", 0)};
  } else if (type == "date" || type == "month") {
    field.kind = to_date(field.name, each.at("parts"));
  } else if (type == "text") {
    field.kind = ocr::TextField{to_box(field.name, each.at("box"))};
  } else if (type == "ink") {
    field.kind = ocr::InkField{to_box(field.name, each.at("box"))};
  } else {
    throw BadInput("layout: field " + field.name + " has the unknown type \"" + type + "\"");
  }
  return field;
}

}  // namespace

std::optional<Quality> parse_quality(std::string_view text) {
  return look_up(qualities, text);
}
std::optional<Degrade> parse_degrade(std::string_view text) {
  return look_up(degrades, text);
}
std::optional<Coding> parse_coding(std::string_view text) {
  return look_up(codings, text);
}

std::string_view to_text(Quality quality) {
  return qualities[static_cast<std::size_t>(quality)].first;
}
std::string_view to_text(Degrade degrade) {
  return degrades[static_cast<std::size_t>(degrade)].first;
}

Values parse_values(const json& input) {
  if (!input.is_object()) throw BadInput("values: expected an object");
  Values out;
  for (const auto& [key, value] : input.items()) {
    if (key.starts_with("_")) {
      directive(key, value, out);
    } else if (value.is_object()) {
      out.dates[key] = to_written(key, value);
    } else if (!value.is_null()) {
      out.fields[key] = to_texts(key, value);
    }
  }
  return out;
}

ocr::Layout parse_layout(const json& input) {
  try {
    ocr::Layout layout;
    layout.form = input.at("form").get<std::string>();
    layout.version = input.value("version", 1);
    for (const auto& each : input.at("pages")) {
      ocr::PageLayout page;
      page.number = each.at("number").get<int>();
      if (each.contains("size")) {
        const auto size = numbers("size", each["size"], 2);
        page.width = size[0];
        page.height = size[1];
      }
      if (each.contains("tags")) {
        for (const auto& tag : each["tags"]) page.tags.push_back(to_box("tags", tag.at("box")));
      }
      if (each.contains("anchors")) {
        for (const auto& anchor : each["anchors"])
          page.anchors.push_back(to_point("anchors", anchor));
      }
      for (const auto& field : each.at("fields")) page.fields.push_back(to_field(field));
      layout.pages.push_back(std::move(page));
    }
    if (layout.pages.empty()) throw BadInput("layout: no pages");
    return layout;
  } catch (const json::exception& fault) {
    throw BadInput(std::string("layout: ") + fault.what());
  }
}

}  // namespace faxsim
