#include "daemon/exchange/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>
#include <span>

#include "daemon/exchange/json.hpp"
#include "daemon/exchange/table.hpp"

namespace exchange {
namespace {

constexpr std::array<std::string_view, 5> patient_columns = {"patient_id", "name", "kana",
                                                             "birth_date", "sex"};
constexpr std::array<std::string_view, 4> clinic_columns = {"clinic_id", "name", "fax", "doctor"};
constexpr std::array<std::string_view, 7> pathway_columns = {
    "pathway_id", "patient_id",      "clinic_id", "disease",
    "started_on", "hospital_doctor", "thresholds"};

constexpr std::size_t most_faults = 20;
constexpr std::size_t longest_key = 64;
constexpr std::size_t longest_text = 500;

std::string joined(std::span<const std::string_view> words, std::string_view between) {
  return fmt::format("{}", fmt::join(words, between));
}

/// What a message repeats of a field: enough to find it by.
std::string shown(const std::string& text) {
  constexpr std::size_t most = 40;
  if (text.size() <= most) return text;
  auto end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

/// Gathers faults; throws them all at the end, so that a file can be put right in one go.
class Faults {
public:
  explicit Faults(std::string file) : file_(std::move(file)) {}

  void add(int line, int column, const std::string& what) {
    ++count_;
    if (count_ <= most_faults) {
      text_ += fmt::format("{}{}:{}:{}: {}", text_.empty() ? "" : "\n", file_, line, column, what);
    }
  }
  void add(const Cell& cell, std::string_view column, const std::string& expected) {
    add(cell.line, cell.column,
        cell.text.empty()
            ? fmt::format("{}: expected {}, found nothing", column, expected)
            : fmt::format("{}: expected {}, found '{}'", column, expected, shown(cell.text)));
  }
  void finish() const {
    if (count_ == 0) return;
    const auto more =
        count_ > most_faults ? fmt::format("\nand {} more", count_ - most_faults) : "";
    throw BadCsv(text_ + more);
  }

private:
  std::string file_;
  std::string text_;
  std::size_t count_ = 0;
};

/// One row of the file, its cells by column name; what cannot be understood becomes a fault and a
/// default.
class RowReader {
public:
  RowReader(const std::vector<Cell>& cells,
            const std::map<std::string, std::size_t, std::less<>>& columns, Faults& faults)
      : cells_(cells), columns_(columns), faults_(faults) {}

  [[nodiscard]] const Cell& cell(std::string_view column) const {
    return cells_[columns_.find(column)->second];
  }

  std::string text(std::string_view column) const {
    const auto& found = cell(column);
    if (found.text.size() > longest_text) faults_.add(found, column, "a shorter text");
    return found.text;
  }

  std::string needed_text(std::string_view column, const std::string& expected) const {
    if (cell(column).text.empty()) faults_.add(cell(column), column, expected);
    return text(column);
  }

  /// Something others point to.
  std::string key(std::string_view column) const {
    const auto& found = cell(column);
    const bool spaced =
        !found.text.empty() && (found.text.front() == ' ' || found.text.back() == ' ');
    if (found.text.empty() || found.text.size() > longest_key || spaced ||
        found.text.find_first_of("\t\r\n") != std::string::npos) {
      faults_.add(found, column, "an identifier with no spaces around it");
    }
    return found.text;
  }

  records::Date date(std::string_view column) const {
    const auto& found = cell(column);
    if (const auto date = parse_date(found.text)) return *date;
    faults_.add(found, column, "a date like 1948-04-05");
    return {};
  }

  /// A year mistyped (2062 for 1962) would make a date of birth that no form agrees with, or a
  /// start that no report is awaited after.
  records::Date past_date(std::string_view column, records::Date today) const {
    const auto found = date(column);
    if (found.ok() && found > today) {
      refuse(column, fmt::format("a day that is not after today, {}", to_text(today)));
    }
    return found;
  }

  std::string one_of(std::string_view column, std::span<const std::string_view> words) const {
    const auto& found = cell(column);
    if (std::find(words.begin(), words.end(), found.text) == words.end()) {
      faults_.add(found, column, "one of " + joined(words, " "));
    }
    return found.text;
  }

  void refuse(std::string_view column, const std::string& expected) const {
    faults_.add(cell(column), column, expected);
  }

private:
  static std::optional<records::Date> parse_date(std::string_view text) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    const auto part = [&](std::size_t from, std::size_t count, auto& value) {
      const auto* end = text.data() + from + count;
      return std::from_chars(text.data() + from, end, value).ptr == end;
    };
    if (text.size() != 10 || text[4] != '-' || text[7] != '-' || text[0] == '-' ||
        !part(0, 4, year) || !part(5, 2, month) || !part(8, 2, day)) {
      return std::nullopt;
    }
    const records::Date date{std::chrono::year(year), std::chrono::month(month),
                             std::chrono::day(day)};
    // The era of Meiji began in 1868: nobody's birth and no treatment is older.
    if (!date.ok() || year < 1868 || year > 2199) return std::nullopt;
    return date;
  }

  const std::vector<Cell>& cells_;
  const std::map<std::string, std::size_t, std::less<>>& columns_;
  Faults& faults_;
};

std::map<std::string, std::size_t, std::less<>> read_header(
    const std::vector<Cell>& header, std::span<const std::string_view> expected, Faults& faults) {
  std::map<std::string, std::size_t, std::less<>> columns;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto& cell = header[i];
    if (std::find(expected.begin(), expected.end(), cell.text) == expected.end()) {
      faults.add(cell, "header", "the columns " + joined(expected, ","));
    } else if (!columns.emplace(cell.text, i).second) {
      faults.add(cell, "header", "each column once");
    }
  }
  for (const auto column : expected) {
    if (!columns.contains(column)) {
      faults.add(header.front().line, 1,
                 fmt::format("header: expected a column {} as well", column));
    }
  }
  return columns;
}

/// Header, then `read(RowReader)` for every row; the first column expected is the key.
template <class Subject, class Read>
Rows<Subject> parse(std::string_view content, const std::string& name,
                    std::span<const std::string_view> expected, Read read) {
  Faults faults(name);
  const auto table = parse_table(content);
  for (const auto& fault : table.faults) faults.add(fault.line, fault.column, fault.what);
  faults.finish();
  if (table.rows.empty()) faults.add(1, 1, "expected a header line: " + joined(expected, ","));
  faults.finish();
  const auto columns = read_header(table.rows[0], expected, faults);
  faults.finish();

  Rows<Subject> rows;
  std::map<std::string, int, std::less<>> keys;
  for (std::size_t i = 1; i < table.rows.size(); ++i) {
    const auto& cells = table.rows[i];
    if (cells.size() != expected.size()) {
      const auto& at = cells.size() > expected.size() ? cells[expected.size()] : cells.back();
      faults.add(at.line, at.column,
                 fmt::format("expected {} fields, found {}", expected.size(), cells.size()));
      continue;
    }
    const RowReader row(cells, columns, faults);
    rows.rows.push_back(read(row));
    rows.lines.push_back(cells.front().line);
    const auto& key = row.cell(expected[0]);
    const auto [known, is_new] = keys.emplace(key.text, key.line);
    if (!is_new)
      row.refuse(expected[0], fmt::format("it once only, it stands in line {} too", known->second));
  }
  faults.finish();
  return rows;
}

std::string sex(const RowReader& row) {
  static const std::map<std::string, std::string, std::less<>> words = {
      {"male", "male"}, {"M", "male"},    {"男", "male"},        {"female", "female"},
      {"F", "female"},  {"女", "female"}, {"other", "other"},    {"O", "other"},
      {"", "unknown"},  {"U", "unknown"}, {"unknown", "unknown"}};
  const auto found = words.find(row.cell("sex").text);
  if (found != words.end()) return found->second;
  row.refuse("sex", "one of male female other unknown");
  return "unknown";
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool is_limit(std::string_view text) {
  const auto point = text.find('.');
  const auto all_digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const bool well_formed = point == std::string_view::npos ? all_digits(text)
                                                           : all_digits(text.substr(0, point)) &&
                                                                 all_digits(text.substr(point + 1));
  return well_formed && text.size() <= 12 && text.find_first_not_of("0.") != std::string_view::npos;
}

/// "psa=0.2;cea=5": limits as they were written.
std::map<std::string, std::string> thresholds(const RowReader& row, const std::string& disease,
                                              const Markers& markers) {
  constexpr auto column = "thresholds";
  std::map<std::string, std::string> found;
  const auto known = markers.find(disease);
  std::string_view rest = row.cell(column).text;
  while (!trimmed(rest).empty()) {
    const auto end = std::min(rest.find(';'), rest.size());
    const auto item = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto equals = item.find('=');
    const auto marker = std::string(trimmed(item.substr(0, equals)));
    const auto limit = equals == std::string_view::npos ? "" : trimmed(item.substr(equals + 1));
    if (marker.empty() || !is_limit(limit)) {
      row.refuse(column, "limits like psa=0.2;cea=5, or nothing");
      return {};
    }
    // A limit for a marker that the form does not ask for would never be looked at.
    if (known != markers.end() &&
        std::find(known->second.begin(), known->second.end(), marker) == known->second.end()) {
      row.refuse(column, fmt::format("markers of {}: {}", disease, fmt::join(known->second, " ")));
      return {};
    }
    if (!found.emplace(marker, limit).second) row.refuse(column, "each marker once");
  }
  return found;
}

}  // namespace

const Markers& usual_markers() {
  static const Markers markers = {{"stomach", {"cea", "ca19_9"}}, {"colorectal", {"cea", "ca19_9"}},
                                  {"liver", {"afp", "pivka_ii"}}, {"lung", {"cea", "cyfra"}},
                                  {"breast", {"cea", "ca15_3"}},  {"prostate", {"psa"}}};
  return markers;
}

bool is_clinic_code(std::string_view text) {
  if (text.size() != 10 || text.find_first_not_of("0123456789") != std::string_view::npos)
    return false;
  int sum = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int digit = text[i] - '0';
    const int weighted = i % 2 == 0 ? 2 * digit : digit;  // the check digit, the tenth, counts once
    sum += weighted / 10 + weighted % 10;
  }
  return sum % 10 == 0;
}

Rows<records::Patient> parse_patients(std::string_view content, const std::string& name,
                                      records::Date today) {
  return parse<records::Patient>(content, name, patient_columns, [&](const RowReader& row) {
    return records::Patient{row.key("patient_id"), row.needed_text("name", "a name"),
                            row.text("kana"), row.past_date("birth_date", today), sex(row)};
  });
}

Rows<records::Clinic> parse_clinics(std::string_view content, const std::string& name) {
  return parse<records::Clinic>(content, name, clinic_columns, [](const RowReader& row) {
    const auto& code = row.cell("clinic_id").text;
    if (!is_clinic_code(code)) {
      const bool digits =
          code.size() == 10 && code.find_first_not_of("0123456789") == std::string::npos;
      row.refuse("clinic_id", digits ? "a 医療機関コード whose check digit (the last) is right"
                                     : "the 10 digits of a 医療機関コード");
    }
    return records::Clinic{code, row.needed_text("name", "a name"), row.text("fax"),
                           row.text("doctor")};
  });
}

Rows<records::Pathway> parse_pathways(std::string_view content, const std::string& name,
                                      records::Date today, const Markers& markers) {
  std::vector<std::string_view> diseases;
  for (const auto& [disease, of_disease] : markers) diseases.push_back(disease);
  return parse<records::Pathway>(content, name, pathway_columns, [&](const RowReader& row) {
    const auto disease = row.one_of("disease", diseases);
    return records::Pathway{row.key("pathway_id"),
                            row.key("patient_id"),
                            row.key("clinic_id"),
                            disease,
                            row.past_date("started_on", today),
                            row.text("hospital_doctor"),
                            thresholds(row, disease, markers)};
  });
}

}  // namespace exchange
