#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/cli/cli.hpp"
#include "daemon/cli/say.hpp"
#include "daemon/exchange/csv.hpp"

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

/// What changes of who a patient is: a wrong row here lets another's forms in, or holds the right
/// ones.
struct IdentityChange {
  std::string patient, field, was, became;
};

std::vector<IdentityChange> identity_changes(records::Records& records,
                                             const std::vector<records::Patient>& rows) {
  std::vector<IdentityChange> changes;
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
  std::vector<IdentityChange> changes;
  std::vector<Double> doubles;
};

Imported import_content(const Context& context, records::Records& records, const std::string& what,
                        const std::string& name, const std::string& content) {
  Imported imported;
  if (what == "patients") {
    const auto rows = exchange::parse_patients(content, name).rows;
    imported.changes = identity_changes(records, rows);
    imported.count = records.import_patients(rows, context.who, context.now);
  } else if (what == "clinics") {
    imported.count = records.import_clinics(exchange::parse_clinics(content, name).rows,
                                            context.who, context.now);
  } else {
    const auto rows = exchange::parse_pathways(content, name);
    check_references(records, name, rows);
    imported.doubles = doubles_of(records, rows.rows);
    imported.count = records.import_pathways(rows.rows, context.who, context.now);
  }
  return imported;
}

}  // namespace

records::ImportCount import_file(const Context& context, records::Records& records,
                                 const std::string& what, const std::filesystem::path& file) {
  return import_content(context, records, what, file.filename().string(), content_of(file)).count;
}

int import(const Context& context, const std::string& what, const std::filesystem::path& file) {
  const auto config = load_config(context);
  auto records = open_records(config);
  const auto [count, changes, doubles] =
      import_content(context, records, what, file.filename().string(), content_of(file));
  if (context.json) {
    auto list = nlohmann::json::array();
    for (const auto& each : changes) {
      list.push_back({{"patient", each.patient},
                      {"field", each.field},
                      {"was", each.was},
                      {"became", each.became}});
    }
    auto twice = nlohmann::json::array();
    for (const auto& each : doubles)
      twice.push_back({{"pathway", each.pathway}, {"beside", each.beside}});
    say({{"what", what},
         {"added", count.added},
         {"changed", count.changed},
         {"unchanged", count.unchanged},
         {"identity_changed", list},
         {"doubles", twice}});
  } else {
    std::cout << fmt::format("{}: {} added, {} changed, {} unchanged\n", what, count.added,
                             count.changed, count.unchanged);
    for (const auto& each : changes) {
      std::cout << fmt::format("patient {}: {} was {}, is now {}\n", each.patient, each.field,
                               each.was, each.became);
    }
    for (const auto& each : doubles) {
      std::cout << fmt::format(
          "pathway {}: the patient has {} of the same disease, which has not ended: reports of "
          "both are awaited\n",
          each.pathway, each.beside);
    }
  }
  return Status::done;
}

}  // namespace cli
