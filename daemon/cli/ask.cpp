#include <iostream>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/cli/cli.hpp"
#include "daemon/cli/dates.hpp"
#include "daemon/cli/files.hpp"
#include "daemon/cli/table.hpp"
#include "daemon/exchange/json.hpp"
#include "ocr/pdf_out.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

using Rows = std::vector<std::vector<std::string>>;

template <typename Items, typename Row>
Rows rows_of(const Items& items, const Row& row) {
  Rows rows;
  rows.reserve(items.size());
  for (const auto& item : items) rows.push_back(row(item));
  return rows;
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

void say(const json& answer) {
  std::cout << answer.dump(2) << '\n';
}

template <typename Items>
json as_array(const Items& items) {
  auto array = json::array();
  for (const auto& item : items) array.push_back(exchange::to_json(item));
  return array;
}

/// The archive's bytes tell what they are; the sender's name is only a label.
std::string extension_of(const fs::path& sender_name) {
  const auto extension = sender_name.extension().string();
  const bool plain =
      extension.size() >= 2 && extension.size() <= 5 &&
      extension.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
                                  1) == std::string::npos;
  return plain ? extension : ".bin";
}

std::vector<fs::path> pictures_of(const fs::path& folder, const records::Document& document) {
  std::vector<fs::path> found;
  for (const auto& page : document.pages) {
    const auto picture = folder / fmt::format("{}-{}.png", document.id, page.number);
    if (fs::exists(picture)) found.push_back(picture);
  }
  return found;
}

std::string cells(const forms::Answer& answer) {
  return answer.values.empty() ? (answer.ink ? "(ink)" : "") : answer.value();
}

void show_fields(const records::Report& report) {
  Rows rows;
  for (const auto& [name, answer] : report.form.answers) {
    rows.push_back({name, cells(answer), std::string(forms::to_text(answer.state)),
                    fmt::format("{:.4f}", answer.confidence), answer.doubt});
  }
  std::cout << table({"FIELD", "VALUE", "STATE", "CONFIDENCE", "DOUBT"}, rows);
}

std::vector<std::string> flag_row(const records::Flag& flag) {
  return {flag.id,
          std::string(forms::rules::to_text(flag.severity)),
          std::string(forms::rules::to_text(flag.kind)),
          std::string(records::to_text(flag.state)),
          flag.patient.empty() ? "(not tied)" : flag.patient,
          flag.report,
          local_time(flag.raised_at),
          flag.acknowledged_by};
}

const std::vector<std::string> flag_head{"FLAG",    "SEVERITY", "KIND",   "STATE",
                                         "PATIENT", "REPORT",   "RAISED", "BY"};

std::vector<std::string> report_row(const records::Report& report) {
  return {report.id,
          std::string(records::to_text(report.state)),
          report.form.form,
          report.pathway.empty() ? "(" + report.candidate_pathway + "?)" : report.pathway,
          std::to_string(report.version),
          local_time(report.received_at),
          joined(report.reasons)};
}

const std::vector<std::string> report_head{"REPORT",  "STATE",    "FORM",   "PATHWAY",
                                           "VERSION", "RECEIVED", "REASONS"};

std::vector<std::string> document_row(const records::Document& document) {
  return {document.id,
          std::string(records::to_text(document.state)),
          document.source,
          local_time(document.received_at),
          std::to_string(document.pages.size()),
          joined(document.reports),
          joined(document.reasons)};
}

template <typename State>
std::optional<State> parse(const std::string& text,
                           std::optional<State> (*parser)(std::string_view)) {
  return text.empty() ? std::nullopt : parser(text);
}

}  // namespace

int documents_list(const Context& context, const ListOptions& options) {
  auto records = open_records(load_config(context));
  records::Records::DocumentQuery query;
  query.state = parse(options.state, &records::parse_document_state);
  if (!options.since.empty()) query.since = parse_time(options.since, "--since");
  const auto documents = records.documents(query);
  if (context.json) {
    say(as_array(documents));
    return Status::done;
  }
  std::cout << table({"DOCUMENT", "STATE", "SOURCE", "RECEIVED", "PAGES", "REPORTS", "REASONS"},
                     rows_of(documents, document_row));
  return Status::done;
}

namespace {

records::Document find_document(records::Records& records, const std::string& id) {
  auto document = records.document(id);
  if (!document) throw WrongInput("no document '" + id + "'");
  return *document;
}

}  // namespace

int documents_show(const Context& context, const std::string& id) {
  auto records = open_records(load_config(context));
  const auto document = find_document(records, id);
  if (context.json) {
    say(exchange::to_json(document));
    return Status::done;
  }
  std::cout << fmt::format("{}  {}  {}  received {}  {} time(s)\n", document.id,
                           records::to_text(document.state), document.source,
                           local_time(document.received_at), document.arrivals);
  std::cout << fmt::format("sha256 {}\n", document.sha256);
  if (!document.reasons.empty()) std::cout << "held: " << joined(document.reasons) << '\n';
  if (!document.detail.empty()) std::cout << document.detail << '\n';
  Rows rows;
  for (const auto& page : document.pages) {
    rows.push_back(
        {std::to_string(page.number), std::string(records::to_text(page.fate)),
         page.tag ? fmt::format("{} {} {}/{}", page.tag_form, forms::to_text(page.tag->serial),
                                page.tag->page, page.tag->pages)
                  : "",
         page.report, fmt::format("{:.0f}x{:.0f}", page.quality.dpi_x, page.quality.dpi_y),
         page.quality.alignment_error_mm < 0
             ? ""
             : fmt::format("{:.2f} mm", page.quality.alignment_error_mm)});
  }
  std::cout << table({"PAGE", "FATE", "TAG", "REPORT", "DPI", "ALIGNED"}, rows);
  return Status::done;
}

int documents_export(const Context& context, const std::string& id, const fs::path& out) {
  const auto config = load_config(context);
  auto records = open_records(config);
  const auto document = find_document(records, id);
  const spool::Archive archive(config.archive());
  fs::create_directories(out);
  const auto original = out / (document.id + extension_of(document.name));
  copy_synced(archive.path_of(document.sha256), original);
  const auto pictures = pictures_of(config.pictures(), document);
  const auto filed = out / (document.id + "-filed.pdf");
  if (!pictures.empty()) ocr::write_pdf(pictures, filed);
  if (context.json) {
    say({{"original", original.string()},
         {"filed", pictures.empty() ? json() : json(filed.string())}});
    return Status::done;
  }
  std::cout << original.string() << '\n';
  std::cout << (pictures.empty() ? "no page pictures yet: no filed PDF" : filed.string()) << '\n';
  return Status::done;
}

int reports_list(const Context& context, const ListOptions& options) {
  auto records = open_records(load_config(context));
  records::Records::ReportQuery query;
  query.pathway = options.pathway;
  query.state = parse(options.state, &records::parse_report_state);
  const auto reports = records.reports(query);
  if (context.json) {
    say(as_array(reports));
    return Status::done;
  }
  std::cout << table(report_head, rows_of(reports, report_row));
  return Status::done;
}

int reports_show(const Context& context, const std::string& id) {
  auto records = open_records(load_config(context));
  const auto report = records.report(id);
  if (!report) throw WrongInput("no report '" + id + "'");
  if (context.json) {
    say(exchange::to_json(*report));
    return Status::done;
  }
  std::cout << table(report_head, {report_row(*report)}) << '\n';
  show_fields(*report);
  const auto rows = rows_of(report->flags, flag_row);
  if (!rows.empty()) std::cout << '\n' << table(flag_head, rows);
  return Status::done;
}

int flags_list(const Context& context, const ListOptions& options) {
  auto records = open_records(load_config(context));
  records::Records::FlagQuery query;
  query.state = parse(options.state, &records::parse_flag_state);
  query.severity = parse(options.severity, &forms::rules::parse_severity);
  const auto flags = records.flags(query);
  if (context.json) {
    say(as_array(flags));
    return Status::done;
  }
  std::cout << table(flag_head, rows_of(flags, flag_row));
  return Status::done;
}

int flags_acknowledge(const Context& context, const std::string& id, const std::string& by,
                      const std::string& note) {
  auto records = open_records(load_config(context));
  if (!records.user(by)) {
    throw WrongInput("no user '" + by + "'; add one with 'renkei users add'");
  }
  if (!records.acknowledge(id, by, note, context.now)) throw WrongInput("no flag '" + id + "'");
  const auto flag = records.flag(id);
  if (context.json) {
    say(exchange::to_json(*flag));
  } else {
    std::cout << table(flag_head, {flag_row(*flag)});
  }
  return Status::done;
}

int patients_show(const Context& context, const std::string& id) {
  auto records = open_records(load_config(context));
  const auto patient = records.patient(id);
  if (!patient) throw WrongInput("no patient '" + id + "'");
  const auto record = exchange::patient_record(records, *patient);
  if (context.json) {
    say(exchange::to_json(record));
    return Status::done;
  }
  std::cout << fmt::format("{}  {} ({})  {}  {}\n", patient->patient_id, patient->name,
                           patient->kana, forms::japanese_date(patient->birth_date), patient->sex);
  const auto pathway_row = [](const records::Pathway& pathway) -> std::vector<std::string> {
    return {pathway.pathway_id, pathway.disease, pathway.clinic_id,
            forms::japanese_date(pathway.started_on), pathway.hospital_doctor};
  };
  std::cout << '\n'
            << table({"PATHWAY", "DISEASE", "CLINIC", "STARTED", "HOSPITAL DOCTOR"},
                     rows_of(record.pathways, pathway_row));
  if (!record.reports.empty()) {
    std::cout << '\n' << table(report_head, rows_of(record.reports, report_row));
  }
  if (!record.flags.empty()) {
    std::cout << '\n' << table(flag_head, rows_of(record.flags, flag_row));
  }
  return Status::done;
}

int users_add(const Context& context, const std::string& name, const std::string& role) {
  if (name.find_first_not_of(' ') == std::string::npos) throw WrongInput("a user needs a name");
  auto records = open_records(load_config(context));
  if (!records.add_user({name, role}, context.who, context.now)) {
    throw WrongInput("a user '" + name + "' exists");
  }
  if (context.json) {
    say({{"user", name}, {"role", role}});
  } else {
    std::cout << fmt::format("{} may now use renkei as {}\n", name, role);
  }
  return Status::done;
}

}  // namespace cli
