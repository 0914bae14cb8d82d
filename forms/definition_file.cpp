#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "forms/definition_block.hpp"
#include "forms/era.hpp"
#include "forms/schedule.hpp"
#include "forms/sheet.hpp"

/// From the files of a folder to a catalogue. The keys: `docs/form-definitions.md`.
namespace forms {
namespace {

constexpr std::array<std::string_view, 11> flag_names{
    "recurrence",         "recurrence-suspected", "death",
    "five-year-survival", "other-exit",           "marker-above-limit",
    "marker-rising",      "possible-deviation",   "mention",
    "unread-note",        "duplicate-differs"};
constexpr std::array<std::string_view, 3> severities{"urgent", "routine", "notice"};
constexpr int highest_number = 0x7FFF;
constexpr int sheet_bit = 0x8000;

template <typename List>
bool one_of(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

struct Line {
  std::string file;
  int number = 0;
};

struct PlacedField {
  FieldDefinition field;
  Line line;
};

struct PlacedSection {
  std::string name;  ///< of a fragment's section; else empty
  Section section;
  Line line;
  std::vector<Line> rows;
};

/// What one file says, before names are resolved.
struct Parts {
  std::vector<PlacedField> fields;
  std::vector<PlacedSection> sections;
  std::vector<RuleSetting> rules;
  std::vector<std::string> deviation_words;
};

// --- sections, rules ------------------------------------------------------------------------

PlacedSection read_section(const Block& block, bool fragment) {
  block.only({"name", "title", "rows", "deviation"});
  PlacedSection placed;
  placed.line = {block.file(), block.line()};
  if (fragment) placed.name = block.text("name");
  placed.section.title = block.words("title");
  placed.section.deviation = block.flag("deviation");
  for (const auto& row : block.list("rows")) {
    if (!row.IsSequence() || row.size() == 0) {
      refuse(block.file(), line_of(row), "a row: expected a list of field names");
    }
    std::vector<std::string> names;
    for (const auto& name : row) {
      if (!name.IsScalar()) refuse(block.file(), line_of(name), "a row: expected a field's name");
      names.push_back(name.Scalar());
    }
    placed.section.rows.push_back(names);
    placed.rows.push_back({block.file(), line_of(row)});
  }
  if (placed.section.rows.empty()) block.refuse_at("rows", "expected at least one");
  return placed;
}

RuleSetting read_rule(const Block& block) {
  block.only({"flag", "severity", "words", "enabled", "ends_pathway"});
  RuleSetting rule{block.text("flag"), block.text("severity"), block.words("words"),
                   block.flag("enabled", true), std::nullopt};
  if (block.has("ends_pathway")) rule.ends_pathway = block.flag("ends_pathway", false);
  if (!one_of(flag_names, rule.flag)) {
    block.refuse_at("flag", fmt::format("expected one of {}", fmt::join(flag_names, ", ")));
  }
  if (!one_of(severities, rule.severity)) {
    block.refuse_at("severity", "expected urgent, routine or notice");
  }
  return rule;
}

void read_fields(const Block& block, Parts& parts) {
  if (!block.has("fields")) return;
  for (const auto& node : block.list("fields")) {
    const PlacedField placed{read_field({block.file(), node, "a field"}),
                             {block.file(), line_of(node)}};
    for (const auto& other : parts.fields) {
      if (other.field.name != placed.field.name) continue;
      refuse(block.file(), placed.line.number,
             fmt::format("field '{}' stands twice; first in {}:{}", placed.field.name,
                         other.line.file, other.line.number));
    }
    parts.fields.push_back(placed);
  }
}

void read_rules(const Block& block, Parts& parts) {
  if (block.has("rules")) {
    std::set<std::string> here;
    for (const auto& node : block.list("rules")) {
      const auto rule = read_rule({block.file(), node, "a rule"});
      if (!here.insert(rule.flag).second) {
        refuse(block.file(), line_of(node), fmt::format("rule '{}' stands twice", rule.flag));
      }
      // A form's own setting takes the place of the fragment's.
      const auto same = [&](const RuleSetting& r) { return r.flag == rule.flag; };
      const auto at = std::find_if(parts.rules.begin(), parts.rules.end(), same);
      if (at != parts.rules.end()) *at = rule;
      if (at == parts.rules.end()) parts.rules.push_back(rule);
    }
  }
  if (!block.has("deviation_words")) return;
  for (const auto& node : block.list("deviation_words")) {
    if (!node.IsScalar() || node.Scalar().empty()) {
      refuse(block.file(), line_of(node), "deviation_words: expected words");
    }
    parts.deviation_words.push_back(node.Scalar());
  }
}

// --- schedule -------------------------------------------------------------------------------

ScheduleItem read_item(const Block& block, const Definition& definition) {
  block.only({"name", "words", "spans"});
  ScheduleItem item;
  item.name = block.text("name");
  const auto* field = definition.find(item.name);
  if (item.name != "visit" && (field == nullptr || (!field->marker && !field->examination))) {
    block.refuse_at(
        "name",
        fmt::format("'{}' is neither visit nor a marker or examination of this form", item.name));
  }
  if (block.has("words") || field == nullptr) {
    item.words = block.words("words");
  } else {
    item.words = field->label;
  }
  for (const auto& node : block.list("spans")) {
    const Block span(block.file(), node, fmt::format("a span of '{}'", item.name));
    span.only({"from", "to", "every"});
    const int from = span.integer("from", 0, 600);
    item.spans.push_back({from, span.integer("to", from, 600), span.integer("every", 1, 120)});
  }
  if (item.spans.empty()) block.refuse_at("spans", "expected at least one");
  return item;
}

Schedule read_schedule(const Block& block, const Definition& definition) {
  block.only({"months", "grace_days", "window_days", "items"});
  Schedule schedule;
  schedule.months = block.integer("months", 1, 600);
  schedule.grace_days = block.integer_or("grace_days", 0, 365, schedule.grace_days);
  schedule.window_days = block.integer_or("window_days", 0, 365, schedule.window_days);
  std::set<std::string> seen;
  for (const auto& node : block.list("items")) {
    schedule.items.push_back(read_item({block.file(), node, "a schedule item"}, definition));
    if (seen.insert(schedule.items.back().name).second) continue;
    refuse(block.file(), line_of(node),
           fmt::format("'{}' stands twice in the schedule", schedule.items.back().name));
  }
  if (!seen.contains("visit")) block.refuse_at("items", "expected an item named visit");
  // An examination without a visit would be a report that nobody is asked for.
  for (const auto& visit : planned_visits(schedule, std::chrono::year(2001) / 1 / 1)) {
    if (visit.items.front()->name == "visit") continue;
    block.refuse_at("items", fmt::format("'{}' is due in month {}, when no visit is planned",
                                         visit.items.front()->name, visit.month));
  }
  return schedule;
}

// --- whole files ----------------------------------------------------------------------------

YAML::Node read_yaml(const std::filesystem::path& path) {
  try {
    return YAML::LoadFile(path.string());
  } catch (const YAML::ParserException& fault) {
    refuse(path.filename().string(), fault.mark.line + 1, fault.msg);
  } catch (const YAML::BadFile&) {
    throw BadDefinition(path.filename().string() + ":1: cannot be read");
  }
}

void read_fragment(const std::filesystem::path& path, Parts& parts) {
  const Block block(path.filename().string(), read_yaml(path), "the file");
  block.only({"fields", "sections", "rules", "deviation_words"});
  read_fields(block, parts);
  if (block.has("sections")) {
    for (const auto& node : block.list("sections")) {
      parts.sections.push_back(read_section({block.file(), node, "a section"}, true));
    }
  }
  read_rules(block, parts);
}

Parts read_includes(const Block& block, const std::filesystem::path& folder) {
  Parts parts;
  if (!block.has("include")) return parts;
  for (const auto& node : block.list("include")) {
    const std::string name = node.IsScalar() ? node.Scalar() : "";
    if (name.find('/') != std::string::npos || !name.ends_with(".yaml") ||
        !std::filesystem::is_regular_file(folder / name)) {
      refuse(block.file(), line_of(node),
             fmt::format("include '{}': expected a file of the same folder", name));
    }
    read_fragment(folder / name, parts);
  }
  return parts;
}

std::vector<PlacedSection> choose_sections(const Block& block, const Parts& parts) {
  std::vector<PlacedSection> chosen;
  for (const auto& node : block.list("sections")) {
    if (!node.IsScalar()) {
      chosen.push_back(read_section({block.file(), node, "a section"}, false));
      continue;
    }
    const auto found =
        std::find_if(parts.sections.begin(), parts.sections.end(),
                     [&](const PlacedSection& s) { return s.name == node.Scalar(); });
    if (found == parts.sections.end()) {
      refuse(block.file(), line_of(node),
             fmt::format("no section '{}' is included", node.Scalar()));
    }
    chosen.push_back(*found);
  }
  if (chosen.empty()) block.refuse_at("sections", "expected at least one");
  return chosen;
}

/// The fields of a form are those that stand in its rows, in this order.
void place_fields(const std::vector<PlacedSection>& sections, const Parts& parts,
                  Definition& definition) {
  for (const auto& placed : sections) {
    for (std::size_t row = 0; row < placed.rows.size(); ++row) {
      for (const auto& name : placed.section.rows[row]) {
        const auto found = std::find_if(parts.fields.begin(), parts.fields.end(),
                                        [&](const PlacedField& f) { return f.field.name == name; });
        const auto& line = placed.rows[row];
        if (found == parts.fields.end()) {
          refuse(line.file, line.number, fmt::format("unknown field '{}' in a row", name));
        }
        if (definition.find(name) != nullptr) {
          refuse(line.file, line.number, fmt::format("field '{}' stands in two rows", name));
        }
        definition.fields.push_back(found->field);
      }
    }
    definition.sections.push_back(placed.section);
  }
}

void check_whole(const Block& block, const Parts& parts, const Definition& definition) {
  for (const auto& placed : parts.fields) {
    if (placed.line.file != block.file() || definition.find(placed.field.name) != nullptr) continue;
    refuse(block.file(), placed.line.number,
           fmt::format("field '{}' stands in no row", placed.field.name));
  }
  const auto* birth = definition.find("birth_date");
  if (birth == nullptr || birth->kind != FieldKind::date) {
    refuse(block.file(), block.line(),
           "no date field 'birth_date' in any row: without it no report could be filed");
  }
  const auto* visit = definition.find("visit_date");
  if (visit == nullptr || visit->kind != FieldKind::date) {
    refuse(block.file(), block.line(), "no date field 'visit_date' in any row");
  }
}

ocr::Layout lay_out(const Definition& definition, const std::vector<PlacedSection>& sections) {
  try {
    return compose(definition).layout;
  } catch (const DoesNotFit& fault) {
    const auto& section = sections.at(fault.section);
    const auto& line = fault.row ? section.rows.at(*fault.row) : section.line;
    refuse(line.file, line.number, fault.what());
  }
}

Catalogue::Entry read_form(const Block& block, const std::filesystem::path& folder) {
  block.only({"form", "number", "version", "disease", "disease_words", "title", "include", "fields",
              "sections", "schedule", "rules", "deviation_words"});
  Definition definition;
  definition.form = block.text("form");
  if (!is_name(definition.form, true) || !definition.form.ends_with("-report")) {
    block.refuse_at("form", "expected a name such as stomach-report");
  }
  definition.number = block.integer("number", 1, highest_number);
  definition.version = block.integer("version", 1, 255);
  definition.disease = block.text("disease");
  if (!is_name(definition.disease)) block.refuse_at("disease", "expected lower case letters");
  definition.title = block.words("title");
  definition.disease_words = block.words("disease_words");

  Parts parts = read_includes(block, folder);
  read_fields(block, parts);
  read_rules(block, parts);
  const auto sections = choose_sections(block, parts);
  place_fields(sections, parts, definition);
  definition.rules = std::move(parts.rules);
  definition.deviation_words = std::move(parts.deviation_words);
  check_whole(block, parts, definition);
  definition.schedule =
      read_schedule({block.file(), block.required("schedule"), "the schedule"}, definition);
  auto layout = lay_out(definition, sections);
  return {std::move(definition), std::move(layout)};
}

/// The 医療者用パス of a report form.
Catalogue::Entry pathway_sheet(const Catalogue::Entry& report, const Block& block) {
  Definition sheet = report.definition;
  sheet.form = sheet.form.substr(0, sheet.form.rfind("-report")) + "-pathway-sheet";
  sheet.number += sheet_bit;
  sheet.sheet = true;
  sheet.title = {"地域連携パス　医療者用", "Shared care pathway, for clinicians"};
  sheet.fields.clear();
  sheet.sections.clear();
  try {
    auto layout = compose(sheet).layout;
    return {std::move(sheet), std::move(layout)};
  } catch (const DoesNotFit& fault) {
    block.refuse_at("schedule", fault.what());
  }
}

void refuse_duplicates(const std::vector<Catalogue::Entry>& entries, const Block& block,
                       const Definition& one) {
  for (const auto& entry : entries) {
    const auto& other = entry.definition;
    if ((other.number == one.number) != (other.form == one.form)) {
      block.refuse_at("number",
                      fmt::format("{} belongs to '{}' already: a form keeps its own number",
                                  other.number, other.form));
    }
    if (other.form == one.form && other.version == one.version) {
      block.refuse_at("version", fmt::format("version {} of '{}' stands in another file too",
                                             one.version, one.form));
    }
  }
}

}  // namespace

Catalogue Catalogue::load(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  if (error) throw BadDefinition(folder.string() + ":1: " + error.message());
  std::sort(files.begin(), files.end());
  Catalogue catalogue;
  for (const auto& path : files) {
    const Block block(path.filename().string(), read_yaml(path), "the file");
    if (!block.has("form")) continue;  // a fragment, read by those that include it
    auto report = read_form(block, folder);
    refuse_duplicates(catalogue.entries_, block, report.definition);
    auto sheet = pathway_sheet(report, block);
    catalogue.entries_.push_back(std::move(report));
    catalogue.entries_.push_back(std::move(sheet));
  }
  if (catalogue.entries_.empty()) throw BadDefinition(folder.string() + ":1: no form definition");
  return catalogue;
}

}  // namespace forms
