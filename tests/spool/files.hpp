#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

/// Small files with the bones of the formats that clinics send.
namespace tests {

inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary);
  out << bytes;
  ASSERT_TRUE(out.flush().good());
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string little(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

/// One page a strip; directories follow their strips, as libtiff writes them.
inline std::string tiff(int pages = 1, const std::string& strip = "strip of page") {
  std::string file("II\x2A\0\0\0\0\0", 8);
  std::size_t link = 4;
  for (int page = 0; page < pages; ++page) {
    const auto at = file.size();
    file += strip;
    if (file.size() % 2 != 0) file.push_back('\0');
    file.replace(link, 4, little(file.size(), 4));
    file += little(2, 2);
    file += little(273, 2) + little(4, 2) + little(1, 4) + little(at, 4);
    file += little(279, 2) + little(4, 2) + little(1, 4) + little(strip.size(), 4);
    link = file.size();
    file += little(0, 4);
  }
  return file;
}

inline std::string pdf() {
  return "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\nxref\n0 1\ntrailer<</Root 1 0 R>>\n"
         "startxref\n40\n%%EOF\n";
}

inline std::string png() {
  using namespace std::string_literals;
  return "\x89PNG\r\n\x1A\n\0\0\0\x04IDAT....crc.\0\0\0\0IEND\xAE\x42\x60\x82"s;
}

inline std::string jpeg() {
  using namespace std::string_literals;
  // The segment holds an end mark of its own, as thumbnails do.
  return "\xFF\xD8\xFF\xE0\0\x06\xFF\xD9..\xFF\xDA\0\x04..coded\xFF\0data\xFF\xD0more\xFF\xD9"s;
}

}  // namespace tests
