#include "spool/label.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Label, IsAlwaysValidText) {
  const std::tuple<const char*, std::string, std::string> cases[] = {
      {"plain", "fax000000012.tif", "fax000000012.tif"},
      {"Japanese", "山田花子 様.pdf", "山田花子 様.pdf"},
      {"Shift-JIS from an old machine", "\x8E\x52\x93\x63.tif", "山田.tif"},
      {"four bytes", "\xF0\xA0\xAE\x9F", "𠮟"[0] == '\xF0' ? "\xF0\xA0\xAE\x9F" : ""},
      {"neither", "a\xFF\xFE.tif", "a\uFFFD\uFFFD.tif"},
      {"a surrogate", "\xED\xA0\x80\xFF", "\uFFFD\uFFFD\uFFFD\uFFFD"},
      {"overlong", "\xC0\xAF\xFF", "\uFFFD\uFFFD\uFFFD"},
      {"terminal codes", "a\x1B[2Jb\n", "a\uFFFD[2Jb\uFFFD"},
      {"C1 control",
       "a\xC2\x9B"
       "b",
       "a\uFFFDb"},
  };
  for (const auto& [name, given, expected] : cases) {
    EXPECT_EQ(spool::label_of(given), expected) << name;
  }
}

TEST(Label, KnowsWhatIsOnItsWay) {
  for (const char* name : {".hidden.tif", ".", "..", "a.tif.part", "a.TMP", "scan.FilePart"}) {
    EXPECT_TRUE(spool::is_provisional(name)) << name;
  }
  for (const char* name : {"a.tif", "part", "tmp", "a.tmp.tif", "a.partial", "-rf"}) {
    EXPECT_FALSE(spool::is_provisional(name)) << name;
  }
}

}  // namespace
