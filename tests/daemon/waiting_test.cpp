#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "daemon/cli/cli.hpp"
#include "temp_dir.hpp"

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

// ctime is the kernel's: the test counts from the real day, in minutes that nobody waits for.
const auto today = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

std::string waiting(const config::Config& config, std::chrono::sys_seconds now) {
  const std::ostringstream text;
  auto* const before = std::cout.rdbuf(text.rdbuf());
  cli::say_waiting(config, now);
  std::cout.rdbuf(before);
  return text.str();
}

TEST(Waiting, WhatKeepsAnUnfinishedNameIsNamedAfterAWhile) {
  const tests::TempDir folder;
  config::Config config;
  config.sources = {{"fax", folder.path()}};
  const auto& path = folder.path();
  for (const auto* name : {"a.tif.part", "b.TMP", ".c.tif", ".renkei-going-77", "whole.tif"})
    std::ofstream(path / name) << "x";
  std::filesystem::create_directory(path / "folder.tmp");

  const auto at_first = waiting(config, today);
  EXPECT_THAT(at_first, HasSubstr("whole.tif"));
  for (const auto* name : {"a.tif.part", "b.TMP", ".c.tif", "going", "folder"})
    EXPECT_THAT(at_first, Not(HasSubstr(name)));

  const auto later = waiting(config, today + 20min);
  for (const auto* name : {"a.tif.part", "b.TMP", ".c.tif"})
    EXPECT_THAT(later, testing::ContainsRegex(
                           name + std::string("  .*still being sent since 2[^ ]* [^ ]*: rename it "
                                              "if it is whole\n")));
  for (const auto* name : {"going", "folder"}) EXPECT_THAT(later, Not(HasSubstr(name)));
}

}  // namespace
