#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/cli/cli.hpp"
#include "daemon/cli/say.hpp"
#include "daemon/exchange/csv.hpp"
#include "forms/folded_text.hpp"
#include "forms/schedule.hpp"

namespace cli {
namespace {

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw WrongInput("cannot read " + file.string());
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

/// A pathway that names a patient or clinic nobody knows would be found out only when a form is
/// printed.
void check_references(records::Records& records, const std::string& name,
                      const exchange::Rows<records::Pathway>& rows) {
  std::string all;
  for (const auto& bad : records.check_pathways(rows.rows)) {
    all += fmt::format("{}{}:{}: {}: expected {}, found '{}'", all.empty() ? "" : "\n", name,
                       rows.lines[bad.row], bad.column, bad.expected, bad.value);
  }
  if (!all.empty()) throw WrongInput(all);
}

/// Something known that a row says otherwise.
struct Change {
  std::string id, field, was, became;
};

/// What changes of who a patient is: a wrong row here lets another's forms in, or holds the right
/// ones.
std::vector<Change> identity_changes(records::Records& records,
                                     const std::vector<records::Patient>& rows) {
  std::vector<Change> changes;
  for (const auto& row : rows) {
    const auto known = records.patient(row.patient_id);
    if (!known) continue;
    const auto compare = [&](const char* field, const std::string& was, const std::string& now) {
      if (was != now) changes.push_back({row.patient_id, field, was, now});
    };
    compare("name", known->name, row.name);
    compare("birth_date", exchange::to_text(known->birth_date), exchange::to_text(row.birth_date));
    compare("sex", known->sex, row.sex);
  }
  return changes;
}

/// As they are written in the file.
std::string to_text(const std::map<std::string, std::string>& thresholds) {
  std::string text;
  for (const auto& [marker, limit] : thresholds)
    text += fmt::format("{}{}={}", text.empty() ? "" : ";", marker, limit);
  return text;
}

/// What changes of a pathway: its start and its disease say when which visit is due, its clinic
/// who is reminded, its thresholds what is told.
std::vector<Change> pathway_changes(records::Records& records,
                                    const std::vector<records::Pathway>& rows) {
  std::vector<Change> changes;
  for (const auto& row : rows) {
    const auto known = records.pathway(row.pathway_id);
    if (!known) continue;
    const auto compare = [&](const char* field, const std::string& was, const std::string& now) {
      if (was != now) changes.push_back({row.pathway_id, field, was, now});
    };
    compare("clinic_id", known->clinic_id, row.clinic_id);
    compare("disease", known->disease, row.disease);
    compare("started_on", exchange::to_text(known->started_on), exchange::to_text(row.started_on));
    compare("hospital_doctor", known->hospital_doctor, row.hospital_doctor);
    compare("thresholds", to_text(known->thresholds), to_text(row.thresholds));
  }
  return changes;
}

/// A new patient who looks like another on record: two people, or one whose number a spreadsheet
/// has spoilt (00100017 became 100017), and whose forms would go to two records.
struct Namesake {
  std::string patient, beside;
  std::string same;  ///< "name" or "kana"; the date of birth is the same too
};

std::vector<Namesake> namesakes_of(records::Records& records,
                                   const std::vector<records::Patient>& rows) {
  std::set<std::string> known;
  std::map<records::Date, std::vector<records::Patient>> born;
  for (auto& patient : records.patients()) {
    known.insert(patient.patient_id);
    born[patient.birth_date].push_back(std::move(patient));
  }
  std::vector<Namesake> found;
  for (const auto& row : rows) {
    if (known.contains(row.patient_id)) continue;
    auto& beside = born[row.birth_date];
    for (const auto& other : beside) {
      const bool name = forms::fold_name(row.name) == forms::fold_name(other.name);
      const auto kana = forms::fold_name(row.kana);
      if (name || (!kana.empty() && kana == forms::fold_name(other.kana)))
        found.push_back({row.patient_id, other.patient_id, name ? "name" : "kana"});
    }
    beside.push_back(row);  // the same file may bring two of them
  }
  return found;
}

/// Two courses of one disease at once: reports of both would be awaited.
struct Double {
  std::string pathway, beside;
};

std::vector<Double> doubles_of(records::Records& records,
                               const std::vector<records::Pathway>& rows) {
  std::vector<Double> found;
  const auto compare = [&](const records::Pathway& row, const records::Pathway& other) {
    const bool same = row.patient_id == other.patient_id && row.disease == other.disease &&
                      row.pathway_id != other.pathway_id;
    const bool said = std::ranges::any_of(found, [&](const Double& each) {
      return (each.pathway == row.pathway_id && each.beside == other.pathway_id) ||
             (each.pathway == other.pathway_id && each.beside == row.pathway_id);
    });
    if (!same || said) return;
    if (records.ending_of(other.pathway_id) || records.ending_of(row.pathway_id)) return;
    found.push_back({row.pathway_id, other.pathway_id});
  };
  for (const auto& row : rows) {
    for (const auto& known : records.pathways_of(row.patient_id)) compare(row, known);
    for (const auto& beside : rows) compare(row, beside);
  }
  return found;
}

/// What an import does, and what of it somebody should look at. The file is read once: it may be a
/// pipe.
struct Imported {
  records::ImportCount count;
  std::vector<Change> patients, pathways;
  std::vector<Namesake> namesakes;
  std::vector<Double> doubles;
};

Imported import_content(const Context& context, records::Records& records, const std::string& what,
                        const std::string& name, const std::string& content) {
  Imported imported;
  const auto today = forms::day_in_japan(context.now);
  if (what == "patients") {
    const auto rows = exchange::parse_patients(content, name, today).rows;
    imported.patients = identity_changes(records, rows);
    imported.namesakes = namesakes_of(records, rows);
    imported.count = records.import_patients(rows, context.who, context.now);
  } else if (what == "clinics") {
    imported.count = records.import_clinics(exchange::parse_clinics(content, name).rows,
                                            context.who, context.now);
  } else {
    const auto rows = exchange::parse_pathways(content, name, today);
    check_references(records, name, rows);
    imported.pathways = pathway_changes(records, rows.rows);
    imported.doubles = doubles_of(records, rows.rows);
    imported.count = records.import_pathways(rows.rows, context.who, context.now);
  }
  return imported;
}

nlohmann::json as_json(const std::vector<Change>& changes, const char* of) {
  auto list = nlohmann::json::array();
  for (const auto& each : changes) {
    list.push_back(
        {{of, each.id}, {"field", each.field}, {"was", each.was}, {"became", each.became}});
  }
  return list;
}

nlohmann::json as_json(const std::string& what, const Imported& imported) {
  auto namesakes = nlohmann::json::array();
  for (const auto& each : imported.namesakes)
    namesakes.push_back({{"patient", each.patient}, {"beside", each.beside}, {"same", each.same}});
  auto doubles = nlohmann::json::array();
  for (const auto& each : imported.doubles)
    doubles.push_back({{"pathway", each.pathway}, {"beside", each.beside}});
  return {{"what", what},
          {"added", imported.count.added},
          {"changed", imported.count.changed},
          {"unchanged", imported.count.unchanged},
          {"identity_changed", as_json(imported.patients, "patient")},
          {"changed_pathways", as_json(imported.pathways, "pathway")},
          {"namesakes", namesakes},
          {"doubles", doubles}};
}

std::string or_nothing(const std::string& text) {
  return text.empty() ? "nothing" : text;
}

void say_changes(const std::vector<Change>& changes, const char* of) {
  for (const auto& each : changes) {
    std::cout << fmt::format("{} {}: {} was {}, is now {}\n", of, each.id, each.field,
                             or_nothing(each.was), or_nothing(each.became));
  }
}

void say_plainly(const std::string& what, const Imported& imported) {
  std::cout << fmt::format("{}: {} added, {} changed, {} unchanged\n", what, imported.count.added,
                           imported.count.changed, imported.count.unchanged);
  say_changes(imported.patients, "patient");
  say_changes(imported.pathways, "pathway");
  for (const auto& each : imported.namesakes) {
    std::cout << fmt::format("patient {}: {} has the same {} and date of birth\n", each.patient,
                             each.beside, each.same);
  }
  for (const auto& each : imported.doubles) {
    std::cout << fmt::format(
        "pathway {}: the patient has {} of the same disease, which has not ended: reports of "
        "both are awaited\n",
        each.pathway, each.beside);
  }
}

}  // namespace

records::ImportCount import_file(const Context& context, records::Records& records,
                                 const std::string& what, const std::filesystem::path& file) {
  return import_content(context, records, what, file.filename().string(), content_of(file)).count;
}

int import(const Context& context, const std::string& what, const std::filesystem::path& file) {
  const auto config = load_config(context);
  auto records = open_records(config);
  const auto imported =
      import_content(context, records, what, file.filename().string(), content_of(file));
  if (context.json) {
    say(as_json(what, imported));
  } else {
    say_plainly(what, imported);
  }
  return Status::done;
}

}  // namespace cli
