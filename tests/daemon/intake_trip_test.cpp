#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "daemon/intake.hpp"
#include "temp_dir.hpp"

namespace {

using namespace std::chrono_literals;
using records::DocumentState;

/// The real rooms, but for the reader's program: a double that does what the document says.
struct House {
  House() {
    std::filesystem::create_directories(dir / "inbox");
    settings.program = READER_DOUBLE;
    settings.wall = 20s;
    spool::Source source;
    source.name = "fax";
    source.folder = dir / "inbox";
    source.rest = 0s;
    source.give_up = 0s;  // the double's orders are no whole faxes
    spool = std::make_unique<spool::Spool>(std::vector{source}, archive);
    reader = std::make_unique<reader::Reader>(settings);
    intake = std::make_unique<intake::Intake>(intake::Intake::Rooms{
        *spool, archive, records, *reader, catalogue, keys, dir / "pictures"});
  }

  void fax(const std::string& name, const std::string& order) const {
    std::ofstream(dir / ("inbox/" + name)) << order;
  }
  int take_in() { return intake->take_in(now(), true); }
  /// Past every rest of a file written just now.
  static records::Time now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + 24h;
  }
  void work_off() {
    while (intake->work(now())) {
    }
    while (intake->look_again(now())) {
    }
  }
  records::Document document(const std::string& id) { return records.document(id).value(); }

  tests::TempDir dir;
  reader::Settings settings;
  spool::Archive archive{dir / "archive"};
  records::Records records{dir / "renkei.db", records::Records::Open::create};
  forms::Catalogue catalogue = forms::Catalogue::load(RENKEI_SOURCE_DIR "/forms/definitions");
  forms::TagKeys keys{{{1, {1, 2, 3}}}};
  std::unique_ptr<spool::Spool> spool;
  std::unique_ptr<reader::Reader> reader;
  std::unique_ptr<intake::Intake> intake;
};

TEST(IntakeTrip, FromTheInboxToTheRecord) {
  House house;
  house.fax("a.tif", "hello");
  EXPECT_EQ(house.take_in(), 1);
  EXPECT_TRUE(std::filesystem::is_empty(house.dir / "inbox"));
  EXPECT_EQ(house.records.in_hand().size(), 1u);
  EXPECT_EQ(house.document("D-000001").state, DocumentState::received);
  house.work_off();
  const auto document = house.document("D-000001");
  EXPECT_EQ(document.state, DocumentState::held);  // two pages without a tag
  EXPECT_EQ(document.reasons, std::vector<std::string>{"no-tag"});
  ASSERT_EQ(document.pages.size(), 2u);
  EXPECT_EQ(document.pages[1].text, "再発");  // of the second look
  EXPECT_TRUE(house.records.in_hand().empty());
  EXPECT_TRUE(house.records.awaiting_second_look().empty());
  for (const auto& fault : house.records.faults()) ADD_FAILURE() << fault.what << fault.where;
}

TEST(IntakeTrip, AReaderThatDiesCostsOneDocument) {
  House house;
  for (const char* order : {"crash", "garbage", "exit"}) house.fax(order, order);
  house.fax("good", "hello");
  EXPECT_EQ(house.take_in(), 4);
  house.work_off();
  int crashed = 0;
  for (const auto& document : house.records.documents({})) {
    EXPECT_EQ(document.state, DocumentState::held);
    crashed += document.reasons == std::vector<std::string>{"reader-crashed"} ? 1 : 0;
  }
  EXPECT_EQ(crashed, 3);
  EXPECT_TRUE(house.records.awaiting_second_look().empty());
  for (const auto& fault : house.records.faults()) ADD_FAILURE() << fault.what << fault.where;
}

TEST(IntakeTrip, WhatTheSearchForCodesDiesOfIsReadByItsPrint) {
  House house;
  house.fax("a.tif", "crash-searching");
  house.take_in();
  house.work_off();
  const auto document = house.document("D-000001");
  EXPECT_EQ(document.state, DocumentState::held);
  EXPECT_EQ(document.reasons, (std::vector<std::string>{"no-tag", "reader-crashed"}));
  EXPECT_EQ(document.pages.size(), 2u);
  for (const auto& fault : house.records.faults()) ADD_FAILURE() << fault.what << fault.where;
}

TEST(IntakeTrip, TheSameBytesAgainAreTheSameDocument) {
  House house;
  house.fax("a.tif", "hello");
  house.take_in();
  house.work_off();
  house.fax("b.tif", "hello");
  EXPECT_EQ(house.take_in(), 1);
  EXPECT_TRUE(house.records.in_hand().empty());
  EXPECT_EQ(house.records.documents({}).size(), 1u);
  EXPECT_EQ(house.document("D-000001").arrivals, 2);
}

TEST(IntakeTrip, WhatTheMachineRefusesStaysInHandAndLetsOthersPass) {
  House house;
  house.fax("a.tif", "hello");
  house.take_in();
  house.fax("b.tif", "hello again");
  house.take_in();
  const auto first = house.document("D-000001");
  std::filesystem::remove(house.archive.path_of(first.sha256));
  const auto now = House::now();
  EXPECT_ANY_THROW(static_cast<void>(house.intake->work(now)));
  EXPECT_TRUE(house.intake->work(now));   // the other one
  EXPECT_FALSE(house.intake->work(now));  // and not at once again
  EXPECT_EQ(house.records.in_hand(), std::vector<std::string>{"D-000001"});
  EXPECT_ANY_THROW(static_cast<void>(house.intake->work(now + 2min)));
}

}  // namespace
