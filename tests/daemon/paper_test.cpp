#include "daemon/cli/paper.hpp"

#include <gtest/gtest.h>

#include "books.hpp"

namespace {

constexpr auto no_room = "no space left on device";

std::string made_with(tests::Books& books, const std::vector<forms::Serial>& serials) {
  return tests::refusal<std::runtime_error>([&] {
    cli::make_paper(books.records, serials, "clerk", tests::now,
                    [] { throw std::runtime_error(no_room); });
  });
}

TEST(Paper, WhatCouldNotBePrintedIsVoid) {
  tests::Books books;
  EXPECT_EQ(made_with(books, {books.serial}), no_room);
  const auto form = books.records.printed(books.serial);
  ASSERT_TRUE(form.has_value());
  EXPECT_EQ(form->void_reason, "could not be printed");
  EXPECT_FALSE(books.records.printed(books.other_serial)->void_at.has_value());
}

TEST(Paper, ThatAFormCouldNotBeMadeVoidEitherIsTold) {
  tests::Books books;
  testing::internal::CaptureStderr();
  const forms::Serial unknown{3003};  // which the records refuse to void
  EXPECT_EQ(made_with(books, {unknown, books.serial}), no_room);
  EXPECT_TRUE(books.records.printed(books.serial)->void_at.has_value());
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_NE(told.find("renkei forms void " + forms::to_text(unknown)), std::string::npos) << told;
}

}  // namespace
