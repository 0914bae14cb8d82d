#include "daemon/records/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "books.hpp"

namespace {

using namespace std::chrono_literals;
using forms::AnswerState;
using forms::rules::FlagKind;
using forms::rules::Severity;
using records::DocumentState;
using records::Refused;
using records::ReportState;
using std::chrono::year;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using tests::Books;
using tests::now;

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
  const auto markers_of = [&](const std::string& pathway) {
    return books.records.history_of(pathway, {99}, year(2026) / 11 / 30).markers;
  };
  const auto markers = markers_of("P-0001");
  ASSERT_TRUE(markers.contains("cea"));
  std::vector<double> values;
  for (const auto& each : markers.at("cea")) values.push_back(each.value);
  EXPECT_THAT(values, ElementsAre(3.0, 4.5, 5.5));
  EXPECT_EQ(markers.at("cea")[2].on, year(2026) / 11 / 22)
      << "the day it came, where no visit was read";
  EXPECT_FALSE(markers.contains("visit_date"));
  EXPECT_THAT(markers_of("P-0002"), IsEmpty());
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

}  // namespace
