#include <algorithm>

#include "daemon/intake.hpp"
#include "daemon/intake_words.hpp"

/// What the words of the second look add: text answers, and what they may tell of a deviation.
namespace intake {

std::string text_of(const std::vector<ocr::WordReading>& words) {
  std::string text;
  const ocr::WordReading* before = nullptr;
  for (const auto& word : words) {
    if (before != nullptr) {
      const bool next_line =
          word.box.y > before->box.y + before->box.height / 2 || word.box.x < before->box.x;
      const bool gap = word.box.x - before->box.right() > before->box.height / 2;
      text += next_line ? "\n" : gap ? " " : "";
    }
    text += word.text;
    before = &word;
  }
  return text;
}

namespace {

using forms::rules::Finding;
using forms::rules::FlagKind;

const ocr::PageReading* page_of(const ocr::DocumentReading& reading, int number) {
  const auto found = std::ranges::find(reading.pages, number, &ocr::PageReading::number);
  return found == reading.pages.end() ? nullptr : &*found;
}

bool flagged(const records::Report& report, const Finding& finding) {
  return std::ranges::any_of(report.flags, [&](const records::Flag& flag) {
    return flag.kind == finding.kind && flag.evidence == finding.evidence;
  });
}

class TextOfReport {
public:
  TextOfReport(const records::Report& report, const forms::Definition& definition)
      : report_(report), definition_(definition), text_{report.id, {}, {}} {}

  /// A person's word stands: a corrected answer is left alone.
  void answer(const forms::FieldDefinition& field, const ocr::Reading& reading, int form_page) {
    const forms::Answer* known = report_.form.find(field.name);
    if (known != nullptr && known->state == forms::AnswerState::corrected) return;
    forms::Answer answer = forms::text_answer(field, reading, form_page);
    // Ink that the first look saw does not vanish because no word was found in it.
    if (!answer.ink && known != nullptr && known->ink) return;
    if (!answer.values.empty()) answer.values = {text_of(reading.words)};
    add(forms::rules::judge_text(text_of(reading.words), field.name, definition_));
    if (answer.ink && answer.values.empty()) {
      if (const auto severity = forms::rules::severity_of(definition_, FlagKind::unread_note)) {
        add({{FlagKind::unread_note, *severity, {field.name}, "text-not-read"}});
      }
    }
    text_.answers.push_back(std::move(answer));
  }

  /// The clinic's letter that came with the form. Copies of our own sheets print such words
  /// themselves.
  void attachment(const records::Page& page, const std::string& words) {
    if (!page.tag) add(forms::rules::judge_text(words, "attachment", definition_));
  }

  [[nodiscard]] bool empty() const { return text_.answers.empty() && text_.findings.empty(); }
  [[nodiscard]] records::SecondLook::ReportText take() { return std::move(text_); }

private:
  void add(const std::vector<Finding>& findings) {
    for (const auto& each : findings) {
      const bool known =
          flagged(report_, each) || std::ranges::any_of(text_.findings, [&](const Finding& other) {
            return other.kind == each.kind && other.evidence == each.evidence;
          });
      if (!known) text_.findings.push_back(each);
    }
  }

  const records::Report& report_;
  const forms::Definition& definition_;
  records::SecondLook::ReportText text_;
};

void read_fields(TextOfReport& text, const records::Report& report,
                 const forms::Definition& definition, const ocr::DocumentReading& reading) {
  for (const auto& [form_page, number] : report.pages) {
    const ocr::PageReading* page = page_of(reading, number);
    if (page == nullptr || page->form != definition.form || page->form_page != form_page) continue;
    for (const auto& field : definition.fields) {
      if (field.kind != forms::FieldKind::text) continue;
      const auto found = std::ranges::find(page->readings, field.name, &ocr::Reading::field);
      if (found != page->readings.end()) text.answer(field, *found, form_page);
    }
  }
}

}  // namespace

records::SecondLook interpret_text(const records::Document& document,
                                   const std::vector<records::Report>& reports,
                                   const reader::Look& look, const forms::Catalogue& catalogue) {
  records::SecondLook second;
  second.document = document.id;
  if (look.ending != reader::Ending::answered) return second;
  for (const auto& page : look.reading.pages) {
    if (!page.words.empty()) second.page_text.emplace_back(page.number, text_of(page.words));
  }
  for (const auto& report : reports) {
    const auto* entry = catalogue.find(report.form.form, report.form.version);
    if (entry == nullptr) continue;
    TextOfReport text(report, entry->definition);
    read_fields(text, report, entry->definition, look.reading);
    for (const auto& page : document.pages) {
      const ocr::PageReading* read = page_of(look.reading, page.number);
      const bool attached = page.fate == records::Fate::attachment && page.report == report.id;
      if (attached && read != nullptr) text.attachment(page, text_of(read->words));
    }
    if (!text.empty()) second.reports.push_back(text.take());
  }
  return second;
}

}  // namespace intake
