#include "daemon/records/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "books.hpp"

namespace {

using namespace std::chrono_literals;
using forms::rules::FlagKind;
using forms::rules::Severity;
using records::FlagState;
using records::Records;
using records::Refused;
using records::Time;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using tests::Books;
using tests::now;

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

}  // namespace
