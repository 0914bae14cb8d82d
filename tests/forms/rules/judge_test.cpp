#include "forms/rules/judge.hpp"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "paper.hpp"

namespace {

using namespace std::chrono_literals;
using forms::AnswerState;
using forms::rules::FlagKind;
using forms::rules::History;
using forms::rules::Severity;
using ocr::MarkState;
using tests::Paper;

const forms::Catalogue& catalogue() {
  static const auto all = forms::Catalogue::load(RENKEI_SOURCE_DIR "/forms/definitions");
  return all;
}
const forms::Definition& colorectal() {
  return catalogue().report_for("colorectal")->definition;
}

const History plain{2026y / 11 / 30, 2024y / 4 / 1, {}, {}};

/// "urgent recurrence (marked: outcome recurrence)", one a finding, in alphabetical order.
std::string told(const std::vector<forms::rules::Finding>& findings) {
  std::vector<std::string> lines;
  for (const auto& each : findings) {
    std::string line(forms::rules::to_text(each.severity));
    line += ' ' + std::string(forms::rules::to_text(each.kind)) + " (" + each.reason + ':';
    for (const auto& field : each.evidence) line += ' ' + field;
    lines.push_back(line + ')');
  }
  std::ranges::sort(lines);
  std::string text;
  for (const auto& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

std::string judged(const Paper& paper, const History& history = plain,
                   const forms::Definition& definition = colorectal()) {
  const auto form =
      forms::fill(definition, {&paper.page()}, {history.received_on, history.started_on, {}});
  return told(forms::rules::judge(form, definition, history));
}

/// A visit at which nothing is amiss.
Paper periodic() {
  Paper paper(colorectal());
  paper.write("kind", "periodic").write("birth_date", "1950-03-05");
  paper.write("visit_date", "2026-11-22").write("performance_status", "0");
  paper.write("weight_kg", "52.4").write("recurrence", "none").write("outcome", "continuing");
  paper.write("cea", "3.2").write("ca19_9", "12").write("next_visit", "2027-02");
  return paper;
}

Paper deviating() {
  Paper paper = periodic();
  paper.write("kind", "deviation").write("outcome_date", "2026-11-20").write("next_visit", "");
  return paper;
}

struct Row {
  const char* what;
  const char* kind;             ///< 報告区分
  const char* recurrence;       ///< 再発
  const char* recurrence_site;  ///< 再発部位
  const char* outcome;          ///< 転帰
  const char* outcome_date;     ///< 転帰日
  const char* exit_reason;      ///< 逸脱理由
  const char* raises;
};

// The document that a doctor signs: what is ticked, and what is raised for it.
TEST(Rules, WhatIsTickedAndWhatIsRaised) {
  const Row rows[] = {
      // --- nothing to report ---
      {"a periodic visit", "periodic", "none", "", "continuing", "", "", ""},
      {"recurrence left blank", "periodic", "", "", "continuing", "", "", ""},
      {"outcome left blank", "periodic", "none", "", "", "", "", ""},
      {"only the kind of report", "periodic", "", "", "", "", "", ""},
      {"nothing marked at all", "", "", "", "", "", "",
       "routine possible-deviation (nothing-marked: kind recurrence outcome)"},

      // --- deviations ---
      {"recurrence as the outcome", "deviation", "confirmed", "liver", "recurrence", "2026-11-20",
       "", "urgent recurrence (marked: recurrence outcome)"},
      {"recurrence as the outcome alone", "deviation", "", "", "recurrence", "2026-11-20", "",
       "urgent recurrence (marked: outcome)"},
      {"recurrence confirmed alone", "deviation", "confirmed", "", "", "", "",
       "urgent recurrence (marked: recurrence)"},
      {"recurrence suspected on a periodic visit", "periodic", "suspected", "", "continuing", "",
       "", "urgent recurrence-suspected (marked: recurrence)"},
      {"recurrence suspected, with its site", "deviation", "suspected", "lung,bone", "", "", "",
       "urgent recurrence-suspected (marked: recurrence)"},
      {"death", "deviation", "none", "", "death", "2026-11-20", "",
       "urgent death (marked: outcome)"},
      {"death with recurrence", "deviation", "confirmed", "brain", "death", "2026-11-20", "",
       "urgent death (marked: outcome)\nurgent recurrence (marked: recurrence)"},
      {"five years", "deviation", "none", "", "five_year_survival", "2026-11-20", "",
       "routine five-year-survival (marked: outcome)"},
      {"moved away", "deviation", "none", "", "other_exit", "2026-11-20", "moved",
       "routine other-exit (marked: outcome)"},
      {"exit without a reason", "deviation", "", "", "other_exit", "", "",
       "routine other-exit (marked: outcome)"},

      // --- what contradicts itself ---
      {"a deviation of no kind", "deviation", "none", "", "", "", "",
       "urgent possible-deviation (deviation-without-outcome: kind outcome)"},
      {"a deviation that continues", "deviation", "none", "", "continuing", "", "",
       "urgent possible-deviation (deviation-without-outcome: kind outcome)"},
      {"a periodic report of death", "periodic", "", "", "death", "2026-11-20", "",
       "urgent death (marked: outcome)\n"
       "urgent possible-deviation (periodic-with-outcome: kind outcome)"},
      {"a periodic report of recurrence", "periodic", "confirmed", "", "recurrence", "2026-11-20",
       "",
       "urgent possible-deviation (periodic-with-outcome: kind outcome)\n"
       "urgent recurrence (marked: recurrence outcome)"},
      {"no recurrence, yet a site", "periodic", "none", "liver", "continuing", "", "",
       "urgent possible-deviation (site-without-recurrence: recurrence recurrence_site)"},
      {"a site and nothing else", "periodic", "", "liver", "continuing", "", "",
       "urgent possible-deviation (site-without-recurrence: recurrence recurrence_site)"},
      {"no recurrence, yet it is the outcome", "deviation", "none", "", "recurrence", "2026-11-20",
       "",
       "urgent possible-deviation (outcome-without-recurrence: recurrence outcome)\n"
       "urgent recurrence (marked: outcome)"},
      {"recurrence, yet the pathway continues", "periodic", "confirmed", "", "continuing", "", "",
       "urgent possible-deviation (recurrence-but-continuing: recurrence outcome)\n"
       "urgent recurrence (marked: recurrence)"},
      {"a reason to leave, yet it continues", "periodic", "none", "", "continuing", "", "no_visit",
       "urgent possible-deviation (exit-reason-without-exit: outcome exit_reason)"},
      {"a reason to leave, no outcome", "periodic", "none", "", "", "", "no_visit",
       "urgent possible-deviation (exit-reason-without-exit: outcome exit_reason)"},
      {"a date, yet it continues", "periodic", "none", "", "continuing", "2026-11-20", "",
       "urgent possible-deviation (date-without-outcome: outcome outcome_date)"},
      {"an outcome in the future", "deviation", "none", "", "death", "2026-12-01", "",
       "urgent death (marked: outcome)\n"
       "urgent possible-deviation (in-future: outcome_date)\n"
       "urgent possible-deviation (outcome-in-future: outcome_date)"},
      {"an outcome before the start", "deviation", "none", "", "death", "2024-03-31", "",
       "urgent death (marked: outcome)\n"
       "urgent possible-deviation (before-start: outcome_date)\n"
       "urgent possible-deviation (outcome-before-start: outcome_date)"},

      // --- what cannot be said ---
      {"two outcomes", "deviation", "none", "", "continuing,death", "2026-11-20", "",
       "urgent possible-deviation (deviation-without-outcome: kind outcome)\n"
       "urgent possible-deviation (two-marks: outcome)"},
      {"two kinds of report", "periodic,deviation", "none", "", "continuing", "", "",
       "urgent possible-deviation (two-marks: kind)"},
      {"none and confirmed", "periodic", "none,confirmed", "", "continuing", "", "",
       "urgent possible-deviation (two-marks: recurrence)"},
  };
  for (const auto& row : rows) {
    Paper paper = periodic();
    paper.write("kind", row.kind).write("recurrence", row.recurrence);
    paper.write("recurrence_site", row.recurrence_site).write("outcome", row.outcome);
    paper.write("outcome_date", row.outcome_date).write("exit_reason", row.exit_reason);
    EXPECT_EQ(judged(paper), row.raises) << row.what;
  }
}

struct DoubtRow {
  const char* what;
  std::function<void(Paper&)> change;
  const char* raises;
};

TEST(Rules, AnyDoubtInADeviationFieldIsAPossibleDeviation) {
  const DoubtRow rows[] = {
      {"an unclear mark beside a harmless one, all else harmless",
       [](Paper& p) { p.mark("outcome", "death", MarkState::unclear); },
       "routine possible-deviation (unsure-but-harmless: outcome)"},
      {"an unclear mark at a site, all else harmless",
       [](Paper& p) { p.mark("recurrence_site", "liver", MarkState::unclear); },
       "routine possible-deviation (unsure-but-harmless: recurrence_site)"},
      {"an unclear mark and no clear one",
       [](Paper& p) { p.write("outcome", "").mark("outcome", "death", MarkState::unclear); },
       "urgent possible-deviation (unclear-mark: outcome)"},
      {"an unclear mark, and recurrence left blank",
       [](Paper& p) {
         p.write("recurrence", "").mark("exit_reason", "no_visit", MarkState::unclear);
       },
       "urgent possible-deviation (unclear-mark: exit_reason)"},
      {"two unclear marks",
       [](Paper& p) {
         p.mark("outcome", "death", MarkState::unclear);
         p.mark("recurrence", "confirmed", MarkState::unclear);
       },
       "urgent possible-deviation (unclear-mark: recurrence outcome)"},
      {"a mark struck out, and nothing else",
       [](Paper& p) { p.mark("outcome", "continuing", MarkState::cancelled); },
       "urgent possible-deviation (cancelled: outcome)"},
      {"a wrong mark struck out beside the right one",
       [](Paper& p) { p.mark("recurrence", "suspected", MarkState::cancelled); }, ""},
      {"death, not surely",
       [](Paper& p) { p.write("outcome", "").mark("outcome", "death", MarkState::marked, 0.9); },
       "urgent possible-deviation (unsure: outcome)"},
      {"continuing, not surely",
       [](Paper& p) { p.mark("outcome", "continuing", MarkState::marked, 0.9); },
       "routine possible-deviation (unsure-but-harmless: outcome)"},
      {"perhaps a faint mark at death",
       [](Paper& p) { p.mark("outcome", "death", MarkState::empty, 0.9); },
       "routine possible-deviation (unsure-but-harmless: outcome)"},
      {"perhaps a faint site",
       [](Paper& p) { p.mark("recurrence_site", "liver", MarkState::empty, 0.9); },
       "routine possible-deviation (unsure-but-harmless: recurrence_site)"},
      {"a site, not surely",
       [](Paper& p) { p.mark("recurrence_site", "liver", MarkState::marked, 0.9); },
       "urgent possible-deviation (unsure: recurrence_site)"},
      {"stray ink where nothing is marked", [](Paper& p) { p.at("exit_reason").ink_mm2 = 9; },
       "routine possible-deviation (unsure-but-harmless: exit_reason)"},
      {"a date with no such day",
       [](Paper& p) { p.at("outcome_date").cells = tests::cells("_8_230"); },
       "urgent possible-deviation (no-such-day: outcome_date)"},
      {"a field that was not read", [](Paper& p) { p.at("outcome").field = "outcom"; },
       "urgent possible-deviation (not-read: outcome)"},
      {"a symbol-coded page", [](Paper& p) { p.page().symbol_coded = true; },
       "routine possible-deviation (marker-doubtful: cea ca19_9)\n"
       "routine possible-deviation (unsure-but-harmless: kind recurrence outcome)"},
      {"ink beside the deviation area",
       [](Paper& p) {
         auto box = p.at("outcome").box;
         box.x = box.right() + 1;
         box.width = 4;
         box.height = 1;
         p.page().notes = {box};
       },
       "notice unread-note (ink-outside-fields: note)\n"
       "routine possible-deviation (ink-beside-deviation-area: note recurrence_site "
       "outcome)"},
      {"doubt elsewhere is no deviation", [](Paper& p) { p.write("performance_status", "0,1"); },
       ""},
  };
  for (const auto& row : rows) {
    Paper paper = periodic();
    row.change(paper);
    EXPECT_EQ(judged(paper), row.raises) << row.what;
  }
}

TEST(Rules, APageThatWasNotReadIsAPossibleDeviation) {
  const auto form = forms::fill(colorectal(), {}, {2026y / 11 / 30, {}, {}});
  const auto findings = forms::rules::judge(form, colorectal(), plain);
  const auto urgent = std::ranges::find(findings, "not-read", &forms::rules::Finding::reason);
  ASSERT_NE(urgent, findings.end());
  EXPECT_EQ(urgent->kind, FlagKind::possible_deviation);
  EXPECT_EQ(urgent->severity, Severity::urgent);
  for (const auto* field :
       {"kind", "recurrence", "recurrence_site", "outcome", "outcome_date", "exit_reason"}) {
    EXPECT_EQ(std::ranges::count(urgent->evidence, field), 1) << field;
  }
}

struct MarkerRow {
  const char* what;
  const char* cea;
  std::vector<double> before;  ///< on the first of August, of September, ...
  std::optional<double> threshold;
  const char* raises;
};

TEST(Rules, Markers) {
  const char* above = "routine marker-above-limit (above-limit: cea)";
  const char* rising = "routine marker-rising (two-rises: cea)";
  const std::string both = std::string(above) + '\n' + rising;
  const MarkerRow rows[] = {
      {"below the form's limit of 5", "4.9", {}, {}, ""},
      {"at the limit", "5.0", {}, {}, ""},
      {"above it", "5.1", {}, {}, above},
      {"above this patient's own threshold", "3.2", {}, 3.0, above},
      {"below this patient's own threshold", "7.2", {}, 10.0, ""},
      {"two rises in a row", "3.2", {1.0, 2.0}, {}, rising},
      {"one rise", "3.2", {2.0}, {}, ""},
      {"a rise after a fall", "3.2", {3.0, 2.0}, {}, ""},
      {"a fall after a rise", "1.5", {1.0, 2.0}, {}, ""},
      {"level", "2.0", {1.0, 2.0}, {}, ""},
      {"twice by the assay's noise", "2.4", {2.0, 2.2}, {}, ""},
      {"the first rise is noise", "3.2", {2.0, 2.2}, {}, ""},
      {"the second rise is noise", "2.7", {2.0, 2.5}, {}, ""},
      {"twice by just more than noise", "2.6", {2.0, 2.3}, {}, rising},
      {"from nothing", "0.2", {0.0, 0.1}, {}, rising},
      {"only the last three count", "3.2", {9.0, 1.0, 2.0}, {}, rising},
      {"both", "6.2", {1.0, 2.0}, {}, both.c_str()},
      {"left blank", "", {1.0, 2.0}, {}, ""},
  };
  for (const auto& row : rows) {
    History history = plain;
    for (std::size_t i = 0; i < row.before.size(); ++i) {
      history.markers["cea"].push_back({2026y / (8 + static_cast<int>(i)) / 1, row.before[i]});
    }
    if (row.threshold) history.thresholds["cea"] = *row.threshold;
    EXPECT_EQ(judged(periodic().write("cea", row.cea), history), row.raises) << row.what;
  }
}

TEST(Rules, MarkersInDoubt) {
  Paper low = periodic();
  low.at("cea").cells[3] = tests::cell('3', 0.9, '8');
  EXPECT_EQ(judged(low), "routine possible-deviation (marker-doubtful: cea)");
  Paper high = periodic();
  high.at("cea").cells[3] = tests::cell('8', 0.9, '3');
  EXPECT_EQ(judged(high), "routine marker-above-limit (may-be-above-limit: cea)");
}

TEST(Rules, TheSameVisitAgainIsNoRise) {
  History history = plain;
  history.markers["cea"] = {{2026y / 8 / 1, 2.0}, {2026y / 11 / 22, 3.0}};  // this very visit
  EXPECT_EQ(judged(periodic().write("cea", "3.2"), history), "");
  history.markers["cea"] = {{2026y / 5 / 1, 2.0}, {2026y / 8 / 1, 3.0}, {2026y / 8 / 1, 3.1}};
  EXPECT_EQ(judged(periodic().write("cea", "3.6"), history),
            "routine marker-rising (two-rises: cea)");
}

TEST(Rules, TheSameVisitOnAnotherFormIsForAPerson) {
  History history = plain;
  history.visits = {2026y / 8 / 20};
  EXPECT_EQ(judged(periodic(), history), "");
  history.visits = {2026y / 8 / 20, 2026y / 11 / 22};
  EXPECT_EQ(judged(periodic(), history),
            "routine duplicate-differs (same-visit-on-another-form: visit_date)");
  Paper unsure = periodic();
  unsure.at("visit_date").cells[5] = tests::cell('2', 0.9, '8');
  EXPECT_EQ(judged(unsure, history), "") << "only a fact is compared";
}

TEST(Rules, WritingThatNobodyHasRead) {
  Paper comment = periodic();
  comment.write("comment", "…");
  EXPECT_EQ(judged(comment), "notice unread-note (text-not-read: comment)");

  Paper margin = periodic();
  margin.page().notes = {{5, 250, 10, 5}};
  EXPECT_EQ(judged(margin), "notice unread-note (ink-outside-fields: note)");

  Paper typed = periodic();
  typed.write("comment", "…");
  typed.at("comment").typed = true;
  typed.at("comment").words = {{"肝転移あり", 0.99, {}}};
  EXPECT_EQ(judged(typed), "routine mention (word: comment)");
  typed.at("comment").words = {{"再発なし", 0.99, {}}};
  EXPECT_EQ(judged(typed), "notice mention (word-denied: comment)");
  typed.at("comment").words = {{"肝転移", 0.5, {}}};
  EXPECT_EQ(judged(typed),
            "notice unread-note (text-not-read: comment)\nroutine mention (word: comment)");
}

TEST(Rules, ACorrectedAnswerIsAFact) {
  const Paper paper = deviating().write("outcome", "continuing,death");
  auto form = forms::fill(colorectal(), {&paper.page()}, {plain.received_on, {}, {}});
  auto& outcome = form.answers["outcome"];
  outcome.state = AnswerState::corrected;
  outcome.values = {"death"};
  EXPECT_EQ(told(forms::rules::judge(form, colorectal(), plain)), "urgent death (marked: outcome)");
}

TEST(Rules, TheHospitalSetsHowSoon) {
  forms::Definition own = colorectal();
  const auto set = [&](std::string_view flag) -> forms::RuleSetting& {
    return *std::ranges::find(own.rules, flag, &forms::RuleSetting::flag);
  };
  set("five-year-survival").severity = "notice";
  set("marker-above-limit").enabled = false;
  set("possible-deviation").enabled = false;
  set("death").severity = "at once";
  EXPECT_EQ(judged(deviating().write("outcome", "five_year_survival"), plain, own),
            "notice five-year-survival (marked: outcome)");
  EXPECT_EQ(judged(periodic().write("cea", "9.9"), plain, own), "");
  // What nobody has read cannot be switched off, and a word that is no severity changes nothing.
  EXPECT_EQ(judged(deviating().write("outcome", "death,continuing"), plain, own),
            "urgent possible-deviation (deviation-without-outcome: kind outcome)\n"
            "urgent possible-deviation (two-marks: outcome)");
  EXPECT_EQ(forms::rules::severity_of(own, FlagKind::death), Severity::urgent);
  own.rules.clear();
  EXPECT_EQ(forms::rules::severity_of(own, FlagKind::recurrence), Severity::urgent);
  EXPECT_EQ(forms::rules::severity_of(own, FlagKind::unread_note), Severity::notice);
}

TEST(Rules, ACleanVisitRaisesNothingForAnyDisease) {
  for (const auto& entry : catalogue().all()) {
    if (entry.definition.sheet) continue;
    Paper paper(entry.definition);
    paper.write("kind", "periodic").write("recurrence", "none").write("outcome", "continuing");
    EXPECT_EQ(judged(paper, plain, entry.definition), "") << entry.definition.form;
    paper.write("kind", "deviation").write("recurrence", "").write("outcome", "death");
    EXPECT_EQ(judged(paper, plain, entry.definition), "urgent death (marked: outcome)")
        << entry.definition.form;
  }
}

TEST(Rules, WordsForKindsAndSeverities) {
  for (const auto* word : {"recurrence", "recurrence-suspected", "death", "five-year-survival",
                           "other-exit", "marker-above-limit", "marker-rising",
                           "possible-deviation", "mention", "unread-note", "duplicate-differs"}) {
    const auto kind = forms::rules::parse_flag_kind(word);
    ASSERT_TRUE(kind) << word;
    EXPECT_EQ(forms::rules::to_text(*kind), word);
  }
  for (const auto* word : {"urgent", "routine", "notice"}) {
    EXPECT_EQ(forms::rules::to_text(forms::rules::parse_severity(word).value()), word);
  }
  EXPECT_FALSE(forms::rules::parse_flag_kind("relapse"));
  EXPECT_FALSE(forms::rules::parse_severity("Urgent"));
}

}  // namespace
