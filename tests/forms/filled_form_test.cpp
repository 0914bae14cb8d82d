#include "forms/filled_form.hpp"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "paper.hpp"

namespace {

using namespace std::chrono_literals;
using forms::Answer;
using forms::AnswerState;
using forms::FieldKind;
using ocr::MarkState;
using tests::cell;
using tests::Paper;

forms::Definition small_form() {
  forms::Definition form;
  form.form = "test-report";
  const auto add = [&](std::string name, FieldKind kind) -> forms::FieldDefinition& {
    forms::FieldDefinition field;
    field.name = std::move(name);
    field.kind = kind;
    return form.fields.emplace_back(std::move(field));
  };
  add("outcome", FieldKind::choice).options = {
      {"continuing", {}}, {"death", {}}, {"recurrence", {}}};
  auto& site = add("site", FieldKind::choice);
  site.options = {{"liver", {}}, {"lung", {}}, {"bone", {}}};
  site.several = true;
  auto& cea = add("cea", FieldKind::number);
  cea.digits_before = 3;
  cea.digits_after = 2;
  cea.marker = true;
  cea.limit = 5;
  auto& weight = add("weight_kg", FieldKind::number);
  weight.digits_before = 3;
  weight.digits_after = 1;
  weight.minimum = 20;
  weight.maximum = 250;
  add("visit_date", FieldKind::date).era = "reiwa";
  add("outcome_date", FieldKind::date).era = "reiwa";
  add("birth_date", FieldKind::date).eras = {{"taisho", {}}, {"showa", {}}, {"heisei", {}}};
  add("next_visit", FieldKind::month).era = "reiwa";
  add("comment", FieldKind::text);
  add("seal", FieldKind::ink);
  return form;
}

const forms::Definition form = small_form();
const forms::Expectation expected{2026y / 11 / 30, 2024y / 4 / 1, {}};

forms::FilledForm filled(const Paper& paper, const forms::Expectation& known = expected) {
  return forms::fill(form, {&paper.page()}, known);
}

/// "accepted 3.2", "doubtful two-marks a,b", "blank"
std::string told(const Answer& answer) {
  std::string text(forms::to_text(answer.state));
  if (!answer.doubt.empty()) text += ' ' + answer.doubt;
  return answer.values.empty() ? text : text + ' ' + answer.value();
}

struct Case {
  const char* what;
  const char* field;
  std::function<void(Paper&)> write;
  const char* told;
};

void expect(const std::vector<Case>& cases, const forms::Expectation& known = expected) {
  for (const auto& each : cases) {
    Paper paper(form);
    each.write(paper);
    EXPECT_EQ(told(*filled(paper, known).find(each.field)), each.told) << each.what;
  }
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

void write_cells(Paper& paper, const char* field, const char* written) {
  paper.at(field).cells = tests::cells(written);
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

TEST(FilledForm, WhatIsExpectedWeighsDoubtfulDigits) {
  forms::Expectation known = expected;  // received on 30 November 2026
  known.former = {{"weight_kg", 62.0}};
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
          {"this month rather than one of the spring", "visit_date",
           [](Paper& p) {
             write_cells(p, "visit_date", "_81122");
             p.at("visit_date").cells[2] = cell('1', 0.9, '_');
           },
           "accepted 2026-11-22"},
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
          {"a patient of thirty rather than of ten", "birth_date",
           [](Paper& p) {
             p.mark("birth_date", "heisei", MarkState::marked);
             write_cells(p, "birth_date", "_8_3_5");
             p.at("birth_date").cells[0] = cell('_', 0.97, '2');
           },
           "accepted 1996-03-05"}},
         known);
}

TEST(FilledForm, AWritersOtherDigitsTellHowHeWrites) {
  // Both ones of November have a flag, so that they could be sevens, but there is no 71st month.
  const auto flagged_november = [](Paper& p) {
    write_cells(p, "visit_date", "_81122");
    p.at("visit_date").cells[2] = cell('1', 0.7, '7');
    p.at("visit_date").cells[3] = cell('1', 0.8, '7');
  };
  const auto flagged_weight = [](Paper& p, char digit, double sure, char rival) {
    write_cells(p, "weight_kg", "_524");
    p.at("weight_kg").cells[3] = cell(digit, sure, rival);
  };
  expect({
      {"no other digit says how", "weight_kg", [&](Paper& p) { flagged_weight(p, '1', 0.9, '7'); },
       "doubtful unsure 52.1"},
      {"this writer's ones have flags", "weight_kg",
       [&](Paper& p) {
         flagged_november(p);
         flagged_weight(p, '1', 0.9, '7');
       },
       "accepted 52.1"},
      {"one that looks more like a seven is another matter", "weight_kg",
       [&](Paper& p) {
         flagged_november(p);
         flagged_weight(p, '7', 0.9, '1');
       },
       "doubtful unsure 52.7"},
      {"a sure seven stays", "weight_kg",
       [&](Paper& p) {
         flagged_november(p);
         flagged_weight(p, '7', 0.9995, '1');
       },
       "accepted 52.7"},
      {"flags say nothing of nines", "weight_kg",
       [&](Paper& p) {
         flagged_november(p);
         flagged_weight(p, '4', 0.8, '9');
       },
       "doubtful unsure 52.4"},
  });
}

TEST(FilledForm, DigitsThatLookLikeOneThatCannotBeAreNotSure) {
  // A next visit in Reiwa 4 has long been over: this writer's nines look like fours.
  const auto next_visit = [](Paper& p, char year) {
    write_cells(p, "next_visit", "_4_2");
    p.at("next_visit").cells[1] = cell(year, 0.97, '9');
  };
  const auto weight = [](Paper& p, double sure, char rival) {
    write_cells(p, "weight_kg", "_524");
    p.at("weight_kg").cells[3] = cell('4', sure, rival);
  };
  expect({
      {"a four by itself", "weight_kg", [&](Paper& p) { weight(p, 0.99, '9'); }, "accepted 52.4"},
      {"a four like that of the next visit", "weight_kg",
       [&](Paper& p) {
         weight(p, 0.99, '9');
         next_visit(p, '4');
       },
       "doubtful unsure 52.4"},
      {"a four that nothing but a four looks like", "weight_kg",
       [&](Paper& p) {
         weight(p, 0.9999, '9');
         next_visit(p, '4');
       },
       "accepted 52.4"},
      {"a four that may be a one", "weight_kg",
       [&](Paper& p) {
         weight(p, 0.99, '1');
         next_visit(p, '4');
       },
       "accepted 52.4"},
      {"the next visit itself", "next_visit", [&](Paper& p) { next_visit(p, '4'); },
       "doubtful implausible 2022-02"},
  });
}

TEST(FilledForm, ADateOfBirthThatAgreedTellsHowItsWriterWrites) {
  Paper paper(form);
  paper.mark("birth_date", "showa", MarkState::marked);
  write_cells(paper, "birth_date", "23_4_5");
  for (const std::size_t i : {0U, 1U, 3U}) paper.at("birth_date").cells[i] = cell('1', 0.7, '7');
  write_cells(paper, "weight_kg", "_524");
  paper.at("weight_kg").cells[3] = cell('1', 0.9, '7');
  const auto weight = [&](std::optional<forms::Date> agreed) {
    forms::Expectation known = expected;
    known.birth_date = agreed;
    return forms::fill(form, {&paper.page()}, known).answers.at("weight_kg").state;
  };
  using namespace std::chrono_literals;
  EXPECT_EQ(weight(std::nullopt), AnswerState::doubtful);
  EXPECT_EQ(weight(1936y / 1 / 5), AnswerState::accepted) << "Showa 11";
  EXPECT_EQ(weight(2021y / 1 / 5), AnswerState::doubtful) << "the field has no such day";
}

TEST(FilledForm, AFieldReadAgainIsNotBorneOutByItself) {
  const auto one_of_birth_date = [](bool november) {
    Paper paper(form);
    paper.mark("birth_date", "showa", MarkState::marked);
    write_cells(paper, "birth_date", "25_1_5");
    auto& cell_of_month = paper.at("birth_date").cells[3];
    cell_of_month = cell('1', 0.985, '7');
    if (november) {
      write_cells(paper, "visit_date", "_81122");
      paper.at("visit_date").cells[2] = cell('1', 0.97, '7');
    }
    const auto again = forms::reread(form, {&paper.page()}, expected, "birth_date");
    return again->cells[3].likelihood[1];
  };
  EXPECT_FLOAT_EQ(one_of_birth_date(false), 0.985F);
  EXPECT_GT(one_of_birth_date(true), 0.99F);
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
       [](Paper& p) { write_cells(p, "outcome_date", "_6_901"); }, "accepted 2024-09-01"},
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
