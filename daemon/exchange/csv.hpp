#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/records/records.hpp"

/// CSV files that a hospital imports: UTF-8 with a header line; a byte order mark, CRLF and quoted
/// fields are fine. Columns may stand in any order; each must be there, and no other. Empty lines
/// are passed over.
namespace exchange {

/// One line for each fault (the first twenty), in the order of the file:
/// "patients.csv:3:24: birth_date: expected a date like 1948-04-05, found '1948/4/5'". Lines and
/// columns count from 1, columns in characters.
class BadCsv : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

template <class Subject>
struct Rows {
  std::vector<Subject> rows;
  std::vector<int> lines;  ///< where each row begins in the file
};

/// The markers that a threshold may be set for, by disease.
using Markers = std::map<std::string, std::vector<std::string>, std::less<>>;
[[nodiscard]] const Markers& usual_markers();

/// `name` is how the file is called in messages. All throw BadCsv; a key that stands twice in one
/// file is a fault, and so is a birth or a start after `today`. Sex: male, female, other, unknown;
/// M F O U, 男 女 and nothing are understood as well.
[[nodiscard]] Rows<records::Patient> parse_patients(std::string_view content,
                                                    const std::string& name, records::Date today);
/// The check digit of the 10-digit clinic code is tested.
[[nodiscard]] Rows<records::Clinic> parse_clinics(std::string_view content,
                                                  const std::string& name);
[[nodiscard]] Rows<records::Pathway> parse_pathways(std::string_view content,
                                                    const std::string& name, records::Date today,
                                                    const Markers& markers = usual_markers());

/// 医療機関コード: ten digits that pass Luhn's test.
[[nodiscard]] bool is_clinic_code(std::string_view text);

}  // namespace exchange
