#include <algorithm>
#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/cli/cli.hpp"
#include "daemon/cli/dates.hpp"
#include "daemon/cli/decide.hpp"
#include "daemon/cli/files.hpp"
#include "daemon/cli/say.hpp"
#include "daemon/cli/table.hpp"
#include "ocr/pdf_out.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

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

/// What people changed, from the audit: it keeps the value before, and the note.
std::vector<records::AuditRow> corrections_of(records::Records& records, const std::string& id) {
  auto rows = records.trace("report", id);
  std::erase_if(rows, [](const auto& row) { return row.what != "correct"; });
  return rows;
}

json corrections_json(const std::vector<records::AuditRow>& rows) {
  auto list = json::array();
  for (const auto& row : rows) {
    const auto was = json::parse(row.was, nullptr, false);
    const auto became = json::parse(row.became, nullptr, false);
    if (!was.is_object() || !became.is_object()) continue;
    list.push_back({{"field", became.value("field", "")},
                    {"at", exchange::to_text(row.at)},
                    {"by", row.who},
                    {"was", was.value("values", json::array())},
                    {"was_state", was.value("state", "")},
                    {"became", became.value("values", json::array())},
                    {"note", became.value("note", "")},
                    {"raised", became.value("raised", json::array())},
                    {"withdrawn", became.value("withdrawn", json::array())}});
  }
  return list;
}

void show_corrections(const std::vector<records::AuditRow>& corrected) {
  const auto words = [](const json& values) {
    std::vector<std::string> all;
    for (const auto& value : values) all.push_back(value.get<std::string>());
    return fmt::format("{}", fmt::join(all, ","));
  };
  Rows rows;
  const auto list = corrections_json(corrected);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& each = list[i];
    rows.push_back({each["field"].get<std::string>(), words(each["was"]), words(each["became"]),
                    each["by"].get<std::string>(), local_time(corrected[i].at),
                    each["note"].get<std::string>()});
  }
  std::cout << '\n' << table({"CORRECTED", "WAS", "BECAME", "BY", "WHEN", "NOTE"}, rows);
}

void show_fields(const records::Report& report) {
  Rows rows;
  for (const auto& [name, answer] : report.form.answers) {
    rows.push_back({name, cells(answer), std::string(forms::to_text(answer.state)),
                    fmt::format("{:.4f}", answer.confidence), answer.doubt});
  }
  std::cout << table({"FIELD", "VALUE", "STATE", "CONFIDENCE", "DOUBT"}, rows);
}

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

const std::vector<std::string> document_head{"DOCUMENT", "STATE",   "SOURCE", "RECEIVED",
                                             "PAGES",    "REPORTS", "REASONS"};

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
  const auto config = load_config(context);
  auto records = open_records(config);
  records::Records::DocumentQuery query;
  query.state = parse(options.state, &records::parse_document_state);
  if (!options.since.empty()) query.since = parse_time(options.since, "--since");
  const auto documents = records.documents(query);
  if (context.json) {
    say(as_array(documents));
    return Status::done;
  }
  std::cout << table(document_head, rows_of(documents, document_row));
  if (options.state.empty() || options.state == "received") say_waiting(config, context.now);
  return Status::done;
}

namespace {

records::Document find_document(records::Records& records, const std::string& id) {
  auto document = records.document(id);
  if (!document) throw WrongInput("no document '" + id + "'");
  return *document;
}

/// What the void papers among its pages were: a clerk must find out what the clinic meant to send.
std::vector<records::PrintedForm> void_forms_of(records::Records& records,
                                                const records::Document& document) {
  std::vector<records::PrintedForm> found;
  for (const auto& page : document.pages) {
    if (!page.tag) continue;
    const bool seen = std::ranges::any_of(
        found, [&](const auto& form) { return form.serial == page.tag->serial; });
    if (seen) continue;
    if (auto form = records.printed(page.tag->serial); form && form->void_at)
      found.push_back(*std::move(form));
  }
  return found;
}

void say_void(const records::PrintedForm& form) {
  std::cout << fmt::format("serial {} was {} for {} (patient {}){}, printed {}\n",
                           forms::to_text(form.serial), form.form, form.pathway_id, form.patient_id,
                           form.visit ? ", visit " + exchange::to_text(*form.visit) : "",
                           local_time(form.printed_at));
  std::cout << fmt::format("  void since {} by {}: {}\n", local_time(*form.void_at), form.void_by,
                           form.void_reason);
}

/// What became of it: by whom, and why.
std::vector<std::string> trace_row(const records::AuditRow& row) {
  const auto became = json::parse(row.became, nullptr, false);
  std::vector<std::string> cells{local_time(row.at), row.who, row.what, "", "", ""};
  if (!became.is_object()) return cells;
  cells[3] = became.value("state", "");
  cells[4] = became.value("pathway", "");
  cells[5] = became.value("note", became.value("why", ""));
  if (became.contains("reasons")) cells[5] = joined(became["reasons"]);
  return cells;
}

}  // namespace

int documents_show(const Context& context, const std::string& id) {
  auto records = open_records(load_config(context));
  const auto document = find_document(records, id);
  const auto voided = void_forms_of(records, document);
  const auto trace = records.trace("document", document.id);
  if (context.json) {
    auto answer = exchange::to_json(document);
    answer["void_forms"] = as_array(voided);
    answer["trace"] = as_array(trace);
    say(answer);
    return Status::done;
  }
  std::cout << fmt::format("{}  {}  {}  received {}  {} time(s)\n", document.id,
                           records::to_text(document.state), document.source,
                           local_time(document.received_at), document.arrivals);
  std::cout << fmt::format("{}\nsha256 {}\n", document.name, document.sha256);
  if (!document.reasons.empty()) std::cout << "held: " << joined(document.reasons) << '\n';
  if (!document.detail.empty()) std::cout << document.detail << '\n';
  for (const auto& form : voided) say_void(form);
  for (const auto& each : document.proposals) {
    std::cout << fmt::format("its words name patient {}: {}\n", each.patient, joined(each.reasons));
  }
  for (const auto& letter : document.letters) {
    std::vector<std::string> pages;
    for (const int page : letter.pages) pages.push_back(std::to_string(page));
    if (letter.taken_back_at) continue;
    std::cout << fmt::format("pages {} filed for {} by {}, {}{}\n", fmt::join(pages, ","),
                             letter.pathway, letter.filed_by, local_time(letter.filed_at),
                             letter.visit ? ", visit " + exchange::to_text(*letter.visit) : "");
  }
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
  std::cout << '\n'
            << table({"WHEN", "WHO", "WHAT", "STATE", "PATHWAY", "WHY"}, rows_of(trace, trace_row));
  return Status::done;
}

namespace {

enum class Kept : std::uint8_t { whole, damaged, missing };

/// Whether the archive still gives back the bytes that came. Throws if that cannot be tried.
Kept kept(const fs::path& file, const std::string& sha256) {
  try {
    return sha256_of(file) == sha256 ? Kept::whole : Kept::damaged;
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory) return Kept::missing;
    const bool bad_sector =
        error.code() == std::errc::io_error || error.code() == std::errc::is_a_directory;
    if (bad_sector) return Kept::damaged;
    throw;
  }
}

/// Has the original's name only once its bytes are proven: whoever takes it from here will not
/// hash it again.
void copy_proven(const fs::path& from, const std::string& sha256, const fs::path& to) {
  const fs::path hidden = to.string() + ".part";
  copy_synced(from, hidden);
  if (sha256_of(hidden) != sha256) {
    fs::remove(hidden);
    throw std::runtime_error("the copy in " + to.parent_path().string() +
                             " came out other than the original: nothing was left there");
  }
  fs::rename(hidden, to);
}

}  // namespace

int documents_export(const Context& context, const std::string& id, const fs::path& out) {
  const auto config = load_config(context);
  auto records = open_records(config);
  const auto document = find_document(records, id);
  const spool::Archive archive(config.archive());
  fs::create_directories(out);
  const auto original = out / (document.id + extension_of(document.name));
  const auto from = archive.path_of(document.sha256);
  const auto state = kept(from, document.sha256);
  if (state == Kept::whole) {
    copy_proven(from, document.sha256, original);
  } else {
    std::cerr << fmt::format(
        "renkei: the original of {} ({}, received {}) is {} in the archive: it is not exported\n",
        document.id, document.name, local_time(document.received_at),
        state == Kept::damaged ? "damaged" : "missing");
  }
  const auto status = state == Kept::whole ? Status::done : Status::not_in_order;
  const auto pictures = pictures_of(config.pictures(), document);
  const auto filed = out / (document.id + "-filed.pdf");
  if (!pictures.empty()) ocr::write_pdf(pictures, filed);
  if (context.json) {
    say({{"original", state == Kept::whole ? json(original.string()) : json()},
         {"filed", pictures.empty() ? json() : json(filed.string())}});
    return status;
  }
  if (state == Kept::whole) std::cout << original.string() << '\n';
  std::cout << (pictures.empty() ? "no page pictures yet: no filed PDF" : filed.string()) << '\n';
  return status;
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
  const auto corrected = corrections_of(records, report->id);
  if (context.json) {
    auto answer = exchange::to_json(*report);
    answer["corrections"] = corrections_json(corrected);
    say(answer);
    return Status::done;
  }
  std::cout << table(report_head, {report_row(*report)}) << '\n';
  show_fields(*report);
  if (!corrected.empty()) show_corrections(corrected);
  if (!report->flags.empty()) std::cout << '\n' << flag_table(report->flags);
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
  std::cout << '\n' << pathway_table(record.pathways, record.endings);
  if (!record.reports.empty()) {
    std::cout << '\n' << table(report_head, rows_of(record.reports, report_row));
  }
  if (!record.documents.empty()) {
    std::cout << '\n' << table(document_head, rows_of(record.documents, document_row));
  }
  if (!record.flags.empty()) {
    std::cout << '\n' << flag_table(record.flags);
  }
  return Status::done;
}

int users_list(const Context& context) {
  auto records = open_records(load_config(context));
  const auto users = records.users();
  if (context.json) {
    auto list = json::array();
    for (const auto& user : users) list.push_back({{"user", user.name}, {"role", user.role}});
    say(list);
    return Status::done;
  }
  const auto row = [](const records::User& user) -> std::vector<std::string> {
    return {user.name, user.role};
  };
  std::cout << table({"USER", "ROLE"}, rows_of(users, row));
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
