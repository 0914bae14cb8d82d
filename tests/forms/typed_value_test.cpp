#include "forms/typed_value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// What a person may type for a field.
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const forms::Catalogue& catalogue() {
  static const auto all = forms::Catalogue::load(RENKEI_SOURCE_DIR "/forms/definitions");
  return all;
}

forms::TypedValue typed(const std::string& field, const std::string& text) {
  const auto* found = catalogue().report_for("colorectal")->definition.find(field);
  return forms::typed_value(*found, text, 2026y / 11 / 22);
}

struct Case {
  const char* field;
  const char* typed;
  std::vector<std::string> values;
};
class GoodValues : public testing::TestWithParam<Case> {};

TEST_P(GoodValues, AreTaken) {
  const auto value = typed(GetParam().field, GetParam().typed);
  EXPECT_FALSE(value.fault) << *value.fault;
  EXPECT_FALSE(value.unlike) << *value.unlike;
  EXPECT_EQ(value.values, GetParam().values);
}

INSTANTIATE_TEST_SUITE_P(Table, GoodValues,
                         testing::Values(Case{"outcome", "death", {"death"}},
                                         Case{"outcome", "", {}},
                                         Case{"recurrence_site", "liver", {"liver"}},
                                         Case{"recurrence_site", "liver,lung", {"liver", "lung"}},
                                         Case{"cea", "3.2", {"3.2"}}, Case{"cea", "12", {"12"}},
                                         Case{"visit_date", "2026-11-22", {"2026-11-22"}},
                                         Case{"visit_date", "2024-02-29", {"2024-02-29"}},
                                         Case{"next_visit", "2027-02", {"2027-02"}},
                                         Case{"comment", "経過は良好です。", {"経過は良好です。"}},
                                         Case{"seal", "yes", {"yes"}}, Case{"seal", "", {}}));

struct Bad {
  const char* field;
  const char* typed;
  const char* expected;
};
class BadValues : public testing::TestWithParam<Bad> {};

TEST_P(BadValues, AreRefusedAndSayWhatIsExpected) {
  const auto value = typed(GetParam().field, GetParam().typed);
  ASSERT_TRUE(value.fault) << GetParam().field << " " << GetParam().typed;
  EXPECT_THAT(*value.fault, HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadValues,
    testing::Values(
        Bad{"outcome", "dead", "one of continuing"}, Bad{"outcome", "death,recurrence", "one of"},
        Bad{"outcome", "Death", "one of"}, Bad{"recurrence_site", "liver,", "some of"},
        Bad{"recurrence_site", "liver,liver", "some of"}, Bad{"cea", "3,2", "number"},
        Bad{"cea", "-3", "number"}, Bad{"cea", "3.", "number"}, Bad{"cea", ".5", "number"},
        Bad{"cea", "1e3", "number"}, Bad{"cea", "３", "number"}, Bad{"cea", "123456789", "number"},
        Bad{"cea", "1.23456", "number"}, Bad{"attached_pages", "1.5", "number"},
        Bad{"visit_date", "2026-02-30", "2026-11-05"}, Bad{"visit_date", "2026-1-5", "2026-11-05"},
        Bad{"visit_date", "5.11.2026", "2026-11-05"}, Bad{"visit_date", "2026-11-5x", "2026-11-05"},
        Bad{"next_visit", "2027-13", "2027-02"}, Bad{"next_visit", "2027", "2027-02"},
        Bad{"seal", "no", "yes"}));

TEST(TypedValues, ThatAreHardToBelieveSayWhy) {
  EXPECT_THAT(typed("weight_kg", "400").unlike.value_or(""), HasSubstr("plausible range"));
  EXPECT_THAT(typed("visit_date", "2026-11-23").unlike.value_or(""), HasSubstr("future"));
  EXPECT_FALSE(typed("weight_kg", "58.4").unlike);
}

}  // namespace
