#include "daemon/cli/overdue.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "books.hpp"

namespace {

using std::chrono::year;

TEST(Overdue, NothingIsExpectedOfAPatientWhoDied) {
  tests::Books books;
  books.records.import_pathways(
      {{"P-0009", "00123456", "0110113719", "liver", year(2026) / 4 / 1, "医師 一郎", {}}}, "clerk",
      tests::now);
  const auto catalogue =
      forms::Catalogue::load({std::filesystem::path(RENKEI_SOURCE_DIR) / "forms/definitions"});
  const auto late = [&](const std::string& pathway) {
    const auto visits = cli::visits_of(books.records, catalogue, "", year(2028) / 1 / 1);
    return std::ranges::count_if(visits, [&](const cli::Visit& visit) {
      return visit.pathway.pathway_id == pathway &&
             visit.expected.state == forms::VisitState::late &&
             visit.expected.due > year(2026) / 11 / 1;
    });
  };
  ASSERT_GT(late("P-0009"), 0);
  books.records.end_pathway({"P-0001", year(2026) / 11 / 1, "recurrence", "sato", ""}, tests::now);
  EXPECT_GT(late("P-0009"), 0);
  books.records.reopen_pathway("P-0001", "sato", "", tests::now);
  books.records.end_pathway({"P-0001", year(2026) / 11 / 1, "death", "sato", ""}, tests::now);
  EXPECT_EQ(late("P-0009"), 0);
  EXPECT_GT(late("P-0002"), 0) << "another patient";
  books.records.reopen_pathway("P-0001", "sato", "取り違え", tests::now);
  EXPECT_GT(late("P-0009"), 0);
}

}  // namespace
