#include "daemon/exchange/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace exchange {
namespace {

Json or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json or_null(const std::optional<records::Time>& time) {
  return time ? Json(to_text(*time)) : Json(nullptr);
}

/// 204 rather than 204.0, and no more digits than were measured.
Json number(double value, int decimals = 0) {
  if (!std::isfinite(value)) return nullptr;
  const double scale = std::pow(10, decimals);
  const double rounded = std::round(value * scale) / scale;
  if (rounded == std::floor(rounded) && std::abs(rounded) < 1e9)
    return static_cast<std::int64_t>(rounded);
  return rounded;
}

Json box(const ocr::Box& box) {
  return Json::array(
      {number(box.x, 2), number(box.y, 2), number(box.width, 2), number(box.height, 2)});
}

Json tag(const records::Page& page) {
  if (!page.tag) return nullptr;
  return {{"form", page.tag_form},
          {"version", page.tag->version},
          {"page", page.tag->page},
          {"of", page.tag->pages},
          {"serial", forms::to_text(page.tag->serial)}};
}

Json quality(const ocr::Quality& quality) {
  const bool aligned = quality.alignment_error_mm >= 0;
  return {{"dpi", Json::array({number(quality.dpi_x, 1), number(quality.dpi_y, 1)})},
          {"rotation", quality.rotation},
          {"skew_degrees", number(quality.skew_degrees, 2)},
          {"scale", number(quality.scale, 4)},
          {"alignment_error_mm", aligned ? number(quality.alignment_error_mm, 3) : Json(nullptr)},
          {"lost_rows", quality.lost_rows},
          {"noise", number(quality.noise, 3)},
          {"contrast", number(quality.contrast, 3)}};
}

Json page(const records::Page& page) {
  return {{"number", page.number},
          {"fate", records::to_text(page.fate)},
          {"tag", tag(page)},
          {"quality", quality(page.quality)},
          {"report", or_null(page.report)}};
}

Json values(const forms::Answer& answer) {
  if (answer.several) return answer.values;
  return or_null(answer.value());
}

/// Only a fact stands under "value". What the machine would make of a doubtful field stands apart,
/// so that no program takes it for one by not looking at the state.
Json field(const forms::Answer& answer) {
  const bool fact =
      answer.state == forms::AnswerState::accepted || answer.state == forms::AnswerState::corrected;
  Json json = {{"value", fact ? values(answer) : Json(nullptr)},
               {"state", forms::to_text(answer.state)},
               {"confidence", number(answer.confidence, 4)},
               {"page", answer.page},
               {"box", box(answer.box)}};
  if (answer.state == forms::AnswerState::doubtful) {
    json["reading"] = values(answer);
    json["doubt"] = answer.doubt;
  }
  return json;
}

Json notes(const forms::FilledForm& form) {
  auto list = Json::array();
  for (const auto& [on_page, where] : form.notes)
    list.push_back({{"page", on_page}, {"box", box(where)}});
  return list;
}

Json report_pages(const records::Report& report) {
  auto list = Json::array();
  for (const auto& [form_page, document_page] : report.pages) {
    list.push_back({{"page", form_page}, {"document_page", document_page}});
  }
  return list;
}

Json proposals(const records::Document& document) {
  auto list = Json::array();
  for (const auto& each : document.proposals) {
    list.push_back({{"patient", each.patient}, {"reasons", each.reasons}});
  }
  return list;
}

template <class Things>
Json list(const Things& things) {
  auto array = Json::array();
  for (const auto& thing : things) array.push_back(to_json(thing));
  return array;
}

}  // namespace

std::string to_text(records::Date date) {
  return forms::iso_date(date);
}

std::string to_text(records::Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{}T{:02}:{:02}:{:02}Z", to_text(records::Date(day)), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

Json to_json(const records::Document& document) {
  auto pages = Json::array();
  for (const auto& each : document.pages) pages.push_back(page(each));
  return {{"document", document.id},
          {"source", document.source},
          {"name", document.name},
          {"sha256", document.sha256},
          {"bytes", document.bytes},
          {"received_at", to_text(document.received_at)},
          {"arrivals", document.arrivals},
          {"state", records::to_text(document.state)},
          {"reasons", document.reasons},
          {"detail", document.detail},
          {"pages", std::move(pages)},
          {"reports", document.reports},
          {"letters", list(document.letters)},
          {"proposals", proposals(document)}};
}

Json to_json(const records::Flag& flag) {
  return {{"flag", flag.id},
          {"kind", forms::rules::to_text(flag.kind)},
          {"severity", forms::rules::to_text(flag.severity)},
          {"evidence", flag.evidence},
          {"reason", flag.reason},
          {"state", records::to_text(flag.state)},
          {"report", or_null(flag.report)},
          {"document", flag.document},
          {"pathway", or_null(flag.pathway)},
          {"patient", or_null(flag.patient)},
          {"tied_to_patient", !flag.patient.empty()},
          {"raised_at", to_text(flag.raised_at)},
          {"acknowledged_at", or_null(flag.acknowledged_at)},
          {"acknowledged_by", or_null(flag.acknowledged_by)},
          {"note", or_null(flag.note)},
          {"closed_as", flag.closing ? Json(flag.closing->how) : Json(nullptr)},
          {"closed_at", flag.closing ? Json(to_text(flag.closing->at)) : Json(nullptr)},
          {"closed_by", flag.closing ? Json(flag.closing->by) : Json(nullptr)},
          {"closed_why", flag.closing ? Json(flag.closing->why) : Json(nullptr)}};
}

Json to_json(const records::Report& report) {
  auto fields = Json::object();
  for (const auto& [name, answer] : report.form.answers) fields[name] = field(answer);
  return {{"report", report.id},
          {"document", report.document},
          {"form", report.form.form},
          {"form_version", report.form.version},
          {"serial", forms::to_text(report.serial)},
          {"serial_known", report.serial_known},
          {"pathway", or_null(report.pathway)},
          {"patient", or_null(report.patient)},
          {"candidate_pathway", or_null(report.candidate_pathway)},
          {"state", records::to_text(report.state)},
          {"version", report.version},
          {"supersedes", or_null(report.supersedes)},
          {"reasons", report.reasons},
          {"received_at", to_text(report.received_at)},
          {"pages", report_pages(report)},
          {"fields", std::move(fields)},
          {"notes", notes(report.form)},
          {"flags", list(report.flags)}};
}

Json to_json(const records::Letter& letter) {
  return {{"letter", letter.id},
          {"document", letter.document},
          {"pathway", letter.pathway},
          {"visit", letter.visit ? Json(to_text(*letter.visit)) : Json(nullptr)},
          {"pages", letter.pages},
          {"filed_at", to_text(letter.filed_at)},
          {"filed_by", letter.filed_by},
          {"note", or_null(letter.note)},
          {"taken_back_at", or_null(letter.taken_back_at)},
          {"taken_back_by", or_null(letter.taken_back_by)}};
}

Json to_json(const records::Ending& ending) {
  return {{"pathway", ending.pathway},
          {"ended_on", to_text(ending.ended_on)},
          {"why", ending.why},
          {"flag", or_null(ending.flag)},
          {"ended_at", to_text(ending.ended_at)},
          {"ended_by", ending.ended_by},
          {"note", or_null(ending.note)},
          {"reopened_at", or_null(ending.reopened_at)},
          {"reopened_by", or_null(ending.reopened_by)},
          {"reopened_note", or_null(ending.reopened_note)}};
}

Json to_json(const records::AuditRow& row) {
  return {{"seq", row.seq},
          {"at", to_text(row.at)},
          {"who", row.who},
          {"what", row.what},
          {"was", Json::parse(row.was, nullptr, false)},
          {"became", Json::parse(row.became, nullptr, false)}};
}

Json to_json(const records::PrintedForm& form) {
  const auto* const state = form.void_at          ? "void"
                            : form.is_sheet()     ? "kept"
                            : form.report.empty() ? "out"
                                                  : "returned";
  return {{"serial", forms::to_text(form.serial)},
          {"form", form.form},
          {"version", form.version},
          {"pathway", form.pathway_id},
          {"patient", form.patient_id},
          {"visit", form.visit ? Json(to_text(*form.visit)) : Json(nullptr)},
          {"printed_at", to_text(form.printed_at)},
          {"state", state},
          {"report", or_null(form.report)},
          {"void_at", or_null(form.void_at)},
          {"void_by", or_null(form.void_by)},
          {"void_reason", or_null(form.void_reason)}};
}

Json to_json(const records::Patient& patient) {
  return {{"patient", patient.patient_id},
          {"name", patient.name},
          {"kana", patient.kana},
          {"birth_date", to_text(patient.birth_date)},
          {"sex", patient.sex}};
}

Json to_json(const records::Pathway& pathway) {
  return {{"pathway", pathway.pathway_id},
          {"patient", pathway.patient_id},
          {"clinic", pathway.clinic_id},
          {"disease", pathway.disease},
          {"started_on", to_text(pathway.started_on)},
          {"hospital_doctor", pathway.hospital_doctor},
          {"thresholds", pathway.thresholds}};
}

Json to_json(const PatientRecord& record) {
  auto json = to_json(record.patient);
  json["pathways"] = list(record.pathways);
  for (auto& pathway : json["pathways"]) {
    pathway["ending"] = nullptr;
    for (const auto& ending : record.endings) {
      if (ending.pathway == pathway["pathway"] && !ending.reopened_at)
        pathway["ending"] = to_json(ending);
    }
  }
  json["reports"] = list(record.reports);
  json["documents"] = list(record.documents);
  json["flags"] = list(record.flags);
  return json;
}

PatientRecord patient_record(records::Records& records, const records::Patient& patient) {
  PatientRecord record{patient, records.pathways_of(patient.patient_id), {}, {}, {}, {}};
  std::vector<std::string> seen;
  const auto add_document = [&](const std::string& id) {
    if (std::ranges::find(seen, id) != seen.end()) return;
    seen.push_back(id);
    if (auto document = records.document(id)) record.documents.push_back(std::move(*document));
  };
  for (const auto& pathway : record.pathways) {
    for (auto& ending : records.endings(pathway.pathway_id))
      record.endings.push_back(std::move(ending));
    records::Records::ReportQuery query;
    query.pathway = pathway.pathway_id;
    for (auto& report : records.reports(query)) {
      record.reports.push_back(std::move(report));
    }
  }
  std::ranges::stable_sort(record.reports, {},
                           [](const auto& report) { return report.received_at; });
  for (const auto& report : record.reports) {
    record.flags.insert(record.flags.end(), report.flags.begin(), report.flags.end());
    add_document(report.document);
  }
  std::vector<std::string> letters;
  for (const auto& pathway : record.pathways) {
    for (const auto& document : records.letters_of(pathway.pathway_id)) {
      letters.push_back(document);
      add_document(document);
    }
  }
  // What the words of a letter tell is flagged before anybody knows whose it is.
  for (auto& flag : records.flags({})) {
    if (flag.report.empty() && std::ranges::find(letters, flag.document) != letters.end())
      record.flags.push_back(std::move(flag));
  }
  std::ranges::stable_sort(record.documents, {},
                           [](const auto& document) { return document.received_at; });
  return record;
}

}  // namespace exchange
