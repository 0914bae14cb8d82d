#include <gtest/gtest.h>

#include "books.hpp"

namespace {

using records::DocumentState;
using records::Fate;
using records::ReportState;
using tests::Books;

constexpr auto later = tests::now + std::chrono::minutes(1);

/// A filed form and a page behind or before it.
records::Filing with_page(const Books& books, const std::string& document, Fate fate, bool first) {
  auto filing = Books::filing(document, books.draft({Books::answer("outcome", {"continuing"})}));
  records::Page other;
  other.fate = fate;
  const bool attached = fate == Fate::attachment;
  if (first) {
    filing.pages.insert(filing.pages.begin(), other);
    filing.page_report = {attached ? 0 : -1, 0};
    filing.reports[0].pages = {{1, 2}};
  } else {
    filing.pages.push_back(other);
    filing.page_report = {0, attached ? 0 : -1};
  }
  for (std::size_t i = 0; i < filing.pages.size(); ++i) {
    filing.pages[i].number = static_cast<int>(i) + 1;
  }
  if (fate == Fate::unidentified) {
    filing.state = DocumentState::held;
    filing.reasons = {"no-tag"};
  }
  return filing;
}

TEST(SecondLook, AnothersPageLeavesTheReport) {
  Books books;
  const auto id = books.receive('a');
  books.records.file(with_page(books, id, Fate::attachment, false), tests::now);
  records::SecondLook look;
  look.document = id;
  look.fates = {{2, Fate::unidentified}};
  look.reasons = {"pages-mixed"};
  look.proposals = {{"00123457", {"number", "name"}}};
  look.findings = {
      Books::finding(forms::rules::FlagKind::mention, forms::rules::Severity::routine)};
  books.records.add_second_look(look, later);

  const auto document = books.records.document(id).value();
  EXPECT_EQ(document.state, DocumentState::held);
  EXPECT_EQ(document.reasons, std::vector<std::string>{"pages-mixed"});
  ASSERT_EQ(document.pages.size(), 2u);
  EXPECT_EQ(document.pages[0].report, document.reports.at(0));
  EXPECT_EQ(document.pages[1].fate, Fate::unidentified);
  EXPECT_EQ(document.pages[1].report, "");
  EXPECT_EQ(document.proposals, look.proposals);
  const auto report = books.records.report(document.reports.at(0)).value();
  EXPECT_EQ(report.state, ReportState::filed) << "its two keys still agree";
  EXPECT_EQ(report.patient, "00123456");
  EXPECT_TRUE(report.flags.empty());
  const auto flags = books.records.flags({});
  ASSERT_EQ(flags.size(), 1u);
  EXPECT_EQ(flags[0].document, id);
  EXPECT_EQ(flags[0].report, "");
  books.expect_in_order();
}

TEST(SecondLook, ACoverThatNobodyKnewReleasesItsDocument) {
  Books books;
  const auto id = books.receive('a');
  books.records.file(with_page(books, id, Fate::unidentified, true), tests::now);
  EXPECT_EQ(books.records.document(id)->state, DocumentState::held);
  records::SecondLook look;
  look.document = id;
  look.fates = {{1, Fate::cover}};
  books.records.add_second_look(look, later);
  const auto document = books.records.document(id).value();
  EXPECT_EQ(document.state, DocumentState::filed);
  EXPECT_TRUE(document.reasons.empty());
  EXPECT_EQ(document.pages[0].fate, Fate::cover);
  books.expect_in_order();
}

TEST(SecondLook, AFormKeepsItsFateWhateverWordsSay) {
  Books books;
  const auto id = books.receive('a');
  books.records.file(with_page(books, id, Fate::attachment, false), tests::now);
  records::SecondLook look;
  look.document = id;
  look.fates = {{1, Fate::cover}};
  books.records.add_second_look(look, later);
  const auto document = books.records.document(id).value();
  EXPECT_EQ(document.state, DocumentState::filed);
  EXPECT_EQ(document.pages[0].fate, Fate::form);
  books.expect_in_order();
}

TEST(SecondLook, ADocumentCanHaveFlagsWithoutAReport) {
  Books books;
  const auto id = books.receive('a');
  auto filing = Books::held(id, 1);
  filing.findings = {{forms::rules::FlagKind::possible_deviation,
                      forms::rules::Severity::routine,
                      {},
                      "page-not-identified"}};
  books.records.file(filing, tests::now);
  const auto flags = books.records.flags({});
  ASSERT_EQ(flags.size(), 1u);
  EXPECT_EQ(flags[0].reason, "page-not-identified");
  EXPECT_EQ(flags[0].document, id);
  EXPECT_TRUE(flags[0].report.empty());
  EXPECT_EQ(books.records.outbox(10).size(), 1u);
  books.expect_in_order();
}

}  // namespace
