#include "forms/named.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using forms::Identity;
using forms::Naming;

const Identity hanako{"00123456", "髙橋 花子", "タカハシ ハナコ", 1950y / 3 / 5};
const Identity taro{"00123457", "渡邊 太郎", "ワタナベ タロウ", 1941y / 12 / 8};
const Identity hajime{"00200001", "森 一", "モリ ハジメ", 1960y / 7 / 1};
const Identity twin{"00300001", "髙橋 和子", "タカハシ カズコ", 1950y / 3 / 5};
const std::vector<Identity> people{hanako, taro, hajime, twin};

std::string reasons(std::string_view text, const Identity& person) {
  std::string all;
  for (const auto& each : Naming(text).by(person).reasons()) all += (all.empty() ? "" : " ") + each;
  return all;
}

TEST(Named, WhateverWayItIsWritten) {
  const struct {
    const char* text;
    const Identity& person;
    const char* reasons;
  } rows[] = {
      {"患者番号 00123456", hanako, "number"},
      {"患者番号　００１２３４５６", hanako, "number"},
      {"TEL 1-00123456-7", hanako, "number"},
      {"100123456", hanako, ""},
      {"氏名 髙橋 花子 様", hanako, "name"},
      {"氏名 高橋花子様", hanako, "name"},
      {"高 橋 花\n子", hanako, "name"},
      {"高橋華子", hanako, "name"},  // one of four read wrongly
      {"高木華子", hanako, ""},
      {"渡辺太郎", taro, "name"},
      {"渡邉太郎", taro, "name"},
      {"森一", hajime, "name"},
      {"ﾀｶﾊｼ ﾊﾅｺ", hanako, "kana"},
      {"たかはし はなこ", hanako, "kana"},
      {"タカバシ ハナコ", hanako, "kana"},
      {"タカハツ ハナコ", hanako, "kana"},
      {"昭和25年3月5日生", hanako, "birth_date"},
      {"昭和２５年３月５日", hanako, "birth_date"},
      {"S25.3.5", hanako, "birth_date"},
      {"1950/03/05", hanako, "birth_date"},
      {"1950年3月5日", hanako, "birth_date"},
      {"1950-3-6", hanako, ""},
      {"令和元年5月1日", {"1", "", "", 2019y / 5 / 1}, "birth_date"},
      {"S16.12.8 渡辺太郎 00123457 ワタナベタロウ", taro, "number name kana birth_date"},
      {"", hanako, ""},
      {"\xff\xfe", hanako, ""},
  };
  for (const auto& row : rows) EXPECT_EQ(reasons(row.text, row.person), row.reasons) << row.text;
}

TEST(Named, AShortNumberMustBeCalledOne) {
  const Identity few{"5200", "見本 次郎", "ミホン ジロウ", 1950y / 1 / 1};
  EXPECT_EQ(reasons("WBC 5200 /uL", few), "");
  EXPECT_EQ(reasons("患者ID 5200", few), "number");
}

TEST(Named, Proposals) {
  const auto told = [](std::string_view text) {
    std::string all;
    for (const auto& each : forms::propose(text, people)) {
      all += (all.empty() ? "" : "; ") + each.patient + ":";
      for (const auto& reason : each.reasons) all += ' ' + reason;
    }
    return all;
  };
  EXPECT_EQ(told("診療情報提供書 氏名 渡辺太郎 生年月日 S16.12.8"), "00123457: name birth_date");
  EXPECT_EQ(told("高橋花子 生年月日 昭和25年3月5日"),
            "00123456: name birth_date; 00300001: name birth_date");
  EXPECT_EQ(told("高橋和子 生年月日 昭和25年3月5日"),
            "00300001: name birth_date; 00123456: name birth_date")
      << "who is named exactly stands first";
  EXPECT_EQ(told("紹介元 森一郎医院"), "") << "two characters are in many a name";
  EXPECT_EQ(told("森一 S35.7.1"), "00200001: name birth_date");
  EXPECT_EQ(told("検査日 1950/3/5"), "") << "any day may be somebody's birth date";
  EXPECT_EQ(told("特記事項なし"), "");
}

TEST(Named, AnotherPatientsPage) {
  const struct {
    const char* text;
    bool another;
  } rows[] = {
      {"採血 2026/11/10 CEA 3.2", false},
      {"高橋花子 CEA 3.2", false},
      {"患者番号 00123456 生年月日 1950/3/5", false},
      {"患者番号 00123457", true},
      {"患者番号 00123456 00123457", true},
      {"思者番弓 00123450", false},        // a slip of her own number as well as of another's
      {"思者番弓 00200801", true},         // one digit beside another's, far from hers
      {"採取 2026/11/10 S60.8.20", true},  // an old day beside a new one is a birth date
      {"採取 2026/11/10 S25.8.5", false},
      {"渡辺太郎 CEA 3.2", true},
      {"ワタナベ タロウ", true},
      {"生年月日 昭和16年12月8日", true},
      {"1941/12/08 CEA 3.2", true},
      {"高橋花子 1941/12/08 手術", false},
      {"高橋和子 生年月日 昭和25年3月5日", true},  // a twin: same day, other name
      {"高橋花子 担当 渡邊太郎", false},           // he may be her doctor
      {"森一 CEA 3.2", false},                     // too short to say so
      {"生年月日 昭和60年8月20日", true},          // nobody on record, and surely not she
      {"生年月日 昭和25年8月5日", false},          // one digit: a slip of OCR
      {"高橋花子 生年月日 昭和60年8月20日", false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(forms::names_another(row.text, hanako, people, {}), row.another) << row.text;
  }
  EXPECT_FALSE(forms::names_another("医師 渡邊太郎", hanako, people, {"渡邊　太郎"}));
}

std::string said_on(std::u32string_view text) {
  const auto words = forms::identity_words(text);
  std::string all;
  if (words.number) all += " number";
  if (words.name) all += " name";
  if (words.birth_date) all += " birth_date";
  return all.empty() ? all : all.substr(1);
}

TEST(Named, WordsThatSayWhoseAPageIs) {
  const struct {
    const char32_t* text;
    const char* said;
  } rows[] = {
      {U"患者番号 1021386)", "number"},
      {U"思者番弓 1021386)", "number"},
      {U"患者\n番号 : l0213860", "number"},
      {U"ID 10213260", "number"},
      {U"カルテNo.10213260", "number"},
      {U"患者番号\n", ""},  // nothing was written
      {U"電話番号 0312345678", ""},
      {U"FAX番号 0312345678", ""},
      {U"保険者番号 06131234", ""},
      {U"検体ID 20261110", ""},
      {U"WBC 5200 ID 181g/dL", ""},
      {U"患者さんは 2026年11月に", ""},
      {U"氏名 山崎 弘 様", "name"},
      {U"民名 山崎", "name"},
      {U"フリカナ ヤマザキ ヒロシ", "name"},
      {U"検査結果\n山崎 弘 様\nCEA 3.2", "name"},
      {U"検査結果\n山崎 弘 殿\nCEA 3.2", "name"},
      {U"検査結果\n山崎 弘 さん\nCEA 3.2", "name"},
      {U"姓名 山崎 弘", "name"},
      {U"患者: 山崎 弘", "name"},
      {U"受診者:山崎 弘\nCEA 3.2", "name"},
      {U"みなと中央病院 外科部長 殿", ""},
      {U"経過は奥さん", ""},
      {U"山崎花子さん", "name"},
      {U"診察した患者は良好です", ""},
      {U"担当医氏名 森 一郎", ""},
      {U"みなと中央病院 地域医療連携室 様", ""},
      {U"患者様の経過は良好です", ""},
      {U"病名 胃癌", ""},
      {U"生年月日 昭和Ss年", "birth_date"},
      {U"生侍月日 平成4年12 月 17 上", "birth_date"},
      {U"年 月日1943年4月28日", "birth_date"},
      {U"年月\n日 1560年\n5月2日", "birth_date"},
      {U"1960/09/11", "birth_date"},
      {U"昭和 42年1月", "birth_date"},
      {U"検査年月日 平成30年4月2日", ""},
      {U"年月日 2026/11/10", ""},
      {U"昭和大学病院", ""},
      {U"検査日 2026年11月10日 WBC 1950/uL", ""},
      {U"検査結果\n採血日 2026年11月12日\n総蛋白 7.1 g/dL", ""},
      {U"", ""},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(said_on(row.text), row.said) << "row " << &row - rows;
  }
}

TEST(Named, APageMustNotSayItIsSomebodyElses) {
  using enum forms::WhosePage;
  const Identity namesake{"00400001", "高橋 花子", "タカハシ ハナコ", 1962y / 1 / 9};
  const struct {
    const char* text;
    forms::WhosePage whose;
  } rows[] = {
      {"採血 2026/11/10 CEA 3.2", not_said},
      {"", not_said},
      {"検査結果 電話番号 03-1234-5678", not_said},
      {"患者番号 00123456", own},
      {"患者番号 00123457", another},
      {"患者番号 0012B9S)", unproven},  // somebody's, and it cannot be read
      {"患者番号 77711222", unproven},  // nobody's here
      {"刀 7 00128486", unproven},      // its label is past reading
      {"FAX 00128486 P.002", not_said},
      {"検査 20261110", not_said},
      {"患者番号 00123466", unproven},  // hers with a slip, and nothing bears it out
      {"患者番号 00123466 生年月日 昭和25年3月6日", own},  // two slips, of one person
      {"患者番号 00123466 氏名 高橋華子 様", own},
      {"氏名 髙橋 花子 様", own},
      {"氏名 高橋華子 様", unproven},  // may be her sister
      {"氏名 高橋華子 様 フリガナ タカハシ ハナエ", unproven},
      {"フリガナ タカハシ ハナコ", own},
      {"氏名 小林 光 様", unproven},
      {"渡辺太郎 様", another},
      {"生年月日 昭和25年3月5日", own},
      {"生年月日 昭和25年3月6日", unproven},
      {"生年月日 昭和25年", unproven},
      {"1950/03/05 検査日 2026/11/10", own},
      {"1950/03/06 検査日 2026/11/10", unproven},
      {"高橋花子 生年月日 昭和60年8月20日", unproven},  // a namesake who is not on record
      {"患者番号 00123456 高橋花子 生年月日 昭和60年8月20日", own},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(forms::whose_page(row.text, hanako, {hanako, taro, hajime}, {}), row.whose)
        << row.text;
  }
  // Two patients of one name: it alone says nothing.
  const std::vector<Identity> with_namesake{hanako, taro, namesake};
  const auto among = [&](std::string_view text) {
    return forms::whose_page(text, hanako, with_namesake, {});
  };
  EXPECT_EQ(among("氏名 高橋花子 様"), unproven);
  EXPECT_EQ(among("氏名 高橋花子 様 患者番号 00123456"), own);
  EXPECT_EQ(among("氏名 高橋花子 様 生年月日 昭和25年3月5日"), own);
  EXPECT_EQ(among("患者番号 00123456"), own);
  // 林 is no part of 小林, nor ハヤシ of コバヤシ, 大森 no kind of 森.
  const Identity hayashi{"00500001", "林 一郎", "ハヤシ イチロウ", 1941y / 2 / 3};
  const struct {
    const char* text;
    forms::WhosePage whose;
  } parts_of_names[] = {
      {"患者氏名 小林一郎 様", unproven},
      {"患者氏名 小 林 一 郎 様", unproven},
      {"フリガナ コバヤシ イチロウ", unproven},
      {"氏名 林一郎太 様", unproven},
      {"林 一郎 様", own},
      {"みほん病院\n林 一郎\n検査結果", own},
      {"患者氏名 林一郎 昭和16年2月3日生", own},
      {"氏名: 林一郎(85歳)", own},
      {"フリガナ ハヤシ イチロウ", own},
      {"患者番号 00123999 氏名 林一郎 様", unproven},  // a number of nobody on record
      {"患者番号 00500002 氏名 林一郎 様", own},       // a slip in the number
  };
  for (const auto& row : parts_of_names) {
    EXPECT_EQ(forms::whose_page(row.text, hayashi, {hayashi, hanako}, {}), row.whose) << row.text;
  }
  // A twin: the day of birth alone says nothing.
  EXPECT_EQ(forms::whose_page("生年月日 昭和25年3月5日", hanako, {hanako, twin}, {}), unproven);
}

}  // namespace
