#include "daemon/records/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "books.hpp"

namespace {

using namespace std::chrono_literals;
using records::Refused;
using std::chrono::year;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
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

}  // namespace
