#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "forms/definition.hpp"
#include "forms/tag_key.hpp"

/// Printed sheets: PDF for paper, JSON for those who must know where things stand.
namespace forms {

using Date = std::chrono::year_month_day;

/// What is filled in before the form leaves the hospital.
struct Letterhead {
  std::string hospital;
  std::string department;
  std::string address;
  std::string phone;
  std::string fax;  ///< where the clinic sends the form
  std::string hospital_doctor;
  std::string clinic;
  std::string clinic_doctor;
  std::string clinic_fax;
  std::string patient_id;
  std::string patient_name;
  std::string patient_kana;
  std::string patient_sex;  ///< male, female, other or empty
  std::string pathway_id;
  Date started_on;
  std::optional<Date> visit;  ///< for which planned visit it is meant
};

struct Copy {
  Serial serial;  ///< every printed copy has its own
  Letterhead head;
};

/// Report forms, one after the other, in one PDF. Note that the birth date is never printed: the
/// clinic writes it. Throws std::runtime_error if the file cannot be written.
void print_report(const Catalogue::Entry& form, const std::vector<Copy>& copies,
                  const TagKeys& keys, const std::filesystem::path& out);

/// The 医療者用パス: the schedule of visits and examinations over the years, tagged too.
void print_pathway_sheet(const Catalogue::Entry& sheet, const Copy& copy, const TagKeys& keys,
                         const std::filesystem::path& out);

/// A planned visit that no report has told of.
struct ReminderVisit {
  std::string patient_name;
  std::string patient_id;
  std::string disease;  ///< as people say it
  Date due;
  int month = 0;  ///< since the pathway began
};

struct Reminder {
  Letterhead head;  ///< the hospital and the clinic; nothing of a patient
  Date on;
  std::vector<ReminderVisit> visits;  ///< oldest first
};

struct FormCopy {
  const Catalogue::Entry* form;
  Copy copy;
};

/// A letter that asks the clinic for the reports that are late, and the forms for them behind it.
/// Throws std::runtime_error if the file cannot be written.
void print_reminder(const Reminder& reminder, const std::vector<FormCopy>& copies,
                    const TagKeys& keys, const std::filesystem::path& out);

/// The layout as `design/contract` fixes it for --layout.
[[nodiscard]] nlohmann::json layout_json(const ocr::Layout& layout, Serial serial);

/// The same with the units of numbers, which only the definition knows.
[[nodiscard]] nlohmann::json layout_json(const Catalogue::Entry& form, Serial serial);

}  // namespace forms
