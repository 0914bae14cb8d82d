#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decided.hpp"

/// What people decide: void serials, ends of pathways, flags closed.
namespace {

using namespace std::chrono_literals;
using namespace tests;
using forms::rules::FlagKind;
using forms::rules::Severity;
using records::FlagState;
using records::NotPossible;
using records::ReportState;
using std::chrono::year;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(VoidForms, SayWhoseTheyWereWhenAndWhy) {
  Books books;
  EXPECT_TRUE(books.records.void_serial(books.serial, "spoiled", "sato", now + 1h));
  EXPECT_FALSE(books.records.void_serial(books.serial, "again", "suzuki", now + 2h));
  const auto forms = books.records.printed_forms("P-0001");
  ASSERT_EQ(forms.size(), 1U);
  EXPECT_EQ(forms[0].patient_id, "00123456");
  EXPECT_EQ(forms[0].void_by, "sato");
  EXPECT_EQ(forms[0].void_reason, "spoiled");
  EXPECT_EQ(forms[0].void_at, std::optional(now + 1h));
  EXPECT_EQ(forms[0].report, "");
  EXPECT_EQ(books.records.printed_forms("").size(), 2U);
  EXPECT_THAT(books.records.printed_forms("P-0009"), IsEmpty());
  books.expect_in_order();
}

TEST(VoidForms, NameTheReportThatCameBack) {
  Books books;
  books.records.file(Books::filing(books.receive('a'), books.draft({})), now);
  EXPECT_EQ(books.records.printed(books.serial)->report, "R-000001");
}

/// F-000001 death, F-000002 recurrence suspected, on a report of P-0001.
void report_death(Books& books) {
  auto draft = books.draft({Books::answer("outcome", {"death"}),
                            Books::answer("outcome_date", {"2026-10-30"}),
                            Books::answer("visit_date", {"2026-11-05"})});
  draft.findings = {Books::finding(FlagKind::death, Severity::urgent),
                    Books::finding(FlagKind::recurrence, Severity::urgent)};
  books.records.file(Books::filing(books.receive('a'), draft), now);
}

TEST(Endings, AnAcknowledgedExitEndsThePathway) {
  Books books;
  report_death(books);
  books.records.issue(Books::printed({3003}, "P-0001"), "clerk");
  EXPECT_TRUE(books.records.acknowledge("F-000001", "sato", "家族より電話", now + 1h, true));
  const auto ending = books.records.ending_of("P-0001");
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->ended_on, records::Date(year(2026) / 10 / 30)) << "the day of the outcome";
  EXPECT_EQ(ending->why, "death");
  EXPECT_EQ(ending->flag, "F-000001");
  EXPECT_EQ(ending->ended_by, "sato");
  EXPECT_FALSE(books.records.ending_of("P-0002"));
  const auto unused = books.records.printed({3003});
  EXPECT_EQ(unused->void_reason, "pathway ended: death");
  EXPECT_EQ(unused->void_by, "sato");
  EXPECT_FALSE(books.records.printed(books.serial)->void_at) << "it has come back";
  EXPECT_FALSE(books.records.printed(books.other_serial)->void_at) << "another pathway";
  books.expect_in_order();
}

TEST(Endings, WithoutTheDefinitionsWordNothingEnds) {
  Books books;
  report_death(books);
  EXPECT_TRUE(books.records.acknowledge("F-000002", "sato", "", now));
  EXPECT_FALSE(books.records.ending_of("P-0001"));
}

TEST(Endings, OfAHeldReportEndNobodysPathway) {
  Books books;
  auto draft = books.draft({});
  draft.pathway = "";
  draft.candidate_pathway = "P-0001";
  draft.state = ReportState::held;
  draft.findings = {Books::finding(FlagKind::death, Severity::urgent)};
  books.records.file(Books::filing(books.receive('a'), draft), now);
  EXPECT_TRUE(books.records.acknowledge("F-000001", "sato", "", now, true));
  EXPECT_THAT(books.records.endings(""), IsEmpty());
}

TEST(Endings, ByAPersonAreOnceAndCorrectable) {
  Books books;
  EXPECT_TRUE(books.records.end_pathway(
      {"P-0001", year(2026) / 11 / 1, "other-exit", "sato", "転居"}, now));
  EXPECT_FALSE(
      books.records.end_pathway({"P-0001", year(2026) / 11 / 2, "death", "suzuki", ""}, now + 1h));
  EXPECT_TRUE(books.records.printed(books.serial)->void_at);
  EXPECT_TRUE(books.records.reopen_pathway("P-0001", "suzuki", "別の患者", now + 2h));
  EXPECT_FALSE(books.records.reopen_pathway("P-0001", "suzuki", "", now + 3h));
  EXPECT_FALSE(books.records.printed(books.serial)->void_at) << "its paper is good again";
  EXPECT_TRUE(
      books.records.end_pathway({"P-0001", year(2026) / 11 / 3, "death", "sato", ""}, now + 4h));
  const auto endings = books.records.endings("P-0001");
  ASSERT_EQ(endings.size(), 2U);
  EXPECT_EQ(endings[0].reopened_by, "suzuki");
  EXPECT_EQ(endings[0].reopened_note, "別の患者");
  EXPECT_FALSE(endings[1].reopened_at);
  EXPECT_NE(tests::refusal<NotPossible>([&] {
              try {
                books.records.end_pathway({"P-0009", year(2026) / 11 / 3, "death", "s", ""}, now);
              } catch (const records::Refused& refused) {
                throw NotPossible(refused.what());
              }
            }),
            "");
  books.expect_in_order();
}

TEST(Endings, APaperMadeVoidByHandStaysSo) {
  Books books;
  books.records.void_serial(books.serial, "spoiled", "sato", now);
  books.records.end_pathway({"P-0001", year(2026) / 11 / 1, "death", "sato", ""}, now);
  books.records.reopen_pathway("P-0001", "sato", "", now + 1h);
  EXPECT_EQ(books.records.printed(books.serial)->void_reason, "spoiled");
}

TEST(FalseAlarms, AreClosedOnceForAReasonAndTakeTheEndBack) {
  Books books;
  report_death(books);
  books.records.acknowledge("F-000001", "sato", "", now, true);
  EXPECT_TRUE(books.records.close_flag("F-000001", "suzuki", "同姓の別人", now + 1h));
  EXPECT_FALSE(books.records.close_flag("F-000001", "tanaka", "x", now + 2h));
  EXPECT_FALSE(books.records.close_flag("F-000009", "tanaka", "x", now));
  const auto flag = books.records.flag("F-000001");
  EXPECT_EQ(flag->state, FlagState::closed);
  EXPECT_EQ(flag->closing->how, "false-alarm");
  EXPECT_EQ(flag->closing->why, "同姓の別人");
  EXPECT_EQ(flag->acknowledged_by, "sato") << "who saw it first stays";
  EXPECT_FALSE(books.records.ending_of("P-0001"));
  EXPECT_EQ(books.records.endings("P-0001")[0].reopened_note, "F-000001: 同姓の別人");
  books.expect_in_order();
}

TEST(FalseAlarms, LeaveWhatAnotherFlagEndsToo) {
  Books books;
  report_death(books);
  books.records.acknowledge("F-000001", "sato", "", now, true);
  books.records.acknowledge("F-000002", "suzuki", "", now + 1h, true);
  books.records.close_flag("F-000001", "tanaka", "誤記", now + 2h);
  const auto ending = books.records.ending_of("P-0001");
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->flag, "F-000002");
  EXPECT_EQ(ending->ended_by, "suzuki");
  books.expect_in_order();
}

TEST(FalseAlarms, AreInNoListOfOpenOrAcknowledgedOnes) {
  Books books;
  report_death(books);
  books.records.close_flag("F-000002", "sato", "誤記", now);
  EXPECT_THAT(kinds(books.records.flags({FlagState::open, {}, false})), ElementsAre("death open"));
  EXPECT_THAT(books.records.flags({FlagState::acknowledged, {}, false}), IsEmpty());
  EXPECT_THAT(kinds(books.records.flags({FlagState::closed, {}, false})),
              ElementsAre("recurrence closed"));
  EXPECT_EQ(books.records.repeat_urgent({1h, 1h, 9}, now + 24h), 1) << "nobody is told of it again";
  books.expect_in_order();
}

TEST(Endings, LeaveThePathwaySheetAlone) {
  Books books;
  auto sheet = Books::printed({7001}, "P-0001");
  sheet.form = "colorectal-pathway-sheet";
  books.records.issue(sheet, "clerk");
  ASSERT_TRUE(books.records.end_pathway(
      {"P-0001", std::chrono::year(2026) / 11 / 20, "other-exit", "sato", ""}, now));
  EXPECT_TRUE(books.records.printed(books.serial)->void_at) << "an unused form";
  EXPECT_FALSE(books.records.printed({7001})->void_at) << "the clinic keeps it: it is never used";
  // By hand it can be made void like any paper.
  EXPECT_TRUE(books.records.void_serial({7001}, "reprinted", "sato", now));
  books.expect_in_order();
}

TEST(Pathways, AreRegisteredOnce) {
  Books books;
  auto changed = books.records.pathway("P-0001").value();
  changed.hospital_doctor = "医師 二郎";
  books.records.import_pathways({changed}, "clerk", now + 24h);
  const auto registered = books.records.registered();
  ASSERT_EQ(registered.size(), 2U);
  EXPECT_EQ(registered.at("P-0001"), now);
}

// --- corrections ----------------------------------------------------------------------------

}  // namespace
