#include "small_form.hpp"

/// How the digits of one form bear on each other: it is filled in by one hand.
namespace {

using namespace std::chrono_literals;
using forms::AnswerState;
using ocr::MarkState;
using tests::cell;
using tests::expect;
using tests::expected;
using tests::form;
using tests::Paper;
using tests::write_cells;

TEST(Writer, AWritersOtherDigitsTellHowHeWrites) {
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

TEST(Writer, DigitsThatLookLikeOneThatCannotBeAreNotSure) {
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
      {"a four by itself", "weight_kg", [&](Paper& p) { weight(p, 0.992, '9'); }, "accepted 52.4"},
      {"a four like that of the next visit", "weight_kg",
       [&](Paper& p) {
         weight(p, 0.992, '9');
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

TEST(Writer, ADateOfBirthThatAgreedTellsHowItsWriterWrites) {
  Paper paper(form);
  paper.mark("birth_date", "showa", MarkState::marked);
  write_cells(paper, "birth_date", "23_4_5");
  for (const std::size_t i : {0U, 1U, 3U}) paper.at("birth_date").cells[i] = cell('1', 0.7, '7');
  write_cells(paper, "weight_kg", "_524");
  paper.at("weight_kg").cells[3] = cell('1', 0.9, '7');
  paper.mark("site", "lung", MarkState::unclear);  // a person must look anyway
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

TEST(Writer, AFieldReadAgainIsNotBorneOutByItself) {
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

TEST(Writer, DigitsOfADoubtfulFieldDoNotBearOutEachOther) {
  expect({{"three that are nearly sure", "weight_kg",
           [](Paper& p) {
             write_cells(p, "weight_kg", "_524");
             p.at("weight_kg").cells[1] = cell('5', 0.9901, '3');
             p.at("weight_kg").cells[2] = cell('2', 0.9901, '7');
             p.at("weight_kg").cells[3] = cell('4', 0.9901, '9');
           },
           "doubtful unsure 52.4"}});
}

}  // namespace
