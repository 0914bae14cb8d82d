#include "forms/print.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "temp_dir.hpp"

namespace {

using namespace std::chrono_literals;

const forms::Catalogue& ours() {
  static const auto catalogue =
      forms::Catalogue::load(std::filesystem::path(RENKEI_SOURCE_DIR) / "forms" / "definitions");
  return catalogue;
}

forms::TagKeys keys() {
  forms::TagKeys::Key key{};
  key.fill(7);
  return forms::TagKeys({{1, key}});
}

forms::Copy copy(std::uint64_t serial) {
  forms::Copy copy;
  copy.serial = {serial};
  copy.head.hospital = "みなと中央病院";
  copy.head.patient_name = "鈴木 太郎";
  copy.head.clinic = "たいへんながい名前をもつ医療法人社団さくら会やまだ内科小児科クリニック分院";
  copy.head.started_on = 2026y / 5 / 20;
  return copy;
}

std::string contents(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(Print, MakesOnePdfOfAllCopies) {
  const tests::TempDir folder;
  const auto file = folder / "report.pdf";
  forms::print_report(*ours().report_for("stomach"), {copy(1), copy(2), copy(3)}, keys(), file);
  const auto pdf = contents(file);
  EXPECT_TRUE(pdf.starts_with("%PDF-"));
  EXPECT_EQ(count(pdf, "/Type /Page %"), 3U);
  EXPECT_GE(count(pdf, "/FontFile"), 1U) << "fonts go with the file";
}

TEST(Print, MakesAReminderWithItsForms) {
  const tests::TempDir folder;
  forms::Reminder reminder;
  reminder.head = copy(1).head;
  reminder.on = 2026y / 11 / 22;
  std::vector<forms::FormCopy> copies;
  for (int i = 0; i < 40; ++i) {
    reminder.visits.push_back({"鈴木 太郎", "00123456", "胃がん", 2026y / 8 / 20, 3});
    if (i < 2) copies.push_back({ours().report_for("stomach"), copy(1U + std::uint64_t(i))});
  }
  const auto file = folder / "reminder.pdf";
  forms::print_reminder(reminder, copies, keys(), file);
  const auto pages = count(contents(file), "/Type /Page %");
  EXPECT_GE(pages, 4U) << "40 visits take more than one page, two forms follow";
  EXPECT_LE(pages, 5U);
  reminder.visits.resize(1);
  forms::print_reminder(reminder, copies, keys(), file);
  EXPECT_EQ(count(contents(file), "/Type /Page %"), 3U);
  EXPECT_THROW(forms::print_reminder(reminder, copies, keys(), folder / "no" / "x.pdf"),
               std::runtime_error);
}

TEST(Print, MakesAPathwaySheet) {
  const tests::TempDir folder;
  const auto file = folder / "sheet.pdf";
  forms::print_pathway_sheet(*ours().sheet_for("breast"), copy(1), keys(), file);
  EXPECT_EQ(count(contents(file), "/Type /Page %"), 1U);
}

TEST(Print, SaysWhatItCannotWrite) {
  const tests::TempDir folder;
  const auto file = folder / "nowhere" / "report.pdf";
  try {
    forms::print_report(*ours().report_for("stomach"), {copy(1)}, keys(), file);
    FAIL() << "was written";
  } catch (const std::runtime_error& fault) {
    EXPECT_NE(std::string(fault.what()).find(file.string()), std::string::npos) << fault.what();
  }
}

TEST(Print, SaysWhenTheDiskIsFull) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  EXPECT_THROW(forms::print_report(*ours().report_for("stomach"), {copy(1)}, keys(), "/dev/full"),
               std::runtime_error);
}

}  // namespace
