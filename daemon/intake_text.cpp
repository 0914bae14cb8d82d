#include <algorithm>
#include <array>

#include "daemon/intake.hpp"
#include "daemon/intake_words.hpp"
#include "forms/named.hpp"
#include "forms/rules/words.hpp"

/// What the words of the second look add: text answers, and what they may tell of a deviation.
namespace intake {

std::string text_of(const std::vector<ocr::WordReading>& words) {
  std::string text;
  const ocr::WordReading* before = nullptr;
  for (const auto& word : words) {
    if (before != nullptr) {
      const bool next_line = word.box.y > before->box.y + before->box.height / 2 ||
                             word.box.x < before->box.x || word.box.bottom() < before->box.y;
      const bool gap = word.box.x - before->box.right() > before->box.height / 2;
      text += next_line ? "\n" : gap ? " " : "";
    }
    text += word.text;
    before = &word;
  }
  return text;
}

bool tells_of_deviation(const std::string& text, const forms::Catalogue& catalogue) {
  return std::ranges::any_of(catalogue.all(), [&](const auto& entry) {
    return !forms::rules::mentions(text, entry.definition.deviation_words).empty();
  });
}

bool looks_like_cover(const ocr::PageReading& page, const forms::Catalogue& catalogue) {
  using forms::rules::mentions;
  constexpr std::size_t little = 1500;  // bytes: about 500 Japanese characters
  const std::string text = text_of(page.words);
  if (text.empty() || text.size() > little) return false;
  const bool titled =
      !mentions(text, {"送付状", "送信状", "送信票", "送付書", "送信のご案内"}).empty();
  const bool counted = !mentions(text, {"FAX", "ファックス", "ファクシミリ"}).empty() &&
                       !mentions(text, {"枚数", "送信枚数", "枚送信"}).empty();
  return (titled || counted) && !tells_of_deviation(text, catalogue);
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

/// Whether a word stands in the line that the sender's machine prints at the upper edge, wherever
/// that edge is since the page was turned: it is sharp on the worst of lines, and tells nothing of
/// the letter.
bool senders(const ocr::PageReading& page, const ocr::WordReading& word) {
  constexpr double line_mm = 9;
  constexpr double mm_per_inch = 25.4;
  double bottom = word.box.bottom();
  if (page.quality.rotation != 0 && page.quality.dpi_y > 0) {
    const auto row = [&](double x, double y) {
      return page.placed.d * x + page.placed.e * y + page.placed.f;
    };
    const double lowest =
        std::max(row(word.box.x, word.box.y), row(word.box.right(), word.box.bottom()));
    bottom = lowest * mm_per_inch / page.quality.dpi_y;
  }
  return bottom > 0 && bottom < line_mm;
}

/// How sure OCR is of a page on the whole, 0 to 1; of nothing 0. Of typed pages at 204 x 98 dpi
/// from bad lines Tesseract is 0.2 to 0.5 sure, and then reads 誕転欄 for 肝転移; of good ones 0.6
/// to 0.9. Handwriting and pictures are read as nonsense, or not at all.
///
/// Of a page with lines that were left out, nothing: they may be those that tell.
double sureness(const ocr::PageReading& page) {
  double bytes = 0;
  double sum = 0;
  for (const auto& word : page.words) {
    if (senders(page, word)) continue;
    if (word.text == ocr::unread_line) return 0;
    bytes += static_cast<double>(word.text.size());
    sum += word.confidence * static_cast<double>(word.text.size());
  }
  return bytes > 0 ? sum / bytes : 0;
}

/// Below this, words of deviation may have been missed, and so may words that say whose a page is.
/// Measured by bench/safety, 102 attachments of other patients among 3,000 pages: with 0.45 one
/// that was read as nonsense stayed with its form; with 0.55 and 0.6 none, at three and five more
/// of 1,800 documents held.
constexpr double sure_enough = 0.6;

/// What was measured is nobody's name or number, however unsure OCR is of it.
bool is_measure(const std::string& word) {
  constexpr std::array units = {"U/L", "/dL", "/mL", "/uL", "mmHg"};
  return std::ranges::any_of(
      units, [&](const char* unit) { return word.find(unit) != std::string::npos; });
}

/// The widest stretch of neighbouring words in a line that were guessed, mm.
double widest_guess(const ocr::PageReading& page) {
  constexpr double guess = 0.3;
  double widest = 0;
  const ocr::WordReading* first = nullptr;
  const ocr::WordReading* before = nullptr;
  for (const auto& word : page.words) {
    if (senders(page, word)) continue;
    const bool next_line =
        before != nullptr && (word.box.x < before->box.x || word.box.y > before->box.bottom() ||
                              word.box.bottom() < before->box.y);
    before = &word;
    const bool guessed = word.confidence < guess && !is_measure(word.text);
    if (next_line || !guessed) first = nullptr;
    if (!guessed) continue;
    if (first == nullptr) first = &word;
    widest = std::max(widest, word.box.right() - first->box.x);
  }
  return widest;
}

/// A page that was well read on the whole may hide the one line that says whose it is: 出者番吸1
/// for 患者番号 10208759. A name of three signs or a number of six is about so wide.
constexpr double widest_that_says_nothing = 10;

bool well_read(const ocr::PageReading& page) {
  return sureness(page) >= sure_enough && widest_guess(page) < widest_that_says_nothing;
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
  /// themselves. Where little could be read nobody knows what it tells.
  void attachment(const records::Page& page, const ocr::PageReading& read) {
    if (page.tag) return;
    auto findings = forms::rules::judge_text(text_of(read.words), "attachment", definition_);
    const bool told = std::ranges::any_of(findings, [](const Finding& each) {
      return each.severity != forms::rules::Severity::notice;
    });
    if (!told && !well_read(read)) {
      findings.push_back({FlagKind::possible_deviation,
                          forms::rules::Severity::routine,
                          {"attachment"},
                          "attachment-not-read"});
    }
    add(findings);
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

forms::Identity identity_of(const records::Patient& patient) {
  return {patient.patient_id, patient.name, patient.kana, patient.birth_date};
}

/// Pages without a tag, now that their words can be read: whose are they?
class UntaggedPages {
public:
  UntaggedPages(const records::Document& document, const forms::Catalogue& catalogue,
                const Known& known, records::SecondLook& second)
      : document_(document), catalogue_(catalogue), known_(known), second_(second) {
    for (const auto& patient : known.patients()) people_.push_back(identity_of(patient));
  }

  /// True if the page stays with the report that it follows.
  bool attachment(const records::Page& page, const records::Report& report,
                  const ocr::PageReading& read) {
    const auto pathway =
        known_.pathway(report.pathway.empty() ? report.candidate_pathway : report.pathway);
    const auto patient = pathway ? known_.patient(pathway->patient_id) : std::nullopt;
    if (page.tag || !patient) return true;
    std::vector<std::string> staff{pathway->hospital_doctor};
    if (const auto clinic = known_.clinic(pathway->clinic_id)) staff.push_back(clinic->doctor);
    const auto text = text_of(read.words);
    const auto whose = forms::whose_page(text, identity_of(*patient), people_, staff);
    if (whose == forms::WhosePage::own) return true;
    if (whose == forms::WhosePage::not_said && well_read(read)) return true;
    leaves(page, text, whose == forms::WhosePage::another ? "pages-mixed" : "identity-unreadable");
    return false;
  }

  /// Before the first form a cover is no stranger.
  void before_the_forms(const records::Page& page, const ocr::PageReading& read) {
    if (!document_.reports.empty() && looks_like_cover(read, catalogue_)) {
      second_.fates.emplace_back(page.number, records::Fate::cover);
    } else {
      nobodys(page, text_of(read.words));
    }
  }

  void nobodys(const records::Page& page, const std::string& text) {
    if (page.tag) return;
    words_ += text + '\n';
    if (tells_of_deviation(text, catalogue_)) mention(text);
  }

  void propose() { second_.proposals = forms::propose(words_, people_); }

private:
  /// A page that nobody has read may tell of a death, whoever it is about.
  void leaves(const records::Page& page, const std::string& text, const std::string& reason) {
    second_.fates.emplace_back(page.number, records::Fate::unidentified);
    if (std::ranges::find(second_.reasons, reason) == second_.reasons.end()) {
      second_.reasons.push_back(reason);
    }
    second_.findings.push_back(
        {FlagKind::possible_deviation, forms::rules::Severity::routine, {}, "page-not-identified"});
    nobodys(page, text);
  }

  /// By the words and the severity of the first form that has such a word.
  void mention(const std::string& text) {
    for (const auto& entry : catalogue_.all()) {
      const auto found = forms::rules::judge_text(text, "page", entry.definition);
      if (found.empty()) continue;
      const bool known = std::ranges::any_of(second_.findings, [&](const Finding& each) {
        return each.kind == found[0].kind && each.severity <= found[0].severity;
      });
      if (!known) second_.findings.push_back(found[0]);
      return;
    }
  }

  const records::Document& document_;
  const forms::Catalogue& catalogue_;
  const Known& known_;
  records::SecondLook& second_;
  std::vector<forms::Identity> people_;
  std::string words_;
};

/// Which pages of the document are whose, by their words; the words of pages that stay with a
/// report tell of it.
class SecondLooker {
public:
  SecondLooker(const records::Document& document, const reader::Look& look,
               const forms::Catalogue& catalogue, const Known& known)
      : document_(document),
        reading_(look.reading),
        untagged_(document, catalogue, known, second_) {
    second_.document = document.id;
    for (const auto& page : reading_.pages) {
      if (!page.words.empty()) second_.page_text.emplace_back(page.number, text_of(page.words));
    }
  }

  void report(const records::Report& report, const forms::Definition& definition) {
    TextOfReport text(report, definition);
    read_fields(text, report, definition, reading_);
    for (const auto& page : document_.pages) {
      const ocr::PageReading* read = page_of(reading_, page.number);
      if (page.fate != records::Fate::attachment || page.report != report.id || read == nullptr) {
        continue;
      }
      if (untagged_.attachment(page, report, *read)) text.attachment(page, *read);
    }
    if (!text.empty()) second_.reports.push_back(text.take());
  }

  records::SecondLook take() {
    bool form_seen = false;
    for (const auto& page : document_.pages) {
      form_seen |= page.fate == records::Fate::form;
      const ocr::PageReading* read = page_of(reading_, page.number);
      if (page.fate != records::Fate::unidentified || !page.report.empty() || read == nullptr) {
        continue;
      }
      if (form_seen) {
        untagged_.nobodys(page, text_of(read->words));
      } else {
        untagged_.before_the_forms(page, *read);
      }
    }
    untagged_.propose();
    return std::move(second_);
  }

private:
  const records::Document& document_;
  const ocr::DocumentReading& reading_;
  records::SecondLook second_;
  UntaggedPages untagged_;
};

/// The reader failed: a letter that came along has not been looked at, and may be anybody's.
records::SecondLook nothing_read(const records::Document& document) {
  records::SecondLook nothing;
  nothing.document = document.id;
  for (const auto& page : document.pages) {
    if (page.fate != records::Fate::attachment || page.tag || page.report.empty()) continue;
    nothing.fates.emplace_back(page.number, records::Fate::unidentified);
    nothing.reasons = {"identity-unreadable"};
    nothing.findings = {
        {FlagKind::possible_deviation, forms::rules::Severity::routine, {}, "page-not-identified"}};
  }
  return nothing;
}

}  // namespace

records::SecondLook interpret_text(const records::Document& document,
                                   const std::vector<records::Report>& reports,
                                   const reader::Look& look, const forms::Catalogue& catalogue,
                                   const Known& known) {
  if (look.ending != reader::Ending::answered) {
    return nothing_read(document);
  }
  SecondLooker looker(document, look, catalogue, known);
  for (const auto& report : reports) {
    const auto* entry = catalogue.find(report.form.form, report.form.version);
    if (entry != nullptr) looker.report(report, entry->definition);
  }
  return looker.take();
}

}  // namespace intake
