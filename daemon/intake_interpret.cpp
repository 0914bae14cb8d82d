#include <algorithm>
#include <array>
#include <charconv>

#include "daemon/intake.hpp"
#include "daemon/intake_pages.hpp"
#include "daemon/intake_words.hpp"

/// What the readings of one document mean: whose each form is, what it says, and every page's fate.
namespace intake {
namespace {

using forms::rules::FlagKind;
using forms::rules::Severity;
using records::Fate;
using records::Filing;
using records::ReportState;

/// The words of the contract, in its order, which is that in which a clerk should hear them.
constexpr std::array<std::string_view, 15> reasons_in_order{
    "no-tag",      "forged-tag",         "unknown-form",        "unknown-serial",
    "void-serial", "identity-mismatch",  "identity-unreadable", "pages-missing",
    "pages-mixed", "transmission-error", "damaged-file",        "unsupported-format",
    "too-large",   "reader-crashed",     "reader-timeout"};

void add_reason(std::vector<std::string>& reasons, std::string_view reason) {
  if (reason.empty() || std::ranges::find(reasons, reason) != reasons.end()) return;
  reasons.emplace_back(reason);
  std::ranges::sort(reasons, {}, [](const std::string& each) {
    return std::ranges::find(reasons_in_order, each) - reasons_in_order.begin();
  });
}

std::string_view reason_of(ocr::Fault fault) {
  switch (fault) {
    case ocr::Fault::none: return "";
    case ocr::Fault::damaged_file: return "damaged-file";
    case ocr::Fault::unsupported_format: return "unsupported-format";
    case ocr::Fault::too_large: return "too-large";
    case ocr::Fault::transmission_error: return "transmission-error";
  }
  return "damaged-file";
}

/// The day at the hospital: Japan keeps UTC+9 all year.
forms::Date day_in_japan(Time time) {
  return std::chrono::floor<std::chrono::days>(time + std::chrono::hours{9});
}

/// Rows lost on a page hide what was marked there. Fewer than this cannot swallow a mark of 4 mm.
constexpr double rows_that_hide_a_mark_mm = 3;

double lost_mm(const ocr::Quality& quality) {
  return quality.dpi_y > 0 ? quality.lost_rows * 25.4 / quality.dpi_y : 0;
}

/// What the records know of a serial's owner.
struct Owner {
  std::optional<records::PrintedForm> printed;
  std::optional<records::Pathway> pathway;
  std::optional<records::Patient> patient;
};

Owner owner_of(forms::Serial serial, const Known& known) {
  Owner owner;
  owner.printed = known.printed(serial);
  if (owner.printed) owner.pathway = known.pathway(owner.printed->pathway_id);
  if (owner.pathway) owner.patient = known.patient(owner.pathway->patient_id);
  return owner;
}

/// A number of its own for paper whose serial is not proven, so that it is never taken for a
/// version of another.
forms::Serial unproven_serial(const std::string& document, std::size_t page) {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char each : document) {
    hash = (hash ^ static_cast<unsigned char>(each)) * 1099511628211u;
  }
  return {(hash ^ page * 1099511628211u) % forms::serial_limit};
}

/// OCR's guesses at a printed serial, with spaces between: those whose check character is right.
std::vector<forms::Serial> serials_in(std::string_view guesses) {
  std::vector<forms::Serial> found;
  while (!guesses.empty()) {
    const auto end = std::min(guesses.find(' '), guesses.size());
    if (const auto serial = forms::parse_serial(guesses.substr(0, end))) found.push_back(*serial);
    guesses.remove_prefix(std::min(end + 1, guesses.size()));
  }
  return found;
}

class Interpreter {
public:
  Interpreter(const forms::Catalogue& catalogue, const forms::TagKeys& keys, const Known& known,
              Time received_at, reader::Codes codes)
      : catalogue_(catalogue),
        keys_(keys),
        known_(known),
        today_(day_in_japan(received_at)),
        codes_(codes) {}

  void read(const ocr::DocumentReading& reading, Filing& filing) {
    document_ = filing.document;
    for (const auto& page : reading.pages) seen_.push_back(recognise(page));
    sheaves_ = gather(seen_);
    for (const auto& page : seen_) filing.pages.push_back(ledger_row(page));
    filing.page_report.assign(seen_.size(), -1);
    for (std::size_t i = 0; i < sheaves_.size(); ++i) {
      filing.reports.push_back(report_of(sheaves_[i]));
      for (const std::size_t page : sheaves_[i].pages)
        filing.page_report[page] = static_cast<int>(i);
    }
    place_the_rest(filing);
    settle(filing);
    mind_unread_pages(filing);
  }

private:
  /// A printed serial that we never printed is ink like any other. A page that is surely one of our
  /// forms is read as such, whoever's it is: it may tell of a deviation.
  PageSeen recognise(const ocr::PageReading& page) {
    PageSeen seen = look_at(page, catalogue_, keys_);
    if (seen.tag) return seen;
    for (const auto& guess : serials_in(page.serial_print)) {
      const auto printed = known_.printed(guess);
      if (!printed) continue;
      seen.serial = guess;
      seen.entry = catalogue_.find(printed->form, printed->version);
      seen.standing = Standing::suspected;
      return seen;
    }
    if (seen.standing == Standing::suspected) {
      seen.serial = unproven_serial(document_, seen_.size());
    }
    return seen;
  }

  static records::Page ledger_row(const PageSeen& page) {
    records::Page row;
    row.number = page.reading->number;
    row.quality = page.reading->quality;
    switch (page.standing) {
      case Standing::blank: row.fate = Fate::blank; break;
      case Standing::untagged:
      case Standing::suspected:
      case Standing::forged: row.fate = Fate::unidentified; break;
      case Standing::sheet: row.fate = Fate::attachment; break;
      case Standing::mixed:
      case Standing::unknown_form:
      case Standing::form: row.fate = Fate::form; break;
    }
    if (row.fate == Fate::form || row.fate == Fate::attachment) {
      row.tag = page.tag;
      if (page.entry != nullptr) row.tag_form = page.entry->definition.form;
    }
    return row;
  }

  Filing::ReportDraft report_of(const Sheaf& sheaf) {
    Filing::ReportDraft draft;
    draft.serial = sheaf.standing == Standing::forged
                       ? unproven_serial(document_, sheaf.pages.front())
                       : sheaf.serial;
    for (const std::size_t i : sheaf.pages) {
      const int page = seen_[i].tag ? seen_[i].tag->page : seen_[i].reading->form_page;
      draft.pages.emplace(std::max(page, 1), seen_[i].reading->number);
    }
    // What a forged tag claims and which of two tags is meant is unknown: no owner is even
    // suggested.
    const bool sayable = sheaf.standing != Standing::forged && sheaf.standing != Standing::mixed;
    const Owner owner = sayable ? owner_of(sheaf.serial, known_) : Owner{};
    if (owner.pathway) draft.candidate_pathway = owner.pathway->pathway_id;
    for (const auto reason : doubts_of_identity(sheaf, owner)) add_reason(draft.reasons, reason);
    // Another patient's tag on the same page would not have been seen.
    if (codes_ == reader::Codes::by_print) add_reason(draft.reasons, "reader-crashed");
    read_answers(draft, sheaf, owner);
    if (!draft.reasons.empty()) doubt_birth_date(draft);
    if (draft.reasons.empty()) {
      accept_birth_date(draft, owner.patient->birth_date);
      draft.pathway = std::move(draft.candidate_pathway);
      draft.candidate_pathway.clear();
      const bool doubtful = std::ranges::any_of(draft.form.answers, [](const auto& each) {
        return each.second.state == forms::AnswerState::doubtful;
      });
      draft.state = doubtful ? ReportState::to_check : ReportState::filed;
    }
    return draft;
  }

  /// A report is held: as long as no record bears it out, the date is what a machine read.
  static void doubt_birth_date(Filing::ReportDraft& draft) {
    const auto found = draft.form.answers.find("birth_date");
    if (found == draft.form.answers.end()) return;
    if (found->second.state != forms::AnswerState::accepted) return;
    found->second.state = forms::AnswerState::doubtful;
    found->second.doubt = forms::doubt::unsure;
  }

  /// The agreement test has weighed every written digit against the record and its near misses:
  /// a date that passed it is no longer in doubt.
  static void accept_birth_date(Filing::ReportDraft& draft, forms::Date recorded) {
    const auto found = draft.form.answers.find("birth_date");
    if (found == draft.form.answers.end()) return;
    auto& answer = found->second;
    answer.values = {forms::iso_date(recorded)};
    answer.state = forms::AnswerState::accepted;
    answer.doubt.clear();
  }

  /// Answers and findings, whoever the report may turn out to be about: a deviation must not wait
  /// for that.
  void read_answers(Filing::ReportDraft& draft, const Sheaf& sheaf, const Owner& owner) const {
    if (sheaf.entry == nullptr) {
      draft.findings.push_back(
          {FlagKind::possible_deviation, Severity::urgent, {}, "form-unknown"});
      return;
    }
    const forms::Definition& definition = sheaf.entry->definition;
    compare_resent(draft, definition);
    const auto pages = aligned_pages(sheaf);
    forms::rules::History history{today_, {}, {}, {}};
    forms::Expectation expected{today_, {}, {}};
    if (owner.pathway) {
      history = known_.history(owner.pathway->pathway_id, sheaf.serial, today_);
      expected.started_on = history.started_on;
      for (const auto& [field, values] : history.markers) {
        if (!values.empty()) expected.former.emplace(field, values.back().value);
        for (const auto& each : values) expected.earlier[field].push_back(each.value);
      }
    }
    expected.thresholds = history.thresholds;
    if (draft.reasons.empty()) expected.birth_date = owner.patient->birth_date;
    draft.form = forms::fill(definition, pages, expected);
    draft.findings = forms::rules::judge(draft.form, definition, history);
    const bool rows_lost = std::ranges::any_of(
        pages, [](const auto* page) { return lost_mm(page->quality) > rows_that_hide_a_mark_mm; });
    if (rows_lost) {
      draft.findings.push_back({FlagKind::possible_deviation, Severity::routine, {}, "rows-lost"});
    }
  }

  /// Which differences matter when the same paper comes again.
  static void compare_resent(Filing::ReportDraft& draft, const forms::Definition& definition) {
    for (const auto& field : definition.fields) {
      if (field.deviation || field.marker) draft.compared.push_back(field.name);
    }
    draft.if_different = forms::rules::severity_of(definition, FlagKind::duplicate_differs)
                             .value_or(Severity::notice);
  }

  /// Empty: both keys agree, and the form is whole.
  std::vector<std::string_view> doubts_of_identity(const Sheaf& sheaf, const Owner& owner) const {
    switch (sheaf.standing) {
      case Standing::forged: return {"forged-tag"};
      case Standing::mixed: return {"pages-mixed"};
      case Standing::unknown_form: return {"unknown-form"};
      case Standing::form: break;
      case Standing::suspected:
      case Standing::blank:
      case Standing::untagged:
      case Standing::sheet: return {"no-tag"};
    }
    if (!owner.printed || !owner.pathway || !owner.patient) return {"unknown-serial"};
    const forms::Definition& definition = sheaf.entry->definition;
    if (owner.printed->form != definition.form || owner.printed->version != definition.version) {
      return {"unknown-form"};
    }
    std::vector<std::string_view> doubts;
    if (owner.printed->void_at) doubts.emplace_back("void-serial");
    if (!sheaf.complete(seen_)) doubts.emplace_back(sheaf.mixed ? "pages-mixed" : "pages-missing");
    const bool all_aligned =
        std::ranges::all_of(sheaf.pages, [&](std::size_t i) { return aligned(seen_[i]); });
    if (!all_aligned) doubts.emplace_back("transmission-error");
    switch (second_key(sheaf, owner.patient->birth_date)) {
      case forms::Agreement::agrees: break;
      case forms::Agreement::disagrees: doubts.emplace_back("identity-mismatch"); break;
      case forms::Agreement::unreadable: doubts.emplace_back("identity-unreadable"); break;
    }
    return doubts;
  }

  [[nodiscard]] std::vector<const ocr::PageReading*> aligned_pages(const Sheaf& sheaf) const {
    std::vector<const ocr::PageReading*> pages;
    for (const std::size_t i : sheaf.pages) {
      if (aligned(seen_[i])) pages.push_back(seen_[i].reading);
    }
    return pages;
  }

  /// The date is read without knowing the record: only the form's other digits, and the day it
  /// came, say how its doubtful digits are meant.
  forms::Agreement second_key(const Sheaf& sheaf, forms::Date recorded) const {
    const auto& fields = sheaf.entry->definition.fields;
    const auto field = std::ranges::find(fields, "birth_date", &forms::FieldDefinition::name);
    if (field == fields.end()) return forms::Agreement::unreadable;
    for (const std::size_t i : sheaf.pages) {
      const ocr::PageReading& page = *seen_[i].reading;
      if (!aligned(seen_[i])) continue;
      const auto reading = std::ranges::find(page.readings, "birth_date", &ocr::Reading::field);
      if (reading == page.readings.end()) continue;
      const auto known_hand = forms::reread(sheaf.entry->definition, aligned_pages(sheaf),
                                            {today_, {}, {}}, "birth_date");
      const auto agreement =
          forms::birth_date_agrees(*field, known_hand ? &*known_hand : &*reading, recorded);
      // The digits of a symbol-coded picture may not be the sender's: alone they prove nothing.
      return page.symbol_coded && agreement == forms::Agreement::agrees
                 ? forms::Agreement::unreadable
                 : agreement;
    }
    return forms::Agreement::unreadable;
  }

  /// Pages without a tag: covers before the first form, attachments after one, or nobody's.
  void place_the_rest(Filing& filing) const {
    int last_form = -1;
    std::vector<std::vector<std::size_t>> following(sheaves_.size());
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      if (filing.page_report[i] >= 0) {
        last_form = filing.page_report[i];
      } else if (seen_[i].standing == Standing::sheet) {
        place_sheet(filing, i, last_form);
      } else if (seen_[i].standing == Standing::untagged && last_form >= 0) {
        following[static_cast<std::size_t>(last_form)].push_back(i);
      } else if (seen_[i].standing == Standing::untagged && !sheaves_.empty() &&
                 looks_like_cover(*seen_[i].reading, catalogue_)) {
        filing.pages[i].fate = Fate::cover;
      }
    }
    for (std::size_t i = 0; i < following.size(); ++i)
      attach(filing, static_cast<int>(i), following[i]);
  }

  /// A sheet goes with the report that it follows if both are of one pathway; alone, its one key
  /// proves nothing.
  void place_sheet(Filing& filing, std::size_t page, int report) const {
    const Owner owner = owner_of(*seen_[page].serial, known_);
    const std::string whose = owner.pathway ? owner.pathway->pathway_id : "";
    if (report >= 0) {
      const auto& draft = filing.reports[static_cast<std::size_t>(report)];
      if (!whose.empty() && (draft.pathway == whose || draft.candidate_pathway == whose)) {
        filing.page_report[page] = report;
        return;
      }
    }
    add_reason(filing.reasons, whose.empty() ? "unknown-serial"
                               : report >= 0 ? "pages-mixed"
                                             : "identity-unreadable");
  }

  /// Sheets follow a form as announced in its field `attached_pages`. More than announced: who
  /// knows whose they are. Fewer: what came is kept with the form, and the report says that
  /// something is missing.
  void attach(Filing& filing, int report, const std::vector<std::size_t>& pages) const {
    auto& draft = filing.reports[static_cast<std::size_t>(report)];
    const auto found = draft.form.answers.find("attached_pages");
    forms::Answer* answer = found == draft.form.answers.end() ? nullptr : &found->second;
    int announced = 0;
    if (answer != nullptr && !answer->values.empty()) {
      const std::string& text = answer->values.front();
      std::from_chars(text.data(), text.data() + text.size(), announced);
    }
    const auto came = static_cast<int>(pages.size());
    const bool sure = answer != nullptr && answer->state != forms::AnswerState::doubtful;
    // A doubtful number that is just the number of pages is borne out by them.
    if (came <= announced && (sure || came == announced)) {
      for (const std::size_t page : pages) {
        filing.pages[page].fate = Fate::attachment;
        filing.page_report[page] = report;
      }
    }
    if (sure && came < announced) {
      answer->state = forms::AnswerState::doubtful;
      answer->doubt = forms::doubt::not_all_came;
      add_reason(draft.reasons, "pages-missing");
      if (draft.state == ReportState::filed) draft.state = ReportState::to_check;
    }
  }

  /// A form whose tag is past reading looks like anyone's letter, and may tell of a death.
  void mind_unread_pages(Filing& filing) const {
    for (std::size_t i = 0; i < filing.pages.size(); ++i) {
      if (filing.pages[i].fate != Fate::unidentified || filing.page_report[i] >= 0) continue;
      filing.findings = {
          {FlagKind::possible_deviation, Severity::routine, {}, "page-not-identified"}};
    }
  }

  /// The document's own state: held for every reason that holds one of its reports or pages.
  void settle(Filing& filing) const {
    for (const auto& draft : filing.reports) {
      if (draft.state != ReportState::held) continue;
      for (const auto& reason : draft.reasons) add_reason(filing.reasons, reason);
    }
    const bool stray = std::ranges::any_of(
        filing.pages, [](const records::Page& page) { return page.fate == Fate::unidentified; });
    const bool forged = std::ranges::find(filing.reasons, "forged-tag") != filing.reasons.end();
    // A document of blank pages is most often a form that was fed face down: someone must ask for
    // it.
    const bool nothing = filing.reports.empty() && filing.reasons.empty();
    if ((stray && !forged) || nothing) add_reason(filing.reasons, "no-tag");
  }

  const forms::Catalogue& catalogue_;
  const forms::TagKeys& keys_;
  const Known& known_;
  forms::Date today_;
  reader::Codes codes_;
  std::string document_;
  std::vector<PageSeen> seen_;
  std::vector<Sheaf> sheaves_;
};

/// Every page up to the last, in order: one that the reader left out is a page all the same, with
/// nothing read. None if the numbers make no sense.
std::optional<ocr::DocumentReading> without_gaps(const ocr::DocumentReading& reading) {
  constexpr int most = 1000;  // as many as an answer may hold
  ocr::DocumentReading whole;
  for (const auto& page : reading.pages) {
    const auto next = [&] { return static_cast<int>(whole.pages.size()) + 1; };
    if (page.number < next() || page.number > most) return std::nullopt;
    while (next() < page.number) {
      ocr::PageReading missing;
      missing.number = next();
      whole.pages.push_back(missing);
    }
    whole.pages.push_back(page);
  }
  return whole;
}

}  // namespace

records::Filing interpret(const std::string& document, const reader::Look& look,
                          const forms::Catalogue& catalogue, const forms::TagKeys& keys,
                          const Known& known, Time received_at) {
  Filing filing;
  filing.document = document;
  filing.detail = look.detail.empty() ? look.reading.detail : look.detail;
  const auto reading = without_gaps(look.reading);
  if (look.ending == reader::Ending::timed_out) {
    filing.reasons = {"reader-timeout"};
  } else if (look.ending == reader::Ending::crashed || !reading) {
    filing.reasons = {"reader-crashed"};
  } else {
    add_reason(filing.reasons, reason_of(look.reading.fault));
    if (look.codes == reader::Codes::by_print) add_reason(filing.reasons, "reader-crashed");
    Interpreter(catalogue, keys, known, received_at, look.codes).read(*reading, filing);
  }
  if (filing.pages.empty()) {
    // Nobody has seen what was sent; it may have been a death.
    filing.findings = {{FlagKind::possible_deviation, Severity::routine, {}, "document-not-read"}};
  }
  filing.state =
      filing.reasons.empty() ? records::DocumentState::filed : records::DocumentState::held;
  return filing;
}

}  // namespace intake
