#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "intake_papers.hpp"

namespace {

using namespace std::chrono_literals;
using namespace tests;
using forms::Serial;
using ocr::MarkState;
using records::DocumentState;
using records::Fate;

/// "held no-tag | form>0 attachment>0 blank | P-1 filed; ?P-2 held identity-mismatch"
std::string told(const records::Filing& filing) {
  std::string text(records::to_text(filing.state));
  for (const auto& reason : filing.reasons) text += ' ' + reason;
  text += " |";
  for (std::size_t i = 0; i < filing.pages.size(); ++i) {
    text += ' ' + std::string(records::to_text(filing.pages[i].fate));
    if (filing.page_report[i] >= 0) text += '>' + std::to_string(filing.page_report[i]);
  }
  text += " |";
  for (const auto& draft : filing.reports) {
    text += &draft == &filing.reports.front() ? " " : "; ";
    text += draft.pathway.empty() ? "?" + draft.candidate_pathway : draft.pathway;
    text += ' ' + std::string(records::to_text(draft.state));
    for (const auto& reason : draft.reasons) text += ' ' + reason;
  }
  return text;
}

/// The law of the ledger, as the database holds every filing to it.
void expect_in_order(const records::Filing& filing) {
  EXPECT_EQ(filing.state == DocumentState::held, !filing.reasons.empty());
  ASSERT_EQ(filing.page_report.size(), filing.pages.size());
  for (std::size_t i = 0; i < filing.pages.size(); ++i) {
    EXPECT_EQ(filing.pages[i].number, static_cast<int>(i) + 1);
    EXPECT_LT(filing.page_report[i], static_cast<int>(filing.reports.size()));
  }
  for (std::size_t i = 0; i < filing.reports.size(); ++i) {
    const auto& draft = filing.reports[i];
    EXPECT_EQ(draft.state == records::ReportState::held, draft.pathway.empty());
    for (const auto& [form_page_number, page] : draft.pages) {
      EXPECT_EQ(filing.page_report.at(static_cast<std::size_t>(page) - 1), static_cast<int>(i));
    }
  }
}

bool raises(const records::Filing& filing, forms::rules::FlagKind kind) {
  return std::ranges::any_of(filing.reports, [&](const auto& draft) {
    return std::ranges::any_of(draft.findings,
                               [&](const auto& finding) { return finding.kind == kind; });
  });
}

struct Case {
  const char* what;
  std::vector<ocr::PageReading> pages;
  const char* told;
};

void expect(const std::vector<Case>& cases) {
  for (const auto& each : cases) {
    const auto filing = filed(each.pages);
    EXPECT_EQ(told(filing), each.told) << each.what;
    expect_in_order(filing);
  }
}

TEST(Interpret, OneFormOrSeveral) {
  auto doubtful = hanas();
  std::ranges::find(doubtful.readings, "cea", &ocr::Reading::field)->cells[3] =
      tests::cell('3', 0.8, '8');
  auto unsure_date = hanas();
  auto& date = std::ranges::find(unsure_date.readings, "birth_date", &ocr::Reading::field)->cells;
  date[1] = date[5] = tests::cell('5', 0.9965, '6');
  expect({
      {"a form", {hanas()}, "filed | form>0 | P-1 filed"},
      {"a form with a doubt", {doubtful}, "filed | form>0 | P-1 to-check"},
      {"a birth date a little unsure, that agrees all the same",
       {unsure_date},
       "filed | form>0 | P-1 filed"},
      {"two patients in one file",
       {hanas(), taros()},
       "filed | form>0 form>1 | P-1 filed; P-2 filed"},
      {"blank backs",
       {hanas(), blank_page(), taros(), blank_page()},
       "filed | form>0 blank form>1 blank | P-1 filed; P-2 filed"},
      {"the same sheet twice in one file",
       {hanas(), hanas()},
       "filed | form>0 form>1 | P-1 filed; P-1 filed"},
      {"each patient's form with the other's date of birth",
       {form_page(report("1941-12-08"), tag(hana)), form_page(report(), tag(taro))},
       "held identity-mismatch | form>0 form>1 | ?P-1 held identity-mismatch; ?P-2 held "
       "identity-mismatch"},
      {"one right, one not",
       {hanas(), form_page(report("1941-12-09"), tag(taro))},
       "held identity-mismatch | form>0 form>1 | P-1 filed; ?P-2 held identity-mismatch"},
  });
}

TEST(Interpret, TheTagAlonePlacesNothing) {
  auto symbol_coded = hanas();
  symbol_coded.symbol_coded = true;
  auto no_era = hanas();
  for (auto& mark : std::ranges::find(no_era.readings, "birth_date", &ocr::Reading::field)->marks) {
    mark.state = MarkState::empty;
  }
  expect({
      {"no date of birth",
       {form_page(report(""), tag(hana))},
       "held identity-unreadable | form>0 | ?P-1 held identity-unreadable"},
      {"no era", {no_era}, "held identity-unreadable | form>0 | ?P-1 held identity-unreadable"},
      {"digits that a codec may have swapped",
       {symbol_coded},
       "held identity-unreadable | form>0 | ?P-1 held identity-unreadable"},
      {"a serial that nobody printed",
       {form_page(report(), tag(nobody))},
       "held unknown-serial | form>0 | ? held unknown-serial"},
      {"a void serial",
       {form_page(report(), tag(void_one))},
       "held void-serial | form>0 | ?P-1 held void-serial"},
      {"a void serial and another's birth date",
       {form_page(report("1941-12-08"), tag(void_one))},
       "held void-serial identity-mismatch | form>0 | ?P-1 held void-serial identity-mismatch"},
      {"a form that could not be aligned",
       {unaligned(tag(hana))},
       "held identity-unreadable transmission-error | form>0 | ?P-1 held identity-unreadable "
       "transmission-error"},
  });
}

TEST(Interpret, TagsThatAreNone) {
  auto forged = hanas();
  forged.codes = {code(tag(hana), foreign_keys())};
  auto half_forged = hanas();
  half_forged.codes.push_back(code(tag(taro), foreign_keys()));
  auto two_tags = hanas();
  two_tags.codes.push_back(code(tag(taro)));
  auto foreign = hanas();
  foreign.codes.push_back({'h', 't', 't', 'p'});
  auto only_foreign = plain_page();
  only_foreign.codes = {{'h', 't', 't', 'p'}};
  auto unknown_form = tag(hana);
  unknown_form.form = 77;
  auto suspected = plain_page();
  suspected.serial_print = forms::to_text(hana);
  auto suspected_nobody = plain_page();
  suspected_nobody.serial_print = forms::to_text(nobody);
  expect({
      {"a forged tag", {forged}, "held forged-tag | unidentified>0 | ? held forged-tag"},
      {"a forged tag beside a right one",
       {half_forged},
       "held forged-tag | unidentified>0 | ? held forged-tag"},
      {"two tags on one page", {two_tags}, "held pages-mixed | form>0 | ? held pages-mixed"},
      {"another system's code beside ours", {foreign}, "filed | form>0 | P-1 filed"},
      {"another system's code alone", {only_foreign}, "held no-tag | unidentified |"},
      {"a form that we do not know",
       {form_page(report(), unknown_form)},
       "held unknown-form | form>0 | ?P-1 held unknown-form"},
      {"only the printed serial", {suspected}, "held no-tag | unidentified>0 | ?P-1 held no-tag"},
      {"a printed serial of nobody", {suspected_nobody}, "held no-tag | unidentified |"},
      {"a letter", {plain_page()}, "held no-tag | unidentified |"},
      {"a form fed face down", {blank_page()}, "held no-tag | blank |"},
      {"no pages at all", {}, "held no-tag | |"},
  });
}

TEST(Interpret, AForgedTagNeverCountsAsAVersionOfThePaperItClaims) {
  auto forged = hanas();
  forged.codes = {code(tag(hana), foreign_keys())};
  const auto filing = filed({forged});
  ASSERT_EQ(filing.reports.size(), 1u);
  EXPECT_NE(filing.reports[0].serial, hana);
  EXPECT_LT(filing.reports[0].serial.number, forms::serial_limit);
  EXPECT_FALSE(filing.pages[0].tag);
}

TEST(Interpret, FormsOfSeveralPages) {
  const auto page = [](Serial serial, int number) {
    auto all = form_page(report(), tag(serial, "colorectal", number, 2));
    if (number == 1) return all;
    all.readings.clear();
    return all;
  };
  expect({
      {"whole", {page(hana, 1), page(hana, 2)}, "filed | form>0 form>0 | P-1 filed"},
      {"in the wrong order", {page(hana, 2), page(hana, 1)}, "filed | form>0 form>0 | P-1 filed"},
      {"another form in the middle",
       {page(hana, 1), taros(), page(hana, 2)},
       "filed | form>0 form>1 form>0 | P-1 filed; P-2 filed"},
      {"its second page is missing",
       {page(hana, 1)},
       "held pages-missing | form>0 | ?P-1 held pages-missing"},
      {"its first page is missing",
       {page(hana, 2)},
       "held identity-unreadable pages-missing | form>0 | ?P-1 held identity-unreadable "
       "pages-missing"},
      {"pages of two forms",
       {page(hana, 1), page(hana_again, 2)},
       "held identity-unreadable pages-mixed | form>0 form>1 | ?P-1 held pages-mixed; ?P-1 held "
       "identity-unreadable pages-mixed"},
      {"sent twice",
       {page(hana, 1), page(hana, 2), page(hana, 1), page(hana, 2)},
       "filed | form>0 form>0 form>1 form>1 | P-1 filed; P-1 filed"},
  });
}

TEST(Interpret, PagesWithoutATag) {
  auto mismatch = announcing(form_page(report("1941-12-08"), tag(hana)), "_1");
  forms::Tag sheet = tag(hana);
  sheet.form = static_cast<std::uint16_t>(catalogue().sheet_for("colorectal")->definition.number);
  auto others_sheet = sheet;
  others_sheet.serial = taro;
  expect({
      {"as many as announced",
       {announcing(hanas(), "_2"), plain_page(), plain_page()},
       "filed | form>0 attachment>0 attachment>0 | P-1 filed"},
      {"blank backs do not count",
       {announcing(hanas(), "_1"), blank_page(), plain_page()},
       "filed | form>0 blank attachment>0 | P-1 filed"},
      {"more than announced",
       {announcing(hanas(), "_1"), plain_page(), plain_page()},
       "held no-tag | form>0 unidentified unidentified | P-1 filed"},
      {"none announced", {hanas(), plain_page()}, "held no-tag | form>0 unidentified | P-1 filed"},
      {"fewer than announced",
       {announcing(hanas(), "_2"), plain_page()},
       "filed | form>0 attachment>0 | P-1 to-check pages-missing"},
      {"each form with its own",
       {announcing(hanas(), "_1"), plain_page(), announcing(taros(), "_1"), plain_page()},
       "filed | form>0 attachment>0 form>1 attachment>1 | P-1 filed; P-2 filed"},
      {"of a form that is nobody's yet",
       {mismatch, plain_page()},
       "held identity-mismatch | form>0 attachment>0 | ?P-1 held identity-mismatch"},
      {"before the first form",
       {plain_page(), hanas()},
       "held no-tag | unidentified form>0 | P-1 filed"},
      {"a cover",
       {worded("ＦＡＸ送付状 送信枚数 2枚"), hanas()},
       "filed | cover form>0 | P-1 filed"},
      {"a cover with bad news",
       {worded("送付状 肝転移を認めました"), hanas()},
       "held no-tag | unidentified form>0 | P-1 filed"},
      {"a cover alone", {worded("送付状")}, "held no-tag | unidentified |"},
      {"a copy of our own sheet",
       {hanas(), unaligned(sheet)},
       "filed | form>0 attachment>0 | P-1 filed"},
      {"another patient's sheet",
       {hanas(), unaligned(others_sheet)},
       "held pages-mixed | form>0 attachment | P-1 filed"},
      {"a sheet alone", {unaligned(sheet)}, "held identity-unreadable | attachment |"},
  });
}

TEST(Interpret, WhatTheReaderCouldNotDo) {
  reader::Look seen = look({hanas()});
  seen.ending = reader::Ending::crashed;
  EXPECT_EQ(told(filed(seen)), "held reader-crashed | |");
  seen.ending = reader::Ending::timed_out;
  EXPECT_EQ(told(filed(seen)), "held reader-timeout | |");
  seen.ending = reader::Ending::answered;
  const std::pair<ocr::Fault, const char*> faults[] = {
      {ocr::Fault::damaged_file, "damaged-file"},
      {ocr::Fault::unsupported_format, "unsupported-format"},
      {ocr::Fault::too_large, "too-large"},
      {ocr::Fault::transmission_error, "transmission-error"}};
  for (const auto& [fault, reason] : faults) {
    seen.reading.fault = fault;
    // What could be read is filed all the same; the document waits for a person.
    EXPECT_EQ(told(filed(seen)), std::string("held ") + reason + " | form>0 | P-1 filed");
    reader::Look empty;
    empty.reading.fault = fault;
    EXPECT_EQ(told(filed(empty)), std::string("held ") + reason + " | |");
  }
  seen.reading.fault = ocr::Fault::none;
  seen.reading.pages[0].number = 0;
  EXPECT_EQ(told(filed(seen)), "held reader-crashed | |");
  seen.reading.pages[0].number = 3;  // pages 1 and 2 are pages all the same
  EXPECT_EQ(told(filed(seen)), "held no-tag | unidentified unidentified form>0 | P-1 filed");
  expect_in_order(filed(seen));
}

/// Another patient's tag on the page would have gone unseen: a person files it, but what it tells
/// is told.
TEST(Interpret, ReadByItsPrintAlone) {
  reader::Look seen = look({dead()});
  seen.codes = reader::Codes::by_print;
  const auto filing = filed(seen);
  EXPECT_EQ(told(filing), "held reader-crashed | form>0 | ?P-1 held reader-crashed");
  EXPECT_TRUE(raises(filing, forms::rules::FlagKind::death));
  expect_in_order(filing);
}

TEST(Interpret, EveryDeviationIsFlaggedWhoeverItIsAbout) {
  using forms::rules::FlagKind;
  EXPECT_TRUE(raises(filed({dead()}), FlagKind::death));
  EXPECT_TRUE(raises(filed({dead("1941-12-08")}), FlagKind::death));  // identity-mismatch
  EXPECT_TRUE(raises(filed({dead("")}), FlagKind::death));            // identity-unreadable
  auto forged = dead();
  forged.codes = {code(tag(hana), foreign_keys())};
  EXPECT_TRUE(raises(filed({forged}), FlagKind::death));
  auto two_tags = dead();
  two_tags.codes.push_back(code(tag(taro)));
  EXPECT_TRUE(raises(filed({two_tags}), FlagKind::death));
  EXPECT_TRUE(raises(filed({unaligned(tag(hana))}), FlagKind::possible_deviation));
  auto unknown_form = tag(hana);
  unknown_form.form = 77;
  EXPECT_TRUE(raises(filed({unaligned(unknown_form)}), FlagKind::possible_deviation));
  auto suspected = plain_page();
  suspected.serial_print = forms::to_text(hana);
  EXPECT_TRUE(raises(filed({suspected}), FlagKind::possible_deviation));
  auto torn = hanas();
  torn.quality.lost_rows = 40;
  EXPECT_TRUE(raises(filed({torn}), FlagKind::possible_deviation));
  EXPECT_FALSE(raises(filed({hanas()}), FlagKind::possible_deviation));
}

TEST(Interpret, APatientsOwnThresholdCounts) {
  EXPECT_TRUE(raises(filed({taros()}), forms::rules::FlagKind::marker_above_limit));
  EXPECT_FALSE(raises(filed({hanas()}), forms::rules::FlagKind::marker_above_limit));
}

TEST(Interpret, TodayIsTheHospitalsDay) {
  // 16:30 UTC is the next morning in Japan.
  const auto paper = form_page(report().write("visit_date", "2026-12-01"), tag(hana));
  const auto seen = look({paper});
  const auto state_at = [&](records::Time at) {
    const auto filing = intake::interpret("D-000001", seen, catalogue(), keys(), known(), at);
    return filing.reports[0].form.find("visit_date")->doubt;
  };
  const auto midnight = std::chrono::sys_days(std::chrono::year(2026) / 11 / 30);
  EXPECT_EQ(state_at(midnight + 14h + 59min), "in-future");
  EXPECT_EQ(state_at(midnight + 16h + 30min), "");
}

TEST(Interpret, NoSingleBitMakesATag) {
  const auto right = code(tag(hana));
  for (std::size_t bit = 0; bit < right.size() * 8; ++bit) {
    auto page = hanas();
    page.codes[0][bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    const auto filing = filed({page});
    EXPECT_EQ(filing.state, DocumentState::held) << bit;
    for (const auto& draft : filing.reports) EXPECT_TRUE(draft.pathway.empty()) << bit;
  }
}

TEST(Interpret, APageOfNobodysMayTellOfADeath) {
  using forms::rules::FlagKind;
  const auto stray = filed({hanas(), plain_page()});
  ASSERT_EQ(stray.findings.size(), 1u);
  EXPECT_EQ(stray.findings[0].kind, FlagKind::possible_deviation);
  EXPECT_EQ(stray.findings[0].severity, forms::rules::Severity::routine);
  EXPECT_TRUE(filed({hanas(), blank_page()}).findings.empty());
  EXPECT_TRUE(filed({announcing(hanas(), "_1"), plain_page()}).findings.empty());
  reader::Look crashed = look({hanas()});
  crashed.ending = reader::Ending::crashed;
  EXPECT_EQ(filed(crashed).findings.size(), 1u);
}

TEST(Interpret, AFormWithoutATagIsReadAllTheSame) {
  auto page = dead();
  page.codes.clear();
  EXPECT_EQ(told(filed({page})), "held no-tag | unidentified>0 | ? held no-tag");
  EXPECT_TRUE(raises(filed({page}), forms::rules::FlagKind::death));
  page.serial_print = forms::to_text(nobody) + " " + forms::to_text(hana);  // guesses
  EXPECT_EQ(told(filed({page})), "held no-tag | unidentified>0 | ?P-1 held no-tag");
  EXPECT_TRUE(raises(filed({page}), forms::rules::FlagKind::death));
}

}  // namespace
