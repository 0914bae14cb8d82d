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
  EXPECT_EQ(config.reader.memory, std::uint64_t{320} << 20U);
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
      {"desk:\n  address: 0.0.0.0\n", "renkei.yaml:2:12: an address of this machine alone"},
      {"desk: 12\n", "renkei.yaml:1:7: 'desk' takes keys and values"},
      {"sources:\n  fax: {folder: in}\n  scan: {folder: ./in}\n",
       "renkei.yaml:3:3: its folder is that of the source 'fax'"},
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

TEST_F(ConfigTest, NotificationIsOffUntilItIsWanted) {
  auto text = config::default_text({"見本病院", "", "", "", ""});
  EXPECT_FALSE(load(text).notify.mail);
  EXPECT_FALSE(load(text).notify.hook);
  // the example in it, uncommented, is a good one
  const auto begin = text.find("#notify:");
  ASSERT_NE(begin, std::string::npos);
  for (auto at = begin; at != std::string::npos; at = text.find("\n#", at)) {
    text.erase(text[at] == '\n' ? at + 1 : at, 1);
  }
  const auto notify = load(text).notify;
  ASSERT_TRUE(notify.mail);
  EXPECT_EQ(notify.hospital, "見本病院");
  EXPECT_EQ(notify.mail->server, "localhost:25");
  EXPECT_FALSE(notify.mail->starttls);
  EXPECT_EQ(notify.mail->to.size(), 2U);
  ASSERT_TRUE(notify.hook);
  EXPECT_EQ(notify.hook->secret_file, folder.path() / "keys/hook-secret");
  EXPECT_EQ(notify.repeat_after, std::chrono::hours(4));
}

TEST_F(ConfigTest, NotificationByMailAndHook) {
  const auto notify =
      load(
          "desk: {port: 9000}\n"
          "notify:\n"
          "  mail: {server: 'smtps://mail.example.jp:465', from: a@b.jp, to: [c@d.jp, e@f.jp],\n"
          "         user: u, password_file: /run/p, starttls: false}\n"
          "  repeat_after_hours: 2\n  repeat_every_hours: 12\n")
          .notify;
  EXPECT_EQ(notify.desk_url, "http://127.0.0.1:9000");
  EXPECT_EQ(notify.mail->to, (std::vector<std::string>{"c@d.jp", "e@f.jp"}));
  EXPECT_EQ(notify.mail->password_file, "/run/p");
  EXPECT_FALSE(notify.hook);
  EXPECT_EQ(notify.repeat_every, std::chrono::hours(12));
  EXPECT_EQ(load("notify: {desk_url: 'https://desk.example/x/', hook: {url: 'http://h', "
                 "secret_file: s}}")
                .notify.desk_url,
            "https://desk.example/x");
}

TEST_F(ConfigTest, MistakesInNotifyNameTheirLine) {
  const std::string good = "notify:\n  mail:\n    server: mail.example.jp\n    from: a@b.jp\n";
  const std::pair<std::string, const char*> cases[] = {
      {"notify: {}\n", "renkei.yaml:1:9: notify needs mail, hook, or both"},
      {"notify:\n  mial: {}\n", "renkei.yaml:2:3: unknown key 'mial' under notify"},
      {good, "renkei.yaml:3:5: mail needs a server, from and to"},
      {good + "    to: x@y.jp\n", "renkei.yaml:5:9: a list of mail addresses"},
      {good + "    to: []\n", "renkei.yaml:5:9: a list of mail addresses"},
      {good + "    to: [x]\n", "renkei.yaml:5:10: a mail address is expected"},
      {good + "    to: [\"x@y.jp\\r\\nBcc: z@y.jp\"]\n", "renkei.yaml:5:10: a mail address"},
      {good + "    to: [患者@y.jp]\n", "renkei.yaml:5:10: a mail address"},
      {good + "    to: [x@y.jp, x@y.jp]\n", "renkei.yaml:5:18: this address stands twice"},
      {good + "    to: [x@y.jp]\n    password: secret\n",
       "renkei.yaml:6:5: unknown key 'password'"},
      {good + "    to: [x@y.jp]\n    user: u\n", "renkei.yaml:3:5: user and password_file go"},
      {good + "    to: [x@y.jp]\n    user: u\n    password_file: p\n    starttls: false\n",
       "renkei.yaml:3:5: a password leaves this machine only with"},
      {good + "    starttls: maybe\n", "renkei.yaml:5:15: true or false"},
      {"notify:\n  mail: {server: 'http://x'}\n", "renkei.yaml:2:18: a mail server is expected"},
      {"notify:\n  mail: {server: 'a:b@host'}\n", "renkei.yaml:2:18: a mail server is expected"},
      {"notify:\n  hook: {url: 'ftp://x'}\n", "renkei.yaml:2:15: an address with http(s)://"},
      {"notify:\n  hook: {url: 'https://x'}\n", "renkei.yaml:2:9: hook needs a url and a secret"},
      {"notify:\n  repeat_after_hours: 0\n", "renkei.yaml:2:23: a whole number from 1 to 720"},
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
