#include "daemon/records/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "books.hpp"

namespace {

using namespace std::chrono_literals;
using forms::AnswerState;
using forms::rules::FlagKind;
using forms::rules::Severity;
using records::DocumentState;
using records::FlagState;
using records::Records;
using records::Refused;
using records::ReportState;
using records::Time;
using std::chrono::year;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using tests::Books;
using tests::now;

TEST(MasterData, CountsWhatAnImportDid) {
  Books books;
  auto changed = *books.records.patient("00123456");
  changed.kana = "カンジャ タロオ";
  const std::vector<records::Patient> rows = {changed,
                                              *books.records.patient("00123457"),
                                              {"9", "新 患者", "", year(1990) / 1 / 1, "unknown"}};
  const auto count = books.records.import_patients(rows, "clerk", now);
  EXPECT_EQ(count.added, 1);
  EXPECT_EQ(count.changed, 1);
  EXPECT_EQ(count.unchanged, 1);
  EXPECT_EQ(books.records.patient("00123456"), changed);
  EXPECT_EQ(books.records.import_patients(rows, "clerk", now).unchanged, 3);
  books.expect_in_order();
}

TEST(MasterData, KeepsEveryNameAsGiven) {
  Books books;
  const std::vector<std::string> names = {"齋藤 斉",
                                          "髙橋 﨑",
                                          "𠮷野家",
                                          "葛󠄀城",
                                          "ﾊﾝｶｸ ｶﾅ",
                                          "O'Brien; DROP TABLE patients;--",
                                          "\"quoted\" :name %s {}",
                                          " spaces ",
                                          "Ünḯcödé",
                                          "改\n行",
                                          "👩‍⚕️"};
  for (const auto& name : names) {
    const records::Patient patient = {"U-1", name, name, year(1948) / 4 / 5, "other"};
    books.records.import_patients({patient}, name, now);
    EXPECT_EQ(books.records.patient("U-1"), patient) << name;
  }
  books.expect_in_order();
}

TEST(MasterData, IsAllOrNothing) {
  Books books;
  const auto before = books.records.audit_head();
  const auto said = tests::refusal<Refused>([&] {
    books.records.import_patients({{"1", "a", "b", year(1948) / 4 / 5, "male"},
                                   {"2", "a", "b", year(1948) / 4 / 5, "no such sex"}},
                                  "clerk", now);
  });
  EXPECT_THAT(said, HasSubstr("cannot import the patients"));
  EXPECT_THAT(said, HasSubstr("contradict"));
  EXPECT_FALSE(books.records.patient("1"));
  EXPECT_EQ(books.records.audit_head(), before);
  books.expect_in_order();
}

TEST(MasterData, FindsReferencesThatPointToNothing) {
  Books books;
  auto good = *books.records.pathway("P-0001");
  auto no_patient = good;
  no_patient.pathway_id = "P-0003";
  no_patient.patient_id = "none";
  auto no_clinic = good;
  no_clinic.pathway_id = "P-0004";
  no_clinic.clinic_id = "0000000000";
  auto another_patient = good;
  another_patient.patient_id = "00123457";
  const auto bad = books.records.check_pathways({good, no_patient, no_clinic, another_patient});
  ASSERT_EQ(bad.size(), 3U);
  EXPECT_EQ(bad[0].row, 1U);
  EXPECT_EQ(bad[0].column, "patient_id");
  EXPECT_EQ(bad[1].row, 2U);
  EXPECT_EQ(bad[1].column, "clinic_id");
  EXPECT_EQ(bad[2].row, 3U);
  EXPECT_THAT(bad[2].expected, HasSubstr("00123456, whose pathway P-0001 is"));
}

TEST(MasterData, APathwayNeverGetsAnotherPatient) {
  Books books;
  auto pathway = *books.records.pathway("P-0001");
  pathway.patient_id = "00123457";
  EXPECT_THAT(
      tests::refusal<Refused>([&] { books.records.import_pathways({pathway}, "clerk", now); }),
      HasSubstr("a pathway keeps its patient"));
  EXPECT_EQ(books.records.pathway("P-0001")->patient_id, "00123456");
  pathway.patient_id = "00123456";
  pathway.thresholds = {{"cea", "7.5"}};
  EXPECT_EQ(books.records.import_pathways({pathway}, "clerk", now).changed, 1);
  EXPECT_THAT(books.records.pathway("P-0001")->thresholds, ElementsAre(Pair("cea", "7.5")));
  EXPECT_THAT(books.records.pathways_of("00123456"), ElementsAre(pathway));
}

TEST(PrintedForms, ASerialIsUsedOnce) {
  Books books;
  const auto found = books.records.printed(books.serial);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->pathway_id, "P-0001");
  EXPECT_EQ(found->visit, std::optional<records::Date>(year(2026) / 7 / 1));
  EXPECT_EQ(found->printed_at, now);
  EXPECT_FALSE(found->void_at);
  EXPECT_FALSE(books.records.printed({4711}));
  EXPECT_THAT(tests::refusal<Refused>(
                  [&] { books.records.issue(Books::printed(books.serial, "P-0002"), "clerk"); }),
              HasSubstr("has been used before"));
  EXPECT_THAT(tests::refusal<Refused>(
                  [&] { books.records.issue(Books::printed({5}, "no such pathway"), "clerk"); }),
              HasSubstr("contradict"));
  books.expect_in_order();
}

TEST(PrintedForms, VoidingTwiceKeepsTheFirst) {
  Books books;
  books.records.void_serial(books.serial, "reprinted", "clerk", now);
  books.records.void_serial(books.serial, "again", "another", now + 1h);
  const auto form = books.records.printed(books.serial);
  EXPECT_EQ(form->void_at, std::optional(now));
  EXPECT_EQ(form->void_reason, "reprinted");
  EXPECT_THAT(
      tests::refusal<Refused>([&] { books.records.void_serial({4711}, "x", "clerk", now); }),
      HasSubstr("no form"));
  books.expect_in_order();
}

TEST(PrintedForms, GeometryNeverChangesWithinAVersion) {
  Books books;
  EXPECT_TRUE(books.records.same_geometry("colorectal-report", 1, "abc"));
  EXPECT_TRUE(books.records.same_geometry("colorectal-report", 1, "abc"));
  EXPECT_FALSE(books.records.same_geometry("colorectal-report", 1, "abd"));
  EXPECT_TRUE(books.records.same_geometry("colorectal-report", 2, "abd"));
  EXPECT_TRUE(books.records.same_geometry("stomach-report", 1, "xyz"));
  EXPECT_TRUE(books.records.same_geometry("colorectal-report", 1, "abc"));
  books.expect_in_order();
}

TEST(Arrivals, TheSameBytesAreOneDocument) {
  Books books;
  const auto first = books.records.receive("fax", "a.tif", std::string(64, 'a'), 10, now);
  const auto second = books.records.receive("scan", "b.tif", std::string(64, 'a'), 10, now + 1h);
  const auto third = books.records.receive("fax", "a.tif", std::string(64, 'b'), 10, now + 2h);
  EXPECT_FALSE(first.again);
  EXPECT_TRUE(second.again);
  EXPECT_EQ(second.document, first.document);
  EXPECT_NE(third.document, first.document);
  const auto document = books.records.document(first.document);
  EXPECT_EQ(document->arrivals, 2);
  EXPECT_EQ(document->source, "fax");
  EXPECT_EQ(document->name, "a.tif");
  EXPECT_EQ(document->received_at, now);
  EXPECT_THAT(books.records.in_hand(), ElementsAre("D-000001", "D-000002"));
  EXPECT_THAT(books.records.archived(),
              UnorderedElementsAre(std::string(64, 'a'), std::string(64, 'b')));
  books.expect_in_order();
}

TEST(Filing, KeepsAllThatWasRead) {
  Books books;
  const auto id = books.receive('a');
  auto draft = books.draft(
      {Books::answer("cea", {"3.20"}), Books::answer("comment", {}, AnswerState::doubtful)});
  draft.state = ReportState::to_check;
  draft.form.answers["comment"].doubt = "unread";
  draft.form.answers["sites"] = Books::answer("sites", {"liver", "lung"});
  draft.form.answers["sites"].several = true;
  draft.form.notes = {{1, {10, 200, 30, 5}}};
  draft.findings = {Books::finding(FlagKind::recurrence, Severity::urgent)};
  auto filing = Books::filing(id, draft);
  filing.pages.emplace_back();
  filing.pages[1].number = 2;
  filing.pages[1].fate = records::Fate::attachment;
  filing.page_report.push_back(0);
  filing.detail = "two pages";
  books.records.file(filing, now + 1min);

  const auto document = books.records.document(id);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->state, DocumentState::filed);
  EXPECT_EQ(document->detail, "two pages");
  ASSERT_EQ(document->pages.size(), 2U);
  EXPECT_EQ(document->pages[0].fate, records::Fate::form);
  EXPECT_EQ(document->pages[0].tag, filing.pages[0].tag);
  EXPECT_EQ(document->pages[0].tag_form, "colorectal-report");
  EXPECT_EQ(document->pages[0].quality.dpi_y, 98);
  EXPECT_EQ(document->pages[0].quality.alignment_error_mm, 0.2);
  EXPECT_EQ(document->pages[1].fate, records::Fate::attachment);
  EXPECT_EQ(document->pages[1].report, "R-000001");
  EXPECT_FALSE(document->pages[1].tag);
  EXPECT_THAT(document->reports, ElementsAre("R-000001"));
  EXPECT_EQ(books.records.first_reading(id), filing.reading);
  EXPECT_THAT(books.records.in_hand(), IsEmpty());

  const auto report = books.records.report("R-000001");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->document, id);
  EXPECT_EQ(report->serial, books.serial);
  EXPECT_TRUE(report->serial_known);
  EXPECT_EQ(report->pathway, "P-0001");
  EXPECT_EQ(report->patient, "00123456");
  EXPECT_EQ(report->state, ReportState::to_check);
  EXPECT_EQ(report->version, 1);
  EXPECT_EQ(report->supersedes, "");
  EXPECT_THAT(report->pages, ElementsAre(Pair(1, 1)));
  EXPECT_EQ(report->form.fact("cea"), "3.20");
  EXPECT_EQ(report->form.fact("comment"), std::nullopt);
  EXPECT_EQ(report->form.find("comment")->doubt, "unread");
  EXPECT_THAT(report->form.find("sites")->values, ElementsAre("liver", "lung"));
  EXPECT_TRUE(report->form.find("sites")->several);
  EXPECT_EQ(report->form.find("cea")->box, (ocr::Box{20, 62.5, 4, 4}));
  EXPECT_EQ(report->form.find("cea")->confidence, 0.998);
  ASSERT_EQ(report->form.notes.size(), 1U);
  EXPECT_EQ(report->form.notes[0].second, (ocr::Box{10, 200, 30, 5}));
  ASSERT_EQ(report->flags.size(), 1U);
  EXPECT_EQ(report->flags[0].kind, FlagKind::recurrence);
  EXPECT_EQ(report->flags[0].patient, "00123456");
  EXPECT_EQ(report->flags[0].raised_at, now + 1min);
  EXPECT_EQ(report->received_at, now);
  const auto messages = books.records.outbox(10);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].flag, report->flags[0].id);
  books.expect_in_order();
}

TEST(Filing, AHeldReportRaisesItsFlagsButIsNobodys) {
  Books books;
  auto draft = books.draft({});
  draft.pathway.clear();
  draft.candidate_pathway = "P-0001";
  draft.state = ReportState::held;
  draft.reasons = {"identity-unreadable"};
  draft.findings = {Books::finding(FlagKind::death, Severity::urgent)};
  books.records.file(Books::filing(books.receive('a'), draft), now);
  const auto report = books.records.report("R-000001");
  EXPECT_EQ(report->pathway, "");
  EXPECT_EQ(report->patient, "");
  EXPECT_EQ(report->candidate_pathway, "P-0001");
  const auto flag = books.records.flag("F-000001");
  EXPECT_EQ(flag->patient, "");
  EXPECT_EQ(flag->pathway, "");
  EXPECT_EQ(flag->document, "D-000001");
  EXPECT_THAT(books.records.reports({"P-0001", {}, 0, false}), IsEmpty());
  EXPECT_EQ(books.records.outbox(10).size(), 1U);
  books.expect_in_order();
}

TEST(Filing, NothingIsFiledTwice) {
  Books books;
  const auto id = books.receive('a');
  const auto filing = Books::filing(id, books.draft({}));
  books.records.file(filing, now);
  EXPECT_THAT(tests::refusal<Refused>([&] { books.records.file(filing, now); }),
              HasSubstr("it is filed already"));
  EXPECT_THAT(tests::refusal<Refused>([&] { books.records.file(Books::held(id, 1), now); }),
              HasSubstr("it is filed already"));
  EXPECT_THAT(tests::refusal<Refused>([&] { books.records.file(Books::held("D-000099", 1), now); }),
              HasSubstr("there is no such document"));
  EXPECT_THAT(tests::refusal<Refused>([&] { books.records.file(Books::held("nonsense", 1), now); }),
              HasSubstr("no document"));
  EXPECT_EQ(books.records.reports({}).size(), 1U);
  books.expect_in_order();
}

struct BadFiling {
  const char* why;
  std::function<void(records::Filing&)> spoil;
};
class BadFilings : public testing::TestWithParam<BadFiling> {};

TEST_P(BadFilings, LeaveNothingBehind) {
  Books books;
  const auto id = books.receive('a');
  auto draft = books.draft({Books::answer("cea", {"3.2"})});
  draft.findings = {Books::finding(FlagKind::recurrence, Severity::urgent)};
  auto filing = Books::filing(id, draft);
  GetParam().spoil(filing);
  const auto head = books.records.audit_head();
  EXPECT_NE(tests::refusal<Refused>([&] { books.records.file(filing, now); }), "")
      << GetParam().why;
  EXPECT_EQ(books.records.audit_head(), head);
  EXPECT_THAT(books.records.in_hand(), ElementsAre(id));
  EXPECT_THAT(books.records.reports({}), IsEmpty());
  EXPECT_THAT(books.records.flags({}), IsEmpty());
  EXPECT_THAT(books.records.outbox(10), IsEmpty());
  EXPECT_THAT(books.records.document(id)->pages, IsEmpty());
  books.expect_in_order();
  // And the document can still be filed as it should be.
  books.records.file(Books::filing(id, draft), now);
  EXPECT_EQ(books.records.report("R-000001")->document, id);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadFilings,
    testing::Values(
        BadFiling{"a confidence that is none",
                  [](auto& f) { f.reports[0].form.answers["cea"].confidence = 2; }},
        BadFiling{"not a number",
                  [](auto& f) { f.reports[0].form.answers["cea"].confidence = std::nan(""); }},
        BadFiling{"a pathway that is not there", [](auto& f) { f.reports[0].pathway = "P-9999"; }},
        BadFiling{"a candidate that is not there",
                  [](auto& f) { f.reports[0].candidate_pathway = "P-9999"; }},
        BadFiling{"in nobody's record, yet not held",
                  [](auto& f) { f.reports[0].pathway.clear(); }},
        BadFiling{"held, yet in a record", [](auto& f) { f.reports[0].state = ReportState::held; }},
        BadFiling{"still in hand", [](auto& f) { f.state = DocumentState::received; }},
        BadFiling{"held without a reason", [](auto& f) { f.state = DocumentState::held; }},
        BadFiling{"no page",
                  [](auto& f) {
                    f.pages.clear();
                    f.page_report.clear();
                  }},
        BadFiling{"a page number left out", [](auto& f) { f.pages[0].number = 2; }},
        BadFiling{"a page of a report that is not there", [](auto& f) { f.page_report[0] = 1; }},
        BadFiling{"a page index below -1", [](auto& f) { f.page_report[0] = -2; }},
        BadFiling{"a report on a page of no report", [](auto& f) { f.page_report[0] = -1; }},
        BadFiling{"a report on a page beyond the last",
                  [](auto& f) {
                    f.reports[0].pages = {{1, 2}};
                  }},
        BadFiling{"fewer answers about pages than pages", [](auto& f) { f.page_report.clear(); }}));

/// A paper that comes twice: what was in it first, what then, and what is flagged.
struct Twice {
  const char* why;
  forms::Answer first, second;
  std::vector<std::string> compared;
  std::vector<std::string> evidence;  ///< empty: no flag
};
class PaperThatComesTwice : public testing::TestWithParam<Twice> {};

TEST_P(PaperThatComesTwice, IsANewVersion) {
  const auto& given = GetParam();
  Books books;
  books.records.file(Books::filing(books.receive('a'), books.draft({given.first})), now);
  auto again = books.draft({given.second});
  again.compared = given.compared;
  again.if_different = Severity::urgent;
  books.records.file(Books::filing(books.receive('b'), again), now + 1h);

  const auto first = books.records.report("R-000001");
  const auto second = books.records.report("R-000002");
  EXPECT_EQ(first->version, 1);
  EXPECT_EQ(first->supersedes, "");
  EXPECT_EQ(second->version, 2);
  EXPECT_EQ(second->supersedes, "R-000001");
  EXPECT_EQ(first->form.answers.at(given.first.field).values, given.first.values);
  const auto flags = books.records.flags({});
  if (given.evidence.empty()) {
    EXPECT_THAT(flags, IsEmpty()) << given.why;
  } else {
    ASSERT_EQ(flags.size(), 1U) << given.why;
    EXPECT_EQ(flags[0].kind, FlagKind::duplicate_differs);
    EXPECT_EQ(flags[0].severity, Severity::urgent);
    EXPECT_EQ(flags[0].evidence, given.evidence);
    EXPECT_EQ(flags[0].report, "R-000002");
    EXPECT_EQ(books.records.outbox(10).size(), 1U);
  }
  books.expect_in_order();
}

const std::vector<std::string> usual = {"cea", "recurrence", "recurrence_site"};
INSTANTIATE_TEST_SUITE_P(
    Table, PaperThatComesTwice,
    testing::Values(
        Twice{"the same", Books::answer("cea", {"3.2"}), Books::answer("cea", {"3.2"}), usual, {}},
        Twice{"another number",
              Books::answer("cea", {"3.2"}),
              Books::answer("cea", {"8.2"}),
              usual,
              {"cea"}},
        Twice{"other digits of the same number",
              Books::answer("cea", {"3.2"}),
              Books::answer("cea", {"3.20"}),
              usual,
              {"cea"}},
        Twice{"another birth date",
              Books::answer("birth_date", {"1948-04-05"}),
              Books::answer("birth_date", {"1948-04-06"}),
              usual,
              {"birth_date"}},
        Twice{"a mark that came later",
              Books::answer("recurrence", {}, AnswerState::blank),
              Books::answer("recurrence", {"confirmed"}),
              usual,
              {"recurrence"}},
        Twice{"a mark that went",
              Books::answer("recurrence", {"confirmed"}),
              Books::answer("kind", {"periodic"}),
              usual,
              {"recurrence"}},
        Twice{"the same marks in another order",
              Books::answer("recurrence_site", {"liver", "lung"}),
              Books::answer("recurrence_site", {"lung", "liver"}),
              usual,
              {}},
        Twice{"one mark more",
              Books::answer("recurrence_site", {"liver"}),
              Books::answer("recurrence_site", {"lung", "liver"}),
              usual,
              {"recurrence_site"}},
        Twice{"a doubtful value that differs",
              Books::answer("cea", {"3.2"}, AnswerState::doubtful),
              Books::answer("cea", {"8.2"}),
              usual,
              {"cea"}},
        Twice{"a doubtful value that is the same",
              Books::answer("cea", {"3.2"}, AnswerState::doubtful),
              Books::answer("cea", {"3.2"}),
              usual,
              {}},
        Twice{"nothing could be made out",
              Books::answer("cea", {}, AnswerState::doubtful),
              Books::answer("cea", {"8.2"}),
              usual,
              {}},
        Twice{"a field nobody asked about",
              Books::answer("weight_kg", {"60.0"}),
              Books::answer("weight_kg", {"61.0"}),
              usual,
              {}},
        Twice{"every field, if none is named",
              Books::answer("weight_kg", {"60.0"}),
              Books::answer("weight_kg", {"61.0"}),
              {},
              {"weight_kg"}}));

TEST(Versions, AreComparedBackToTheOneThatIsInARecord) {
  Books books;
  books.records.file(
      Books::filing(books.receive('a'), books.draft({Books::answer("cea", {"3.2"})})), now);
  auto held = books.draft({Books::answer("cea", {"8.2"})});
  held.pathway.clear();
  held.state = ReportState::held;
  books.records.file(Books::filing(books.receive('b'), held), now);
  books.records.file(
      Books::filing(books.receive('c'), books.draft({Books::answer("cea", {"8.2"})})), now);
  EXPECT_EQ(books.records.report("R-000003")->supersedes, "R-000002");
  EXPECT_EQ(books.records.report("R-000003")->version, 3);
  EXPECT_EQ(books.records.flags({}).size(), 2U)
      << "the second differs from the first, the third too";
}

TEST(Versions, TheSamePaperTwiceInOneDocument) {
  Books books;
  auto filing = Books::filing(books.receive('a'), books.draft({Books::answer("cea", {"3.2"})}));
  filing.pages.push_back(filing.pages[0]);
  filing.pages[1].number = 2;
  filing.page_report = {0, 1};
  filing.reports.push_back(books.draft({Books::answer("cea", {"3.3"})}));
  filing.reports[1].pages = {{1, 2}};
  books.records.file(filing, now);
  EXPECT_EQ(books.records.report("R-000002")->version, 2);
  EXPECT_EQ(books.records.flags({}).size(), 1U);
  books.expect_in_order();
}

TEST(Markers, AreTheFactsOfTheRecordInTheOrderOfVisits) {
  Books books;
  const auto file = [&](char letter, forms::Serial serial, const std::string& visit,
                        forms::Answer cea, ReportState state = ReportState::filed) {
    auto draft = books.draft({std::move(cea)});
    if (!visit.empty()) draft.form.answers["visit_date"] = Books::answer("visit_date", {visit});
    draft.serial = serial;
    draft.state = state;
    if (state == ReportState::held) draft.pathway.clear();
    books.records.file(Books::filing(books.receive(letter), draft), now);
  };
  file('a', {11}, "2026-10-01", Books::answer("cea", {"4.0"}));
  file('b', {12}, "2026-07-01", Books::answer("cea", {"3.0"}));
  file('c', {13}, "2026-11-01", Books::answer("cea", {"9.0"}, AnswerState::doubtful),
       ReportState::to_check);
  file('d', {14}, "2026-11-02", Books::answer("cea", {"7.0"}), ReportState::held);
  file('e', {15}, "", Books::answer("cea", {"5.5"}));
  file('f', {11}, "2026-10-01", Books::answer("cea", {"4.5"}));  // the first again
  file('g', {12}, "2026-07-01", Books::answer("cea", {"8.0"}),
       ReportState::held);  // not sure whose
  const auto markers = books.records.markers_of("P-0001");
  ASSERT_TRUE(markers.contains("cea"));
  std::vector<double> values;
  for (const auto& each : markers.at("cea")) values.push_back(each.value);
  EXPECT_THAT(values, ElementsAre(3.0, 4.5, 5.5));
  EXPECT_EQ(markers.at("cea")[2].on, year(2026) / 11 / 22)
      << "the day it came, where no visit was read";
  EXPECT_FALSE(markers.contains("visit_date"));
  EXPECT_THAT(books.records.markers_of("P-0002"), IsEmpty());
}

TEST(SecondLook, AddsWordsAndFlagsOnce) {
  Books books;
  const auto id = books.receive('a');
  auto draft = books.draft({Books::answer("comment", {}, AnswerState::doubtful)});
  draft.state = ReportState::to_check;
  books.records.file(Books::filing(id, draft), now);
  EXPECT_THAT(books.records.awaiting_second_look(), ElementsAre(id));

  records::SecondLook look;
  look.document = id;
  look.page_text = {{1, "CT にて再発なし"}};
  look.reports = {{"R-000001",
                   {Books::answer("comment", {"再発の疑い"})},
                   {Books::finding(FlagKind::mention, Severity::urgent)}}};
  books.records.add_second_look(look, now + 1min);
  EXPECT_THAT(books.records.awaiting_second_look(), IsEmpty());
  EXPECT_EQ(books.records.document(id)->pages[0].text, "CT にて再発なし");
  EXPECT_TRUE(books.records.document(id)->pictures);
  const auto report = books.records.report("R-000001");
  EXPECT_EQ(report->form.fact("comment"), "再発の疑い");
  EXPECT_EQ(report->state, ReportState::filed) << "no doubt is left";
  EXPECT_EQ(report->flags.size(), 1U);
  EXPECT_THAT(tests::refusal<Refused>([&] { books.records.add_second_look(look, now); }),
              HasSubstr("has had one"));
  EXPECT_EQ(books.records.flags({}).size(), 1U);
  books.expect_in_order();
}

TEST(SecondLook, OfWhatIsNotThereChangesNothing) {
  Books books;
  const auto id = books.receive('a');
  records::SecondLook look;
  look.document = id;
  EXPECT_NE(tests::refusal<Refused>([&] { books.records.add_second_look(look, now); }), "")
      << "still in hand";
  books.records.file(Books::held(id, 2), now);
  look.page_text = {{1, "a"}, {3, "b"}};
  EXPECT_THAT(tests::refusal<Refused>([&] { books.records.add_second_look(look, now); }),
              HasSubstr("no page 3"));
  look.page_text = {{2, "b"}};
  look.reports = {{"R-000009", {}, {}}};
  EXPECT_THAT(tests::refusal<Refused>([&] { books.records.add_second_look(look, now); }),
              HasSubstr("no report"));
  EXPECT_THAT(books.records.awaiting_second_look(), ElementsAre(id));
  look.reports.clear();
  look.pictures = false;
  books.records.add_second_look(look, now);
  EXPECT_FALSE(books.records.document(id)->pictures);
  books.expect_in_order();
}

TEST(Corrections, KeepWhatTheMachineRead) {
  Books books;
  const auto id = books.receive('a');
  auto draft = books.draft({Books::answer("cea", {"8.2"}, AnswerState::doubtful)});
  draft.state = ReportState::to_check;
  books.records.file(Books::filing(id, draft), now);
  EXPECT_TRUE(books.records.correct({"R-000001", "cea", {"3.2"}, "佐藤", ""}, {}, now + 1h));
  EXPECT_TRUE(books.records.correct({"R-000001", "cea", {"3.20"}, "鈴木", ""}, {}, now + 2h));
  EXPECT_FALSE(books.records.correct({"R-000001", "no such field", {"3.2"}, "佐藤", ""}, {}, now));
  EXPECT_FALSE(books.records.correct({"R-000009", "cea", {"3.2"}, "佐藤", ""}, {}, now));
  const auto report = books.records.report("R-000001");
  EXPECT_EQ(report->form.fact("cea"), "3.20");
  EXPECT_EQ(report->form.find("cea")->state, AnswerState::corrected);
  EXPECT_EQ(report->state, ReportState::filed);
  const auto trace = books.records.trace("report", "R-000001");
  ASSERT_EQ(trace.size(), 3U);
  EXPECT_EQ(trace[1].who, "佐藤");
  EXPECT_EQ(trace[1].what, "correct");
  EXPECT_THAT(trace[1].was, HasSubstr("8.2"));
  EXPECT_THAT(trace[2].was, HasSubstr("3.2"));
  EXPECT_THAT(trace[2].became, HasSubstr("3.20"));
  // What a person wrote stays, whatever the machine sees later.
  records::SecondLook look;
  look.document = id;
  look.reports = {{"R-000001", {Books::answer("cea", {"9.9"})}, {}}};
  books.records.add_second_look(look, now + 3h);
  EXPECT_EQ(books.records.report("R-000001")->form.fact("cea"), "3.20");
  books.expect_in_order();
}

TEST(Flags, AreAcknowledgedOnce) {
  Books books;
  auto draft = books.draft({});
  draft.findings = {Books::finding(FlagKind::unread_note, Severity::notice),
                    Books::finding(FlagKind::five_year_survival, Severity::routine),
                    Books::finding(FlagKind::recurrence, Severity::urgent)};
  books.records.file(Books::filing(books.receive('a'), draft), now);
  const auto ids = [](const std::vector<records::Flag>& flags) {
    std::vector<std::string> found;
    for (const auto& flag : flags) found.push_back(flag.id);
    return found;
  };
  EXPECT_THAT(ids(books.records.flags({})), ElementsAre("F-000001", "F-000002", "F-000003"));
  EXPECT_THAT(ids(books.records.flags({{}, {}, true})),
              ElementsAre("F-000003", "F-000002", "F-000001"));
  EXPECT_THAT(ids(books.records.flags({{}, Severity::routine, false})), ElementsAre("F-000002"));

  EXPECT_TRUE(books.records.acknowledge("F-000003", "sato", "電話で確認", now + 1h));
  EXPECT_TRUE(books.records.acknowledge("F-000003", "suzuki", "again", now + 2h));
  EXPECT_FALSE(books.records.acknowledge("F-000009", "sato", "", now));
  EXPECT_FALSE(books.records.acknowledge("3", "sato", "", now));
  EXPECT_FALSE(books.records.acknowledge("D-000003", "sato", "", now));
  const auto flag = books.records.flag("F-000003");
  EXPECT_EQ(flag->state, FlagState::acknowledged);
  EXPECT_EQ(flag->acknowledged_by, "sato");
  EXPECT_EQ(flag->note, "電話で確認");
  EXPECT_EQ(flag->acknowledged_at, std::optional(now + 1h));
  EXPECT_THAT(ids(books.records.flags({FlagState::open, {}, false})),
              ElementsAre("F-000001", "F-000002"));
  EXPECT_THAT(ids(books.records.flags({FlagState::acknowledged, {}, false})),
              ElementsAre("F-000003"));
  EXPECT_NE(tests::refusal<Refused>([&] { books.records.acknowledge("F-000001", "", "", now); }),
            "")
      << "nobody";
  books.expect_in_order();
}

/// Two flags on one report: F-000001 routine, F-000002 urgent.
void raise_two(Books& books) {
  auto draft = books.draft({});
  draft.findings = {Books::finding(FlagKind::other_exit, Severity::routine),
                    Books::finding(FlagKind::death, Severity::urgent)};
  books.records.file(Books::filing(books.receive('a'), draft), now);
}

TEST(Outbox, GivesEachMessageUntilEveryChannelHasCarriedIt) {
  Books books;
  raise_two(books);
  const auto ids = [&](const std::string& channel, Time at) {
    std::vector<std::int64_t> found;
    for (const auto& row : books.records.outbox_for(channel, at, 10)) found.push_back(row.id);
    return found;
  };
  EXPECT_EQ(books.records.outbox(1).size(), 1U);
  EXPECT_THAT(ids("mail", now), ElementsAre(2, 1)) << "the urgent one first";
  books.records.not_sent(2, "mail", "connection refused", now + 1s, now + 61s);
  EXPECT_THAT(ids("mail", now + 2s), ElementsAre(1));
  EXPECT_THAT(ids("hook", now + 2s), ElementsAre(2, 1)) << "another channel's trouble";
  EXPECT_THAT(ids("mail", now + 61s), ElementsAre(1, 2)) << "the least tried first";
  EXPECT_THAT(ids("mail", now - 1h), ElementsAre(1, 2)) << "the clock was put back";
  EXPECT_EQ(books.records.outbox_for("mail", now + 61s, 10)[1].attempts, 1);
  books.records.sent(2, "mail", now + 62s);
  books.records.sent(2, "mail", now + 63s);
  books.records.not_sent(2, "mail", "late", now + 64s, now + 65s);
  books.records.sent(77, "mail", now);
  EXPECT_THAT(ids("mail", now + 1h), ElementsAre(1));
  EXPECT_EQ(books.records.settle_outbox({"mail", "hook"}, now + 1h), 0);
  books.records.sent(2, "hook", now + 1h);
  EXPECT_EQ(books.records.settle_outbox({"mail", "hook"}, now + 1h), 1);
  const auto rows = books.records.outbox(10);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].flag, "F-000001");
  EXPECT_EQ(rows[0].kind, "flag-raised");
  EXPECT_EQ(rows[0].created_at, now);
  EXPECT_EQ(books.records.settle_outbox({"hook"}, now + 1h), 0);
  books.expect_in_order();
}

TEST(Outbox, DoesNotGrowWhereNobodyIsToldOrNobodyNeedsToBe) {
  Books books;
  raise_two(books);
  EXPECT_TRUE(books.records.acknowledge("F-000001", "sato", "", now));
  EXPECT_EQ(books.records.settle_outbox({"mail"}, now), 1);
  EXPECT_THAT(books.records.trace("message", "M-000001").back().became,
              HasSubstr("acknowledged before it was sent"));
  EXPECT_EQ(books.records.settle_outbox({}, now), 1);
  EXPECT_THAT(books.records.trace("message", "M-000002").back().became,
              HasSubstr("nobody to tell"));
  EXPECT_THAT(books.records.outbox(10), IsEmpty());
  EXPECT_EQ(books.records.flag("F-000002")->state, FlagState::open) << "people still see it";
  books.expect_in_order();
}

TEST(Outbox, RaisesUrgentFlagsAgainUntilSomebodyAcknowledges) {
  Books books;
  raise_two(books);
  const Records::Repeating repeating{4h, 24h, 2};
  const auto carry_all = [&](Time at) {
    for (const auto& row : books.records.outbox(10)) books.records.sent(row.id, "mail", at);
    books.records.settle_outbox({"mail"}, at);
  };
  carry_all(now);
  const std::pair<std::chrono::minutes, int> steps[] = {
      {239min, 0}, {240min, 1}, {241min, 0}, {240min + 1439min, 0}, {240min + 1440min, 1}};
  for (const auto& [after, expected] : steps) {
    SCOPED_TRACE(after.count());
    EXPECT_EQ(books.records.repeat_urgent(repeating, now + after), expected);
  }
  const auto waiting = books.records.outbox(10);
  ASSERT_EQ(waiting.size(), 2U) << "the urgent one only";
  EXPECT_EQ(waiting[0].flag, "F-000002");
  EXPECT_EQ(waiting[0].kind, "flag-repeated");
  EXPECT_EQ(waiting[0].turn, 1);
  EXPECT_EQ(waiting[1].turn, 2);
  EXPECT_EQ(books.records.repeat_urgent(repeating, now + 1000h), 0) << "two are waiting already";
  carry_all(now + 1000h);
  EXPECT_EQ(books.records.repeat_urgent(repeating, now), 1) << "the clock was put back";
  EXPECT_EQ(books.records.repeat_urgent(repeating, now), 0);
  EXPECT_TRUE(books.records.acknowledge("F-000002", "sato", "", now));
  EXPECT_EQ(books.records.repeat_urgent(repeating, now + 1000h), 0);
  books.expect_in_order();
}

TEST(Outbox, BeginsWithTheFirstPersonWhereNobodyWasToldBefore) {
  Books books;
  raise_two(books);
  books.records.settle_outbox({}, now);
  EXPECT_EQ(books.records.repeat_urgent({4h, 24h, 2}, now + 5h), 1);
  EXPECT_EQ(books.records.outbox(10)[0].turn, 0);
}

TEST(Users, HaveOneRole) {
  Books books;
  EXPECT_TRUE(books.records.add_user({"佐藤", "coordinator"}, "root", now));
  EXPECT_FALSE(books.records.add_user({"佐藤", "doctor"}, "root", now));
  EXPECT_NE(tests::refusal<Refused>([&] {
              books.records.add_user({"x", "king"}, "root", now);
            }),
            "");
  EXPECT_EQ(books.records.user("佐藤")->role, "coordinator");
  EXPECT_FALSE(books.records.user("x"));
  EXPECT_EQ(books.records.users().size(), 1U);
  books.expect_in_order();
}

TEST(Lists, ChooseByStateTimeAndNumber) {
  Books books;
  for (int i = 0; i < 5; ++i)
    books.receive(static_cast<char>('a' + i), now + std::chrono::hours(i));
  books.records.file(Books::held("D-000002", 1), now);
  books.records.file(Books::filing("D-000003", books.draft({})), now);
  const auto ids = [&](const Records::DocumentQuery& query) {
    std::vector<std::string> found;
    for (const auto& document : books.records.documents(query)) found.push_back(document.id);
    return found;
  };
  EXPECT_THAT(ids({}), ElementsAre("D-000001", "D-000002", "D-000003", "D-000004", "D-000005"));
  EXPECT_THAT(ids({DocumentState::received, {}, 0, false}),
              ElementsAre("D-000001", "D-000004", "D-000005"));
  EXPECT_THAT(ids({{}, now + 3h, 0, false}), ElementsAre("D-000004", "D-000005"));
  EXPECT_THAT(ids({{}, {}, 2, false}), ElementsAre("D-000001", "D-000002"));
  EXPECT_THAT(ids({{}, {}, 2, true}), ElementsAre("D-000005", "D-000004"));
  EXPECT_THAT(ids({DocumentState::filed, now, 9, true}), ElementsAre("D-000003"));
  EXPECT_EQ(books.records.document_by_sha256(std::string(64, 'b'))->id, "D-000002");
  EXPECT_FALSE(books.records.document_by_sha256("b"));
  for (const char* id :
       {"", "D", "D-", "D-0", "D--1", "D-1x", "R-000001", "D-000006", "D-99999999999999999999"}) {
    EXPECT_FALSE(books.records.document(id)) << id;
  }
  EXPECT_EQ(books.records.document("D-1")->id, "D-000001") << "as people type it";
}

TEST(Lists, ReportsCarryTheirOwnFieldsAndFlags) {
  Books books;
  for (int i = 0; i < 4; ++i) {
    auto draft = books.draft({Books::answer("cea", {std::to_string(i)})});
    draft.serial = {static_cast<std::uint64_t>(100 + i)};
    draft.findings = {Books::finding(FlagKind::mention, Severity::notice)};
    if (i == 1) draft.pathway = "P-0002";
    if (i == 2) draft.state = ReportState::to_check;
    books.records.file(Books::filing(books.receive(static_cast<char>('a' + i)), draft), now);
  }
  const auto newest = books.records.reports({"P-0001", {}, 2, true});
  ASSERT_EQ(newest.size(), 2U);
  EXPECT_EQ(newest[0].id, "R-000004");
  EXPECT_EQ(newest[0].form.fact("cea"), "3");
  ASSERT_EQ(newest[0].flags.size(), 1U);
  EXPECT_EQ(newest[0].flags[0].report, "R-000004");
  EXPECT_EQ(newest[1].id, "R-000003");
  EXPECT_FALSE(newest[0].serial_known);
  EXPECT_EQ(books.records.reports({"", ReportState::to_check, 0, false}).size(), 1U);
  EXPECT_EQ(books.records.reports({"P-0002", {}, 0, false})[0].patient, "00123457");
  EXPECT_THAT(books.records.reports({"P-0003", {}, 0, false}), IsEmpty());
}

TEST(Connections, SeeEachOther) {
  Books books;
  Records other(books.file, Records::Open::existing);
  const auto before = other.data_version();
  EXPECT_EQ(other.data_version(), before);
  const auto id = books.receive('a');
  EXPECT_NE(other.data_version(), before);
  other.file(Books::held(id, 1), now);
  EXPECT_EQ(books.records.document(id)->state, DocumentState::held);
  EXPECT_THAT(tests::refusal<Refused>([&] { books.records.file(Books::held(id, 1), now); }),
              HasSubstr("held already"));
  books.expect_in_order();
}

TEST(Connections, ManyWritersWaitForEachOther) {
  Books books;
  constexpr int threads = 4;
  constexpr int each = 10;
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t) {
    writers.emplace_back([&, t] {
      Records mine(books.file, Records::Open::existing);
      for (int i = 0; i < each; ++i) {
        auto sha256 = std::string(64, 'a');
        sha256[0] = static_cast<char>('a' + t);
        sha256[1] = static_cast<char>('a' + i);
        const auto id = mine.receive("fax", "x", sha256, 1, now).document;
        mine.file(Books::held(id, 1), now);
      }
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(books.records.documents({}).size(), static_cast<std::size_t>(threads * each));
  EXPECT_THAT(books.records.in_hand(), IsEmpty());
  books.expect_in_order();
}

TEST(Connections, OfTwoWhoFileOneDocumentOneIsRefused) {
  Books books;
  const auto id = books.receive('a');
  std::atomic<int> filed = 0;
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&] {
      Records mine(books.file, Records::Open::existing);
      if (tests::refusal<Refused>([&] {
            mine.file(Books::filing(id, books.draft({})), now);
          }).empty())
        ++filed;
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(filed, 1);
  EXPECT_EQ(books.records.reports({}).size(), 1U);
  books.expect_in_order();
}

}  // namespace
