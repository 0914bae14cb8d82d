#include "daemon/intake.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "paper.hpp"

namespace {

using namespace std::chrono_literals;
using forms::Serial;
using ocr::MarkState;
using records::DocumentState;
using records::Fate;
using tests::Paper;

constexpr auto received_at = std::chrono::sys_days(std::chrono::year(2026) / 11 / 30) + 1h;

const forms::Catalogue& catalogue() {
  static const auto all = forms::Catalogue::load(RENKEI_SOURCE_DIR "/forms/definitions");
  return all;
}

const forms::TagKeys& keys() {
  static const forms::TagKeys all({{1, {1, 2, 3}}});
  return all;
}
const forms::TagKeys& foreign_keys() {
  static const forms::TagKeys all({{1, {3, 2, 1}}});
  return all;
}

std::vector<std::uint8_t> code(const forms::Tag& tag, const forms::TagKeys& by = keys()) {
  const auto bytes = by.sign(tag);
  return {bytes.begin(), bytes.end()};
}

forms::Tag tag(Serial serial, std::string_view disease = "colorectal", int page = 1,
               int pages = 1) {
  forms::Tag made;
  made.form = static_cast<std::uint16_t>(catalogue().report_for(disease)->definition.number);
  made.page = static_cast<std::uint8_t>(page);
  made.pages = static_cast<std::uint8_t>(pages);
  made.serial = serial;
  return made;
}

// Two made-up patients, each with a pathway and printed forms.
constexpr Serial hana{100}, hana_again{101}, taro{200}, void_one{300}, nobody{999};

records::PrintedForm printed(Serial serial, std::string pathway) {
  records::PrintedForm form;
  form.serial = serial;
  form.pathway_id = std::move(pathway);
  form.form = "colorectal-report";
  return form;
}

intake::Known known() {
  intake::Known all;
  all.printed = [](Serial serial) -> std::optional<records::PrintedForm> {
    if (serial == hana || serial == hana_again) return printed(serial, "P-1");
    if (serial == taro) return printed(serial, "P-2");
    if (serial == void_one) {
      auto form = printed(serial, "P-1");
      form.void_at = received_at - 24h;
      return form;
    }
    return std::nullopt;
  };
  all.pathway = [](const std::string& id) -> std::optional<records::Pathway> {
    const records::Pathway one{"P-1", "001", "0110113719", "colorectal", 2024y / 4 / 1, "", {}};
    const records::Pathway two{"P-2",          "002", "0110113719",    "colorectal",
                               2025y / 1 / 10, "",    {{"cea", "3.0"}}};
    return id == "P-1" ? std::optional(one) : id == "P-2" ? std::optional(two) : std::nullopt;
  };
  all.patient = [](const std::string& id) -> std::optional<records::Patient> {
    const records::Patient one{"001", "見本花子", "ミホンハナコ", 1950y / 3 / 5, "female"};
    const records::Patient two{"002", "見本太郎", "ミホンタロウ", 1941y / 12 / 8, "male"};
    return id == "001" ? std::optional(one) : id == "002" ? std::optional(two) : std::nullopt;
  };
  all.history = [pathway = all.pathway](const std::string& id, Serial, forms::Date received_on) {
    forms::rules::History history;
    history.received_on = received_on;
    const auto known = pathway(id).value();
    history.started_on = known.started_on;
    for (const auto& [marker, limit] : known.thresholds) {
      history.thresholds[marker] = std::stod(limit);
    }
    return history;
  };
  all.patients = [one = all.patient] {
    return std::vector<records::Patient>{one("001").value(), one("002").value()};
  };
  all.clinic = [](const std::string&) { return std::nullopt; };
  return all;
}

/// A clean periodic report; Hana's date of birth unless told otherwise.
Paper report(std::string_view born = "1950-03-05") {
  Paper paper(catalogue().report_for("colorectal")->definition);
  paper.write("kind", "periodic").write("birth_date", born).write("visit_date", "2026-11-22");
  paper.write("performance_status", "0").write("weight_kg", "52.4").write("recurrence", "none");
  paper.write("outcome", "continuing").write("cea", "3.2").write("next_visit", "2027-02");
  return paper;
}

ocr::PageReading form_page(Paper paper, const forms::Tag& tagged) {
  paper.page().codes = {code(tagged)};
  paper.page().form_page = tagged.page;
  return paper.page();
}
ocr::PageReading hanas() {
  return form_page(report(), tag(hana));
}
ocr::PageReading taros() {
  return form_page(report("1941-12-08"), tag(taro));
}
ocr::PageReading dead(std::string_view born = "1950-03-05") {
  return form_page(report(born).write("kind", "deviation").write("outcome", "death"), tag(hana));
}

ocr::PageReading plain_page() {
  ocr::PageReading page;
  page.width = 1728;
  page.height = 2290;
  page.quality.dpi_x = 204;
  page.quality.dpi_y = 196;
  return page;
}
ocr::PageReading blank_page() {
  auto page = plain_page();
  page.blank = true;
  return page;
}
ocr::PageReading worded(std::string text) {
  auto page = plain_page();
  page.words = {{std::move(text), 0.9, {}}};
  return page;
}
/// A code, but no print that it could be laid on.
ocr::PageReading unaligned(const forms::Tag& tagged) {
  auto page = plain_page();
  page.codes = {code(tagged)};
  return page;
}
ocr::PageReading announcing(ocr::PageReading page, const char* cells) {
  std::ranges::find(page.readings, "attached_pages", &ocr::Reading::field)->cells =
      tests::cells(cells);
  return page;
}

reader::Look look(std::vector<ocr::PageReading> pages) {
  reader::Look seen;
  for (auto& page : pages) {
    page.number = static_cast<int>(seen.reading.pages.size()) + 1;
    seen.reading.pages.push_back(std::move(page));
  }
  return seen;
}

records::Filing filed(const reader::Look& seen) {
  return intake::interpret("D-000001", seen, catalogue(), keys(), known(), received_at);
}
records::Filing filed(std::vector<ocr::PageReading> pages) {
  return filed(look(std::move(pages)));
}

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

TEST(InterpretText, TypedTextAndWhatItTells) {
  auto first = hanas();
  auto& comment = *std::ranges::find(first.readings, "comment", &ocr::Reading::field);
  comment.ink_mm2 = 40;
  comment.typed = true;
  const auto filing = filed({first, plain_page()});
  records::Report report;
  report.id = "R-000001";
  report.form = filing.reports[0].form;
  report.pages = {{1, 1}};
  report.flags.push_back({});
  report.flags[0].kind = forms::rules::FlagKind::unread_note;
  report.flags[0].evidence = {"comment"};
  records::Document document;
  document.id = "D-000001";
  document.pages = {{1, Fate::form, {}, "", {}, "R-000001", ""},
                    {2, Fate::attachment, {}, "", {}, "R-000001", ""}};

  auto second = first;
  auto& words = *std::ranges::find(second.readings, "comment", &ocr::Reading::field);
  words.words = {{"肝転", 0.99, {20, 10, 8, 4}},
                 {"移あり", 0.99, {29, 10, 8, 4}},
                 {"CEA", 0.99, {20, 16, 8, 4}},
                 {"上昇", 0.99, {32, 16, 8, 4}}};
  const auto added = intake::interpret_text(
      document, {report}, look({second, worded("診療情報提供書 再発なし")}), catalogue(), known());
  ASSERT_EQ(added.reports.size(), 1u);
  ASSERT_EQ(added.reports[0].answers.size(), 1u);
  EXPECT_EQ(added.reports[0].answers[0].value(), "肝転移あり\nCEA 上昇");
  EXPECT_EQ(added.reports[0].answers[0].state, forms::AnswerState::accepted);
  ASSERT_EQ(added.reports[0].findings.size(), 2u);
  EXPECT_EQ(added.reports[0].findings[0].kind, forms::rules::FlagKind::mention);
  EXPECT_EQ(added.reports[0].findings[1].evidence, std::vector<std::string>{"attachment"});
  EXPECT_EQ(added.reports[0].findings[1].severity, forms::rules::Severity::notice);
  ASSERT_EQ(added.page_text.size(), 1u);
  EXPECT_EQ(added.page_text[0].first, 2);

  // Handwriting: nothing but the note, which is flagged already.
  const auto nothing =
      intake::interpret_text(document, {report}, look({first}), catalogue(), known());
  ASSERT_EQ(nothing.reports.size(), 1u);
  EXPECT_TRUE(nothing.reports[0].findings.empty());
  report.flags.clear();
  const auto unread =
      intake::interpret_text(document, {report}, look({first}), catalogue(), known());
  ASSERT_EQ(unread.reports[0].findings.size(), 1u);
  EXPECT_EQ(unread.reports[0].findings[0].kind, forms::rules::FlagKind::unread_note);

  // What a person wrote stands, and a reader that failed adds nothing.
  report.form.answers["comment"].state = forms::AnswerState::corrected;
  EXPECT_TRUE(intake::interpret_text(document, {report}, look({second}), catalogue(), known())
                  .reports.empty());
  reader::Look crashed = look({second});
  crashed.ending = reader::Ending::crashed;
  report.form.answers["comment"].state = forms::AnswerState::doubtful;
  EXPECT_TRUE(
      intake::interpret_text(document, {report}, crashed, catalogue(), known()).reports.empty());
}

/// A report of Hana's with one attachment, filed, and a page before it if `first` has words.
struct Attached {
  explicit Attached(const std::string& words, const std::string& first = "") {
    report.id = "R-000001";
    report.pathway = "P-1";
    report.form = filed({announcing(hanas(), "_1"), plain_page()}).reports[0].form;
    std::vector<ocr::PageReading> pages;
    document.id = "D-000001";
    document.reports = {report.id};
    if (!first.empty()) {
      document.pages.push_back({1, Fate::unidentified, {}, "", {}, "", ""});
      pages.push_back(worded(first));
    }
    const int at = static_cast<int>(pages.size()) + 1;
    document.pages.push_back({at, Fate::form, {}, "", {}, report.id, ""});
    document.pages.push_back({at + 1, Fate::attachment, {}, "", {}, report.id, ""});
    report.pages = {{1, at}};
    pages.push_back(hanas());
    pages.push_back(worded(words));
    seen = look(std::move(pages));
  }

  [[nodiscard]] records::SecondLook second() const {
    return intake::interpret_text(document, {report}, seen, catalogue(), known());
  }

  records::Document document;
  records::Report report;
  reader::Look seen;
};

TEST(InterpretText, AnAttachmentThatNamesAnotherPatientLeavesTheReport) {
  const auto own = Attached("検査結果 見本花子 様 CEA 3.2").second();
  EXPECT_TRUE(own.fates.empty());
  EXPECT_TRUE(own.reasons.empty());
  EXPECT_TRUE(own.proposals.empty()) << "its patient is known";

  const auto others = Attached("検査結果 見本太郎 様 生年月日 昭和16年12月8日 再発").second();
  ASSERT_EQ(others.fates.size(), 1u);
  EXPECT_EQ(others.fates[0], std::pair(2, Fate::unidentified));
  EXPECT_EQ(others.reasons, std::vector<std::string>{"pages-mixed"});
  ASSERT_EQ(others.proposals.size(), 1u);
  EXPECT_EQ(others.proposals[0].patient, "002");
  // The news is somebody's, only not Hana's; and what words did not tell a person must look for.
  for (const auto& each : others.reports) EXPECT_TRUE(each.findings.empty());
  ASSERT_EQ(others.findings.size(), 2u);
  EXPECT_EQ(others.findings[0].kind, forms::rules::FlagKind::possible_deviation);
  EXPECT_EQ(others.findings[0].reason, "page-not-identified");
  EXPECT_EQ(others.findings[1].kind, forms::rules::FlagKind::mention);
}

TEST(InterpretText, AnAttachmentThatSaysWhoseItIsMustSaySoReadably) {
  for (const auto* words : {"患者番号 1021386) CEA 3.2", "氏名 山崎 弘 様", "生年月日 昭和Ss年"}) {
    const auto somebodys = Attached(words).second();
    ASSERT_EQ(somebodys.fates.size(), 1u) << words;
    EXPECT_EQ(somebodys.fates[0], std::pair(2, Fate::unidentified)) << words;
    EXPECT_EQ(somebodys.reasons, std::vector<std::string>{"identity-unreadable"}) << words;
    ASSERT_EQ(somebodys.findings.size(), 1u) << words;
    EXPECT_EQ(somebodys.findings[0].reason, "page-not-identified") << words;
  }
  EXPECT_TRUE(Attached("検査結果 CEA 3.2").second().fates.empty()) << "it goes by its number";
}

/// The second look at an attachment of which OCR is so sure.
records::SecondLook second_look_at(double confidence, const std::string& words) {
  Attached attached("");
  auto& page = attached.seen.reading.pages.back();
  page.words.clear();
  if (!words.empty()) page.words = {{words, confidence, {}}};
  return attached.second();
}

TEST(InterpretText, AnAttachmentThatWasHardlyReadMayTellOfADeath) {
  using forms::rules::FlagKind;
  const auto findings = [](double confidence, const std::string& words) {
    const auto second = second_look_at(confidence, words);
    EXPECT_TRUE(second.fates.empty()) << words;
    return second.reports.empty() ? std::vector<forms::rules::Finding>{}
                                  : second.reports[0].findings;
  };
  EXPECT_TRUE(findings(0.9, "検査結果 CEA 3.2").empty());
  for (const auto& unread :
       {findings(0.5, "朋導CTにて誕転欄を"), findings(0.3, "見本花子 様 誕転欄")}) {
    ASSERT_EQ(unread.size(), 1u);
    EXPECT_EQ(unread[0].kind, FlagKind::possible_deviation);
    EXPECT_EQ(unread[0].severity, forms::rules::Severity::routine);
    EXPECT_EQ(unread[0].reason, "attachment-not-read");
    EXPECT_EQ(unread[0].evidence, std::vector<std::string>{"attachment"});
  }
  const auto news = findings(0.5, "再発と診断");
  ASSERT_EQ(news.size(), 1u) << "its words told already";
  EXPECT_EQ(news[0].kind, FlagKind::mention);
}

TEST(InterpretText, AnAttachmentPastReadingMayBeAnybodys) {
  Attached crashed("検査結果");
  crashed.seen.ending = reader::Ending::crashed;
  for (const auto& unread :
       {second_look_at(0, ""), second_look_at(0.3, "愚G2"), crashed.second()}) {
    ASSERT_EQ(unread.fates.size(), 1u);
    EXPECT_EQ(unread.fates[0], std::pair(2, Fate::unidentified));
    EXPECT_EQ(unread.reasons, std::vector<std::string>{"identity-unreadable"});
    ASSERT_EQ(unread.findings.size(), 1u);
    EXPECT_EQ(unread.findings[0].reason, "page-not-identified");
  }
}

TEST(InterpretText, ACoverIsFoundLate) {
  const auto cover = Attached("見本花子", "ＦＡＸ送付状 送信枚数 2枚").second();
  ASSERT_EQ(cover.fates.size(), 1u);
  EXPECT_EQ(cover.fates[0], std::pair(1, Fate::cover));
  EXPECT_TRUE(cover.reasons.empty());
  const auto letter = Attached("見本花子", "見本太郎 様 肝転移を認めました").second();
  EXPECT_TRUE(letter.fates.empty());
  EXPECT_EQ(letter.findings.size(), 1u);
  EXPECT_EQ(letter.proposals.size(), 1u);
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
