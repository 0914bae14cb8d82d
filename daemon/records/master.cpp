#include <fmt/format.h>

#include "daemon/records/audit.hpp"
#include "daemon/records/state.hpp"
#include "daemon/records/words.hpp"

/// Patients, clinics and pathways: what the hospital imports.
namespace records {
namespace {

constexpr auto one_patient =
    "SELECT patient_id, name, kana, birth_date, sex FROM patients WHERE patient_id = :id";
constexpr auto add_patient =
    "INSERT INTO patients (patient_id, name, kana, birth_date, sex) "
    "VALUES (:id, :name, :kana, :birth_date, :sex)";
constexpr auto change_patient =
    "UPDATE patients SET name = :name, kana = :kana, birth_date = :birth_date, sex = :sex "
    "WHERE patient_id = :id";

constexpr auto one_clinic =
    "SELECT clinic_id, name, fax, doctor FROM clinics WHERE clinic_id = :id";
constexpr auto add_clinic =
    "INSERT INTO clinics (clinic_id, name, fax, doctor) VALUES (:id, :name, :fax, :doctor)";
constexpr auto change_clinic =
    "UPDATE clinics SET name = :name, fax = :fax, doctor = :doctor WHERE clinic_id = :id";

constexpr auto pathway_columns =
    "SELECT pathway_id, patient_id, clinic_id, disease, started_on, hospital_doctor, thresholds "
    "FROM pathways ";
constexpr auto by_id = "WHERE pathway_id = :id";
constexpr auto by_patient = "WHERE patient_id = :id ORDER BY started_on, pathway_id";
constexpr auto by_clinic = "WHERE clinic_id = :id ORDER BY pathway_id";
constexpr auto any_pathway = "WHERE :id = '' ORDER BY clinic_id, pathway_id";
constexpr auto all_clinics = "SELECT clinic_id, name, fax, doctor FROM clinics ORDER BY clinic_id";
constexpr auto add_pathway =
    "INSERT INTO pathways (pathway_id, patient_id, clinic_id, disease, started_on, "
    "hospital_doctor, thresholds) "
    "VALUES (:id, :patient, :clinic, :disease, :started_on, :doctor, :thresholds)";
/// The pathway itself does not say since when it is known here; its first audit row does.
constexpr auto first_imports =
    "SELECT entity_id, done_at FROM audit WHERE entity = 'pathway' AND what = 'import' ORDER BY "
    "seq";
constexpr auto change_pathway =
    "UPDATE pathways SET patient_id = :patient, clinic_id = :clinic, disease = :disease, "
    "started_on = :started_on, hospital_doctor = :doctor, thresholds = :thresholds WHERE "
    "pathway_id = :id";

std::optional<Patient> find_patient(Database& database, const std::string& id) {
  std::optional<Patient> found;
  database.each(one_patient, {{"id", id}}, [&](const Row& row) {
    found = Patient{row.text("patient_id"), row.text("name"), row.text("kana"),
                    date_of(row.text("birth_date")), row.text("sex")};
  });
  return found;
}

std::optional<Clinic> find_clinic(Database& database, const std::string& id) {
  std::optional<Clinic> found;
  database.each(one_clinic, {{"id", id}}, [&](const Row& row) {
    found = Clinic{row.text("clinic_id"), row.text("name"), row.text("fax"), row.text("doctor")};
  });
  return found;
}

std::vector<Pathway> find_pathways(Database& database, const char* which, const std::string& id) {
  std::vector<Pathway> found;
  database.each(std::string(pathway_columns) + which, {{"id", id}}, [&](const Row& row) {
    Pathway pathway{row.text("pathway_id"),
                    row.text("patient_id"),
                    row.text("clinic_id"),
                    row.text("disease"),
                    date_of(row.text("started_on")),
                    row.text("hospital_doctor"),
                    {}};
    const auto thresholds = json_of(row.text("thresholds"));
    for (const auto& [marker, limit] : thresholds.items()) {
      if (limit.is_string()) pathway.thresholds[marker] = limit.get<std::string>();
    }
    found.push_back(std::move(pathway));
  });
  return found;
}

std::optional<Pathway> find_pathway(Database& database, const std::string& id) {
  auto found = find_pathways(database, by_id, id);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

nlohmann::json summary(const Patient& patient) {
  return {{"name", patient.name},
          {"kana", patient.kana},
          {"birth_date", to_text(patient.birth_date)},
          {"sex", patient.sex}};
}

nlohmann::json summary(const Clinic& clinic) {
  return {{"name", clinic.name}, {"fax", clinic.fax}, {"doctor", clinic.doctor}};
}

nlohmann::json summary(const Pathway& pathway) {
  return {{"patient_id", pathway.patient_id},
          {"clinic_id", pathway.clinic_id},
          {"disease", pathway.disease},
          {"started_on", to_text(pathway.started_on)},
          {"hospital_doctor", pathway.hospital_doctor},
          {"thresholds", pathway.thresholds}};
}

void write_row(Database& database, const Patient& patient, bool is_new) {
  database.change(is_new ? add_patient : change_patient,
                  {{"id", patient.patient_id},
                   {"name", patient.name},
                   {"kana", patient.kana},
                   {"birth_date", to_text(patient.birth_date)},
                   {"sex", patient.sex}});
}

void write_row(Database& database, const Clinic& clinic, bool is_new) {
  database.change(is_new ? add_clinic : change_clinic, {{"id", clinic.clinic_id},
                                                        {"name", clinic.name},
                                                        {"fax", clinic.fax},
                                                        {"doctor", clinic.doctor}});
}

void write_row(Database& database, const Pathway& pathway, bool is_new) {
  database.change(is_new ? add_pathway : change_pathway,
                  {{"id", pathway.pathway_id},
                   {"patient", pathway.patient_id},
                   {"clinic", pathway.clinic_id},
                   {"disease", pathway.disease},
                   {"started_on", to_text(pathway.started_on)},
                   {"doctor", pathway.hospital_doctor},
                   {"thresholds", json_text(pathway.thresholds)}});
}

/// Only what differs goes into the audit: a change of the telephone leaves no name behind.
void keep_differences(nlohmann::json& was, nlohmann::json& became) {
  for (auto each = was.begin(); each != was.end();) {
    if (became.at(each.key()) == each.value()) {
      became.erase(each.key());
      each = was.erase(each);
    } else {
      ++each;
    }
  }
}

/// One row of an import: added, changed, or as it was.
template <class Subject>
void import_row(Database& database, Change change, const std::optional<Subject>& known,
                const Subject& row, ImportCount& count) {
  if (known == row) {
    ++count.unchanged;
    return;
  }
  write_row(database, row, !known);
  ++(known ? count.changed : count.added);
  change.became = summary(row);
  if (known) {
    change.was = summary(*known);
    keep_differences(change.was, change.became);
  }
  note(database, change);
}

void find_bad_references(Database& database, const std::vector<Pathway>& rows,
                         std::vector<BadReference>& bad) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    if (!find_patient(database, row.patient_id)) {
      bad.push_back({i, "patient_id", row.patient_id, "a patient that has been imported"});
    } else if (const auto known = find_pathway(database, row.pathway_id);
               known && known->patient_id != row.patient_id) {
      // Its printed forms are out there: their pages would go to the other patient.
      bad.push_back({i, "patient_id", row.patient_id,
                     fmt::format("{}, whose pathway {} is: a pathway keeps its patient",
                                 known->patient_id, row.pathway_id)});
    }
    if (!find_clinic(database, row.clinic_id)) {
      bad.push_back({i, "clinic_id", row.clinic_id, "a clinic that has been imported"});
    }
  }
}

}  // namespace

std::vector<BadReference> Records::check_pathways(const std::vector<Pathway>& rows) {
  auto& database = state_->database;
  return database.read("check the pathways", [&] {
    std::vector<BadReference> bad;
    find_bad_references(database, rows, bad);
    return bad;
  });
}

ImportCount Records::import_patients(const std::vector<Patient>& rows, const std::string& who,
                                     Time now) {
  auto& database = state_->database;
  return database.write("import the patients", [&] {
    ImportCount count;
    for (const auto& row : rows) {
      import_row(database, {now, who, "import", "patient", row.patient_id},
                 find_patient(database, row.patient_id), row, count);
    }
    return count;
  });
}

ImportCount Records::import_clinics(const std::vector<Clinic>& rows, const std::string& who,
                                    Time now) {
  auto& database = state_->database;
  return database.write("import the clinics", [&] {
    ImportCount count;
    for (const auto& row : rows) {
      import_row(database, {now, who, "import", "clinic", row.clinic_id},
                 find_clinic(database, row.clinic_id), row, count);
    }
    return count;
  });
}

ImportCount Records::import_pathways(const std::vector<Pathway>& rows, const std::string& who,
                                     Time now) {
  auto& database = state_->database;
  return database.write("import the pathways", [&] {
    std::vector<BadReference> bad;
    find_bad_references(database, rows, bad);
    if (!bad.empty()) {
      throw Refused(fmt::format("cannot import the pathways: row {}: {} is {}, expected {}",
                                bad[0].row + 1, bad[0].column, bad[0].value, bad[0].expected));
    }
    ImportCount count;
    for (const auto& row : rows) {
      import_row(database, {now, who, "import", "pathway", row.pathway_id},
                 find_pathway(database, row.pathway_id), row, count);
    }
    return count;
  });
}

std::optional<Patient> Records::patient(const std::string& id) {
  auto& database = state_->database;
  return database.read("look up the patient", [&] { return find_patient(database, id); });
}

std::optional<Clinic> Records::clinic(const std::string& id) {
  auto& database = state_->database;
  return database.read("look up the clinic", [&] { return find_clinic(database, id); });
}

std::optional<Pathway> Records::pathway(const std::string& id) {
  auto& database = state_->database;
  return database.read("look up the pathway", [&] { return find_pathway(database, id); });
}

std::vector<Pathway> Records::pathways_of(const std::string& patient_id) {
  auto& database = state_->database;
  return database.read("look up the pathways",
                       [&] { return find_pathways(database, by_patient, patient_id); });
}

std::vector<Pathway> Records::pathways_at(const std::string& clinic_id) {
  auto& database = state_->database;
  return database.read("list the pathways", [&] {
    return find_pathways(database, clinic_id.empty() ? any_pathway : by_clinic, clinic_id);
  });
}

std::map<std::string, Time> Records::registered() {
  auto& database = state_->database;
  return database.read("look up since when pathways are known", [&] {
    std::map<std::string, Time> found;
    database.each(first_imports, {}, [&](const Row& row) {
      found.try_emplace(row.text("entity_id"), time_of(row.text("done_at")));
    });
    return found;
  });
}

std::vector<Clinic> Records::clinics() {
  auto& database = state_->database;
  return database.read("list the clinics", [&] {
    std::vector<Clinic> found;
    database.each(all_clinics, {}, [&](const Row& row) {
      found.push_back(
          {row.text("clinic_id"), row.text("name"), row.text("fax"), row.text("doctor")});
    });
    return found;
  });
}

}  // namespace records
