#include "bench/score.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace bench {
namespace {

using forms::Answer;
using forms::AnswerState;
using forms::rules::Finding;
using forms::rules::FlagKind;
using forms::rules::Severity;

std::string joined(const std::vector<std::string>& values) {
  return values.empty() ? "nothing" : fmt::format("{}", fmt::join(values, ","));
}

class Judge {
public:
  Judge(const Case& made, const nlohmann::json& truth, const ocr::DocumentReading& reading,
        const records::Filing& filing)
      : made_(made),
        truth_(truth),
        filing_(filing),
        page_(reading.pages.empty() ? nullptr : &reading.pages.front()),
        draft_(filing.reports.empty() ? nullptr : &filing.reports.front()) {}

  Verdict judge() {
    Tally& counts = verdict_.counts;
    counts.pages = 1;
    counts.strangers = made_.traits.wrong_patient ? 1 : 0;
    tagged_ = !filing_.pages.empty() && filing_.pages.front().tag.has_value();
    counts.tagged = tagged_ ? 1 : 0;
    if (!tagged_) fault("untagged: {}", fmt::join(filing_.reasons, " "));
    if (page_ != nullptr && !page_->form.empty()) {
      counts.aligned = 1;
      alignment();
      marks_and_digits();
      notes();
    } else if (tagged_) {
      fault("unaligned");
    }
    fields();
    flags();
    identity();
    straight_through();
    return std::move(verdict_);
  }

private:
  template <class... Args>
  void fault(fmt::format_string<Args...> text, Args&&... args) {
    verdict_.faults.push_back(fmt::format(text, std::forward<Args>(args)...));
  }

  void alignment() {
    const auto& grid = truth_["pages"][0]["grid"];
    const double px_x = page_->quality.dpi_x / 25.4;
    const double px_y = page_->quality.dpi_y / 25.4;
    const ocr::Transform& t = page_->placed;
    double sum = 0;
    for (const auto& point : grid) {
      const double x = point[0], y = point[1], px = point[2], py = point[3];
      const double dx = (t.a * x + t.b * y + t.c - px) / px_x;
      const double dy = (t.d * x + t.e * y + t.f - py) / px_y;
      sum += dx * dx + dy * dy;
    }
    const double error = std::sqrt(sum / static_cast<double>(grid.size()));
    verdict_.counts.alignment_mm.push_back(error);
    if (error > 0.8) fault("misaligned: {:.2f} mm", error);
  }

  void marks_and_digits() {
    const auto& fields = truth_["forms"][0]["fields"];
    for (const auto& reading : page_->readings) {
      const auto written = fields.find(reading.field);
      if (written == fields.end()) continue;
      for (const auto& mark : reading.marks) one_mark(*written, reading.field, mark);
      if (written->contains("struck")) continue;
      const std::string cells = written->value("cells", std::string(reading.cells.size(), '-'));
      if (cells.size() != reading.cells.size()) continue;
      for (std::size_t i = 0; i < cells.size(); ++i) one_digit(reading, i, cells[i]);
    }
  }

  void one_mark(const nlohmann::json& written, const std::string& field,
                const ocr::MarkReading& mark) {
    const auto& values = written["values"];
    const bool is_era = written.contains("era");
    const bool marked = is_era
                            ? written["era"] == mark.value
                            : std::find(values.begin(), values.end(), mark.value) != values.end() ||
                                  written.value("two_marks", std::string()) == mark.value;
    const bool cancelled = written.value("cancelled", std::string()) == mark.value;
    ++verdict_.counts.marks;
    using State = ocr::MarkState;
    const bool wrong = (marked && (mark.state == State::empty || mark.state == State::cancelled)) ||
                       (!marked && mark.state == State::marked) ||
                       (cancelled && mark.state == State::empty);
    if (!wrong) return;
    ++verdict_.counts.mark_errors;
    fault("mark {}={}: {} was read as {} ({:.3f})", field, mark.value,
          marked ? "marked" : (cancelled ? "cancelled" : "empty"), static_cast<int>(mark.state),
          mark.confidence);
  }

  void one_digit(const ocr::Reading& reading, std::size_t index, char written) {
    const auto& cell = reading.cells[index];
    const std::size_t right =
        written == '-' ? ocr::CellReading::blank : static_cast<std::size_t>(written - '0');
    ++verdict_.counts.digits;
    if (cell.best() == right) return;
    ++verdict_.counts.digit_errors;
    fault("digit {}[{}]: {} was read as {} ({:.3f})", reading.field, index, written, cell.best(),
          cell.likelihood[cell.best()]);
  }

  void notes() {
    const bool found = !page_->notes.empty();
    if (made_.traits.note) {
      verdict_.counts.noted = 1;
      verdict_.counts.notes_found = found ? 1 : 0;
      if (!found) fault("note-missed");
    } else if (!made_.traits.stray && !made_.traits.struck) {
      verdict_.counts.noteless = 1;
      verdict_.counts.notes_imagined = found ? 1 : 0;
      if (found) {
        const auto& box = page_->notes.front();
        fault("note-imagined: {} at {:.0f},{:.0f} {:.0f}x{:.0f}", page_->notes.size(), box.x, box.y,
              box.width, box.height);
      }
    }
  }

  void fields() {
    if (draft_ == nullptr || page_ == nullptr || page_->form.empty()) return;
    for (const auto& field : made_.printed->entry->definition.fields) {
      if (field.kind == forms::FieldKind::text) continue;
      const Answer& written = *made_.truth.find(field.name);
      const Answer* read = draft_->form.find(field.name);
      if (read == nullptr) continue;
      if (written.state != AnswerState::doubtful) {
        ++verdict_.counts.readable;
        verdict_.said.push_back({field.name, field.kind, read->confidence,
                                 same(written.values, read->values), read->doubt});
      }
      one_field(written, *read);
    }
  }

  void one_field(const Answer& written, const Answer& read) {
    Tally& counts = verdict_.counts;
    switch (read.state) {
      case AnswerState::doubtful:
        if (written.state == AnswerState::doubtful) break;
        ++counts.doubts;
        fault("doubt {}: wrote {}, read {} ({}, {:.3f})", read.field, joined(written.values),
              joined(read.values), read.doubt, read.confidence);
        break;
      case AnswerState::blank:
        if (written.state == AnswerState::blank) break;
        ++counts.misreads;
        fault("misread {}: wrote {}, read blank", read.field, joined(written.values));
        break;
      case AnswerState::accepted:
      case AnswerState::corrected:
        ++counts.accepted;
        if (written.state == AnswerState::accepted && same(written.values, read.values)) break;
        ++counts.misreads;
        fault("misread {}: wrote {}, read {} ({:.4f})", read.field, joined(written.values),
              joined(read.values), read.confidence);
        break;
    }
  }

  static bool same(std::vector<std::string> one, std::vector<std::string> other) {
    std::ranges::sort(one);
    std::ranges::sort(other);
    return one == other;
  }

  void flags() {
    if (!tagged_) return;
    const auto loud = [](const Finding& each) { return each.severity != Severity::notice; };
    const auto urgent = [](const Finding& each) { return each.severity == Severity::urgent; };
    const std::vector<Finding> none;
    const auto& raised = draft_ == nullptr ? none : draft_->findings;
    if (std::ranges::any_of(made_.expected, loud)) {
      verdict_.counts.deviations = 1;
      const bool recalled = std::ranges::any_of(raised, [&](const Finding& each) {
        return loud(each) && (each.kind == FlagKind::possible_deviation ||
                              std::ranges::any_of(made_.expected, [&](const Finding& wanted) {
                                return loud(wanted) && wanted.kind == each.kind;
                              }));
      });
      verdict_.counts.recalled = recalled ? 1 : 0;
      if (!recalled) fault("missed {}", to_text(made_.expected.front().kind));
    } else {
      verdict_.counts.quiet = 1;
      const auto alarm = std::ranges::find_if(raised, urgent);
      verdict_.counts.false_alarms = alarm == raised.end() ? 0 : 1;
      if (alarm != raised.end()) {
        fault("alarm {} ({}; {})", to_text(alarm->kind), alarm->reason,
              fmt::join(alarm->evidence, " "));
      }
    }
  }

  void identity() {
    const bool filed = draft_ != nullptr && !draft_->pathway.empty();
    if (made_.traits.wrong_patient && filed) {
      verdict_.counts.misfiled = 1;
      fault("misfiled: recorded {}, wrote {}", static_cast<int>(made_.patient.birth_date.year()),
            joined(made_.truth.find("birth_date")->values));
    }
    if (made_.traits.wrong_patient || !tagged_) return;
    verdict_.counts.own = 1;
    verdict_.counts.own_held = filed ? 0 : 1;
    if (!filed && draft_ != nullptr) fault("held {}", fmt::join(draft_->reasons, " "));
  }

  void straight_through() {
    const Traits& traits = made_.traits;
    if (traits.prose || traits.note || traits.two_marks || traits.wrong_patient) return;
    verdict_.counts.plain = 1;
    const bool filed = draft_ != nullptr && draft_->state == records::ReportState::filed &&
                       filing_.state == records::DocumentState::filed;
    verdict_.counts.straight = filed && verdict_.counts.misreads == 0 ? 1 : 0;
    if (verdict_.counts.straight == 0) fault("stopped: {}", fmt::join(what_stopped(), " "));
  }

  /// Why a form did not go straight through: why it is held, or the fields that are in doubt.
  [[nodiscard]] std::vector<std::string> what_stopped() const {
    std::vector<std::string> why = filing_.reasons;
    if (draft_ == nullptr) return why;
    if (!draft_->reasons.empty()) return draft_->reasons;
    for (const auto& [name, answer] : draft_->form.answers) {
      if (answer.state == AnswerState::doubtful) why.push_back(name);
    }
    if (verdict_.counts.misreads > 0) why.emplace_back("misread");
    return why;
  }

  const Case& made_;
  const nlohmann::json& truth_;
  const records::Filing& filing_;
  const ocr::PageReading* page_;
  const records::Filing::ReportDraft* draft_;
  bool tagged_ = false;
  Verdict verdict_;
};

}  // namespace

void Tally::add(const Tally& o) {
  pages += o.pages;
  tagged += o.tagged;
  aligned += o.aligned;
  alignment_mm.insert(alignment_mm.end(), o.alignment_mm.begin(), o.alignment_mm.end());
  marks += o.marks;
  mark_errors += o.mark_errors;
  digits += o.digits;
  digit_errors += o.digit_errors;
  accepted += o.accepted;
  misreads += o.misreads;
  readable += o.readable;
  doubts += o.doubts;
  plain += o.plain;
  straight += o.straight;
  deviations += o.deviations;
  recalled += o.recalled;
  quiet += o.quiet;
  false_alarms += o.false_alarms;
  own += o.own;
  own_held += o.own_held;
  strangers += o.strangers;
  misfiled += o.misfiled;
  noted += o.noted;
  notes_found += o.notes_found;
  noteless += o.noteless;
  notes_imagined += o.notes_imagined;
}

bool Verdict::has(std::string_view kind) const {
  return std::ranges::any_of(faults,
                             [&](const std::string& each) { return each.starts_with(kind); });
}

Verdict judge_page(const Case& made, const nlohmann::json& truth,
                   const ocr::DocumentReading& reading, const records::Filing& filing) {
  return Judge(made, truth, reading, filing).judge();
}

}  // namespace bench
