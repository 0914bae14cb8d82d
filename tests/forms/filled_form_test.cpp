#include "forms/filled_form.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "small_form.hpp"

namespace {

using namespace std::chrono_literals;
using forms::AnswerState;
using ocr::MarkState;
using tests::cell;
using tests::expect;
using tests::expected;
using tests::filled;
using tests::form;
using tests::Paper;
using tests::told;
using tests::write_cells;

/// Cells struck out, and digits above them.
ocr::Reading& rewrite(Paper& paper, std::string_view field, std::string_view above, int decimals) {
  ocr::Reading& reading = paper.at(field);
  for (auto& each : reading.cells) each = cell('#');
  reading.cells.front() = cell('_');
  reading.rewritten = {tests::cells(above), decimals};
  return reading;
}

TEST(FilledForm, NothingWrittenIsBlank) {
  for (const auto& [name, answer] : filled(Paper(form)).answers) {
    EXPECT_EQ(answer.state, AnswerState::blank) << name;
    EXPECT_FALSE(answer.ink) << name;
  }
}

TEST(FilledForm, Choices) {
  expect({
      {"one", "outcome", [](Paper& p) { p.write("outcome", "death"); }, "accepted death"},
      {"two in one", "outcome", [](Paper& p) { p.write("outcome", "death,continuing"); },
       "doubtful two-marks continuing,death"},
      {"several, in the form's order", "site", [](Paper& p) { p.write("site", "bone,liver"); },
       "accepted liver,bone"},
      {"a cancelled mark beside another choice", "outcome",
       [](Paper& p) {
         p.write("outcome", "death").mark("outcome", "continuing", MarkState::cancelled);
       },
       "accepted death"},
      {"only a cancelled mark", "outcome",
       [](Paper& p) { p.mark("outcome", "death", MarkState::cancelled); }, "doubtful cancelled"},
      {"an unclear mark", "outcome",
       [](Paper& p) { p.mark("outcome", "death", MarkState::unclear); },
       "doubtful unclear-mark death"},
      {"an unclear mark beside a clear one", "outcome",
       [](Paper& p) {
         p.write("outcome", "continuing").mark("outcome", "death", MarkState::unclear);
       },
       "doubtful unclear-mark continuing"},
      {"a mark, but not surely", "outcome",
       [](Paper& p) { p.mark("outcome", "death", MarkState::marked, 0.97); },
       "doubtful unsure death"},
      {"empty, but not surely", "outcome",
       [](Paper& p) { p.mark("outcome", "death", MarkState::empty, 0.9); }, "doubtful unsure"},
      {"writing among the options", "outcome",
       [](Paper& p) { p.write("outcome", "continuing").at("outcome").ink_mm2 = 60; },
       "doubtful stray-ink continuing"},
      {"ink but no mark", "outcome", [](Paper& p) { p.at("outcome").ink_mm2 = 5; },
       "doubtful stray-ink"},
      {"dust", "outcome", [](Paper& p) { p.at("outcome").ink_mm2 = 0.5; }, "blank"},
      {"an option was not read", "outcome",
       [](Paper& p) { p.write("outcome", "death").at("outcome").marks.pop_back(); },
       "doubtful not-read death"},
      {"a confidence that is none", "outcome",
       [](Paper& p) { p.mark("outcome", "death", MarkState::marked, std::nan("")); },
       "doubtful unsure death"},
  });
}

/// 逸脱理由 and 転帰日 beside an outcome, 再発部位 beside 再発の有無.
TEST(FilledForm, WhatTellsMoreOfNothingIsDoubtful) {
  const auto catalogue = forms::Catalogue::load(RENKEI_SOURCE_DIR "/forms/definitions");
  const auto& colorectal = catalogue.report_for("colorectal")->definition;
  const struct {
    const char *recurrence, *site, *outcome, *reason, *date;
    const char* told;  ///< of site, reason and date
  } rows[] = {
      {"none", "bone", "continuing", "", "", "doubtful contradicts bone; blank; blank"},
      {"", "bone", "continuing", "", "", "doubtful contradicts bone; blank; blank"},
      {"suspected", "bone", "continuing", "", "", "accepted bone; blank; blank"},
      {"confirmed", "bone,liver", "recurrence", "", "2026-11-20",
       "accepted liver,bone; blank; accepted 2026-11-20"},
      {"none", "", "continuing", "moved", "", "blank; doubtful contradicts moved; blank"},
      {"none", "", "death", "moved", "2026-11-20",
       "blank; doubtful contradicts moved; accepted 2026-11-20"},
      {"none", "", "other_exit", "moved", "2026-11-20",
       "blank; accepted moved; accepted 2026-11-20"},
      {"none", "", "continuing", "", "2026-11-20", "blank; blank; doubtful contradicts 2026-11-20"},
      {"none", "", "", "", "2026-11-20", "blank; blank; doubtful contradicts 2026-11-20"},
  };
  for (const auto& row : rows) {
    Paper paper(colorectal);
    paper.write("recurrence", row.recurrence).write("recurrence_site", row.site);
    paper.write("outcome", row.outcome).write("exit_reason", row.reason);
    paper.write("outcome_date", row.date);
    const auto read = forms::fill(colorectal, {&paper.page()}, expected);
    EXPECT_EQ(told(*read.find("recurrence_site")) + "; " + told(*read.find("exit_reason")) + "; " +
                  told(*read.find("outcome_date")),
              row.told);
  }
  Paper unclear(colorectal);
  unclear.write("recurrence_site", "bone").mark("recurrence", "confirmed", MarkState::unclear);
  EXPECT_EQ(told(*forms::fill(colorectal, {&unclear.page()}, expected).find("recurrence_site")),
            "accepted bone")
      << "there is a doubt already";
}

TEST(FilledForm, Numbers) {
  expect({
      {"digits as written", "cea", [](Paper& p) { write_cells(p, "cea", "__320"); },
       "accepted 3.20"},
      {"decimals left out", "cea", [](Paper& p) { write_cells(p, "cea", "__32_"); },
       "accepted 3.2"},
      {"a whole number", "cea", [](Paper& p) { write_cells(p, "cea", "_12__"); }, "accepted 12"},
      {"a leading zero as written", "cea", [](Paper& p) { write_cells(p, "cea", "_0320"); },
       "accepted 03.20"},
      {"blank inside", "cea", [](Paper& p) { write_cells(p, "cea", "1_320"); },
       "doubtful blank-inside"},
      {"blank between decimals and point", "cea", [](Paper& p) { write_cells(p, "cea", "__3_2"); },
       "doubtful blank-inside"},
      {"nothing before the point", "cea", [](Paper& p) { write_cells(p, "cea", "___32"); },
       "doubtful blank-inside"},
      {"struck", "cea", [](Paper& p) { write_cells(p, "cea", "__#20"); }, "doubtful struck"},
      {"struck, and written above", "weight_kg",
       [](Paper& p) { rewrite(p, "weight_kg", "524", 1); }, "doubtful struck 52.4"},
      {"above, a digit that is perhaps none", "weight_kg",
       [](Paper& p) { rewrite(p, "weight_kg", "_524", 1); }, "doubtful struck"},
      {"above, no digit surely", "weight_kg",
       [](Paper& p) {
         rewrite(p, "weight_kg", "524", 1).rewritten.digits[1] = cell('2', 0.97, '7');
       },
       "doubtful struck 52.4"},
      {"above, implausible", "weight_kg", [](Paper& p) { rewrite(p, "weight_kg", "9524", 1); },
       "doubtful struck 952.4"},
      {"above, no number", "weight_kg", [](Paper& p) { rewrite(p, "weight_kg", "5?4", 1); },
       "doubtful struck"},
      {"above, the point was lost", "weight_kg",
       [](Paper& p) { rewrite(p, "weight_kg", "524", -1); }, "doubtful struck"},
      {"above, the point is elsewhere", "weight_kg",
       [](Paper& p) { rewrite(p, "weight_kg", "524", 2); }, "doubtful struck"},
      {"above, more digits than the field has", "weight_kg",
       [](Paper& p) { rewrite(p, "weight_kg", "00524", 1); }, "doubtful struck"},
      {"above, nothing before the point", "weight_kg",
       [](Paper& p) { rewrite(p, "weight_kg", "4", 1); }, "doubtful struck"},
      {"above cells that were not surely struck", "weight_kg",
       [](Paper& p) {
         rewrite(p, "weight_kg", "524", 1);
         write_cells(p, "weight_kg", "_618");
       },
       "doubtful struck 52.4"},
      {"a marker", "cea", [](Paper& p) { rewrite(p, "cea", "320", 2); }, "doubtful struck 3.20"},
      {"a letter", "cea", [](Paper& p) { write_cells(p, "cea", "__?20"); }, "doubtful not-a-digit"},
      {"a cell too few", "cea", [](Paper& p) { write_cells(p, "cea", "__32"); },
       "doubtful not-read"},
      {"a digit not sure", "cea",
       [](Paper& p) {
         write_cells(p, "cea", "__320");
         p.at("cea").cells[2] = cell('3', 0.9, '8');
       },
       "doubtful unsure 3.20"},
      {"nonsense for likelihoods", "cea",
       [](Paper& p) {
         for (auto& each : p.at("cea").cells) each.likelihood.fill(std::nanf(""));
       },
       "doubtful not-a-digit"},
      {"a plausible weight", "weight_kg", [](Paper& p) { write_cells(p, "weight_kg", "_524"); },
       "accepted 52.4"},
      {"an implausible weight stands as written", "weight_kg",
       [](Paper& p) { write_cells(p, "weight_kg", "9524"); }, "doubtful implausible 952.4"},
      {"the range may choose among doubtful digits, and says so", "weight_kg",
       [](Paper& p) {
         write_cells(p, "weight_kg", "7524");
         p.at("weight_kg").cells[0] = cell('7', 0.55, '1');
       },
       "doubtful unsure 152.4"},
      {"ink in blank cells", "cea", [](Paper& p) { p.at("cea").ink_mm2 = 6; },
       "doubtful stray-ink"},
  });
}

TEST(FilledForm, APictureOfWhatWasStruckShowsWhatStandsAbove) {
  Paper paper(form);
  const double top = paper.at("weight_kg").box.y;
  EXPECT_EQ(filled(paper).find("weight_kg")->box.y, top);
  write_cells(paper, "weight_kg", "_###");
  EXPECT_LE(filled(paper).find("weight_kg")->box.y, top - 5);
  rewrite(paper, "weight_kg", "524", 1);
  EXPECT_LE(filled(paper).find("weight_kg")->box.y, top - 5);
}

TEST(FilledForm, FormerValuesOnlyRaiseDoubt) {
  forms::Expectation known = expected;
  known.former = {{"weight_kg", 62.0}, {"cea", 40.0}};
  expect({{"lost 36 kg", "weight_kg", [](Paper& p) { write_cells(p, "weight_kg", "_260"); },
           "doubtful unlike-former 26.0"},
          {"much the same", "weight_kg", [](Paper& p) { write_cells(p, "weight_kg", "_604"); },
           "accepted 60.4"},
          {"a marker that fell to a tenth from above its limit", "cea",
           [](Paper& p) { write_cells(p, "cea", "__390"); }, "doubtful unlike-former 3.90"},
          {"a marker that leaps is news, not doubt", "cea",
           [](Paper& p) { write_cells(p, "cea", "90000"); }, "accepted 900.00"}},
         known);
}

TEST(FilledForm, WhatIsWrittenAboveIsTakenWhereTheLastValueBearsItOut) {
  forms::Expectation known = expected;
  known.former = {{"weight_kg", 55.0}, {"cea", 3.1}, {"attached_pages", 1}};
  known.birth_date = 1936y / 1 / 5;
  expect({{"a weight near the last", "weight_kg",
           [](Paper& p) { rewrite(p, "weight_kg", "524", 1); }, "accepted 52.4"},
          {"not surely read", "weight_kg",
           [](Paper& p) {
             rewrite(p, "weight_kg", "523", 1).rewritten.digits[2] = cell('3', 0.97, '8');
           },
           "doubtful struck 52.3"},
          {"not so near", "weight_kg", [](Paper& p) { rewrite(p, "weight_kg", "644", 1); },
           "doubtful struck 64.4"},
          {"a digit was lost", "weight_kg", [](Paper& p) { rewrite(p, "weight_kg", "54", 1); },
           "doubtful struck 5.4"},
          {"a marker may be anything", "cea", [](Paper& p) { rewrite(p, "cea", "320", 2); },
           "doubtful struck 3.20"},
          {"so may a number of sheets", "attached_pages",
           [](Paper& p) { rewrite(p, "attached_pages", "1", -1); }, "doubtful struck 1"}},
         known);
  known.birth_date.reset();
  expect({{"whosever it is", "weight_kg", [](Paper& p) { rewrite(p, "weight_kg", "524", 1); },
           "doubtful struck 52.4"}},
         known);
}

TEST(FilledForm, WhatIsExpectedWeighsDoubtfulDigits) {
  forms::Expectation known = expected;  // received on 30 November 2026
  known.former = {{"weight_kg", 62.0}, {"cea", 1.5}};
  expect({{"a weight near the last", "weight_kg",
           [](Paper& p) {
             write_cells(p, "weight_kg", "_624");
             p.at("weight_kg").cells[1] = cell('6', 0.9, '8');
           },
           "accepted 62.4"},
          {"the other reading is near the last", "weight_kg",
           [](Paper& p) {
             write_cells(p, "weight_kg", "_824");
             p.at("weight_kg").cells[1] = cell('8', 0.7, '6');
           },
           "doubtful unsure 62.4"},
          {"a sure digit stands, however odd", "weight_kg",
           [](Paper& p) {
             write_cells(p, "weight_kg", "_824");
             p.at("weight_kg").cells[1] = cell('8', 0.95, '6');
           },
           "doubtful unlike-former 82.4"},
          {"a last decimal that nothing is known of", "weight_kg",
           [](Paper& p) {
             write_cells(p, "weight_kg", "_624");
             p.at("weight_kg").cells[3] = cell('4', 0.9, '9');
           },
           "doubtful unsure 62.4"},
          {"nothing at all is far from the last value", "cea",
           [](Paper& p) {
             write_cells(p, "cea", "__00_");
             p.at("cea").cells[2] = cell('0', 0.96, '6');
             p.at("cea").cells[3] = cell('0', 0.97, '6');
           },
           "doubtful unsure 0.0"},
          {"this month rather than one of the spring", "visit_date",
           [](Paper& p) {
             write_cells(p, "visit_date", "_81122");
             p.at("visit_date").cells[2] = cell('1', 0.9, '_');
           },
           "accepted 2026-11-22"},
          {"a month that the calendar settles", "visit_date",
           [](Paper& p) {
             write_cells(p, "visit_date", "_87122");
             p.at("visit_date").cells[2] = cell('7', 0.85, '1');
           },
           "accepted 2026-11-22"},
          {"a month that is none, and sure", "visit_date",
           [](Paper& p) {
             write_cells(p, "visit_date", "_87122");
             p.at("visit_date").cells[2] = cell('7', 0.92, '1');
           },
           "doubtful no-such-day"},
          {"one of two days of this month", "visit_date",
           [](Paper& p) {
             write_cells(p, "visit_date", "_81122");
             p.at("visit_date").cells[5] = cell('2', 0.9, '1');
           },
           "doubtful unsure 2026-11-22"},
          {"next year rather than the one after", "next_visit",
           [](Paper& p) {
             write_cells(p, "next_visit", "_9_2");
             p.at("next_visit").cells[1] = cell('9', 0.9, '7');
           },
           "accepted 2027-02"},
          {"next month rather than in a year", "next_visit",
           [](Paper& p) {
             write_cells(p, "next_visit", "_912");
             p.at("next_visit").cells[1] = cell('9', 0.7, '8');
           },
           "doubtful unsure 2026-12"},
          {"a patient of thirty rather than of ten", "birth_date",
           [](Paper& p) {
             p.mark("birth_date", "heisei", MarkState::marked);
             write_cells(p, "birth_date", "_8_3_5");
             p.at("birth_date").cells[0] = cell('_', 0.97, '2');
           },
           "accepted 1996-03-05"}},
         known);
}

TEST(FilledForm, Dates) {
  expect({
      {"a day", "visit_date", [](Paper& p) { write_cells(p, "visit_date", "_81122"); },
       "accepted 2026-11-22"},
      {"leading zeros", "visit_date", [](Paper& p) { write_cells(p, "visit_date", "080907"); },
       "accepted 2026-09-07"},
      {"the day of arrival", "visit_date", [](Paper& p) { write_cells(p, "visit_date", "_81130"); },
       "accepted 2026-11-30"},
      {"tomorrow", "visit_date", [](Paper& p) { write_cells(p, "visit_date", "_812_1"); },
       "doubtful in-future 2026-12-01"},
      {"before the pathway began", "visit_date",
       [](Paper& p) { write_cells(p, "visit_date", "_6_331"); },
       "doubtful before-start 2024-03-31"},
      {"two years ago", "visit_date", [](Paper& p) { write_cells(p, "visit_date", "_6_901"); },
       "doubtful long-ago 2024-09-01"},
      {"an outcome may be old", "outcome_date",
       [](Paper& p) { write_cells(p.write("outcome", "death"), "outcome_date", "_6_901"); },
       "accepted 2024-09-01"},
      {"no such day", "visit_date", [](Paper& p) { write_cells(p, "visit_date", "_8_230"); },
       "doubtful no-such-day"},
      {"month 13", "visit_date", [](Paper& p) { write_cells(p, "visit_date", "_81301"); },
       "doubtful no-such-day"},
      {"no month", "visit_date", [](Paper& p) { write_cells(p, "visit_date", "_8__22"); },
       "doubtful incomplete"},
      {"the calendar makes a doubtful digit sure", "visit_date",
       [](Paper& p) {
         write_cells(p, "visit_date", "_81122");
         p.at("visit_date").cells[2] = cell('1', 0.8, '7');
       },
       "accepted 2026-11-22"},
      {"it chooses between doubtful digits", "visit_date",
       [](Paper& p) {
         write_cells(p, "visit_date", "_87122");
         p.at("visit_date").cells[2] = cell('7', 0.6, '1');
       },
       "accepted 2026-11-22"},
      {"it never moves a sure one", "visit_date",
       [](Paper& p) {
         write_cells(p, "visit_date", "_87122");
         p.at("visit_date").cells[2] = cell('7', 0.95, '1');
       },
       "doubtful no-such-day"},
      {"元 is no digit", "visit_date", [](Paper& p) { write_cells(p, "visit_date", "_?_5_1"); },
       "doubtful not-a-digit"},
      {"a month", "next_visit", [](Paper& p) { write_cells(p, "next_visit", "_9_2"); },
       "accepted 2027-02"},
      {"a next visit in the past", "next_visit",
       [](Paper& p) {
         write_cells(p, "next_visit", "_810");
         write_cells(p, "visit_date", "_81122");
       },
       "doubtful implausible 2026-10"},
      {"a next visit in nine years", "next_visit",
       [](Paper& p) { write_cells(p, "next_visit", "1711"); }, "doubtful implausible 2035-11"},
  });
}

TEST(FilledForm, ErasToChooseFrom) {
  const auto written = [](const char* era, const char* digits) {
    return [=](Paper& p) {
      p.write("birth_date", "");
      if (*era != '\0') p.mark("birth_date", era, MarkState::marked);
      write_cells(p, "birth_date", digits);
    };
  };
  expect({
      {"showa", "birth_date", written("showa", "25_3_5"), "accepted 1950-03-05"},
      {"the last day of showa", "birth_date", written("showa", "64_1_7"), "accepted 1989-01-07"},
      {"one too many", "birth_date", written("showa", "64_1_8"), "doubtful beyond-era 1989-01-08"},
      {"old paper", "birth_date", written("heisei", "32_2_1"), "doubtful beyond-era 2020-02-01"},
      {"no era", "birth_date", written("", "25_3_5"), "doubtful no-era"},
      {"an era and nothing else", "birth_date", written("showa", "______"), "doubtful incomplete"},
      {"two eras", "birth_date",
       [&](Paper& p) {
         written("showa", "10_3_5")(p);
         p.mark("birth_date", "taisho", MarkState::marked);
       },
       "doubtful two-marks"},
      {"not born yet", "birth_date", written("heisei", "45_3_5"), "doubtful beyond-era 2033-03-05"},
  });
}

TEST(FilledForm, InkAndText) {
  expect({
      {"a seal", "seal", [](Paper& p) { p.at("seal").ink_mm2 = 40; }, "accepted yes"},
      {"perhaps a seal", "seal", [](Paper& p) { p.at("seal").ink_mm2 = 2; }, "doubtful unsure yes"},
      {"handwriting is for a person", "comment", [](Paper& p) { p.at("comment").ink_mm2 = 30; },
       "doubtful handwritten"},
      {"handwriting that became words all the same", "comment",
       [](Paper& p) {
         p.at("comment").ink_mm2 = 30;
         p.at("comment").words = {{"再発", 0.99, {}}};
       },
       "doubtful handwritten"},
      {"typed", "comment",
       [](Paper& p) {
         p.at("comment").typed = true;
         p.at("comment").words = {{"特記", 0.99, {}}, {"なし", 0.99, {}}};
       },
       "accepted 特記なし"},
      {"typed, one word unsure", "comment",
       [](Paper& p) {
         p.at("comment").typed = true;
         p.at("comment").words = {{"特記", 0.99, {}}, {"なし", 0.7, {}}};
       },
       "doubtful unsure-words 特記なし"},
  });
}

TEST(FilledForm, NothingFromASymbolCodedPageIsAFact) {
  Paper paper(form);
  paper.write("outcome", "continuing").write("cea", "3.2").write("visit_date", "2026-11-22");
  paper.page().symbol_coded = true;
  for (const auto& [name, answer] : filled(paper).answers) {
    EXPECT_NE(answer.state, AnswerState::accepted) << name;
  }
  EXPECT_EQ(told(*filled(paper).find("cea")), "doubtful symbol-coded 3.2");
}

TEST(FilledForm, AFieldThatNobodyReadOrTwoPagesClaimIsDoubtful) {
  const auto none = forms::fill(form, {}, expected);
  EXPECT_EQ(told(*none.find("outcome")), "doubtful not-read");
  Paper paper(form);
  paper.write("outcome", "continuing");
  const auto twice = forms::fill(form, {&paper.page(), &paper.page()}, expected);
  EXPECT_EQ(told(*twice.find("outcome")), "doubtful not-read");
}

TEST(FilledForm, NotesKeepTheirPage) {
  Paper paper(form);
  paper.page().form_page = 2;
  paper.page().notes = {{1, 2, 3, 4}};
  const auto all = filled(paper);
  ASSERT_EQ(all.notes.size(), 1u);
  EXPECT_EQ(all.notes[0].first, 2);
  EXPECT_EQ(all.find("outcome")->page, 2);
}

TEST(FilledForm, OnlyAcceptedAndCorrectedAreFacts) {
  Paper paper(form);
  paper.write("cea", "3.2").write("outcome", "death,continuing");
  auto all = filled(paper);
  EXPECT_EQ(all.fact("cea"), "3.2");
  EXPECT_EQ(all.fact("outcome"), std::nullopt);
  EXPECT_EQ(all.fact("site"), std::nullopt);
  EXPECT_EQ(all.fact("nothing"), std::nullopt);
  all.answers["outcome"].state = AnswerState::corrected;
  EXPECT_EQ(all.fact("outcome"), "continuing,death");
}

TEST(FilledForm, WordsForStates) {
  for (const auto state :
       {AnswerState::accepted, AnswerState::doubtful, AnswerState::blank, AnswerState::corrected}) {
    EXPECT_EQ(forms::parse_answer_state(forms::to_text(state)), state);
  }
  EXPECT_EQ(forms::parse_answer_state("sure"), std::nullopt);
}

}  // namespace
