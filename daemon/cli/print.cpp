#include <algorithm>
#include <iostream>
#include <iterator>

#include <fmt/format.h>
#include <sodium.h>

#include <nlohmann/json.hpp>

#include "daemon/cli/cli.hpp"
#include "daemon/cli/dates.hpp"
#include "daemon/cli/files.hpp"
#include "daemon/cli/paper.hpp"
#include "daemon/exchange/json.hpp"
#include "forms/print.hpp"
#include "forms/sheet.hpp"
#include "forms/tag_key.hpp"

namespace cli {

Subject find_subject(records::Records& records, const std::string& pathway_id) {
  const auto pathway = records.pathway(pathway_id);
  if (!pathway) throw WrongInput(fmt::format("no pathway '{}'", pathway_id));
  const auto patient = records.patient(pathway->patient_id);
  const auto clinic = records.clinic(pathway->clinic_id);
  if (!patient || !clinic) {
    throw std::runtime_error(fmt::format("pathway {} lacks its patient or clinic", pathway_id));
  }
  return {*pathway, *patient, *clinic};
}

void warn_of_hospital(const config::Hospital& hospital) {
  std::vector<std::string> missing;
  if (hospital.name.empty()) missing.emplace_back("name");
  if (hospital.fax.empty()) missing.emplace_back("fax");
  if (missing.empty()) return;
  std::cerr << fmt::format(
      "renkei: warning: renkei.yaml has no hospital {}: the paper cannot tell the clinic where to "
      "send it\n",
      fmt::join(missing, " and "));
}

forms::Letterhead letterhead(const config::Hospital& hospital, const Subject& subject) {
  forms::Letterhead head;
  head.hospital = hospital.name;
  head.department = hospital.department;
  head.address = hospital.address;
  head.phone = hospital.phone;
  head.fax = hospital.fax;
  head.hospital_doctor = subject.pathway.hospital_doctor;
  head.clinic = subject.clinic.name;
  head.clinic_doctor = subject.clinic.doctor;
  head.clinic_fax = subject.clinic.fax;
  head.patient_id = subject.patient.patient_id;
  head.patient_name = subject.patient.name;
  head.patient_kana = subject.patient.kana;
  head.patient_sex = subject.patient.sex;
  head.pathway_id = subject.pathway.pathway_id;
  head.started_on = subject.pathway.started_on;
  return head;
}

namespace {

forms::Serial fresh_serial(records::Records& records) {
  for (;;) {
    forms::Serial serial;
    randombytes_buf(&serial.number, sizeof serial.number);
    serial.number %= forms::serial_limit;
    if (!records.printed(serial)) return serial;
  }
}

}  // namespace

void check_geometry(records::Records& records, const forms::Catalogue::Entry& entry) {
  const auto& definition = entry.definition;
  if (!records.same_geometry(definition.form, definition.version,
                             forms::geometry_hash(entry.layout))) {
    throw WrongInput(fmt::format(
        "{} version {} has been printed with another geometry: give the changed definition "
        "a new version",
        definition.form, definition.version));
  }
}

forms::Copy issue(records::Records& records, const forms::Catalogue::Entry& entry,
                  const forms::Letterhead& head, const std::string& who, records::Time now) {
  forms::Copy copy{fresh_serial(records), head};
  records.issue({copy.serial,
                 head.pathway_id,
                 entry.definition.form,
                 entry.definition.version,
                 static_cast<int>(entry.layout.pages.size()),
                 head.visit,
                 now,
                 std::nullopt,
                 {}},
                who);
  return copy;
}

void make_paper(records::Records& records, const std::vector<forms::Serial>& issued,
                const std::string& who, records::Time now, const std::function<void()>& make) {
  try {
    make();
  } catch (...) {
    for (const auto serial : issued) {
      try {
        records.void_serial(serial, "could not be printed", who, now);
      } catch (const records::Refused& fault) {
        // What made the printing fail, a full disk, say, may stand in the way of this too.
        std::cerr << "renkei: " << forms::to_text(serial)
                  << " has no paper, and could not be made void (" << fault.what()
                  << "): run 'renkei forms void " << forms::to_text(serial) << "'\n";
      }
    }
    throw;
  }
}

namespace {

using Printer = void (*)(const forms::Catalogue::Entry&, const std::vector<forms::Copy>&,
                         const forms::TagKeys&, const std::filesystem::path&);

void print_sheet(const forms::Catalogue::Entry& entry, const std::vector<forms::Copy>& copies,
                 const forms::TagKeys& keys, const std::filesystem::path& out) {
  forms::print_pathway_sheet(entry, copies.front(), keys, out);
}

void say_printed(const Context& context, const PrintOptions& options, const std::string& form,
                 const std::vector<forms::Copy>& copies) {
  if (context.json) {
    auto serials = nlohmann::json::array();
    for (const auto& copy : copies) serials.push_back(forms::to_text(copy.serial));
    std::cout << nlohmann::json{{"out", options.out.string()},
                                {"pathway", options.pathway},
                                {"form", form},
                                {"serials", serials}}
                     .dump(2)
              << '\n';
    return;
  }
  for (const auto& copy : copies) {
    std::cout << fmt::format("{} {} for {} -> {}\n", form, forms::to_text(copy.serial),
                             options.pathway, options.out.string());
  }
}

void write_layouts(const std::filesystem::path& out, const forms::Catalogue::Entry& entry,
                   const std::vector<forms::Copy>& copies) {
  auto layouts = nlohmann::json::array();
  for (const auto& copy : copies) layouts.push_back(forms::layout_json(entry, copy.serial));
  write_whole(out, (copies.size() == 1 ? layouts.front() : layouts).dump(1) + "\n");
}

/// A form printed in another's place is for the same pathway and visit.
std::optional<records::PrintedForm> take_over_replaced(records::Records& records,
                                                       PrintOptions& options, bool sheet) {
  if (options.replace.empty()) return std::nullopt;
  const auto serial = forms::parse_serial(options.replace);
  if (!serial) throw WrongInput("--replace: '" + options.replace + "' is no serial");
  auto form = records.printed(*serial);
  if (!form) {
    throw WrongInput("--replace: no form with serial " + forms::to_text(*serial) +
                     " was printed here");
  }
  if (form->is_sheet() != sheet)
    throw WrongInput(fmt::format("--replace: {} is a {}", forms::to_text(*serial), form->form));
  if (options.pathway.empty()) options.pathway = form->pathway_id;
  if (options.pathway != form->pathway_id) {
    throw WrongInput(fmt::format("--replace: {} was printed for {}, not for {}",
                                 forms::to_text(*serial), form->pathway_id, options.pathway));
  }
  if (form->void_at) {
    throw WrongInput(fmt::format(
        "--replace: {} is void since {} by {} ({}): if none is out in its place, print one with "
        "--pathway and --visit",
        forms::to_text(*serial), local_time(*form->void_at), form->void_by, form->void_reason));
  }
  if (options.visit.empty() && form->visit) options.visit = exchange::to_text(*form->visit);
  return form;
}

int print(const Context& context, PrintOptions options, bool sheet) {
  const auto config = load_config(context);
  const auto catalogue = forms::Catalogue::load(config.forms);
  const auto keys = forms::TagKeys::load(config.keys());
  auto records = open_records(config);
  const auto replaced = take_over_replaced(records, options, sheet);
  const auto subject = find_subject(records, options.pathway);
  const auto& disease = subject.pathway.disease;
  const auto* entry = sheet ? catalogue.sheet_for(disease) : catalogue.report_for(disease);
  if (entry == nullptr) {
    throw WrongInput(
        fmt::format("no form definition for '{}' in {}", disease, config.forms.string()));
  }
  check_geometry(records, *entry);
  if (const auto ending = records.ending_of(options.pathway)) {
    throw WrongInput(fmt::format("{} has ended on {} ({}): no form of it is expected back",
                                 options.pathway, exchange::to_text(ending->ended_on),
                                 ending->why));
  }

  warn_of_hospital(config.hospital);
  auto head = letterhead(config.hospital, subject);
  if (!options.visit.empty()) head.visit = parse_date(options.visit, "--visit");
  std::vector<forms::Copy> copies;
  Progress progress("printing");
  for (int i = 0; i < options.copies; ++i) {
    copies.push_back(issue(records, *entry, head, context.who, context.now));
    progress.at(static_cast<std::size_t>(i) + 1, static_cast<std::size_t>(options.copies));
  }
  std::vector<forms::Serial> issued;
  std::ranges::transform(copies, std::back_inserter(issued), &forms::Copy::serial);
  make_paper(records, issued, context.who, context.now, [&] {
    const Printer printer = sheet ? print_sheet : forms::print_report;
    printer(*entry, copies, keys, options.out);
    if (!options.layout.empty()) write_layouts(options.layout, *entry, copies);
  });
  // Only now, when the new paper is there: a replaced form must never leave the clinic with none.
  if (replaced) {
    records.void_serial(replaced->serial, "replaced by " + forms::to_text(copies.front().serial),
                        context.who, context.now);
  }
  say_printed(context, options, entry->definition.form, copies);
  return Status::done;
}

}  // namespace

int print_report(const Context& context, const PrintOptions& options) {
  return print(context, options, false);
}

int print_pathway_sheet(const Context& context, const PrintOptions& options) {
  return print(context, options, true);
}

}  // namespace cli
