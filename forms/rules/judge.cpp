#include "forms/rules/judge.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "forms/rules/words.hpp"

namespace forms::rules {
namespace {

struct KindWord {
  FlagKind kind;
  Severity severity;  ///< unless the definition says otherwise
  std::string_view word;
};

constexpr KindWord kinds[] = {
    {FlagKind::recurrence, Severity::urgent, "recurrence"},
    {FlagKind::recurrence_suspected, Severity::urgent, "recurrence-suspected"},
    {FlagKind::death, Severity::urgent, "death"},
    {FlagKind::five_year_survival, Severity::routine, "five-year-survival"},
    {FlagKind::other_exit, Severity::routine, "other-exit"},
    {FlagKind::marker_above_limit, Severity::routine, "marker-above-limit"},
    {FlagKind::marker_rising, Severity::routine, "marker-rising"},
    {FlagKind::possible_deviation, Severity::urgent, "possible-deviation"},
    {FlagKind::mention, Severity::routine, "mention"},
    {FlagKind::unread_note, Severity::notice, "unread-note"},
    {FlagKind::duplicate_differs, Severity::urgent, "duplicate-differs"},
};

constexpr std::pair<Severity, std::string_view> severities[] = {
    {Severity::urgent, "urgent"}, {Severity::routine, "routine"}, {Severity::notice, "notice"}};

/// A field that says `value`, for a fact.
struct Says {
  std::string_view field;
  std::string_view value;
};

/// What is ticked means this flag.
struct MarkedRule {
  Says what;
  FlagKind kind;
};

constexpr MarkedRule marked_rules[] = {
    {{"recurrence", "confirmed"}, FlagKind::recurrence},
    {{"outcome", "recurrence"}, FlagKind::recurrence},
    {{"recurrence", "suspected"}, FlagKind::recurrence_suspected},
    {{"outcome", "death"}, FlagKind::death},
    {{"outcome", "five_year_survival"}, FlagKind::five_year_survival},
    {{"outcome", "other_exit"}, FlagKind::other_exit},
};

/// Two answers that cannot both be true.
struct ContradictionRule {
  Says one;
  Says other;
  std::string_view reason;
};

constexpr ContradictionRule contradictions[] = {
    {{"kind", "periodic"}, {"outcome", "recurrence"}, "periodic-with-outcome"},
    {{"kind", "periodic"}, {"outcome", "death"}, "periodic-with-outcome"},
    {{"kind", "periodic"}, {"outcome", "five_year_survival"}, "periodic-with-outcome"},
    {{"kind", "periodic"}, {"outcome", "other_exit"}, "periodic-with-outcome"},
    {{"recurrence", "none"}, {"outcome", "recurrence"}, "outcome-without-recurrence"},
    {{"recurrence", "confirmed"}, {"outcome", "continuing"}, "recurrence-but-continuing"},
};

/// The answers that tell of no deviation.
constexpr Says harmless[] = {
    {"kind", "periodic"}, {"recurrence", "none"}, {"outcome", "continuing"}};

bool certain(const Answer& answer) {
  return answer.state == AnswerState::accepted || answer.state == AnswerState::corrected;
}

/// Does the form say so, for a fact? Value "": surely blank.
bool says(const FilledForm& form, const Says& what) {
  const Answer* answer = form.find(what.field);
  if (answer == nullptr) return false;
  if (what.value.empty()) return answer->state == AnswerState::blank;
  return certain(*answer) && std::ranges::find(answer->values, what.value) != answer->values.end();
}

/// Something is told, certain but for what it goes with, and that is surely not told.
bool without(const FilledForm& form, const Companion& companion) {
  const Answer* answer = form.find(companion.field);
  if (answer == nullptr || answer->values.empty()) return false;
  return (certain(*answer) || answer->doubt == doubt::contradicts) && companion.alone_in(form);
}

std::optional<double> as_number(const Answer* answer) {
  if (answer == nullptr || answer->values.empty()) return std::nullopt;
  const std::string& text = answer->values.front();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

std::optional<Date> as_date(const Answer* answer) {
  if (answer == nullptr || answer->values.empty()) return std::nullopt;
  const std::string& text = answer->values.front();
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  const auto part = [&](std::size_t from, std::size_t count, auto& into) {
    if (text.size() != 10) return false;
    const char* end = text.data() + from + count;
    return std::from_chars(text.data() + from, end, into).ptr == end;
  };
  if (!part(0, 4, year) || !part(5, 2, month) || !part(8, 2, day)) return std::nullopt;
  const Date date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  return date.ok() ? std::optional(date) : std::nullopt;
}

/// Collects findings; those of one kind and reason become one.
class Judgement {
public:
  Judgement(const FilledForm& form, const Definition& definition, const History& history)
      : form_(form), definition_(definition), history_(history) {}

  std::vector<Finding> findings() {
    marked();
    contradicting();
    announced_without_outcome();
    outcome_date();
    doubts();
    nothing_marked();
    markers();
    same_visit_again();
    notes();
    return std::move(findings_);
  }

private:
  void raise(FlagKind kind, std::string_view reason, const std::vector<std::string_view>& evidence,
             Severity at_most = Severity::urgent) {
    const auto severity = severity_of(definition_, kind);
    if (!severity) return;
    auto same = std::ranges::find_if(
        findings_, [&](const Finding& each) { return each.kind == kind && each.reason == reason; });
    if (same == findings_.end()) {
      // The weaker of the two: later in the enum is weaker.
      findings_.push_back({kind, std::max(*severity, at_most), {}, std::string(reason)});
      same = findings_.end() - 1;
    }
    for (const auto each : evidence) {
      if (std::ranges::find(same->evidence, each) == same->evidence.end()) {
        same->evidence.emplace_back(each);
      }
    }
  }

  void marked() {
    for (const auto& rule : marked_rules) {
      if (says(form_, rule.what)) raise(rule.kind, "marked", {rule.what.field});
    }
  }

  void contradicting() {
    for (const auto& rule : contradictions) {
      if (says(form_, rule.one) && says(form_, rule.other)) {
        raise(FlagKind::possible_deviation, rule.reason, {rule.one.field, rule.other.field});
      }
    }
    for (const Companion& each : companions) {
      if (without(form_, each)) {
        raise(FlagKind::possible_deviation, each.missed, {each.of, each.field});
      }
    }
  }

  /// 逸脱 is ticked, and nothing says what kind.
  void announced_without_outcome() {
    const bool told = std::ranges::any_of(
        marked_rules, [&](const MarkedRule& rule) { return says(form_, rule.what); });
    if (says(form_, {"kind", "deviation"}) && !told) {
      raise(FlagKind::possible_deviation, "deviation-without-outcome", {"kind", "outcome"});
    }
  }

  void outcome_date() {
    const auto date = as_date(form_.find("outcome_date"));
    if (!date) return;
    if (*date > history_.received_on) {
      raise(FlagKind::possible_deviation, "outcome-in-future", {"outcome_date"});
    }
    if (history_.started_on && *date < *history_.started_on) {
      raise(FlagKind::possible_deviation, "outcome-before-start", {"outcome_date"});
    }
  }

  /// Anything that could not be read for sure where deviations are told. Urgent, unless all that
  /// was made out is harmless and only not sure enough.
  void doubts() {
    for (const auto& field : definition_.fields) {
      if (!field.deviation || field.kind == FieldKind::text || field.kind == FieldKind::ink)
        continue;
      const Answer* answer = form_.find(field.name);
      if (answer != nullptr && answer->state != AnswerState::doubtful) continue;
      if (answer != nullptr && contradicted(field.name)) continue;  // told already
      const std::string_view why = answer == nullptr ? doubt::not_read : answer->doubt;
      const bool mild =
          why == doubt::unsure || why == doubt::symbol_coded || why == doubt::stray_ink;
      const bool weak =
          answer != nullptr && ((mild && only_harmless(*answer)) || smudge(*answer, why));
      raise(FlagKind::possible_deviation, weak ? "unsure-but-harmless" : why, {field.name},
            weak ? Severity::routine : Severity::urgent);
    }
  }

  [[nodiscard]] bool contradicted(std::string_view field) const {
    return std::ranges::any_of(companions, [&](const Companion& each) {
      return each.field == field && without(form_, each);
    });
  }

  /// Ink that may be a mark, where all else that was marked says for sure that nothing is amiss:
  /// more often a hair or a streak than news. In a field that itself must be ticked, the harmless
  /// option is ticked too.
  [[nodiscard]] bool smudge(const Answer& answer, std::string_view why) const {
    if (why != doubt::unclear_mark) return false;
    bool elsewhere = true;
    bool must_be_ticked = false;
    for (const Says& known : harmless) {
      must_be_ticked |= known.field == answer.field;
      elsewhere &= known.field == answer.field || says(form_, known);
    }
    return elsewhere && (!must_be_ticked || only_harmless(answer));
  }

  static bool only_harmless(const Answer& answer) {
    return std::ranges::all_of(answer.values, [&](const std::string& value) {
      return std::ranges::any_of(harmless, [&](const Says& known) {
        return known.field == answer.field && known.value == value;
      });
    });
  }

  /// A form without a word on how the patient is: an empty form, or marks too faint for the fax.
  void nothing_marked() {
    if (says(form_, {"kind", ""}) && says(form_, {"recurrence", ""}) &&
        says(form_, {"outcome", ""})) {
      raise(FlagKind::possible_deviation, "nothing-marked", {"kind", "recurrence", "outcome"},
            Severity::routine);
    }
  }

  void markers() {
    for (const auto& field : definition_.fields) {
      const Answer* answer = form_.find(field.name);
      if (!field.marker || answer == nullptr) continue;
      const auto value = as_number(answer);
      const auto limit = limit_of(field);
      if (certain(*answer) && value) {
        if (limit && *value > *limit) {
          raise(FlagKind::marker_above_limit, "above-limit", {field.name});
        }
        if (rising(field.name, *value)) raise(FlagKind::marker_rising, "two-rises", {field.name});
      } else if (answer->state == AnswerState::doubtful) {
        if (value && limit && *value > *limit) {
          raise(FlagKind::marker_above_limit, "may-be-above-limit", {field.name});
        } else {
          raise(FlagKind::possible_deviation, "marker-doubtful", {field.name}, Severity::routine);
        }
      }
    }
  }

  /// The doctor's threshold for this patient beats the form's limit.
  [[nodiscard]] std::optional<double> limit_of(const FieldDefinition& field) const {
    const auto own = history_.thresholds.find(field.name);
    return own != history_.thresholds.end() ? std::optional(own->second) : field.limit;
  }

  static bool beyond_noise(double before, double after) {
    return after > before && after >= before * (1 + marker_noise);
  }

  /// The clinic has told of this visit already, on another paper: a person must say which counts.
  void same_visit_again() {
    const auto visit = fact_date(form_, "visit_date");
    if (visit && std::ranges::find(history_.visits, *visit) != history_.visits.end()) {
      raise(FlagKind::duplicate_differs, "same-visit-on-another-form", {"visit_date"},
            Severity::routine);
    }
  }

  /// Twice in a row, this value the last. Of several values of one day (the same visit sent again)
  /// the last counts.
  [[nodiscard]] bool rising(const std::string& marker, double value) const {
    const auto known = history_.markers.find(marker);
    if (known == history_.markers.end()) return false;
    const auto visit = fact_date(form_, "visit_date");
    std::vector<MarkerValue> before;
    for (const MarkerValue& each : known->second) {
      if (visit && each.on >= *visit) continue;
      if (!before.empty() && before.back().on == each.on) before.pop_back();
      before.push_back(each);
    }
    if (before.size() < 2) return false;
    const double last = before.back().value;
    return beyond_noise(last, value) && beyond_noise(before[before.size() - 2].value, last);
  }

  void notes() {
    if (!form_.notes.empty()) raise(FlagKind::unread_note, "ink-outside-fields", {"note"});
    for (const auto& field : definition_.fields) {
      const Answer* answer = form_.find(field.name);
      if (answer == nullptr || field.kind != FieldKind::text) continue;
      if (!answer->values.empty()) append(judge_text(answer->value(), field.name, definition_));
      if (answer->state == AnswerState::doubtful) {
        raise(FlagKind::unread_note, "text-not-read", {field.name});
      }
    }
    for (const auto& [page, note] : form_.notes) beside_deviation_area(page, note);
  }

  /// A mark that missed its box, or a word written beside it.
  void beside_deviation_area(int page, const ocr::Box& note) {
    constexpr double near = 2;  // mm
    for (const auto& field : definition_.fields) {
      const Answer* answer = form_.find(field.name);
      if (!field.deviation || answer == nullptr || answer->page != page) continue;
      const ocr::Box& box = answer->box;
      const bool beside = note.x < box.right() + near && note.right() > box.x - near &&
                          note.y < box.bottom() + near && note.bottom() > box.y - near;
      if (beside) {
        raise(FlagKind::possible_deviation, "ink-beside-deviation-area", {"note", field.name},
              Severity::routine);
      }
    }
  }

  void append(std::vector<Finding> more) {
    for (auto& each : more) findings_.push_back(std::move(each));
  }

  const FilledForm& form_;
  const Definition& definition_;
  const History& history_;
  std::vector<Finding> findings_;
};

}  // namespace

std::string_view to_text(FlagKind kind) {
  for (const auto& each : kinds) {
    if (each.kind == kind) return each.word;
  }
  return "";
}

std::optional<FlagKind> parse_flag_kind(std::string_view text) {
  for (const auto& each : kinds) {
    if (each.word == text) return each.kind;
  }
  return std::nullopt;
}

std::string_view to_text(Severity severity) {
  for (const auto& [known, word] : severities) {
    if (known == severity) return word;
  }
  return "";
}

std::optional<Severity> parse_severity(std::string_view text) {
  for (const auto& [severity, word] : severities) {
    if (word == text) return severity;
  }
  return std::nullopt;
}

std::optional<Severity> severity_of(const Definition& definition, FlagKind kind) {
  const auto known = std::ranges::find(kinds, kind, &KindWord::kind);
  Severity severity = known == std::end(kinds) ? Severity::urgent : known->severity;
  const auto set = std::ranges::find(definition.rules, to_text(kind), &RuleSetting::flag);
  if (set == definition.rules.end()) return severity;
  if (!set->enabled && kind != FlagKind::possible_deviation) return std::nullopt;
  return parse_severity(set->severity).value_or(severity);
}

std::optional<Date> fact_date(const FilledForm& form, std::string_view field) {
  return form.fact(field) ? as_date(form.find(field)) : std::nullopt;
}

std::vector<Finding> judge(const FilledForm& form, const Definition& definition,
                           const History& history) {
  return Judgement(form, definition, history).findings();
}

std::vector<Finding> judge_text(std::string_view text, const std::string& evidence,
                                const Definition& definition) {
  const auto found = mentions(text, definition.deviation_words);
  const auto severity = severity_of(definition, FlagKind::mention);
  if (found.empty() || !severity) return {};
  const bool all_denied = std::ranges::all_of(found, &Mention::negated);
  return {{FlagKind::mention,
           all_denied ? Severity::notice : *severity,
           {evidence},
           all_denied ? "word-denied" : "word"}};
}

}  // namespace forms::rules
