#include "daemon/review/pages.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include <ctemplate/template.h>
#include <ctemplate/template_dictionary.h>
#include <fmt/format.h>

namespace review {
namespace {

namespace fs = std::filesystem;
using ctemplate::TemplateDictionary;
using records::Document;
using records::Flag;
using records::Report;

/// The desk is for today's work; the command line lists the rest.
constexpr std::size_t most_flags = 100;
constexpr std::size_t most_held = 50;
constexpr int most_recent = 20;
/// Crops on a card: enough to see what the flag rests on.
constexpr std::size_t most_crops = 4;
/// Around a field's box, mm: handwriting leaves its box.
constexpr double crop_margin = 2;
/// Screen pixels a millimetre, and the widest crop.
constexpr double crop_scale = 5;
constexpr double crop_widest = 520;

void set(TemplateDictionary& into, const char* name, const std::string& value) {
  into.SetValue(name, value);
}

/// Every fixed word under its name: "open-flags" is {{W_OPEN_FLAGS}}.
void set_words(TemplateDictionary& into, Language language) {
  for (const auto* name :
       {"title",          "open-flags", "held",      "recent",     "no-flags", "no-held",
        "no-recent",      "not-tied",   "candidate", "patient",    "received", "visit",
        "source",         "pages",      "page",      "no-picture", "no-pages", "live",
        "stale",          "back",       "fields",    "field",      "value",    "state",
        "picture",        "document",   "more",      "more-unit",  "report",   "other-language",
        "doubtful-count", "void-form"}) {
    std::string key = "W_";
    for (const char* c = name; *c != '\0'; ++c) {
      key += *c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(*c)));
    }
    into.SetValue(key, word(name, language));
  }
  into.SetValue("LANG", language == Language::ja ? "ja" : "en");
  into.SetValue("OTHER_LANG", language == Language::ja ? "en" : "ja");
}

const std::string& pick(const forms::Words& words, Language language) {
  return language == Language::ja ? words.ja : words.en;
}

/// One drawing of one page: what every part of it needs.
class Drawing {
public:
  Drawing(Pages::Sources& sources, Language language) : sources_(sources), language_(language) {}

  void lists(TemplateDictionary& into) {
    flags(into);
    held(into);
    recent(into);
  }

  bool document(TemplateDictionary& into, const std::string& id) {
    const auto found = sources_.records.document(id);
    if (!found) return false;
    set(into, "DOCUMENT", found->id);
    set(into, "RECEIVED", moment(found->received_at, language_));
    set(into, "SOURCE", found->source);
    reasons(into, found->reasons);
    if (found->pages.empty()) into.ShowSection("NO_PAGES");
    for (const auto& name : found->reports) {
      if (const auto report = sources_.records.report(name)) show_report(into, *report);
    }
    for (const auto& page : found->pages) {
      auto& part = *into.AddSectionDictionary("PAGE");
      set(part, "NUMBER", std::to_string(page.number));
      thumb(part, id, page.number);
    }
    return true;
  }

private:
  void flags(TemplateDictionary& into) {
    records::Records::FlagQuery query;
    query.state = records::FlagState::open;
    query.urgent_first = true;
    const auto all = sources_.records.flags(query);
    const bool urgent = std::ranges::any_of(
        all, [](const Flag& flag) { return flag.severity == forms::rules::Severity::urgent; });
    set(into, "FLAG_COUNT", std::to_string(all.size()));
    set(into, "FLAG_TONE", urgent ? "urgent" : "");
    if (all.empty()) into.ShowSection("NO_FLAGS");
    for (std::size_t i = 0; i < std::min(all.size(), most_flags); ++i) show_flag(into, all[i]);
    more(into, "MORE_FLAGS", all.size(), most_flags);
  }

  void held(TemplateDictionary& into) {
    records::Records::DocumentQuery query;
    query.state = records::DocumentState::held;
    query.newest_first = true;
    const auto all = sources_.records.documents(query);
    set(into, "HELD_COUNT", std::to_string(all.size()));
    if (all.empty()) into.ShowSection("NO_HELD");
    for (std::size_t i = 0; i < std::min(all.size(), most_held); ++i) show_held(into, all[i]);
    more(into, "MORE_HELD", all.size(), most_held);
  }

  void recent(TemplateDictionary& into) {
    records::Records::ReportQuery query;
    query.limit = most_recent;
    query.newest_first = true;
    bool any = false;
    for (const auto& report : sources_.records.reports(query)) {
      if (report.state == records::ReportState::held) continue;
      show_recent(into, report);
      any = true;
    }
    if (!any) into.ShowSection("NO_RECENT");
  }

  static void more(TemplateDictionary& into, const char* section, std::size_t all,
                   std::size_t shown) {
    if (all <= shown) return;
    set(*into.AddSectionDictionary(section), "MORE", std::to_string(all - shown));
  }

  void show_flag(TemplateDictionary& into, const Flag& flag) {
    auto& card = *into.AddSectionDictionary("FLAG");
    set(card, "ID", flag.id);
    set(card, "DOCUMENT", flag.document);
    set_flag_words(card, flag);
    set(card, "RAISED", moment(flag.raised_at, language_));
    tied(card, flag.patient);
    const auto report = flag.report.empty() ? std::nullopt : sources_.records.report(flag.report);
    set(card, "FORM", report ? form_title(*report) : "");
    std::size_t crops = 0;
    if (report) {
      for (const auto& field : flag.evidence) {
        if (crops < most_crops && crop(card, *report, field)) ++crops;
      }
    }
    const int page = report && !report->pages.empty() ? report->pages.begin()->second : 1;
    thumb(card, flag.document, page);
  }

  void set_flag_words(TemplateDictionary& into, const Flag& flag) const {
    set(into, "SEVERITY_NAME", std::string(forms::rules::to_text(flag.severity)));
    set(into, "SEVERITY", severity(flag.severity, language_));
    set(into, "KIND", flag_kind(flag.kind, language_));
  }

  void show_held(TemplateDictionary& into, const Document& document) {
    auto& card = *into.AddSectionDictionary("HELD");
    set(card, "DOCUMENT", document.id);
    set(card, "RECEIVED", moment(document.received_at, language_));
    set(card, "SOURCE", document.source);
    set(card, "PAGES", std::to_string(document.pages.size()));
    reasons(card, document.reasons);
    int page = 1;
    for (const auto& name : document.reports) {
      const auto report = sources_.records.report(name);
      if (!report || report->state != records::ReportState::held) continue;
      candidate(card, *report);
      void_form(card, *report);
      crop(card, *report, "birth_date");
      if (!report->pages.empty()) page = report->pages.begin()->second;
    }
    if (document.pages.empty()) {
      card.ShowSection("NO_PAGES");
    } else {
      thumb(card, document.id, page);
    }
  }

  void candidate(TemplateDictionary& into, const Report& report) {
    const auto pathway = sources_.records.pathway(report.candidate_pathway);
    const auto patient = pathway ? sources_.records.patient(pathway->patient_id) : std::nullopt;
    if (!patient) return;
    auto& part = *into.AddSectionDictionary("CANDIDATE");
    set(part, "NAME", patient->name);
    set(part, "PATIENT", patient->patient_id);
  }

  /// What the paper was before it became void: a clerk must find out what the clinic meant to send.
  void void_form(TemplateDictionary& into, const Report& report) const {
    const auto form = sources_.records.printed(report.serial);
    if (!form || !form->void_at) return;
    auto& part = *into.AddSectionDictionary("VOID");
    set(part, "SERIAL", forms::to_text(report.serial));
    set(part, "PATHWAY", form->pathway_id);
    const auto patient = sources_.records.patient(form->patient_id);
    set(part, "NAME", patient ? patient->name : "");
    set(part, "PATIENT", form->patient_id);
    set(part, "WHEN", moment(*form->void_at, language_));
    set(part, "BY", form->void_by);
    set(part, "WHY", form->void_reason);
  }

  void show_recent(TemplateDictionary& into, const Report& report) {
    auto& row = *into.AddSectionDictionary("RECENT");
    set(row, "REPORT", report.id);
    set(row, "DOCUMENT", report.document);
    set(row, "RECEIVED", moment(report.received_at, language_));
    set(row, "FORM", form_title(report));
    report_state_of(row, report);
    const auto patient = sources_.records.patient(report.patient);
    set(row, "NAME", patient ? patient->name : "");
    set(row, "PATIENT", report.patient);
    if (const auto day = report.form.fact("visit_date")) {
      set(*row.AddSectionDictionary("VISIT"), "DAY", *day);
    }
    if (const auto doubts = doubtful_fields(report); !doubts.empty()) {
      set(*row.AddSectionDictionary("DOUBTS"), "FIELDS", doubts);
    }
    thumb(row, report.document, report.pages.empty() ? 1 : report.pages.begin()->second);
  }

  void show_report(TemplateDictionary& into, const Report& report) {
    auto& part = *into.AddSectionDictionary("REPORT");
    set(part, "ID", report.id);
    set(part, "FORM", form_title(report));
    report_state_of(part, report);
    tied(part, report.patient);
    void_form(part, report);
    for (const auto& flag : report.flags) {
      set_flag_words(*part.AddSectionDictionary("FLAG"), flag);
    }
    const auto* entry = sources_.catalogue.find(report.form.form, report.form.version);
    for (const auto* answer : in_form_order(entry, report)) {
      auto& row = *part.AddSectionDictionary("FIELD");
      set(row, "LABEL", label(entry, answer->field));
      set(row, "VALUE", shown(entry, *answer));
      const std::string state(forms::to_text(answer->state));
      set(row, "STATE_NAME", state);
      set(row, "STATE", word(state, language_));
      if (answer->state != forms::AnswerState::blank) crop(row, report, answer->field);
    }
  }

  /// As they stand on the paper, so that the eye can go down both; what is blank comes last.
  static std::vector<const forms::Answer*> in_form_order(const forms::Catalogue::Entry* entry,
                                                         const Report& report) {
    std::vector<const forms::Answer*> answers;
    if (entry != nullptr) {
      for (const auto& field : entry->definition.fields) {
        if (const auto* answer = report.form.find(field.name)) answers.push_back(answer);
      }
    }
    for (const auto& [name, answer] : report.form.answers) {
      if (!std::ranges::count(answers, &answer)) answers.push_back(&answer);
    }
    std::stable_partition(answers.begin(), answers.end(), [](const forms::Answer* answer) {
      return answer->state != forms::AnswerState::blank;
    });
    return answers;
  }

  void report_state_of(TemplateDictionary& into, const Report& report) const {
    set(into, "STATE_NAME", std::string(records::to_text(report.state)));
    set(into, "STATE", report_state(report.state, language_));
  }

  void reasons(TemplateDictionary& into, const std::vector<std::string>& words) const {
    for (const auto& one : words) {
      set(*into.AddSectionDictionary("REASON"), "TEXT", reason(one, language_));
    }
  }

  void tied(TemplateDictionary& into, const std::string& patient_id) {
    const auto patient = patient_id.empty() ? std::nullopt : sources_.records.patient(patient_id);
    if (!patient) {
      into.ShowSection("NOT_TIED");
      return;
    }
    auto& part = *into.AddSectionDictionary("TIED");
    set(part, "NAME", patient->name);
    set(part, "KANA", patient->kana);
    set(part, "PATIENT", patient->patient_id);
  }

  [[nodiscard]] bool drawn(const std::string& document, int page) const {
    return fs::exists(sources_.pictures / picture_name(document, page));
  }

  static std::string picture_path(const std::string& document, int page) {
    return fmt::format("/pictures/{}/{}.png", document, page);
  }

  void thumb(TemplateDictionary& into, const std::string& document, int page) const {
    if (!drawn(document, page)) {
      into.ShowSection("NO_PICTURE");
      return;
    }
    set(*into.AddSectionDictionary("THUMB"), "PICTURE", picture_path(document, page));
  }

  /// The very place on the page that a value was read from. False if there is no picture of it.
  bool crop(TemplateDictionary& into, const Report& report, const std::string& field) const {
    const auto* answer = report.form.find(field);
    if (answer == nullptr || answer->box.width <= 0 || answer->box.height <= 0) return false;
    const auto page = report.pages.find(answer->page);
    if (page == report.pages.end() || !drawn(report.document, page->second)) return false;
    const auto* entry = sources_.catalogue.find(report.form.form, report.form.version);
    if (entry == nullptr || answer->page > static_cast<int>(entry->layout.pages.size())) {
      return false;
    }
    const auto& sheet = entry->layout.pages[static_cast<std::size_t>(answer->page) - 1];
    const double left = std::max(0.0, answer->box.x - crop_margin);
    const double top = std::max(0.0, answer->box.y - crop_margin);
    const double width = std::min(sheet.width, answer->box.right() + crop_margin) - left;
    const double height = std::min(sheet.height, answer->box.bottom() + crop_margin) - top;
    const double scale = std::min(crop_scale, crop_widest / width);
    auto& part = *into.AddSectionDictionary("CROP");
    set(part, "LABEL", label(entry, field));
    set(part, "VIEW", fmt::format("{:.1f} {:.1f} {:.1f} {:.1f}", left, top, width, height));
    set(part, "WIDTH", fmt::format("{:.0f}", width * scale));
    set(part, "HEIGHT", fmt::format("{:.0f}", height * scale));
    set(part, "SHEET_WIDTH", fmt::format("{:.0f}", sheet.width));
    set(part, "SHEET_HEIGHT", fmt::format("{:.0f}", sheet.height));
    set(part, "PICTURE", picture_path(report.document, page->second));
    return true;
  }

  [[nodiscard]] std::string form_title(const Report& report) const {
    const auto* entry = sources_.catalogue.find(report.form.form, report.form.version);
    return entry == nullptr ? report.form.form : pick(entry->definition.disease_words, language_);
  }

  [[nodiscard]] std::string label(const forms::Catalogue::Entry* entry,
                                  const std::string& field) const {
    if (field == "note") return word("evidence-note", language_);
    const auto* definition = entry == nullptr ? nullptr : entry->definition.find(field);
    return definition == nullptr ? field : pick(definition->label, language_);
  }

  /// A value that is no fact is never shown as one: it stands in brackets with a question mark.
  [[nodiscard]] std::string shown(const forms::Catalogue::Entry* entry,
                                  const forms::Answer& answer) const {
    if (answer.state == forms::AnswerState::blank) return "";
    const auto* definition = entry == nullptr ? nullptr : entry->definition.find(answer.field);
    if (definition != nullptr && definition->kind == forms::FieldKind::ink) {
      return word("present", language_);
    }
    std::string text;
    for (const auto& value : answer.values) {
      text += (text.empty() ? "" : "、") + option_words(definition, value);
    }
    if (definition != nullptr && !text.empty() && !definition->unit.empty()) {
      text += " " + definition->unit;
    }
    if (answer.state != forms::AnswerState::doubtful) return text;
    return text.empty() ? word("unread", language_) : "(" + text + "?)";
  }

  [[nodiscard]] std::string option_words(const forms::FieldDefinition* definition,
                                         const std::string& value) const {
    if (definition == nullptr) return value;
    const auto found =
        std::ranges::find(definition->options, value, &forms::OptionDefinition::value);
    return found == definition->options.end() ? value : pick(found->words, language_);
  }

  [[nodiscard]] std::string doubtful_fields(const Report& report) const {
    const auto* entry = sources_.catalogue.find(report.form.form, report.form.version);
    std::string names;
    for (const auto& [name, answer] : report.form.answers) {
      if (answer.state != forms::AnswerState::doubtful) continue;
      names += (names.empty() ? "" : "、") + label(entry, name);
    }
    return names;
  }

  Pages::Sources& sources_;
  Language language_;
};

std::string expand(const fs::path& file, const TemplateDictionary& values) {
  std::string html;
  if (!ctemplate::ExpandTemplate(file.string(), ctemplate::DO_NOT_STRIP, &values, &html)) {
    throw std::runtime_error("template missing or broken: " + file.string());
  }
  return html;
}

}  // namespace

std::string picture_name(const std::string& document, int page) {
  return fmt::format("{}-{}.png", document, page);
}

Pages::Pages(Sources sources) : sources_(std::move(sources)) {
  for (const char* name : {"desk.html", "lists.html", "document.html"}) {
    const auto file = (sources_.assets / name).string();
    if (!ctemplate::LoadTemplate(file, ctemplate::DO_NOT_STRIP)) {
      throw std::runtime_error("template missing or broken: " + file);
    }
  }
}

std::string Pages::desk(Language language) {
  TemplateDictionary values("desk");
  set_words(values, language);
  set(values, "HOSPITAL", sources_.hospital);
  auto& lists = *values.AddIncludeDictionary("LISTS");
  lists.SetFilename((sources_.assets / "lists.html").string());
  set_words(lists, language);
  Drawing(sources_, language).lists(lists);
  return expand(sources_.assets / "desk.html", values);
}

std::string Pages::lists(Language language) {
  TemplateDictionary values("lists");
  set_words(values, language);
  Drawing(sources_, language).lists(values);
  return expand(sources_.assets / "lists.html", values);
}

std::optional<std::string> Pages::document(const std::string& id, Language language) {
  TemplateDictionary values("document");
  set_words(values, language);
  if (!Drawing(sources_, language).document(values, id)) return std::nullopt;
  return expand(sources_.assets / "document.html", values);
}

}  // namespace review
