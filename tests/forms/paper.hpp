#pragma once

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "forms/filled_form.hpp"

/// Readings as a good reader would make them of a form on which given answers were written.
namespace tests {

inline constexpr double good = 0.99999;

/// '0'-'9', '_' blank, '#' struck out, '?' no digit.
inline std::size_t cell_class(char written) {
  if (written == '_') return ocr::CellReading::blank;
  if (written == '#') return ocr::CellReading::struck;
  if (written == '?') return ocr::CellReading::other;
  return static_cast<std::size_t>(written - '0');
}

/// `sure` that it is `written`; the rest is shared by all other classes, or goes to `rival`.
inline ocr::CellReading cell(char written, double sure = good, char rival = '\0') {
  ocr::CellReading reading;
  constexpr auto others = static_cast<double>(ocr::CellReading::classes - 1);
  for (auto& each : reading.likelihood) {
    each = rival == '\0' ? static_cast<float>((1 - sure) / others) : 0.0F;
  }
  if (rival != '\0') reading.likelihood[cell_class(rival)] = static_cast<float>(1 - sure);
  reading.likelihood[cell_class(written)] = static_cast<float>(sure);
  return reading;
}

inline std::vector<ocr::CellReading> cells(std::string_view written) {
  std::vector<ocr::CellReading> read;
  for (const char each : written) read.push_back(cell(each));
  return read;
}

inline ocr::MarkReading mark(std::string value, ocr::MarkState state, double sure = good) {
  return {std::move(value), state, sure, {}};
}

/// What stands in the cells of a number field: "3.2" in 3 + 1 cells is "__32".
inline std::string in_cells(const forms::FieldDefinition& field, std::string_view value) {
  const auto point = value.find('.');
  std::string before(value.substr(0, point));
  std::string after(point == std::string_view::npos ? "" : value.substr(point + 1));
  if (value.empty()) before.clear();
  before.insert(0, static_cast<std::size_t>(field.digits_before) - before.size(), '_');
  after.append(static_cast<std::size_t>(field.digits_after) - after.size(), '_');
  return before + after;
}

/// One aligned page with every field of the form blank, to be written on.
class Paper {
public:
  explicit Paper(const forms::Definition& definition) : definition_(definition) {
    page_.form = definition.form;
    page_.version = definition.version;
    page_.form_page = 1;
    page_.quality.dpi_x = 204;
    page_.quality.dpi_y = 196;
    page_.quality.alignment_error_mm = 0.2;
    double y = 20;
    for (const auto& field : definition.fields) {
      ocr::Reading reading;
      reading.field = field.name;
      reading.box = {20, y += 6, 100, 5};
      page_.readings.push_back(reading);
      write(field.name, "");
    }
  }

  /// As the contract writes values; several of a choice joined by ','.
  Paper& write(std::string_view name, std::string_view value) {
    const auto& field = definition(name);
    ocr::Reading& reading = at(name);
    switch (field.kind) {
      case forms::FieldKind::choice: tick(reading, field, value); break;
      case forms::FieldKind::number: reading.cells = cells(in_cells(field, value)); break;
      case forms::FieldKind::date:
      case forms::FieldKind::month: date(reading, field, value); break;
      case forms::FieldKind::text:
      case forms::FieldKind::ink: reading.ink_mm2 = value.empty() ? 0 : 30; break;
    }
    return *this;
  }

  /// The option's mark in another state than plainly marked or empty.
  Paper& mark(std::string_view name, std::string_view option, ocr::MarkState state,
              double sure = good) {
    for (auto& each : at(name).marks) {
      if (each.value == option) each = tests::mark(std::string(option), state, sure);
    }
    return *this;
  }

  ocr::Reading& at(std::string_view name) {
    const auto found = std::ranges::find(page_.readings, name, &ocr::Reading::field);
    if (found == page_.readings.end()) throw std::logic_error("no field " + std::string(name));
    return *found;
  }
  ocr::PageReading& page() { return page_; }
  [[nodiscard]] const ocr::PageReading& page() const { return page_; }

private:
  const forms::FieldDefinition& definition(std::string_view name) const {
    const auto found = std::ranges::find(definition_.fields, name, &forms::FieldDefinition::name);
    if (found == definition_.fields.end()) throw std::logic_error("no field " + std::string(name));
    return *found;
  }

  static void tick(ocr::Reading& reading, const forms::FieldDefinition& field,
                   std::string_view value) {
    const std::string wanted = "," + std::string(value) + ",";
    reading.marks.clear();
    for (const auto& option : field.options) {
      const bool marked = wanted.find("," + option.value + ",") != std::string::npos;
      reading.marks.push_back(
          tests::mark(option.value, marked ? ocr::MarkState::marked : ocr::MarkState::empty));
    }
  }

  static std::string two(unsigned number) {
    return (number < 10 ? "_" : "") + std::to_string(number);
  }

  static void date(ocr::Reading& reading, const forms::FieldDefinition& field,
                   std::string_view value) {
    const bool month_only = field.kind == forms::FieldKind::month;
    reading.marks.clear();
    for (const auto& era : field.eras) {
      reading.marks.push_back(tests::mark(era.value, ocr::MarkState::empty));
    }
    reading.cells = cells(month_only ? "____" : "______");
    if (value.empty()) return;
    const auto part = [&](std::size_t from, std::size_t count) {
      unsigned number = 0;
      std::from_chars(value.data() + from, value.data() + from + count, number);
      return number;
    };
    const unsigned day = month_only ? 1 : part(8, 2);
    const forms::Date date{std::chrono::year{static_cast<int>(part(0, 4))},
                           std::chrono::month{part(5, 2)}, std::chrono::day{day}};
    const auto named = forms::eras_of(date).back();
    for (auto& era : reading.marks) {
      if (era.value == named.era) era.state = ocr::MarkState::marked;
    }
    reading.cells = cells(two(static_cast<unsigned>(named.year)) + two(part(5, 2)) +
                          (month_only ? "" : two(day)));
  }

  const forms::Definition& definition_;
  ocr::PageReading page_;
};

}  // namespace tests
