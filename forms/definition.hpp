#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "ocr/layout.hpp"

/// Form definitions: the data files under `forms/definitions/`, described in
/// `docs/form-definitions.md`. One definition drives printing, reading and judging.
namespace forms {

struct Words {
  std::string ja;
  std::string en;
};

enum class FieldKind : std::uint8_t { choice, number, date, month, text, ink };

struct OptionDefinition {
  std::string value;
  Words words;
};

struct FieldDefinition {
  std::string name;
  FieldKind kind = FieldKind::text;
  Words label;

  // choice
  std::vector<OptionDefinition> options;
  bool several = false;
  ocr::MarkStyle mark = ocr::MarkStyle::box;

  // number
  std::string unit;
  int digits_before = 0;
  int digits_after = 0;
  std::optional<double> minimum;  ///< plausible; outside: doubtful
  std::optional<double> maximum;

  // date
  std::string era;  ///< printed era; empty: `eras` to choose from
  std::vector<OptionDefinition> eras;

  // what the field is to the rules
  bool marker = false;          ///< a tumour marker
  std::optional<double> limit;  ///< markers: upper reference limit
  bool examination = false;
  bool deviation = false;  ///< doubt here is a possible deviation

  // how it is printed
  bool large = false;  ///< choice: bigger words and boxes
  double width = 0;    ///< mm; text: 0 takes the whole row; ink: side of the frame
  double height = 0;   ///< mm; text and ink
};

/// A visit or examination plan: every `months` months within the months [from, to] since the start.
struct ScheduleSpan {
  int from = 0;
  int to = 60;
  int every = 3;
};

struct ScheduleItem {
  std::string name;  ///< "visit", or the name of a marker or examination
  Words words;
  std::vector<ScheduleSpan> spans;
};

struct Schedule {
  int months = 60;  ///< how long the pathway lasts
  std::vector<ScheduleItem> items;
  int grace_days = 30;   ///< a report is late so many days after its visit was due
  int window_days = 45;  ///< a visit within so many days of the due day satisfies it
};

/// Severity and wording of each kind of flag, by name (`forms/rules/judge.hpp`).
struct RuleSetting {
  std::string flag;      ///< recurrence, death, ...
  std::string severity;  ///< urgent, routine, notice
  Words words;           ///< what the doctor reads
  bool enabled = true;
  std::optional<bool> ends_pathway{};  ///< see forms/schedule.hpp
};

/// How fields stand on the sheet: sections from top to bottom, rows in a
/// section, fields in a row from left to right.
struct Section {
  Words title;
  std::vector<std::vector<std::string>> rows;  ///< field names
  bool deviation = false;                      ///< printed with a heavier frame
};

struct Definition {
  std::string form;  ///< "colorectal-report"
  int number = 0;    ///< in the tag
  bool sheet = false;  ///< a pathway sheet (医療者用パス): no fields; a copy that comes back is an
                       ///< attachment
  int version = 1;
  std::string disease;  ///< stomach colorectal liver lung breast prostate
  Words title;
  Words disease_words;
  std::vector<FieldDefinition> fields;
  std::vector<Section> sections;
  Schedule schedule;
  std::vector<RuleSetting> rules;
  std::vector<std::string> deviation_words;  ///< 再発, 転移, ...

  [[nodiscard]] const FieldDefinition* find(std::string_view field) const;
};

/// All definitions of one folder, with the layout that each prints and reads by. Each report
/// definition also yields its pathway sheet: "colorectal-pathway-sheet", number + 0x8000.
class Catalogue {
public:
  /// Throws BadDefinition (file, line, what was expected); reads every *.yaml in `folder`.
  static Catalogue load(const std::filesystem::path& folder);

  struct Entry {
    Definition definition;
    ocr::Layout layout;
  };

  [[nodiscard]] const Entry* find(std::string_view form, int version) const;
  [[nodiscard]] const Entry* find(int number, int version) const;
  /// The newest version of the report form, or of the pathway sheet, of a disease.
  [[nodiscard]] const Entry* report_for(std::string_view disease) const;
  [[nodiscard]] const Entry* sheet_for(std::string_view disease) const;
  [[nodiscard]] const std::vector<Entry>& all() const { return entries_; }

private:
  std::vector<Entry> entries_;
};

class BadDefinition : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;  ///< "colorectal-report.yaml:12: unknown key 'labell' in
                                            ///< field 'cea'"
};

}  // namespace forms
