#include <fmt/format.h>

#include <map>
#include <set>

#include "forms/definition_block.hpp"
#include "forms/era.hpp"

/// One field of a definition file, by its kind.
namespace forms {
namespace {

constexpr std::string_view era_names = "meiji, taisho, showa, heisei, reiwa";

FieldKind kind_of(const Block& block) {
  static const std::map<std::string, FieldKind> kinds{
      {"choice", FieldKind::choice}, {"number", FieldKind::number}, {"date", FieldKind::date},
      {"month", FieldKind::month},   {"text", FieldKind::text},     {"ink", FieldKind::ink}};
  const auto found = kinds.find(block.text("kind"));
  if (found == kinds.end()) {
    block.refuse_at("kind", "expected one of choice, number, date, month, text, ink");
  }
  return found->second;
}

std::vector<OptionDefinition> read_options(const Block& field, const std::string& key) {
  std::vector<OptionDefinition> options;
  std::set<std::string> seen;
  for (const auto& node : field.list(key)) {
    const Block block(field.file(), node, "an option of " + field.what());
    block.only({"value", "ja", "en"});
    const OptionDefinition option{block.text("value"), {block.text("ja"), block.text("en")}};
    if (!is_name(option.value) &&
        option.value.find_first_not_of("0123456789") != std::string::npos) {
      block.refuse_at("value", "expected lower case letters, digits and underscores");
    }
    if (!seen.insert(option.value).second) {
      block.refuse_at("value", fmt::format("'{}' stands twice", option.value));
    }
    options.push_back(option);
  }
  if (options.size() < 2) field.refuse_at(key, "expected at least two");
  return options;
}

void read_choice(const Block& block, FieldDefinition& field) {
  block.only(
      {"name", "kind", "label", "deviation", "options", "several", "mark", "large", "examination"});
  field.options = read_options(block, "options");
  field.several = block.flag("several");
  field.large = block.flag("large");
  field.examination = block.flag("examination");
  const auto mark = block.text_or("mark", "box");
  if (mark != "box" && mark != "circle") block.refuse_at("mark", "expected box or circle");
  field.mark = mark == "circle" ? ocr::MarkStyle::circle : ocr::MarkStyle::box;
}

void read_number(const Block& block, FieldDefinition& field) {
  block.only({"name", "kind", "label", "deviation", "unit", "digits_before", "digits_after",
              "minimum", "maximum", "marker", "limit"});
  field.unit = block.text_or("unit", "");
  field.digits_before = block.integer("digits_before", 1, 7);
  field.digits_after = block.integer_or("digits_after", 0, 4, 0);
  field.minimum = block.number("minimum");
  field.maximum = block.number("maximum");
  field.marker = block.flag("marker");
  field.limit = block.number("limit");
  double largest = 1;
  for (int i = 0; i < field.digits_before; ++i) largest *= 10;
  if (field.minimum && field.maximum && *field.minimum >= *field.maximum) {
    block.refuse_at("minimum", "not below 'maximum'");
  }
  if (field.minimum && *field.minimum >= largest)
    block.refuse_at("minimum", "cells too few for it");
  if (field.limit && *field.limit >= field.maximum.value_or(largest)) {
    block.refuse_at("limit", "not below the largest plausible value");
  }
  if (field.limit && !field.marker) block.refuse_at("limit", "only a marker has one");
}

void read_date(const Block& block, FieldDefinition& field) {
  if (field.kind == FieldKind::month) {
    block.only({"name", "kind", "label", "deviation", "era"});
  } else {
    block.only({"name", "kind", "label", "deviation", "era", "eras"});
  }
  if (block.has("era") == block.has("eras")) {
    refuse(block.file(), block.line(),
           fmt::format("{}: expected either 'era' or 'eras'", block.what()));
  }
  if (block.has("era")) {
    field.era = block.text("era");
    if (find_era(field.era) == nullptr) {
      block.refuse_at("era", fmt::format("expected one of {}", era_names));
    }
    return;
  }
  field.mark = ocr::MarkStyle::circle;
  field.eras = read_options(block, "eras");
  for (const auto& era : field.eras) {
    if (find_era(era.value) != nullptr) continue;
    block.refuse_at("eras", fmt::format("'{}' is none of {}", era.value, era_names));
  }
}

double millimetres(const Block& block, const std::string& key, double low, double high) {
  const auto value = block.number(key);
  if (!value || *value < low || *value > high) {
    block.refuse_at(key, fmt::format("expected millimetres from {} to {}", low, high));
  }
  return *value;
}

}  // namespace

FieldDefinition read_field(Block block) {
  FieldDefinition field;
  field.name = block.text("name");
  if (!is_name(field.name)) {
    block.refuse_at("name", "expected lower case letters, digits and underscores");
  }
  block.rename(fmt::format("field '{}'", field.name));
  field.kind = kind_of(block);
  field.label = block.words("label");
  field.deviation = block.flag("deviation");
  switch (field.kind) {
    case FieldKind::choice: read_choice(block, field); break;
    case FieldKind::number: read_number(block, field); break;
    case FieldKind::date:
    case FieldKind::month: read_date(block, field); break;
    case FieldKind::text:
      block.only({"name", "kind", "label", "deviation", "width", "height"});
      field.width = block.has("width") ? millimetres(block, "width", 10, 182) : 0;
      field.height = millimetres(block, "height", 8, 150);
      break;
    case FieldKind::ink:
      block.only({"name", "kind", "label", "deviation", "width", "height"});
      field.width = millimetres(block, "width", 8, 60);
      field.height = millimetres(block, "height", 8, 60);
      break;
  }
  return field;
}

}  // namespace forms
