#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decided.hpp"

/// What people decide: letters and held reports filed, and taken back.
namespace {

using namespace std::chrono_literals;
using namespace tests;
using forms::AnswerState;
using records::DocumentState;
using records::FlagState;
using records::NotPossible;
using records::ReportState;
using std::chrono::year;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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

TEST(HeldReports, OfAnotherPatientAreRefused) {
  Books books;
  const auto id = file_held(books, 'a');
  const auto refusal = [&](const records::Records::ByPerson& filing) {
    return tests::refusal<NotPossible>(
        [&] { books.records.file_by_person(filing, definitions, now); });
  };
  EXPECT_THAT(refusal({id, "P-0002", {}, {}, "sato", ""}),
              HasSubstr("page 1 seems to be of P-0001"));
  EXPECT_THAT(refusal({id, "P-0002", {}, {1}, "sato", ""}),
              HasSubstr("R-000001 was printed for P-0001, of another patient (00123456)"));
  EXPECT_EQ(books.records.report("R-000001")->state, ReportState::held);
  books.records.file_by_person({id, "P-0002", {}, {1}, "sato", "用紙の取り違え", true}, definitions,
                               now);
  EXPECT_EQ(books.records.report("R-000001")->patient, "00123457");
  books.expect_in_order();
}

TEST(HeldReports, WithAnotherDateOfBirthAreRefused) {
  Books books;
  const auto id = file_held(books, 'a');
  books.records.correct({"R-000001", "birth_date", {"1949-04-05"}, "sato", ""}, definitions, now);
  const records::Records::ByPerson filing{id, "P-0001", {}, {}, "sato", ""};
  EXPECT_THAT(
      tests::refusal<NotPossible>([&] { books.records.file_by_person(filing, definitions, now); }),
      HasSubstr("R-000001 says 1949-04-05 for a date of birth, patient 00123456 was born on "
                "1948-04-05"));
  books.records.correct({"R-000001", "birth_date", {"1948-04-05"}, "sato", ""}, definitions, now);
  books.records.file_by_person(filing, definitions, now);
  EXPECT_EQ(books.records.report("R-000001")->patient, "00123456");
  books.expect_in_order();
}

TEST(HeldReports, ADoubtfulDateOfBirthMayBeMisreadInOnePart) {
  struct {
    const char* why;
    const char* written;
    const char* reason;
    bool refused;
  } const cases[] = {
      {"as on record", "1948-04-05", "identity-unreadable", false},
      {"another day", "1948-04-25", "identity-unreadable", false},
      {"another year", "1943-04-05", "identity-unreadable", false},
      {"day and month", "1948-09-25", "identity-unreadable", true},
      {"a machine was sure that it is another's", "1948-04-25", "identity-mismatch", true},
      {"not read", "", "identity-unreadable", false},
  };
  for (const auto& each : cases) {
    Books books;
    auto draft = books.draft(harmless("2026-11-05", "3.2"));
    draft.pathway = "";
    draft.candidate_pathway = "P-0001";
    draft.state = ReportState::held;
    draft.reasons = {each.reason};
    auto& written = draft.form.answers["birth_date"];
    written.state = AnswerState::doubtful;
    written.values.clear();
    if (*each.written != '\0') written.values.emplace_back(each.written);
    const auto id = books.receive('a');
    books.records.file(Books::filing(id, draft), now);
    records::Records::ByPerson filing{id, "P-0001", {}, {}, "sato", ""};
    const auto file = [&] { books.records.file_by_person(filing, definitions, now); };
    if (each.refused) {
      EXPECT_THAT(tests::refusal<NotPossible>(file), HasSubstr("for a date of birth")) << each.why;
      filing.despite_mismatch = true;
    }
    EXPECT_NO_THROW(file()) << each.why;
    books.expect_in_order();
  }
}

TEST(HeldReports, OfAnotherDiseaseAreRefused) {
  Books books;
  const auto id = file_held(books, 'a');
  auto pathway = *books.records.pathway("P-0001");
  pathway.pathway_id = "P-0099";
  pathway.disease = "breast";
  books.records.import_pathways({pathway}, "clerk", now);
  EXPECT_THAT(tests::refusal<NotPossible>([&] {
                books.records.file_by_person({id, "P-0099", {}, {1}, "sato", ""}, definitions, now);
              }),
              HasSubstr("-report, the pathway is one of breast cancer"));
}

/// Whoever acknowledged it did so for another patient, or for nobody yet.
TEST(HeldReports, AreToldAnewWhenTheyEnterARecord) {
  Books books;
  const auto id = file_held(books, 'a');
  books.records.correct({"R-000001", "outcome", {"death"}, "sato", ""}, definitions, now);
  const auto open_kinds = [&] {
    return kinds(books.records.flags({FlagState::open, std::nullopt, false}));
  };
  for (const auto& flag : books.records.flags({}))
    books.records.acknowledge(flag.id, "suzuki", "確認", now, true);
  ASSERT_THAT(open_kinds(), IsEmpty());
  books.records.file_by_person({id, "P-0001", {}, {}, "sato", ""}, definitions, now + 1h);
  EXPECT_THAT(open_kinds(), testing::Contains("death open"));
  EXPECT_FALSE(books.records.ending_of("P-0001")) << "until the doctor knows whose death it is";
  const auto before = open_kinds();
  books.records.take_back(id, "sato", "確認のため", definitions, now + 2h);
  books.records.file_by_person({id, "P-0001", {}, {}, "sato", ""}, definitions, now + 3h);
  EXPECT_EQ(open_kinds(), before) << "what is open is not raised twice";
  books.expect_in_order();
}

TEST(Letters, ThatNameAnotherPatientAreRefused) {
  struct {
    const char* why;
    std::vector<forms::Proposal> proposals;
    bool refused;
  } const cases[] = {
      {"nobody", {}, false},
      {"another, by number", {{"00123457", {"number", "name"}}}, true},
      {"another, by name alone", {{"00123457", {"name"}}}, false},
      {"another better", {{"00123457", {"name", "birth_date"}}, {"00123456", {"name"}}}, true},
      {"both", {{"00123457", {"birth_date"}}, {"00123456", {"birth_date"}}}, false},
  };
  for (const auto& each : cases) {
    Books books;
    const auto id = books.receive('a');
    books.records.file(Books::held(id, 1), now);
    records::SecondLook look;
    look.document = id;
    look.proposals = each.proposals;
    books.records.add_second_look(look, now);
    records::Records::ByPerson filing{id, "P-0001", {}, {}, "sato", ""};
    const auto file = [&] { books.records.file_by_person(filing, definitions, now); };
    if (each.refused) {
      EXPECT_THAT(tests::refusal<NotPossible>(file), HasSubstr("its words name patient 00123457"))
          << each.why;
      filing.despite_mismatch = true;
    }
    EXPECT_NO_THROW(file()) << each.why;
    books.expect_in_order();
  }
}

TEST(ClosedFlags, AreRaisedAnew) {
  Books books;
  const auto id = file_held(books, 'a');
  books.records.correct({"R-000001", "outcome", {"death"}, "sato", ""}, definitions, now);
  const auto first = books.records.flags({}).front();
  EXPECT_FALSE(books.records.reopen_flag(first.id, "sato", "早すぎる", now)) << "it is open";
  EXPECT_FALSE(books.records.reopen_flag("F-000099", "sato", "x", now));
  ASSERT_TRUE(books.records.close_flag(first.id, "sato", "番号の打ち間違い", now));
  const auto anew = books.records.reopen_flag("F-1", "suzuki", "やはり正しい", now + 1h);
  ASSERT_TRUE(anew);
  const auto flag = books.records.flag(*anew);
  EXPECT_EQ(flag->state, FlagState::open);
  EXPECT_EQ(std::tuple(flag->kind, flag->severity, flag->reason, flag->evidence, flag->report),
            std::tuple(first.kind, first.severity, first.reason, first.evidence, first.report));
  EXPECT_THAT(whats(books, "closing", first.id), testing::Contains("suzuki: reopen"));
  books.expect_in_order();
}

TEST(TakingBack, SuggestsWhomTheFormWasPrintedFor) {
  Books books;
  const auto id = file_held(books, 'a');
  books.records.file_by_person({id, "P-0002", {}, {1}, "sato", "間違い", true}, definitions, now);
  books.records.take_back(id, "sato", "間違い", definitions, now);
  EXPECT_EQ(books.records.report("R-000001")->candidate_pathway, "P-0001");
  EXPECT_NE(tests::refusal<NotPossible>([&] {
              books.records.file_by_person({id, "P-0002", {}, {}, "sato", ""}, definitions, now);
            }),
            "");
  books.expect_in_order();
}

TEST(HeldReports, AreTheSameHoweverTheirNumberIsTyped) {
  Books books;
  const auto id = file_held(books, 'a');
  books.records.correct({"R-1", "outcome", {"death"}, "sato", ""}, definitions, now);
  books.records.acknowledge("F-1", "suzuki", "", now, false);
  books.records.acknowledge("F-0000002", "suzuki", "", now, true);
  books.records.file_by_person({"D-1", "P-0001", {}, {}, "sato", ""}, definitions, now);
  books.records.take_back("D-0000001", "sato", "", definitions, now);
  EXPECT_THAT(whats(books, "report", "R-000001"), testing::Contains("sato: correct"));
  EXPECT_THAT(whats(books, "flag", "F-000001"), testing::Contains("suzuki: acknowledge"));
  EXPECT_THAT(whats(books, "document", id), testing::Contains("sato: take back"));
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
  books.records.file_by_person({id, "P-0002", {}, {1}, "sato", "別の患者", true}, definitions,
                               now + 2h);
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
