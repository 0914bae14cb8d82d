#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "files.hpp"
#include "spool/descriptor.hpp"
#include "spool/spool.hpp"
#include "temp_dir.hpp"

namespace {

namespace fs = std::filesystem;
using spool::Descriptor;
using testing::ElementsAre;
using testing::IsEmpty;

// sha256("abc"), FIPS 180-2, appendix B.1
const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

class ArchiveTest : public testing::Test {
protected:
  ArchiveTest() : archive(folder / "archive") {}

  spool::Archive::Kept keep(const std::string& bytes) {
    tests::write_file(folder / "in", bytes);
    const Descriptor in(::open((folder / "in").c_str(), O_RDONLY));
    return archive.keep(in.get());
  }
  std::size_t drafts() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder / "archive" / ".new"), {}));
  }
  void overwrite(const fs::path& path, const std::string& bytes) {
    fs::permissions(path, fs::perms::owner_write, fs::perm_options::add);
    tests::write_file(path, bytes);
  }

  tests::TempDir folder;
  spool::Archive archive;
};

TEST_F(ArchiveTest, KeepsBytesUnderTheirHash) {
  const auto kept = keep("abc");
  EXPECT_EQ(kept.sha256, abc);
  EXPECT_EQ(kept.bytes, 3U);
  EXPECT_EQ(archive.path_of(abc), folder / "archive" / "ba" / abc);
  EXPECT_EQ(tests::bytes_of(archive.path_of(abc)), "abc");
  EXPECT_EQ(fs::status(archive.path_of(abc)).permissions(),
            fs::perms::owner_read | fs::perms::group_read);
  EXPECT_EQ(drafts(), 0U);

  const Descriptor again(archive.open(abc));
  EXPECT_EQ(::fcntl(again.get(), F_GETFL) & O_ACCMODE, O_RDONLY);
}

TEST_F(ArchiveTest, TheSameBytesTwiceAreOneFile) {
  keep("abc");
  struct stat before {};
  ASSERT_EQ(::stat(archive.path_of(abc).c_str(), &before), 0);
  EXPECT_EQ(keep("abc").sha256, abc);
  struct stat after {};
  ASSERT_EQ(::stat(archive.path_of(abc).c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(drafts(), 0U);
  EXPECT_EQ(keep("").sha256, nothing);
  EXPECT_THAT(archive.all(), ElementsAre(abc, nothing));
  EXPECT_THAT(archive.faults(), IsEmpty());
}

TEST_F(ArchiveTest, ASpoiltCopyIsReplacedAndShown) {
  for (const char* bytes : {"abx", "ab", ""}) {
    keep("abc");
    overwrite(archive.path_of(abc), bytes);
    EXPECT_EQ(keep("abc").sha256, abc);
    EXPECT_EQ(tests::bytes_of(archive.path_of(abc)), "abc") << bytes;
    EXPECT_EQ(tests::bytes_of(archive.path_of(abc).string() + ".damaged"), bytes);
    EXPECT_THAT(archive.faults(), ElementsAre("ba/" + abc + ".damaged"));
  }
}

TEST_F(ArchiveTest, FindsFaults) {
  keep("abc");
  const auto other = keep("other").sha256;
  overwrite(archive.path_of(abc), "abb");
  tests::write_file(folder / "archive" / "notes.txt", "mine");
  fs::create_directories(folder / "archive" / "zz");
  tests::write_file(folder / "archive" / "zz" / abc, "abc");
  fs::create_symlink("/etc/passwd", archive.path_of(nothing).parent_path().string() + "link");

  std::size_t done = 0;
  std::size_t total = 0;
  const auto faults = archive.faults([&](std::size_t i, std::size_t all) {
    done = i;
    total = all;
  });
  EXPECT_THAT(faults, ElementsAre(abc, "e3link", "notes.txt", "zz"));
  EXPECT_EQ(done, 2U);
  EXPECT_EQ(total, 2U);
  EXPECT_THAT(archive.all(), ElementsAre(abc, other));
}

TEST_F(ArchiveTest, AFailedReadLeavesNothingBehind) {
  const Descriptor not_a_file(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY));
  EXPECT_THROW((void)archive.keep(not_a_file.get()), std::system_error);
  EXPECT_EQ(drafts(), 0U);
  EXPECT_THAT(archive.all(), IsEmpty());
}

TEST_F(ArchiveTest, WhatChangedUnderTheCopyIsNotKept) {
  tests::write_file(folder / "in", "abc");
  const Descriptor in(::open((folder / "in").c_str(), O_RDONLY));
  EXPECT_FALSE(archive.keep_if(in.get(), [] { return false; }));
  EXPECT_EQ(drafts(), 0U);
  EXPECT_THAT(archive.all(), IsEmpty());
}

TEST_F(ArchiveTest, SweepsWhatACrashLeftAndNothingElse) {
  const auto left = folder / "archive" / ".new" / "left";
  const auto busy = folder / "archive" / ".new" / "busy";
  tests::write_file(left, "half a fa");
  tests::write_file(busy, "half a fa");
  const Descriptor other_process(::open(busy.c_str(), O_RDWR));
  ASSERT_EQ(::flock(other_process.get(), LOCK_EX), 0);
  archive.sweep();
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(busy));
}

TEST_F(ArchiveTest, NamesAreHashesOrNothing) {
  for (const std::string& name : {std::string(), std::string("../../etc/passwd"), abc + "0",
                                  std::string(64, 'G'), std::string(64, 'A')}) {
    EXPECT_THROW((void)archive.path_of(name), std::invalid_argument) << name;
  }
  EXPECT_THROW((void)archive.open(abc), std::system_error);
}

}  // namespace
