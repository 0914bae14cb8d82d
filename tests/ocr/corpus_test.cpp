#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>

#include "ocr/document.hpp"
#include "ocr/files.hpp"

// Real and hostile files: each gives whole pages or says what is wrong with it, and nothing else.

namespace {

const std::filesystem::path shared_data = RENKEI_SHARED_DATA;

/// Opens the file and all its pages, as far as `limits` go, and holds every answer to the face
/// of `ocr/document.hpp`. Returns what a person would like to see in the log.
std::string open_all(const std::filesystem::path& path, const ocr::Limits& limits) {
  const auto bytes = tests::read_bytes(path);
  std::string told;
  try {
    const auto document = ocr::open(bytes, limits);
    told = std::to_string(document->pages()) + " pages";
    for (int number = 1; number <= document->pages(); ++number) {
      try {
        const auto page = document->page(number);
        EXPECT_EQ(page.number, number);
        EXPECT_GT(page.width, 0);
        EXPECT_GT(page.height, 0);
        EXPECT_EQ(page.grey.size(),
                  static_cast<std::size_t>(page.width) * static_cast<std::size_t>(page.height));
        EXPECT_GE(page.dpi_x, 20) << path;
        EXPECT_LE(page.dpi_x, 2500) << path;
        EXPECT_GE(page.dpi_y, 20) << path;
        EXPECT_LE(page.dpi_y, 2500) << path;
        EXPECT_GE(page.damaged_rows, 0);
        told +=
            " [" + std::to_string(page.width) + "x" + std::to_string(page.height) + " " +
            std::to_string(static_cast<int>(page.dpi_x)) + "x" +
            std::to_string(static_cast<int>(page.dpi_y)) + (page.bilevel ? " bilevel" : " grey") +
            (page.resolution_known ? "" : "?") + (page.symbol_coded ? " jbig2" : "") +
            (page.damaged_rows > 0 ? " damaged " + std::to_string(page.damaged_rows) : "") + "]";
      } catch (const ocr::Unreadable& fault) {
        EXPECT_NE(fault.fault(), ocr::Fault::none);
        told += std::string(" [fault ") + std::to_string(static_cast<int>(fault.fault())) + " " +
                fault.what() + "]";
      }
    }
  } catch (const ocr::Unreadable& fault) {
    EXPECT_NE(fault.fault(), ocr::Fault::none);
    told = std::string("fault ") + std::to_string(static_cast<int>(fault.fault())) + " " +
           fault.what();
  }
  return told;
}

void open_folder(const char* folder) {
  const auto files = tests::files_below(shared_data / folder);
  if (files.empty()) GTEST_SKIP() << "no " << (shared_data / folder);
  ocr::Limits limits;
  limits.pixels_a_page = 40'000'000;
  for (const auto& file : files) {
    const auto start = std::chrono::steady_clock::now();
    const auto told = open_all(file, limits);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    std::printf("%5d ms  %s: %s\n", static_cast<int>(took.count()), file.filename().c_str(),
                told.substr(0, 400).c_str());
    std::fflush(stdout);
  }
}

TEST(Corpus, CcittFaxes) {
  open_folder("fax/ccitt");
}
TEST(Corpus, BrokenFaxes) {
  open_folder("fax/broken");
}
TEST(Corpus, OcrmypdfScans) {
  open_folder("pdf/ocrmypdf");
}
TEST(Corpus, PdfjsScans) {
  open_folder("pdf/scans");
}
TEST(Corpus, Barcodes) {
  open_folder("qr/paperless-barcodes");
}
TEST(Corpus, HostileFiles) {
  open_folder("hostile/corpus");
}

}  // namespace
