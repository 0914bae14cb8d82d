#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decided.hpp"

/// What people decide: values corrected, and what the rules then say.
namespace {

using namespace std::chrono_literals;
using namespace tests;
using forms::AnswerState;
using forms::rules::FlagKind;
using forms::rules::Severity;
using records::FlagState;
using records::ReportState;
using std::chrono::year;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(CorrectionsAndRules, ADeviationThatAppearsIsFlaggedAtOnce) {
  Books books;
  file_harmless(books);
  const auto outcome = books.records.correct(
      {"R-000001", "outcome", {"death"}, "sato", "原本で確認"}, definitions, now + 1h);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->raised.size(), 2U) << "death, and periodic contradicts it";
  EXPECT_THAT(kinds(books.records.report("R-000001")->flags),
              testing::UnorderedElementsAre("death open", "possible-deviation open"));
  EXPECT_THAT(books.records.report("R-000001")->form.fact("outcome"), "death");
  const auto row = books.records.trace("report", "R-000001").back();
  EXPECT_EQ(row.who, "sato");
  EXPECT_THAT(row.was, HasSubstr("continuing"));
  EXPECT_THAT(row.became, HasSubstr("原本で確認"));
  EXPECT_THAT(row.became, HasSubstr("F-000001"));
  books.expect_in_order();
}

TEST(CorrectionsAndRules, AFlagWhoseGroundIsGoneIsWithdrawn) {
  Books books;
  file_harmless(books);
  books.records.correct({"R-000001", "outcome", {"death"}, "sato", ""}, definitions, now);
  books.records.acknowledge("F-000001", "suzuki", "", now + 1h, true);
  ASSERT_EQ(books.records.flag("F-000001")->kind, FlagKind::death);
  ASSERT_TRUE(books.records.ending_of("P-0001"));
  const auto outcome = books.records.correct({"R-000001", "outcome", {"continuing"}, "tanaka", ""},
                                             definitions, now + 2h);
  EXPECT_THAT(outcome->raised, IsEmpty());
  EXPECT_EQ(outcome->withdrawn.size(), 2U);
  const auto flag = books.records.flag("F-000001");
  EXPECT_EQ(flag->state, FlagState::closed);
  EXPECT_EQ(flag->closing->how, "withdrawn");
  EXPECT_THAT(flag->closing->why, HasSubstr("outcome of R-000001"));
  EXPECT_THAT(whats(books, "closing", "F-000001"), ElementsAre("tanaka: close"));
  EXPECT_FALSE(books.records.ending_of("P-0001")) << "what it ended is open again";
  // And back: a new flag, for a closed one is not to be heard.
  const auto again =
      books.records.correct({"R-000001", "outcome", {"death"}, "sato", ""}, definitions, now + 3h);
  EXPECT_EQ(again->raised.size(), 2U);
  books.expect_in_order();
}

TEST(CorrectionsAndRules, LeaveAloneWhatTheyDoNotTouch) {
  Books books;
  auto draft = books.draft(harmless("2026-11-05", "3.2"));
  draft.findings = {
      {FlagKind::duplicate_differs, Severity::urgent, {"cea"}, "earlier-version-differs"},
      {FlagKind::possible_deviation, Severity::routine, {}, "rows-lost"}};
  books.records.file(Books::filing(books.receive('a'), draft), now);
  const auto outcome =
      books.records.correct({"R-000001", "cea", {"3.3"}, "sato", ""}, definitions, now);
  EXPECT_THAT(outcome->withdrawn, IsEmpty());
  EXPECT_THAT(kinds(books.records.report("R-000001")->flags),
              ElementsAre("duplicate-differs open", "possible-deviation open"));
}

TEST(CorrectionsAndRules, OfAMarkerReachTheReportsThatFollowed) {
  Books books;
  int number = 0;
  for (const auto& [visit, cea] : std::vector<std::pair<std::string, std::string>>{
           {"2026-05-01", "4.0"}, {"2026-07-01", "2.5"}, {"2026-09-01", "3.0"}}) {
    auto draft = books.draft(harmless(visit, cea));
    draft.serial = {5000U + static_cast<unsigned>(number)};
    books.records.issue(Books::printed(draft.serial, "P-0001"), "clerk");
    books.records.file(Books::filing(books.receive(static_cast<char>('a' + number++)), draft), now);
  }
  // 2.0, 2.5, 3.0: with the right first value the third has risen twice in a row.
  const auto outcome =
      books.records.correct({"R-000001", "cea", {"2.0"}, "sato", ""}, definitions, now);
  ASSERT_EQ(outcome->raised.size(), 1U);
  const auto flag = books.records.flag(outcome->raised[0]);
  EXPECT_EQ(flag->kind, FlagKind::marker_rising);
  EXPECT_EQ(flag->report, "R-000003");
  EXPECT_EQ(
      books.records.correct({"R-000001", "cea", {"4.0"}, "sato", ""}, definitions, now)->withdrawn,
      outcome->raised);
  books.expect_in_order();
}

/// A report of P-0001 on a form of its own.
records::Filing of_a_new_form(Books& books, const std::string& document, unsigned serial,
                              const std::string& visit) {
  auto draft = books.draft(harmless(visit, "3.2"));
  draft.serial = {serial};
  books.records.issue(Books::printed(draft.serial, "P-0001"), "clerk");
  return Books::filing(document, draft);
}

TEST(CorrectionsAndRules, KnowTheVisitsThatOtherPapersToldOf) {
  Books books;
  books.records.file(of_a_new_form(books, books.receive('a'), 5001, "2026-11-05"), now);
  books.records.file(of_a_new_form(books, books.receive('b'), 5002, "2026-11-12"), now);
  const auto outcome = books.records.correct({"R-000002", "visit_date", {"2026-11-05"}, "sato", ""},
                                             definitions, now);
  ASSERT_EQ(outcome->raised.size(), 1U) << "of two papers the later is one too many";
  const auto flag = books.records.flag(outcome->raised[0]);
  EXPECT_EQ(flag->report, "R-000002");
  EXPECT_EQ(flag->reason, "same-visit-on-another-form");
  // The other way round: the earlier paper was about another visit.
  EXPECT_EQ(books.records
                .correct({"R-000001", "visit_date", {"2026-08-05"}, "sato", ""}, definitions, now)
                ->withdrawn,
            outcome->raised);
  // Another doubt of the same report is settled: the visit is no new matter.
  books.records.correct({"R-000001", "visit_date", {"2026-11-05"}, "sato", ""}, definitions, now);
  const auto other =
      books.records.correct({"R-000002", "cea", {"3.3"}, "sato", ""}, definitions, now);
  EXPECT_THAT(other->raised, IsEmpty());
  EXPECT_THAT(other->withdrawn, IsEmpty());
  books.expect_in_order();
}

TEST(History, IsTheSameForTheFirstJudgementAndEveryLaterOne) {
  Books books;
  books.records.file(of_a_new_form(books, books.receive('a'), 5001, "2026-11-05"), now);
  const auto day = std::chrono::year(2026) / 11 / 22;
  const auto history = books.records.history_of("P-0001", {5002}, day);
  EXPECT_EQ(history.received_on, day);
  EXPECT_EQ(history.started_on, std::chrono::year(2026) / 4 / 1);
  EXPECT_EQ(history.thresholds.at("cea"), 5.0);
  ASSERT_EQ(history.markers.at("cea").size(), 1U);
  EXPECT_THAT(history.visits, ElementsAre(std::chrono::year(2026) / 11 / 5));
  const auto own = books.records.history_of("P-0001", {5001}, day);
  EXPECT_THAT(own.visits, IsEmpty()) << "a paper is no history to itself";
  EXPECT_TRUE(own.markers.empty());
}

TEST(CorrectionsAndRules, DoubtThatAPersonEndsNoLongerStands) {
  Books books;
  auto answers = harmless("2026-11-05", "3.2");
  auto draft = books.draft(answers);
  draft.form.answers["recurrence"].state = AnswerState::doubtful;
  draft.form.answers["recurrence"].doubt = "two-marks";
  draft.state = ReportState::to_check;
  draft.findings = {{FlagKind::possible_deviation, Severity::urgent, {"recurrence"}, "two-marks"}};
  books.records.file(Books::filing(books.receive('a'), draft), now);
  const auto outcome =
      books.records.correct({"R-000001", "recurrence", {"none"}, "sato", ""}, definitions, now);
  EXPECT_THAT(outcome->withdrawn, ElementsAre("F-000001"));
  EXPECT_EQ(books.records.report("R-000001")->state, ReportState::filed);
  const auto suspected = books.records.correct(
      {"R-000001", "recurrence", {"suspected"}, "sato", ""}, definitions, now);
  EXPECT_EQ(suspected->raised.size(), 1U);
  books.expect_in_order();
}

TEST(CorrectionsAndRules, OfWhatIsNotThereAreNone) {
  Books books;
  file_harmless(books);
  EXPECT_FALSE(books.records.correct({"R-000009", "cea", {"1"}, "sato", ""}, definitions, now));
  EXPECT_FALSE(books.records.correct({"R-000001", "nothing", {"1"}, "sato", ""}, definitions, now));
  EXPECT_FALSE(books.records.correct({"x", "cea", {"1"}, "sato", ""}, definitions, now));
}

// --- what a person files --------------------------------------------------------------------

}  // namespace
