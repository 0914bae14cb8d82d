#include "daemon/records/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "books.hpp"

namespace {

using namespace std::chrono_literals;
using forms::rules::FlagKind;
using forms::rules::Severity;
using records::DocumentState;
using records::Records;
using records::Refused;
using records::ReportState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using tests::Books;
using tests::now;

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
