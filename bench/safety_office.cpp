#include "bench/safety_office.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "forms/schedule.hpp"

namespace bench::safety {
namespace {

using forms::rules::FlagKind;
using forms::rules::Severity;

constexpr auto clerk = "clerk";

std::vector<records::Patient> patients_of(const Plan& plan) {
  std::vector<records::Patient> all;
  for (const auto& person : plan.people) all.push_back(person.patient);
  return all;
}

std::vector<records::Pathway> pathways_of(const Plan& plan) {
  std::vector<records::Pathway> all;
  for (const auto& person : plan.people) all.push_back(person.pathway);
  return all;
}

bool loud(Severity severity) {
  return severity != Severity::notice;
}

bool is_forgery(Tamper tamper) {
  return tamper != Tamper::none && tamper != Tamper::second_tag;
}

/// Everything on record, by its id.
struct Shelves {
  explicit Shelves(records::Records& records) {
    for (auto& each : records.documents({})) documents.emplace(each.id, std::move(each));
    for (auto& each : records.reports({})) reports.emplace(each.id, std::move(each));
    for (auto& each : records.flags({})) flags[each.document].push_back(std::move(each));
  }
  std::map<std::string, records::Document> documents;
  std::map<std::string, records::Report> reports;
  std::map<std::string, std::vector<records::Flag>> flags;  ///< by document
};

/// One document as sent against what the records say of it.
class Auditor {
public:
  Auditor(const Plan& plan, const Shelves& shelves, Result& result)
      : plan_(plan), shelves_(shelves), result_(result) {}

  void audit(const Document& sent, const std::string& id) {
    sent_ = &sent;
    id_ = id;
    count_ = &result_.by_kind[static_cast<std::size_t>(sent.kind)];
    pages_ = pages_of(sent, plan_.forms);
    ++count_->documents;
    count_->pages += static_cast<int>(pages_.size());
    const auto found = shelves_.documents.find(id);
    if (found == shelves_.documents.end()) {
      fault(count_->ledger_faults, "no such document on record");
      return;
    }
    stored_ = &found->second;
    ledger();
    for (std::size_t i = 0; i < pages_.size() && i < stored_->pages.size(); ++i) page(i);
    for (std::size_t i = 0; i < sent.papers.size(); ++i) paper(i);
  }

private:
  void fault(int& counter, const std::string& what) {
    ++counter;
    result_.faults.push_back(fmt::format("document {} ({}, {}, {}, {}): {}", sent_->number,
                                         to_text(sent_->kind), faxsim::to_text(sent_->quality),
                                         faxsim::to_text(sent_->degrade), id_, what));
    if (result_.failed.empty() || result_.failed.back() != sent_->number) {
      result_.failed.push_back(sent_->number);
    }
  }

  void ledger() {
    using records::DocumentState;
    count_->filed += stored_->state == DocumentState::filed ? 1 : 0;
    count_->held += stored_->state == DocumentState::held ? 1 : 0;
    if (stored_->state == DocumentState::held) why_held();
    if (stored_->state == DocumentState::received) fault(count_->ledger_faults, "still in hand");
    if (stored_->state == DocumentState::held && stored_->reasons.empty()) {
      fault(count_->ledger_faults, "held without a reason");
    }
    if (stored_->pages.size() != pages_.size()) {
      fault(count_->ledger_faults,
            fmt::format("{} pages sent, {} on record", pages_.size(), stored_->pages.size()));
    }
    const bool stray = std::ranges::any_of(
        stored_->pages, [](const auto& each) { return each.fate == records::Fate::unidentified; });
    if (stray && stored_->state != DocumentState::held) {
      fault(count_->ledger_faults, "nobody's page in a document that is filed");
    }
  }

  void why_held() {
    std::string line =
        fmt::format("held: document {} ({}, {}, {}):", sent_->number, to_text(sent_->kind),
                    faxsim::to_text(sent_->quality), faxsim::to_text(sent_->degrade));
    for (const auto& each : stored_->reasons) line += " " + each;
    result_.why_held.push_back(std::move(line));
  }

  const records::Report* report_of(std::size_t index) const {
    const auto& id = stored_->pages[index].report;
    const auto found = shelves_.reports.find(id);
    return found == shelves_.reports.end() ? nullptr : &found->second;
  }

  /// In whose record the page lies, and whether it is about that patient.
  void page(std::size_t index) {
    const Paper& paper = sent_->papers[pages_[index].paper];
    const auto* report = report_of(index);
    const bool in_record = report != nullptr && !report->pathway.empty();
    count_->in_records += in_record ? 1 : 0;
    const auto* filled = std::get_if<Filled>(&paper);
    if (filled != nullptr && is_forgery(filled->tamper)) {
      ++count_->forged;
      // The other tag is genuine, and may be the only one that could be read.
      if (in_record && !filled->one_tag_alone)
        fault(count_->forged_accepted, fmt::format("page {} forged", index + 1));
    }
    if (!in_record) return;
    const auto wrong = [&](const std::string& about) {
      fault(count_->misfiled, fmt::format("page {} about {} lies in the record of {}", index + 1,
                                          about, report->patient));
    };
    if (filled != nullptr) {
      const Form& form = plan_.forms[filled->form];
      if (!filled->about) return wrong("a stranger");
      const auto& about = plan_.people[*filled->about].patient;
      if (about.patient_id != report->patient) wrong(about.patient_id);
      if (!form.issued || form.is_void) wrong("nobody, by a serial that is void or unknown");
    } else if (const auto* letter = std::get_if<Letter>(&paper)) {
      if (!letter->about) return;
      const auto& about = plan_.people[*letter->about].patient;
      if (about.patient_id != report->patient) wrong(about.patient_id);
    }
  }

  /// Did it raise what it must?
  void paper(std::size_t index) {
    const auto& flags = flags_here();
    const auto came =
        std::ranges::any_of(pages_, [&](const SentPage& each) { return each.paper == index; });
    if (const auto* letter = std::get_if<Letter>(&sent_->papers[index])) {
      if (!letter->news) return;
      ++count_->news;
      count_->news_told += std::ranges::any_of(flags, [](const auto& flag) {
        return loud(flag.severity) &&
               (flag.kind == FlagKind::mention || flag.kind == FlagKind::possible_deviation);
      });
    }
    const auto* filled = std::get_if<Filled>(&sent_->papers[index]);
    if (filled == nullptr || !came) return;
    if (told_on_a_page_that_came(*filled, index)) deviation(*filled, flags);
    again(*filled, index, flags);
  }

  /// A form's second sheet may be missing, and with it all that it told.
  bool told_on_a_page_that_came(const Filled& filled, std::size_t index) const {
    const auto& layout = plan_.forms[filled.form].entry->layout;
    for (const auto& finding : filled.made.expected) {
      if (!loud(finding.severity)) continue;
      for (const auto& sent : pages_) {
        if (sent.paper != index) continue;
        const auto& fields = layout.pages[static_cast<std::size_t>(sent.page) - 1].fields;
        if (std::ranges::any_of(finding.evidence, [&](const auto& evidence) {
              return std::ranges::find(fields, evidence, &ocr::Field::name) != fields.end();
            })) {
          return true;
        }
      }
    }
    return false;
  }

  void deviation(const Filled& filled, const std::vector<records::Flag>& flags) {
    ++count_->deviations;
    const bool told = std::ranges::any_of(flags, [&](const records::Flag& flag) {
      return loud(flag.severity) &&
             (flag.kind == FlagKind::possible_deviation ||
              std::ranges::any_of(filled.made.expected, [&](const auto& wanted) {
                return loud(wanted.severity) && wanted.kind == flag.kind;
              }));
    });
    if (told) return;
    std::string raised;
    for (const auto& flag : flags) {
      raised += fmt::format(" {}/{}", forms::rules::to_text(flag.kind), flag.reason);
    }
    std::string state;
    for (const auto& each : stored_->reasons) state += " " + each;
    fault(count_->unflagged, fmt::format("{} ({}) raised nothing but{}; {}{}",
                                         forms::rules::to_text(filled.made.expected.front().kind),
                                         filled.made.expected.front().reason, raised,
                                         records::to_text(stored_->state), state));
  }

  /// Flags of this arrival's reports and of the document itself.
  const std::vector<records::Flag>& flags_here() const {
    static const std::vector<records::Flag> none;
    const auto found = shelves_.flags.find(id_);
    return found == shelves_.flags.end() ? none : found->second;
  }

  /// A paper that came again is a new version of the same serial, and a change in it is told.
  void again(const Filled& filled, std::size_t index, const std::vector<records::Flag>& flags) {
    if (sent_->same_as && stored_->arrivals < 2) {
      fault(count_->versions_wrong, "the same bytes are no arrival of the same document");
    }
    const bool resent = sent_->kind == Kind::faxed_again || sent_->kind == Kind::sent_again_changed;
    if (!resent) return;
    const records::Report* report = nullptr;
    for (std::size_t i = 0; i < pages_.size() && i < stored_->pages.size(); ++i) {
      if (pages_[i].paper == index) report = report_of(i);
    }
    if (report == nullptr) return;  // its tag was not read: nobody's page, held
    if (report->serial != plan_.forms[filled.form].serial) return;
    if (report->version > 1 && report->supersedes.empty()) {
      fault(count_->versions_wrong, "a version that supersedes none");
    }
    if (!filled.change || report->version < 2) return;
    ++count_->changes;
    const bool told =
        std::ranges::any_of(flags, [](const auto& flag) { return loud(flag.severity); });
    if (!told) {
      fault(count_->changes_unflagged,
            fmt::format("{} changed and nothing was raised", *filled.change));
    }
  }

  const Plan& plan_;
  const Shelves& shelves_;
  Result& result_;
  const Document* sent_ = nullptr;
  const records::Document* stored_ = nullptr;
  std::string id_;
  Count* count_ = nullptr;
  std::vector<SentPage> pages_;
};

/// Versions of each serial are 1, 2, 3 ..., each naming the one before.
void check_versions(const Shelves& shelves, Result& result) {
  std::map<forms::Serial, std::vector<const records::Report*>> by_serial;
  for (const auto& [id, report] : shelves.reports) by_serial[report.serial].push_back(&report);
  for (auto& [serial, versions] : by_serial) {
    std::ranges::sort(versions, {}, &records::Report::version);
    for (std::size_t i = 0; i < versions.size(); ++i) {
      const auto& before = i == 0 ? std::string() : versions[i - 1]->id;
      if (versions[i]->version == static_cast<int>(i) + 1 && versions[i]->supersedes == before) {
        continue;
      }
      ++result.by_kind[static_cast<std::size_t>(Kind::faxed_again)].versions_wrong;
      result.faults.push_back(fmt::format("{}: version {} of {} supersedes '{}'", versions[i]->id,
                                          versions[i]->version, forms::to_text(serial),
                                          versions[i]->supersedes));
    }
  }
}

}  // namespace

void Count::add(const Count& o) {
  documents += o.documents;
  pages += o.pages;
  filed += o.filed;
  held += o.held;
  in_records += o.in_records;
  misfiled += o.misfiled;
  deviations += o.deviations;
  unflagged += o.unflagged;
  news += o.news;
  news_told += o.news_told;
  forged += o.forged;
  forged_accepted += o.forged_accepted;
  ledger_faults += o.ledger_faults;
  versions_wrong += o.versions_wrong;
  changes += o.changes;
  changes_unflagged += o.changes_unflagged;
}

Count Result::all() const {
  Count sum;
  for (const auto& each : by_kind) sum.add(each);
  return sum;
}

Office::Office(const forms::Catalogue& catalogue, const forms::TagKeys& keys, const Plan& plan,
               const std::filesystem::path& folder)
    : catalogue_(catalogue),
      keys_(keys),
      plan_(plan),
      records_(folder / "renkei.db", records::Records::Open::create) {
  const auto opened = plan.documents.front().received_at - std::chrono::days(90);
  records_.import_patients(patients_of(plan), clerk, opened);
  records_.import_clinics({{"0110113719", "やまだ内科クリニック", "03-0000-9999", "医師 花子"}},
                          clerk, opened);
  records_.import_pathways(pathways_of(plan), clerk, opened);
  for (const auto& form : plan.forms) {
    if (!form.issued) continue;
    records::PrintedForm printed;
    printed.serial = form.serial;
    printed.pathway_id = plan.people[form.person].pathway.pathway_id;
    printed.form = form.entry->definition.form;
    printed.version = form.entry->definition.version;
    printed.pages = static_cast<int>(form.entry->layout.pages.size());
    printed.visit = form.visit;
    printed.printed_at = opened;
    records_.issue(printed, clerk);
    if (form.is_void) records_.void_serial(form.serial, "reprinted", clerk, opened);
  }
}

void Office::take(const Document& document, const Arrived& arrived) {
  const auto now = document.received_at;
  const auto received = records_.receive("fax", fmt::format("fax{:09}.tif", document.number),
                                         arrived.sha256, arrived.bytes, now);
  ids_[document.number] = received.document;
  if (received.again) return;
  const intake::Books books{records_, catalogue_, keys_};
  const auto look = [&](const ocr::DocumentReading& reading, reader::Codes codes) {
    reader::Look seen;
    seen.codes = codes;
    if (arrived.crashed || codes != arrived.codes) {
      seen.ending = reader::Ending::crashed;
    } else {
      seen.reading = reading;
    }
    return seen;
  };
  const intake::Eyes eyes{
      [&](reader::Codes codes) { return look(arrived.first, codes); },
      [&](const ocr::DocumentReading&) { return look(arrived.words, arrived.codes); }};
  intake::file(books, received.document, eyes, now + std::chrono::seconds(1));
  intake::add_words(books, received.document, look(arrived.words, arrived.codes), false,
                    now + std::chrono::seconds(5));
  weigh_birth_dates(document, arrived);
}

void Office::weigh_birth_dates(const Document& document, const Arrived& arrived) {
  const auto sent = pages_of(document, plan_.forms);
  for (std::size_t i = 0; i < sent.size() && i < arrived.first.pages.size(); ++i) {
    const auto* filled = std::get_if<Filled>(&document.papers[sent[i].paper]);
    const auto& page = arrived.first.pages[i];
    if (filled == nullptr || filled->tamper != Tamper::none || page.form.empty()) continue;
    const auto& definition = plan_.forms[filled->form].entry->definition;
    const bool has_date =
        std::ranges::find(page.readings, "birth_date", &ocr::Reading::field) != page.readings.end();
    if (!has_date || page.form != definition.form) continue;
    std::vector<const ocr::PageReading*> same_paper;
    for (std::size_t j = 0; j < sent.size() && j < arrived.first.pages.size(); ++j) {
      const auto& other = arrived.first.pages[j];
      if (sent[j].paper == sent[i].paper && other.form == definition.form) {
        same_paper.push_back(&other);
      }
    }
    const records::Date today = forms::day_in_japan(document.received_at);
    near_misses_.add(document.quality, definition, same_paper,
                     filled->made.truth.find("birth_date")->values.front(), today);
  }
}

Result Office::judge() {
  Result result;
  const Shelves shelves(records_);
  Auditor auditor(plan_, shelves, result);
  std::set<std::string> documents;
  for (const auto& document : plan_.documents) {
    const auto& id = ids_.at(document.number);
    if (documents.insert(id).second || document.same_as) auditor.audit(document, id);
  }
  for (const auto& [id, document] : shelves.documents) {
    ++result.received;
    result.filed += document.state == records::DocumentState::filed ? 1 : 0;
    result.held += document.state == records::DocumentState::held ? 1 : 0;
    result.in_hand += document.state == records::DocumentState::received ? 1 : 0;
  }
  auto& ledger = result.by_kind[0].ledger_faults;
  if (result.received != result.filed + result.held + result.in_hand ||
      documents.size() != shelves.documents.size()) {
    ++ledger;
    result.faults.emplace_back("the sums of the ledger are wrong");
  }
  for (const auto& fault : records_.faults()) {
    ++ledger;
    result.faults.push_back(fault.what + ": " + fault.where);
  }
  check_versions(shelves, result);
  return result;
}

}  // namespace bench::safety
