#include "spool/structure.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "files.hpp"
#include "spool/descriptor.hpp"
#include "temp_dir.hpp"

namespace {

using namespace std::string_literals;
using spool::Shape;

class StructureTest : public testing::Test {
protected:
  Shape shape(const std::string& bytes) {
    const auto path = folder / "file";
    tests::write_file(path, bytes);
    const spool::Descriptor file(::open(path.c_str(), O_RDONLY));
    return spool::shape_of(file.get(), bytes.size());
  }
  tests::TempDir folder;
};

std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST_F(StructureTest, KnowsWhatIsWhole) {
  const std::pair<const char*, std::string> cases[] = {
      {"tiff", tests::tiff()},
      {"tiff of three pages", tests::tiff(3)},
      {"tiff, padded", tests::tiff() + std::string(100, '\0')},
      {"pdf", tests::pdf()},
      {"pdf after a mail header", "Content-Type: x\r\n\r\n" + tests::pdf()},
      {"pdf, padded", tests::pdf() + std::string(512, '\0')},
      {"png", tests::png()},
      {"jpeg", tests::jpeg()},
      {"jpeg with a trailer", tests::jpeg() + "trailer"},
  };
  for (const auto& [name, bytes] : cases) EXPECT_EQ(shape(bytes), Shape::whole) << name;
}

TEST_F(StructureTest, KnowsEveryCutThatLosesSomething) {
  const std::pair<const char*, std::string> cases[] = {{"tiff", tests::tiff(2)},
                                                       {"pdf", tests::pdf()},
                                                       {"png", tests::png()},
                                                       {"jpeg", tests::jpeg()}};
  for (const auto& [name, bytes] : cases) {
    const std::size_t end =
        name == "pdf"s ? bytes.size() - 1 : bytes.size();  // but for the newline
    for (std::size_t length = 1; length < end; ++length) {
      EXPECT_EQ(shape(bytes.substr(0, length)), Shape::cut_short) << name << " cut at " << length;
    }
  }
}

TEST_F(StructureTest, KnowsOddFiles) {
  const std::string circle = [] {
    auto bytes = tests::tiff();
    return bytes.replace(bytes.size() - 4, 4, bytes.substr(4, 4));
  }();
  const std::tuple<const char*, std::string, Shape> cases[] = {
      {"nothing", "", Shape::empty},
      {"a letter", "plain text, no picture", Shape::unknown},
      {"zeros that a writer laid out in advance", std::string(4096, '\0'), Shape::unknown},
      {"tiff whose first directory is not yet written", "II\x2A\0\0\0\0\0strip"s, Shape::cut_short},
      {"tiff whose directories go round", circle, Shape::whole},
      {"tiff with a directory beyond the end", "II\x2A\0\xFF\xFF\0\0"s, Shape::cut_short},
      {"big-endian bigtiff with nothing in it", "MM\0\x2B\0\x08\0\0\0\0\0\0\0\0\0\0"s,
       Shape::cut_short},
      {"pdf whose table lies beyond the end", with(tests::pdf(), "\n40\n", "\n4000\n"),
       Shape::cut_short},
      {"first part of a linearized pdf", with(tests::pdf(), "/Type", "/Linearized 1/L 9000/Type"),
       Shape::cut_short},
      {"png that promises a huge chunk", "\x89PNG\r\n\x1A\n\xFF\xFF\xFF\xFFIDAT"s,
       Shape::cut_short},
  };
  for (const auto& [name, bytes, expected] : cases) EXPECT_EQ(shape(bytes), expected) << name;
}

TEST_F(StructureTest, AFileThatShrinksMeanwhileIsCutShort) {
  const auto path = folder / "file";
  tests::write_file(path, tests::png().substr(0, 12));
  const spool::Descriptor file(::open(path.c_str(), O_RDONLY));
  EXPECT_EQ(spool::shape_of(file.get(), tests::png().size()), Shape::cut_short);
}

/// Files of many makers: none that a maker finished may be taken for unfinished.
TEST_F(StructureTest, RealFaxesAreWhole) {
  const std::filesystem::path faxes = std::filesystem::path(RENKEI_SHARED_DATA) / "fax/ccitt";
  if (!std::filesystem::exists(faxes)) GTEST_SKIP() << "no " << faxes;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(faxes)) {
    // One maker leaves out the last pointer: its files look like the first half of a longer one.
    if (!entry.is_regular_file() ||
        entry.path().string().find("ifd-end-pointer") != std::string::npos) {
      continue;
    }
    const spool::Descriptor file(::open(entry.path().c_str(), O_RDONLY));
    EXPECT_EQ(spool::shape_of(file.get(), entry.file_size()), Shape::whole) << entry.path();
  }
}

}  // namespace
