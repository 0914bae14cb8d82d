#include "forms/serial.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

std::vector<forms::Serial> some_serials() {
  constexpr unsigned seed = 20260711;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  std::vector<forms::Serial> serials{{0}, {1}, {forms::serial_limit - 1}};
  for (int i = 0; i < 200; ++i) serials.push_back({random() % forms::serial_limit});
  return serials;
}

/// Places of the ten characters in "7K2QX-9HD4X".
constexpr std::array<std::size_t, 10> places{0, 1, 2, 3, 4, 6, 7, 8, 9, 10};

TEST(Serial, ReadsWhatItWrote) {
  for (const auto serial : some_serials()) {
    const auto text = forms::to_text(serial);
    ASSERT_EQ(text.size(), 11U);
    EXPECT_EQ(text[5], '-');
    EXPECT_EQ(forms::parse_serial(text), serial) << text;
  }
}

TEST(Serial, FindsEveryWrongCharacter) {
  for (const auto serial : some_serials()) {
    const auto right = forms::to_text(serial);
    for (const auto place : places) {
      for (const char wrong : alphabet) {
        auto text = right;
        if (text[place] == wrong) continue;
        text[place] = wrong;
        EXPECT_FALSE(forms::parse_serial(text)) << right << " as " << text;
      }
    }
  }
}

TEST(Serial, FindsEveryTwoCharactersSwapped) {
  for (const auto serial : some_serials()) {
    const auto right = forms::to_text(serial);
    for (const auto one : places) {
      for (const auto other : places) {
        auto text = right;
        std::swap(text[one], text[other]);
        if (text == right) continue;
        EXPECT_FALSE(forms::parse_serial(text)) << right << " as " << text;
      }
    }
  }
}

TEST(Serial, IsOnPaperAsDocumented) {
  // Paper in people's hands must stay readable: these never change.
  EXPECT_EQ(forms::to_text({0}), "00000-00000");
  EXPECT_EQ(forms::to_text({1}), "00000-00012");
  EXPECT_EQ(forms::to_text({forms::serial_limit - 1}), "ZZZZZ-ZZZZX");
}

struct Typed {
  std::string_view name;
  std::string_view text;
};

class SerialTyped : public testing::TestWithParam<Typed> {};

TEST_P(SerialTyped, IsTaken) {
  EXPECT_EQ(forms::parse_serial(GetParam().text), forms::Serial{1}) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Ways, SerialTyped,
    testing::Values(Typed{"AsPrinted", "00000-00012"}, Typed{"NoHyphen", "0000000012"},
                    Typed{"Spaces", " 00000 00012 \n"}, Typed{"LettersForDigits", "oOoOo-00Oi2"},
                    Typed{"SmallL", "00000-000l2"}, Typed{"FullWidth", "０００００－０００１２"},
                    Typed{"JapaneseDash", "00000ー00012"}, Typed{"Minus", "00000−00012"},
                    Typed{"WideSpace", "00000　00012"}),
    [](const auto& one) { return std::string(one.param.name); });

class SerialRefused : public testing::TestWithParam<Typed> {};

TEST_P(SerialRefused, IsRefused) {
  EXPECT_FALSE(forms::parse_serial(GetParam().text)) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Ways, SerialRefused,
    testing::Values(Typed{"Empty", ""}, Typed{"OnlyHyphen", "-"}, Typed{"TooShort", "00000-0001"},
                    Typed{"TooLong", "00000-000120"}, Typed{"WrongCheck", "00000-00013"},
                    Typed{"LetterU", "00000-000U2"}, Typed{"Sign", "00000-000+2"},
                    Typed{"Kana", "00000-000ア2"}, Typed{"CutUtf8", "00000-00012\xE3\x80"},
                    Typed{"NotUtf8", "\xFF\xFF\xFF\xFF"},
                    Typed{"Emoji", "00000-00012\xF0\x9F\x98\x80"},
                    Typed{"Nul", std::string_view("00000-00012\0", 12)}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
