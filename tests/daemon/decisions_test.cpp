#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "books.hpp"
#include "forms/definition.hpp"

/// What people decide: void serials, ends of pathways, flags closed, values corrected, letters
/// filed.
namespace {

using namespace std::chrono_literals;
using forms::AnswerState;
using forms::rules::FlagKind;
using forms::rules::Severity;
using records::DocumentState;
using records::FlagState;
using records::NotPossible;
using records::ReportState;
using std::chrono::year;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using tests::Books;
using tests::now;

const records::Records::Definitions definitions = [](const std::string& form, int version) {
  static const auto all = forms::Catalogue::load(RENKEI_SOURCE_DIR "/forms/definitions");
  const auto* entry = all.find(form, version);
  return entry == nullptr ? nullptr : &entry->definition;
};

/// A regular report on which nothing is amiss.
std::vector<forms::Answer> harmless(const std::string& visit, const std::string& cea) {
  std::vector<forms::Answer> answers = {
      Books::answer("kind", {"periodic"}),         Books::answer("recurrence", {"none"}),
      Books::answer("outcome", {"continuing"}),    Books::answer("visit_date", {visit}),
      Books::answer("birth_date", {"1948-04-05"}), Books::answer("cea", {cea})};
  for (const auto* blank : {"recurrence_site", "exit_reason", "outcome_date", "comment", "ca19_9"})
    answers.push_back(Books::answer(blank, {}, AnswerState::blank));
  return answers;
}

std::vector<std::string> kinds(const std::vector<records::Flag>& flags) {
  std::vector<std::string> found;
  for (const auto& flag : flags) {
    found.push_back(std::string(forms::rules::to_text(flag.kind)) + " " +
                    std::string(records::to_text(flag.state)));
  }
  return found;
}

std::vector<std::string> whats(Books& books, const std::string& entity, const std::string& id) {
  std::vector<std::string> found;
  for (const auto& row : books.records.trace(entity, id))
    found.push_back(row.who + ": " + row.what);
  return found;
}

// --- void serials ---------------------------------------------------------------------------

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

// --- the end of a pathway -------------------------------------------------------------------

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

// --- flags that are closed ------------------------------------------------------------------

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

/// R-000001, filed, with nothing amiss.
void file_harmless(Books& books, char letter = 'a') {
  books.records.file(
      Books::filing(books.receive(letter), books.draft(harmless("2026-11-05", "3.2"))), now);
}

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

TEST(Letters, GoIntoARecordByAPersonAlone) {
  Books books;
  const auto id = books.receive('a');
  books.records.file(Books::held(id, 2), now);
  books.records.file_by_person({id, "P-0001", year(2026) / 7 / 3, {}, "sato", "紹介状"},
                               definitions, now + 1h);
  const auto document = books.records.document(id);
  EXPECT_EQ(document->state, DocumentState::filed);
  EXPECT_THAT(document->reasons, IsEmpty());
  for (const auto& page : document->pages) EXPECT_EQ(page.fate, records::Fate::attachment);
  ASSERT_EQ(document->letters.size(), 1U);
  EXPECT_EQ(document->letters[0].pathway, "P-0001");
  EXPECT_THAT(document->letters[0].pages, ElementsAre(1, 2));
  EXPECT_EQ(document->letters[0].filed_by, "sato");
  EXPECT_THAT(books.records.letters_of("P-0001"), ElementsAre(id));
  EXPECT_THAT(whats(books, "document", id),
              ElementsAre("renkeid: receive", "renkeid: file", "sato: file by person"));
  const auto told = books.records.told("P-0001");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].visit, records::Date(year(2026) / 7 / 3));
  EXPECT_EQ(told[0].document, id);
  EXPECT_EQ(told[0].report, "");
  books.expect_in_order();
}

TEST(Letters, OfTwoPatientsAreFiledPageByPage) {
  Books books;
  const auto id = books.receive('a');
  books.records.file(Books::held(id, 3), now);
  books.records.file_by_person({id, "P-0001", {}, {1, 3}, "sato", ""}, definitions, now);
  EXPECT_EQ(books.records.document(id)->state, DocumentState::held) << "page 2 is nobody's";
  EXPECT_THAT(tests::refusal<NotPossible>([&] {
                books.records.file_by_person({id, "P-0002", {}, {3}, "sato", ""}, definitions, now);
              }),
              HasSubstr("page 3 is not there, or is in a record already"));
  books.expect_in_order();
  books.records.file_by_person({id, "P-0002", {}, {}, "sato", ""}, definitions, now);
  const auto document = books.records.document(id);
  EXPECT_EQ(document->state, DocumentState::filed);
  ASSERT_EQ(document->letters.size(), 2U);
  EXPECT_THAT(document->letters[1].pages, ElementsAre(2));
  books.expect_in_order();
}

/// A held report whose birth date nobody could read; it was printed for P-0001.
std::string file_held(Books& books, char letter) {
  auto answers = harmless("2026-11-05", "9.9");
  auto draft = books.draft(answers);
  draft.pathway = "";
  draft.candidate_pathway = "P-0001";
  draft.state = ReportState::held;
  draft.reasons = {"identity-unreadable"};
  draft.form.answers["birth_date"].state = AnswerState::doubtful;
  const auto id = books.receive(letter);
  books.records.file(Books::filing(id, draft), now);
  return id;
}

TEST(HeldReports, EnterTheRecordThatAPersonNamesAndAreJudgedAgain) {
  Books books;
  const auto id = file_held(books, 'a');
  books.records.file_by_person({id, "P-0001", {}, {}, "sato", "電話で確認"}, definitions, now + 1h);
  const auto report = books.records.report("R-000001");
  EXPECT_EQ(report->state, ReportState::to_check) << "the birth date is still not read";
  EXPECT_EQ(report->pathway, "P-0001");
  EXPECT_EQ(report->patient, "00123456");
  EXPECT_EQ(report->candidate_pathway, "");
  EXPECT_THAT(report->reasons, IsEmpty());
  EXPECT_THAT(kinds(report->flags), ElementsAre("marker-above-limit open"))
      << "this patient's own threshold";
  EXPECT_EQ(books.records.document(id)->state, DocumentState::filed);
  EXPECT_THAT(whats(books, "report", "R-000001"),
              ElementsAre("renkeid: file", "sato: file by person"));
  EXPECT_EQ(books.records.told("P-0001").size(), 1U);
  books.expect_in_order();
}

TEST(HeldReports, OfAnotherPathwayNeedTheirPagesNamed) {
  Books books;
  const auto id = file_held(books, 'a');
  EXPECT_THAT(tests::refusal<NotPossible>([&] {
                books.records.file_by_person({id, "P-0002", {}, {}, "sato", ""}, definitions, now);
              }),
              HasSubstr("page 1 was printed for P-0001"));
  EXPECT_EQ(books.records.report("R-000001")->state, ReportState::held);
  books.records.file_by_person({id, "P-0002", {}, {1}, "sato", "用紙の取り違え"}, definitions, now);
  EXPECT_EQ(books.records.report("R-000001")->patient, "00123457");
  books.expect_in_order();
}

TEST(TakingBack, LeavesNothingInTheRecord) {
  Books books;
  const auto id = file_held(books, 'a');
  books.records.file_by_person({id, "P-0001", {}, {}, "sato", ""}, definitions, now);
  books.records.correct({"R-000001", "outcome", {"death"}, "sato", ""}, definitions, now);
  // Two flags of one report, as if both were exits: neither keeps the pathway ended.
  books.records.acknowledge("F-000001", "suzuki", "", now, true);
  books.records.acknowledge("F-000002", "suzuki", "", now, false);
  books.records.acknowledge("F-000003", "suzuki", "", now, true);
  ASSERT_EQ(books.records.flags({}).size(), 3U);
  ASSERT_TRUE(books.records.ending_of("P-0001"));
  books.records.take_back(id, "tanaka", "別の患者", definitions, now + 1h);
  const auto report = books.records.report("R-000001");
  EXPECT_EQ(report->state, ReportState::held);
  EXPECT_EQ(report->pathway, "");
  EXPECT_EQ(report->candidate_pathway, "P-0001");
  EXPECT_EQ(books.records.document(id)->state, DocumentState::held);
  EXPECT_THAT(books.records.document(id)->reasons, ElementsAre("held-by-person"));
  EXPECT_FALSE(books.records.ending_of("P-0001"));
  EXPECT_THAT(books.records.told(""), IsEmpty());
  EXPECT_THAT(tests::refusal<NotPossible>(
                  [&] { books.records.take_back(id, "tanaka", "x", definitions, now); }),
              HasSubstr("nothing of it is in a record"));
  books.expect_in_order();
  books.records.file_by_person({id, "P-0002", {}, {1}, "sato", ""}, definitions, now + 2h);
  EXPECT_EQ(books.records.report("R-000001")->patient, "00123457");
  books.expect_in_order();
}

TEST(TakingBack, OfALetterKeepsThatItWasThere) {
  Books books;
  const auto id = books.receive('a');
  books.records.file(Books::held(id, 2), now);
  books.records.file_by_person({id, "P-0001", year(2026) / 7 / 3, {}, "sato", ""}, definitions,
                               now);
  books.records.take_back(id, "tanaka", "別の患者", definitions, now + 1h);
  const auto document = books.records.document(id);
  EXPECT_EQ(document->state, DocumentState::held);
  for (const auto& page : document->pages) EXPECT_EQ(page.fate, records::Fate::unidentified);
  ASSERT_EQ(document->letters.size(), 1U);
  EXPECT_EQ(document->letters[0].taken_back_by, "tanaka");
  EXPECT_THAT(books.records.letters_of("P-0001"), IsEmpty());
  EXPECT_THAT(books.records.told("P-0001"), IsEmpty());
  books.expect_in_order();
  books.records.file_by_person({id, "P-0002", {}, {}, "sato", ""}, definitions, now + 2h);
  EXPECT_THAT(books.records.letters_of("P-0002"), ElementsAre(id));
  books.expect_in_order();
}

TEST(TakingBack, OfAMarkerReachesTheReportsThatFollowed) {
  Books books;
  int number = 0;
  for (const auto& [visit, cea] : std::vector<std::pair<std::string, std::string>>{
           {"2026-05-01", "2.0"}, {"2026-07-01", "2.5"}}) {
    auto draft = books.draft(harmless(visit, cea));
    draft.serial = {5000U + static_cast<unsigned>(number)};
    books.records.issue(Books::printed(draft.serial, "P-0001"), "clerk");
    books.records.file(Books::filing(books.receive(static_cast<char>('a' + number++)), draft), now);
  }
  file_harmless(books, 'z');  // R-000003: 3.2, a third rise
  EXPECT_THAT(books.records.report("R-000003")->flags, IsEmpty()) << "the draft had no finding";
  books.records.take_back("D-000001", "sato", "別の患者", definitions, now);
  EXPECT_EQ(books.records.report("R-000001")->state, ReportState::held);
  books.records.file_by_person({"D-000001", "P-0001", {}, {}, "sato", ""}, definitions, now);
  EXPECT_THAT(kinds(books.records.report("R-000003")->flags), ElementsAre("marker-rising open"));
  books.expect_in_order();
}

TEST(ByPerson, WhatCannotBeFiledIsRefusedAndLeftAsItWas) {
  Books books;
  const auto in_hand = books.receive('a');
  const auto filed = books.receive('b');
  books.records.file(Books::filing(filed, books.draft({})), now);
  const auto pageless = books.receive('c');
  books.records.file(Books::held(pageless, 0, "damaged-file"), now);
  const auto held = books.receive('d');
  books.records.file(Books::held(held, 1), now);
  const auto head = books.records.audit_head();
  struct Case {
    std::string document, pathway, found;
    std::vector<int> pages;
  };
  for (const auto& [document, pathway, found, pages] :
       {Case{in_hand, "P-0001", "it is received, not held", {}},
        Case{filed, "P-0001", "it is filed, not held", {}},
        Case{pageless, "P-0001", "no page that could be filed", {}},
        Case{held, "P-0009", "there is no pathway", {}},
        Case{held, "P-0001", "page 2 is not there", {2}},
        Case{"D-000099", "P-0001", "there is no such document", {}}}) {
    EXPECT_THAT(tests::refusal<NotPossible>([&] {
                  books.records.file_by_person({document, pathway, {}, pages, "sato", ""},
                                               definitions, now);
                }),
                HasSubstr(found));
  }
  EXPECT_EQ(books.records.audit_head(), head);
  books.expect_in_order();
}

// --- what clinics have told -----------------------------------------------------------------

TEST(Told, IsTheVisitWrittenElsePlannedElseTheDayItCame) {
  Books books;
  const auto file = [&](char letter, forms::Serial serial, std::vector<forms::Answer> answers) {
    auto draft = books.draft(answers);
    draft.serial = serial;
    books.records.file(Books::filing(books.receive(letter), draft), now);
  };
  file('a', books.serial, {Books::answer("visit_date", {"2026-06-30"})});
  file('b', {7}, {Books::answer("visit_date", {"2026-01-01"}, AnswerState::doubtful)});
  auto planned = Books::printed({8}, "P-0001");
  books.records.issue(planned, "clerk");
  file('c', {8}, {});
  const auto told = books.records.told("P-0001");
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].visit, records::Date(year(2026) / 6 / 30));
  EXPECT_EQ(told[1].visit, records::Date(year(2026) / 7 / 1)) << "the form was printed for it";
  EXPECT_EQ(told[2].visit, records::Date(year(2026) / 11 / 22));
  EXPECT_THAT(books.records.told("P-0002"), IsEmpty());
  EXPECT_EQ(books.records.told("").size(), 3U);
  // The same paper again: its newest version counts, once.
  file('d', books.serial, {Books::answer("visit_date", {"2026-07-02"})});
  EXPECT_EQ(books.records.told("P-0001").size(), 3U);
}

TEST(Told, AHeldReportTellsNothing) {
  Books books;
  file_held(books, 'a');
  EXPECT_THAT(books.records.told(""), IsEmpty());
}

}  // namespace
