#include "daemon/records/records.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "temp_dir.hpp"

namespace {

using namespace std::chrono_literals;
using records::DocumentState;
using records::Fate;
using records::Records;
using records::ReportState;

constexpr auto day = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22);
constexpr records::Time now = day + 8h + 12min;

struct Books {
  tests::TempDir dir;
  std::filesystem::path file = dir / "renkei.db";
  Records records{file, Records::Open::create};
};

TEST(Records, smoke) {
  Books b;
  EXPECT_TRUE(b.records.faults().empty());
  EXPECT_EQ(
      b.records
          .import_patients({{"1", "患者太郎", "カンジャ", std::chrono::year(1948) / 4 / 5, "male"}},
                           "a", now)
          .added,
      1);
  EXPECT_EQ(b.records.patient("1")->name, "患者太郎");
  auto r = b.records.receive("fax", "a.tif", std::string(64, 'a'), 12, now);
  EXPECT_EQ(r.document, "D-000001");
  records::Filing f;
  f.document = r.document;
  f.reasons = {"no-tag"};
  f.pages.resize(1);
  f.page_report = {-1};
  b.records.file(f, now);
  EXPECT_EQ(b.records.documents({}).size(), 1u);
  for (auto& x : b.records.faults()) ADD_FAILURE() << x.what << ": " << x.where;
}

}  // namespace
