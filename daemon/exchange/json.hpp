#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "daemon/records/records.hpp"

/// The JSON that other programs read: keys may be added, none is taken away or changes its meaning.
/// Times are UTC with Z, days ISO 8601, boxes [x, y, width, height] in millimetres; what is not
/// known is null.
namespace exchange {

using Json = nlohmann::json;

/// One patient with all that is theirs.
struct PatientRecord {
  records::Patient patient;
  std::vector<records::Pathway> pathways;
  std::vector<records::Report> reports;  ///< oldest first
  std::vector<records::Document> documents;
  std::vector<records::Flag> flags;
  std::vector<records::Ending> endings;
};
[[nodiscard]] PatientRecord patient_record(records::Records& records,
                                           const records::Patient& patient);

[[nodiscard]] Json to_json(const records::Document& document);
[[nodiscard]] Json to_json(const records::Report& report);
[[nodiscard]] Json to_json(const records::Flag& flag);
[[nodiscard]] Json to_json(const records::PrintedForm& form);
[[nodiscard]] Json to_json(const records::Letter& letter);
[[nodiscard]] Json to_json(const records::Ending& ending);
[[nodiscard]] Json to_json(const records::AuditRow& row);
[[nodiscard]] Json to_json(const records::Patient& patient);
[[nodiscard]] Json to_json(const records::Pathway& pathway);
[[nodiscard]] Json to_json(const PatientRecord& record);

/// "2026-11-22T08:12:00Z"
[[nodiscard]] std::string to_text(records::Time time);
/// "2026-11-22"
[[nodiscard]] std::string to_text(records::Date date);

}  // namespace exchange
