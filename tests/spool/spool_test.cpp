#include "spool/spool.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "files.hpp"
#include "spool/descriptor.hpp"
#include "temp_dir.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using spool::Arrival;
using spool::Descriptor;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

// ctime is the kernel's: tests count from the real day, in minutes that nobody waits for.
const spool::Time today =
    std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

class SpoolTest : public testing::Test {
protected:
  SpoolTest() : archive(folder / "archive"), spool({source()}, archive) {}

  spool::Source source() {
    spool::Source fax{"fax", folder / "inbox" / "fax"};
    fax.max_bytes = 1 << 20;
    return fax;
  }
  fs::path in(const std::string& name) { return folder / "inbox" / "fax" / name; }

  void drop(const std::string& name, const std::string& bytes) {
    tests::write_file(in(name), bytes);
    written(name, today);
  }
  void written(const std::string& name, spool::Time time) {
    const timespec when{time.time_since_epoch().count(), 0};
    const timespec both[] = {when, when};
    ASSERT_EQ(::utimensat(AT_FDCWD, in(name).c_str(), both, 0), 0);
  }
  /// Two looks, long enough apart for what is whole.
  std::vector<Arrival> claim_rested() {
    EXPECT_THAT(spool.claim(today), IsEmpty());
    return spool.claim(today + 5s);
  }

  tests::TempDir folder;
  spool::Archive archive;
  spool::Spool spool;
};

TEST_F(SpoolTest, TakesAWholeFileThatRested) {
  const std::pair<const char*, std::string> cases[] = {
      {"fax.tif", tests::tiff(2)},
      {"scan.pdf", tests::pdf()},
      {"a.png", tests::png()},
      {"b.jpg", tests::jpeg()},
      {"letter.doc", "a format that is none of ours"},
  };
  for (const auto& [name, bytes] : cases) {
    SCOPED_TRACE(name);
    drop(name, bytes);
    EXPECT_THAT(spool.claim(today), IsEmpty());
    EXPECT_THAT(spool.claim(today + 4s), IsEmpty());
    const auto claimed = spool.claim(today + 5s);
    ASSERT_THAT(claimed, SizeIs(1));
    EXPECT_EQ(claimed[0].source, "fax");
    EXPECT_EQ(claimed[0].name, name);
    EXPECT_EQ(claimed[0].bytes, bytes.size());
    EXPECT_TRUE(claimed[0].whole);
    EXPECT_FALSE(claimed[0].too_large);
    EXPECT_EQ(tests::bytes_of(archive.path_of(claimed[0].sha256)), bytes);
    EXPECT_TRUE(fs::exists(in(name)));
    EXPECT_TRUE(spool.release(claimed[0]));
    EXPECT_FALSE(fs::exists(in(name)));
    EXPECT_THAT(spool.claim(today + 1h), IsEmpty());
  }
}

TEST_F(SpoolTest, LeavesAloneWhatIsNoArrival) {
  drop(".hidden.tif", tests::tiff());
  drop("a.tif.part", tests::tiff());
  drop("a.TMP", tests::tiff());
  fs::create_directory(in("folder"));
  fs::create_symlink("/etc/passwd", in("passwd.tif"));
  fs::create_symlink(".hidden.tif", in("link.tif"));
  ASSERT_EQ(::mkfifo(in("pipe.tif").c_str(), 0600), 0);
  EXPECT_THAT(spool.claim(today + 24h), IsEmpty());
  EXPECT_THAT(spool.claim(today + 48h, true), IsEmpty());
  EXPECT_THAT(archive.all(), IsEmpty());
  // A folder, two links, a pipe, and three that were never finished: whoever put them there must be
  // told.
  EXPECT_THAT(spool.passed_over(), ElementsAre(Pair("fax", 7)));
  fs::remove(in("folder"));
  static_cast<void>(spool.claim(today + 49h));
  EXPECT_THAT(spool.passed_over(), ElementsAre(Pair("fax", 6)));
}

TEST_F(SpoolTest, WhatIsStillBeingSentForTooLongIsTold) {
  const std::pair<const char*, bool> cases[] = {{"a.tif.part", true},
                                                {"b.TMP", true},
                                                {".c.tif", true},
                                                {"d.pdf.filepart", true},
                                                {"whole.tif", false}};
  for (const auto& [name, told] : cases) {
    SCOPED_TRACE(name);
    drop(name, tests::tiff());
    static_cast<void>(spool.claim(today + 15min));
    EXPECT_THAT(spool.passed_over(), IsEmpty()) << "its sender may go on";
    static_cast<void>(spool.claim(today + 16min));
    EXPECT_THAT(spool.passed_over(), SizeIs(told ? 1 : 0));
    static_cast<void>(spool.claim(today + 48h, true));
    EXPECT_THAT(spool.passed_over(), SizeIs(told ? 1 : 0));
    written(name, today + 48h);
    static_cast<void>(spool.claim(today + 48h));
    EXPECT_THAT(spool.passed_over(), IsEmpty()) << "it has gone on";
    fs::remove(in(name));
  }
  fs::create_directory(in("folder.tmp"));
  static_cast<void>(spool.claim(today + 48h));
  EXPECT_THAT(spool.passed_over(), IsEmpty()) << "a sender's own, as .snapshot";
}

TEST(Sources, AFolderMayLeadToAnother) {
  const spool::Source fax{"fax", "/srv/in"};
  const spool::Source scan{"scan", "/srv/in/rooms/scan"};
  for (const auto* folder : {"/srv/in/rooms", "/srv/in/rooms/scan", "/srv/in/./rooms"})
    EXPECT_TRUE(spool::leads_to_a_source(folder, {fax, scan})) << folder;
  for (const auto* folder : {"/srv/in/room", "/srv/in/rooms/scanner", "/srv/in/2026-11"})
    EXPECT_FALSE(spool::leads_to_a_source(folder, {fax, scan})) << folder;
}

TEST_F(SpoolTest, WhatWasMovedInWholeNeedNotRest) {
  tests::write_file(folder / "elsewhere.tif", tests::tiff());
  fs::rename(folder / "elsewhere.tif", in("seen-moving.tif"));
  EXPECT_THAT(spool.claim(today), SizeIs(1));

  drop("old.pdf", tests::pdf());
  written("old.pdf", today - 1h);
  EXPECT_THAT(spool.claim(today), SizeIs(2));  // the first was not released

  tests::write_file(folder / "cut.tif", tests::tiff(2).substr(0, 30));
  fs::rename(folder / "cut.tif", in("cut.tif"));
  EXPECT_THAT(spool.claim(today), SizeIs(2));
}

TEST_F(SpoolTest, WaitsForAWriterThatHoldsItsLock) {
  drop("fax.tif", tests::tiff());
  const Descriptor hylafax(::open(in("fax.tif").c_str(), O_RDWR));
  ASSERT_EQ(::flock(hylafax.get(), LOCK_EX), 0);
  EXPECT_THAT(spool.claim(today), IsEmpty());
  EXPECT_THAT(spool.claim(today + 24h), IsEmpty());
  EXPECT_THAT(spool.claim(today + 24h, true), IsEmpty());
  ASSERT_EQ(::flock(hylafax.get(), LOCK_UN), 0);
  EXPECT_THAT(spool.claim(today + 24h), SizeIs(1));
}

TEST_F(SpoolTest, WaitsForAWriterThatOnlyPauses) {
  drop("scan.tif", tests::tiff());
  {
    const Descriptor scanner(::open(in("scan.tif").c_str(), O_WRONLY));
    const Descriptor probe(::open(in("scan.tif").c_str(), O_RDONLY));
    if (::fcntl(probe.get(), F_SETLEASE, F_RDLCK) == 0 || errno != EAGAIN) {
      GTEST_SKIP() << "this file system does not say who writes";
    }
    EXPECT_THAT(claim_rested(), IsEmpty());
    EXPECT_THAT(spool.claim(today + 5min, true), IsEmpty());
  }
  EXPECT_THAT(spool.claim(today + 6min), SizeIs(1));
}

TEST_F(SpoolTest, AGrowingFileStartsItsRestAnew) {
  drop("fax.tif", tests::tiff(1));
  EXPECT_THAT(spool.claim(today), IsEmpty());
  drop("fax.tif", tests::tiff(2));
  EXPECT_THAT(spool.claim(today + 4s), IsEmpty());
  written("fax.tif", today + 4s);
  EXPECT_THAT(spool.claim(today + 8s), IsEmpty());
  const auto claimed = spool.claim(today + 13s);
  ASSERT_THAT(claimed, SizeIs(1));
  EXPECT_EQ(claimed[0].bytes, tests::tiff(2).size());
}

TEST_F(SpoolTest, ACutFileIsTakenOnceWholeOrGivenUp) {
  drop("first.tif", tests::tiff(2).substr(0, 30));
  drop("second.tif", tests::tiff(3).substr(0, 30));
  EXPECT_THAT(claim_rested(), IsEmpty());
  EXPECT_THAT(spool.claim(today + 10min), IsEmpty());

  tests::write_file(in("first.tif"), tests::tiff(2));
  auto claimed = spool.claim(today + 11min);
  ASSERT_THAT(claimed, SizeIs(1));
  EXPECT_TRUE(claimed[0].whole);
  EXPECT_TRUE(spool.release(claimed[0]));

  claimed = spool.claim(today + 15min);
  ASSERT_THAT(claimed, SizeIs(1));
  EXPECT_EQ(claimed[0].name, "second.tif");
  EXPECT_FALSE(claimed[0].whole);
  // The sender goes on after all: the file stays, and is taken again as what it became.
  drop("second.tif", tests::tiff(3));
  EXPECT_FALSE(spool.release(claimed[0]));
  EXPECT_THAT(spool.claim(today + 16min), SizeIs(1));
}

TEST_F(SpoolTest, TheClockMayBeSetBack) {
  drop("fax.tif", tests::tiff());
  EXPECT_THAT(spool.claim(today), IsEmpty());
  EXPECT_THAT(spool.claim(today - 24h), IsEmpty());
  EXPECT_THAT(spool.claim(today - 24h + 5s), SizeIs(1));
}

TEST_F(SpoolTest, ImpatientTakesWhatLiesThere) {
  drop("whole.tif", tests::tiff());
  drop("cut.tif", tests::tiff(2).substr(0, 30));
  drop("empty.tif", "");
  const auto claimed = spool.claim(today, true);
  ASSERT_THAT(claimed, SizeIs(3));
  for (const auto& arrival : claimed) EXPECT_EQ(arrival.whole, arrival.name == "whole.tif");
}

TEST_F(SpoolTest, EmptyFilesAreTakenToo) {
  drop("empty.tif", "");
  const auto claimed = claim_rested();
  ASSERT_THAT(claimed, SizeIs(1));
  EXPECT_FALSE(claimed[0].whole);
  EXPECT_EQ(claimed[0].bytes, 0U);
  EXPECT_TRUE(spool.release(claimed[0]));
}

TEST_F(SpoolTest, TooLargeIsArchivedAllTheSame) {
  drop("large.tif", tests::tiff(1, std::string(2 << 20, 'x')));
  const auto claimed = claim_rested();
  ASSERT_THAT(claimed, SizeIs(1));
  EXPECT_TRUE(claimed[0].too_large);
  EXPECT_EQ(fs::file_size(archive.path_of(claimed[0].sha256)), claimed[0].bytes);
}

TEST_F(SpoolTest, AnotherPageUnderTheSameNameIsNeverLetGo) {
  drop("fax0001.tif", tests::tiff(1));
  auto claimed = claim_rested();
  ASSERT_THAT(claimed, SizeIs(1));
  tests::write_file(folder / "next.tif", tests::tiff(1, "strip of next"));
  fs::rename(folder / "next.tif", in("fax0001.tif"));
  EXPECT_FALSE(spool.release(claimed[0]));

  const auto next = spool.claim(today + 6s);
  ASSERT_THAT(next, SizeIs(1));
  EXPECT_NE(next[0].sha256, claimed[0].sha256);
  EXPECT_EQ(next[0].name, claimed[0].name);
  EXPECT_TRUE(spool.release(next[0]));
  EXPECT_FALSE(spool.release(next[0]));  // gone already
  EXPECT_THAT(archive.all(), SizeIs(2));
}

TEST_F(SpoolTest, TheSameBytesTwiceAreTwoArrivalsOfOneFile) {
  drop("a.tif", tests::tiff());
  drop("b.tif", tests::tiff());
  const auto claimed = claim_rested();
  ASSERT_THAT(claimed, SizeIs(2));
  EXPECT_EQ(claimed[0].sha256, claimed[1].sha256);
  EXPECT_TRUE(spool.release(claimed[0]));
  EXPECT_TRUE(spool.release(claimed[1]));
  EXPECT_THAT(archive.all(), SizeIs(1));
}

TEST_F(SpoolTest, OldestFirst) {
  drop("a.tif", tests::tiff(1));
  drop("b.tif", tests::tiff(2));
  drop("c.tif", tests::tiff(3));
  written("c.tif", today - 3h);
  written("a.tif", today - 2h);
  written("b.tif", today - 1h);
  std::string order;
  for (const auto& arrival : spool.claim(today)) order += arrival.name[0];
  EXPECT_EQ(order, "cab");
}

TEST_F(SpoolTest, AnyNameIsTaken) {
  const std::string names[] = {std::string(255, 'n'), "\xFF\xFE\x01", "-rf", "a\nb",
                               "山田 花子.tif"};
  for (const auto& name : names) {
    drop(name, tests::tiff());
    const auto claimed = claim_rested();
    ASSERT_THAT(claimed, SizeIs(1)) << name;
    EXPECT_TRUE(spool.release(claimed[0]));
    EXPECT_FALSE(fs::exists(in(name)));
  }
}

TEST_F(SpoolTest, WhatCannotBeReadStandsInNobodysWay) {
  if (::geteuid() != 0) {
    drop("locked.tif", tests::tiff());
    fs::permissions(in("locked.tif"), fs::perms::none);
  } else {
    // For root no file is unreadable: let the archive refuse one instead, by a folder in its place.
    drop("locked.tif", "abc");
    fs::create_directories(
        archive.path_of("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") / "x");
  }
  drop("good.tif", tests::tiff());
  const auto claimed = claim_rested();
  ASSERT_THAT(claimed, SizeIs(1));
  EXPECT_EQ(claimed[0].name, "good.tif");
  EXPECT_TRUE(spool.release(claimed[0]));
  EXPECT_TRUE(fs::exists(in("locked.tif")));
  try {
    (void)spool.claim(today + 1h);
    FAIL() << "the refusal was not told";
  } catch (const std::system_error& error) {
    EXPECT_EQ(std::string(error.what()).find("locked"), std::string::npos);
  }
}

TEST_F(SpoolTest, AFileThatWasBeingLetGoComesBackAfterACrash) {
  drop(".renkei-going-77", tests::tiff());
  spool::Spool after({source()}, archive);
  EXPECT_THAT(after.claim(today, true), SizeIs(1));
}

TEST_F(SpoolTest, MissingFoldersAreMadeAlsoLater) {
  ASSERT_TRUE(fs::is_directory(folder / "inbox" / "fax"));
  fs::remove_all(folder / "inbox");
  EXPECT_THAT(spool.claim(today), IsEmpty());
  drop("fax.tif", tests::tiff());
  EXPECT_THAT(claim_rested(), SizeIs(1));
}

TEST_F(SpoolTest, WaitsNoLongerThanItMust) {
  const auto begin = std::chrono::steady_clock::now();
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Descriptor read(ends[0]);
  const Descriptor write(ends[1]);
  ASSERT_EQ(::write(write.get(), "x", 1), 1);
  spool.wait(10min, read.get());
  drop("fax.tif", tests::tiff());
  spool.wait(10min);
  (void)spool.claim(today);
  spool.wait(0ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

}  // namespace
