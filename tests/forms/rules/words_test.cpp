#include "forms/rules/words.hpp"

#include <gtest/gtest.h>

namespace {

using forms::rules::mentions;

const std::vector<std::string> words{"再発", "転移",     "増大",     "死亡",
                                     "永眠", "来院なし", "通院中断", "リンパ節腫大"};

/// "再発 -転移": found words, with '-' if all their mentions are denied.
std::string told(std::string_view text) {
  std::string found;
  for (const auto& each : mentions(text, words)) {
    found += (found.empty() ? "" : " ") + std::string(each.negated ? "-" : "") + each.word;
  }
  return found;
}

TEST(Words, FoundAsOcrGivesThem) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"特記事項なし", ""},
      {"お変わりありません。内服継続", ""},
      {"肝に再発を認めました", "再発"},
      {"再 発 疑 い", "再発"},  // Tesseract puts spaces between characters
      {"再\n発", "再発"},       // and lines end where they like
      {"再發", "再発"},         // an old form
      {"再癸", "再発"},         // a picture that looks alike
      {"冉発", "再発"},
      {"肺転移あり、腫瘤増大", "転移 増大"},
      {"11月3日永眠されました", "永眠"},
      {"来院なし", "来院なし"},  // its denial is a part of it
      {"来院たし", "来院なし"},  // one slip in a word of four
      {"通完中断", "通院中断"},
      {"通完中新", ""},                // two slips are too many
      {"ﾘﾝﾊﾟ節腫大", "リンパ節腫大"},  // half-width kana
      {"りんぱ節腫大", "リンパ節腫大"},
      {"再検査", ""},  // in words of two every character counts
      {"発熱", ""},
      {"死 亡 診 断 書", "死亡"},
  };
  for (const auto& [text, found] : cases) EXPECT_EQ(told(text), found) << text;
}

TEST(Words, DeniedOnlyWhereTheDenialIsMeantForThem) {
  const std::pair<const char*, const char*> cases[] = {
      {"再発なし", "-再発"},
      {"再発の徴候なし", "-再発"},
      {"再発所見は認めません", "-再発"},
      {"転移を認めず", "-転移"},
      {"再発疑い", "再発"},
      {"再発のため来院なし", "再発 来院なし"},
      {"再発なし。後日、再発を確認", "再発"},  // once is enough
      {"再発、転移なし", "再発 -転移"},
      {"転移あり、症状なし", "転移"},
  };
  for (const auto& [text, found] : cases) EXPECT_EQ(told(text), found) << text;
}

TEST(Words, HostileTextIsJustText) {
  EXPECT_EQ(told("\xff\xfe再発"), "");
  EXPECT_EQ(told(std::string_view("再発\0転移", 13)), "再発");
  EXPECT_TRUE(mentions("再発", {}).empty());
  EXPECT_TRUE(mentions("再発", {""}).empty());
}

}  // namespace
