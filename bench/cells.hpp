#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "ocr/document.hpp"
#include "ocr/layout.hpp"
#include "ocr/reading.hpp"

namespace bench {

/// Digit cells of made-up forms, cut out as the reader cuts them, with what was written: for
/// training the digit network (ocr/digits/). One record a cell that has ink, without padding:
/// writer (int32, little-endian; -1 if drawn or typed), class (uint8, as ocr::CellReading), crop
/// (32 x 40 bytes, 0 paper, 255 ink).
class CellFile {
public:
  /// Throws std::runtime_error if the file cannot be written.
  explicit CellFile(const std::string& path);
  /// `truth` is faxsim's, `reading` that of the page, aligned to `layout`.
  void add(const ocr::Page& page, const ocr::PageReading& reading, const ocr::PageLayout& layout,
           const nlohmann::json& truth);

private:
  std::ofstream file_;
};

}  // namespace bench
