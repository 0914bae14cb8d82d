#include "daemon/notify/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>
#include <tuple>

#include "books.hpp"
#include "daemon/notify/notify.hpp"
#include "daemon/notify/secret.hpp"

/// What goes out, without a server: secrets, headers, signatures, words.
namespace {

using forms::rules::FlagKind;
using testing::HasSubstr;
using tests::now;

TEST(Secrets, MustBeReadableByTheServiceAlone) {
  const tests::TempDir folder;
  const std::tuple<const char*, std::string, mode_t, const char*> cases[] = {
      {"good", "secret\n", 0600, ""},
      {"read-only", "secret", 0400, ""},
      {"group", "secret", 0640, "others may read"},
      {"world", "secret", 0604, "others may read"},
      {"writable", "secret", 0620, "others may read or change"},
      {"lines", "one\ntwo\n", 0600, "one line"},
      {"zero", std::string("a\0b", 3), 0600, "one line"},
      {"short", "ab\n", 0600, "at least 3 bytes"},
      {"long", std::string(5000, 'x'), 0600, "too long"},
  };
  for (const auto& [name, text, mode, expected] : cases) {
    SCOPED_TRACE(name);
    const auto file = folder / name;
    std::ofstream(file) << text;
    ::chmod(file.c_str(), mode);
    try {
      EXPECT_EQ(notify::read_secret(file, 3), "secret");
      EXPECT_STREQ(expected, "");
    } catch (const notify::BadSecret& error) {
      EXPECT_STRNE(expected, "") << error.what();
      EXPECT_THAT(error.what(), HasSubstr(expected));
    }
  }
  EXPECT_THROW(static_cast<void>(notify::read_secret(folder / "none", 1)), notify::BadSecret);
  EXPECT_THROW(static_cast<void>(notify::read_secret(folder.path(), 1)), notify::BadSecret);
  std::filesystem::create_symlink(folder / "good", folder / "link");
  EXPECT_THROW(static_cast<void>(notify::read_secret(folder / "link", 1)), notify::BadSecret);
}

TEST(Headers, EncodeWordsThatFitALineAndStandAlone) {
  EXPECT_EQ(notify::encoded_words("再発"), "=?UTF-8?B?5YaN55m6?=");
  const auto folded =
      notify::encoded_words(std::string(38, 'a') + "再発の疑いがあります。ご確認を");
  EXPECT_EQ(folded.find("=?UTF-8?B?" +
                        std::string("YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=")),
            0U)
      << "no character is cut: " << folded;
  EXPECT_NE(folded.find("\r\n =?"), std::string::npos);
}

TEST(Signature, IsThatOfOpenssl) {
  // printf '1795335120.{"a":1}' | openssl dgst -sha256 -hmac 'key'
  EXPECT_EQ(notify::signature("key", "1795335120", R"({"a":1})"),
            "v1=cdd4b5f6359aac0f50e4b7a99d3af91a098c2e06d7bfc1e8fbad6d030ba50cd2");
}

TEST(Words, EveryKindOfFlagHasSome) {
  notify::Settings settings;
  settings.mail = notify::Mail{"localhost", "a@b.example", {"c@d.example"}, "", {}, false};
  std::set<std::string> all;
  for (int i = 0; i <= static_cast<int>(FlagKind::duplicate_differs); ++i) {
    notify::Message message;
    message.kind = static_cast<FlagKind>(i);
    const auto text = notify::mail_text(message, settings, "c@d.example", now);
    for (const char c : text) EXPECT_TRUE(c == '\r' || c == '\n' || (c >= ' ' && c < 127));
    all.insert(text);
  }
  EXPECT_EQ(all.size(), 11U);
}

}  // namespace
