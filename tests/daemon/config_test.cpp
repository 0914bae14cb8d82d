#include "daemon/config.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/temp_dir.hpp"

namespace {

namespace fs = std::filesystem;

class ConfigTest : public testing::Test {
protected:
  config::Config load(const std::string& text) {
    std::ofstream(folder / "renkei.yaml") << text;
    return config::load(folder.path());
  }
  std::string complaint(const std::string& text) {
    try {
      load(text);
    } catch (const config::BadConfig& error) {
      return error.what();
    }
    return "";
  }
  tests::TempDir folder;
};

TEST_F(ConfigTest, WhatInitWritesIsReadBack) {
  const config::Hospital hospital{"見本病院 \"東\"", "連携室", "見本市: 1-2", "03-0000-0000", "#1"};
  const auto config = load(config::default_text(hospital));
  EXPECT_EQ(config.hospital.name, hospital.name);
  EXPECT_EQ(config.hospital.address, hospital.address);
  EXPECT_EQ(config.hospital.fax, hospital.fax);
  EXPECT_EQ(config.desk.port, 8470);
  ASSERT_EQ(config.sources.size(), 2U);
  EXPECT_EQ(config.sources[1].folder, folder.path() / "inbox/scan");
  EXPECT_EQ(config.reader.memory, std::uint64_t{400} << 20U);
  EXPECT_EQ(config.reader.forms, folder.path() / "forms");
}

TEST_F(ConfigTest, AnEmptyFileMeansTheDefaults) {
  const auto config = load("");
  ASSERT_EQ(config.sources.size(), 2U);
  EXPECT_EQ(config.sources[0].name, "fax");
  EXPECT_EQ(config.desk.address, "127.0.0.1");
}

TEST_F(ConfigTest, SourcesAreConfiguration) {
  const auto config = load("sources:\n  post: {folder: /srv/post, rest_seconds: 30, max_mb: 64}\n");
  ASSERT_EQ(config.sources.size(), 1U);
  EXPECT_EQ(config.sources[0].name, "post");
  EXPECT_EQ(config.sources[0].folder, "/srv/post");
  EXPECT_EQ(config.sources[0].rest, std::chrono::seconds(30));
  EXPECT_EQ(config.sources[0].max_bytes, std::uintmax_t{64} << 20U);
}

TEST_F(ConfigTest, MistakesNameTheirLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"hospital:\n  nmae: x\n", "renkei.yaml:2:3: unknown key 'nmae' under hospital"},
      {"\n\ndesk:\n  prot: 1\n", "renkei.yaml:4:3: unknown key 'prot' under desk"},
      {"dsek: {}\n", "renkei.yaml:1:1: unknown key 'dsek'"},
      {"desk:\n  port: many\n", "renkei.yaml:2:9: a whole number from 0 to 65535"},
      {"desk:\n  port: 99999\n", "renkei.yaml:2:9: a whole number"},
      {"desk:\n  port: 1\n  port: 2\n", "renkei.yaml:3:3: key 'port' stands twice"},
      {"desk: 12\n", "renkei.yaml:1:7: 'desk' takes keys and values"},
      {"sources: {}\n", "renkei.yaml:1:10: at least one source"},
      {"sources:\n  ../fax: {}\n", "renkei.yaml:2:3: a source's name"},
      {"hospital:\n  name: [a]\n", "renkei.yaml:2:9: a text is expected"},
      {"hospital:\n\tname: x\n", "renkei.yaml:2:"},
  };
  for (const auto& [text, expected] : cases) {
    SCOPED_TRACE(text);
    const auto said = complaint(text);
    EXPECT_TRUE(said.starts_with(expected)) << said;
  }
}

TEST_F(ConfigTest, AMissingFileIsTheMachinesRefusal) {
  EXPECT_THROW(static_cast<void>(config::load(folder / "nowhere")), std::system_error);
}

}  // namespace
