#include "forms/print.hpp"

#include <fmt/format.h>

#include "forms/canvas.hpp"
#include "forms/filled_form.hpp"
#include "forms/print_page.hpp"
#include "forms/schedule.hpp"
#include "forms/sheet.hpp"

namespace forms {
namespace {

std::string sex_words(const std::string& sex) {
  if (sex == "male") return "男";
  if (sex == "female") return "女";
  return sex == "other" ? "その他" : "";
}

std::string with(const std::string& before, const std::string& value, const std::string& after) {
  return value.empty() ? "" : before + value + after;
}

std::string joined(const std::string& one, const std::string& two) {
  return one + (one.empty() || two.empty() ? "" : "　") + two;
}

std::string slot_words(const Text& text, const Copy& copy,
                       const std::vector<PlannedVisit>& visits) {
  const auto& head = copy.head;
  switch (text.slot) {
    case Slot::none: return text.words;
    case Slot::serial: return to_text(copy.serial);
    case Slot::addressee: return with("", joined(head.hospital, head.department), "　御中");
    case Slot::hospital: return joined(head.hospital, head.department);
    case Slot::hospital_doctor: return with("主治医　", head.hospital_doctor, "　先生");
    case Slot::pathway_doctor: return with("主治医　", head.hospital_doctor, "");
    case Slot::hospital_phone: return with("TEL ", head.phone, "");
    case Slot::hospital_address: return head.address;
    case Slot::fax_back: return with("FAX ", head.fax, "");
    case Slot::patient_name: return with("", head.patient_name, "　様");
    case Slot::patient_kana: return head.patient_kana;
    case Slot::patient_sex: return sex_words(head.patient_sex);
    case Slot::patient_id: return head.patient_id;
    case Slot::pathway: return head.pathway_id;
    case Slot::planned_visit: return head.visit ? japanese_date(*head.visit) : "";
    case Slot::started_on: return japanese_date(head.started_on);
    case Slot::clinic: return head.clinic;
    case Slot::clinic_doctor: return with("", head.clinic_doctor, "　先生");
    case Slot::visit_due: return japanese_date(visits.at(static_cast<std::size_t>(text.index)).due);
  }
  return {};
}

void draw_page(Canvas& canvas, const Definition& definition, const Sheet& sheet, std::size_t at,
               const Copy& copy, const TagKeys& keys) {
  const auto& layout = sheet.layout.pages.at(at);
  const auto visits = planned_visits(definition.schedule, copy.head.started_on);
  for (const auto& rule : layout.rules) canvas.line(rule);
  for (const auto& text : sheet.pages.at(at).texts) {
    canvas.text(text, slot_words(text, copy, visits));
  }
  for (const auto& dot : sheet.pages.at(at).dots) canvas.dot(dot);
  for (const auto& anchor : layout.anchors) {
    canvas.block({anchor.x - layout.anchor_size / 2, anchor.y - layout.anchor_size / 2,
                  layout.anchor_size, layout.anchor_size});
  }
  Tag tag;
  tag.form = static_cast<std::uint16_t>(definition.number);
  tag.version = static_cast<std::uint8_t>(definition.version);
  tag.page = static_cast<std::uint8_t>(layout.number);
  tag.pages = static_cast<std::uint8_t>(sheet.layout.pages.size());
  tag.serial = copy.serial;
  const auto bytes = keys.sign(tag);
  for (const auto& box : layout.tags) canvas.code(box, bytes);
  canvas.end_page();
}

void print_all(const Definition& definition, const std::vector<Copy>& copies, const TagKeys& keys,
               const std::filesystem::path& out) {
  const Sheet sheet = compose(definition);
  // The title names the form alone: it is shown in window titles and print queues.
  Canvas canvas(out, definition.title.ja);
  for (const auto& copy : copies) draw_form(canvas, {definition, sheet}, copy, keys);
  canvas.finish();
}

}  // namespace

void draw_form(Canvas& canvas, const Composed& form, const Copy& copy, const TagKeys& keys) {
  for (std::size_t at = 0; at < form.sheet.pages.size(); ++at)
    draw_page(canvas, form.definition, form.sheet, at, copy, keys);
}

void print_report(const Catalogue::Entry& form, const std::vector<Copy>& copies,
                  const TagKeys& keys, const std::filesystem::path& out) {
  print_all(form.definition, copies, keys, out);
}

void print_pathway_sheet(const Catalogue::Entry& sheet, const Copy& copy, const TagKeys& keys,
                         const std::filesystem::path& out) {
  print_all(sheet.definition, {copy}, keys, out);
}

}  // namespace forms
