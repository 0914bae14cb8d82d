#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "ocr/grey.hpp"
#include "ocr/reading.hpp"

/// Printed Japanese text. text.cpp is the one file that knows Tesseract.
namespace ocr {

enum class TextMode : std::uint8_t {
  line,    ///< one line of text
  serial,  ///< one line of capital letters, digits and hyphens
  block,   ///< one block of lines: a comment field
  page,    ///< a whole page of unknown shape, tables too
};

/// The loaded recogniser: made once in the warm parent, used in its children.
/// Uses one thread, whatever OMP_THREAD_LIMIT says. Not thread-safe.
class TextEngine {
public:
  /// `tessdata` holds jpn.traineddata; empty: Tesseract's own folder.
  /// Throws std::runtime_error if the model cannot be loaded.
  explicit TextEngine(const std::filesystem::path& tessdata = {});
  ~TextEngine();
  TextEngine(const TextEngine&) = delete;
  TextEngine& operator=(const TextEngine&) = delete;

  /// Words of an upright crop, in reading order, boxes in PIXELS of the crop
  /// (the caller turns them into millimetres), confidence 0 to 1. The crop is made
  /// square and is enlarged to 300 dpi by itself. Never throws for what is on the paper.
  [[nodiscard]] std::vector<WordReading> words(GreyView crop, double dpi_x, double dpi_y,
                                               TextMode mode);

private:
  struct Tesseract;
  std::unique_ptr<Tesseract> tesseract_;
};

/// Whether the ink of a crop looks set in type: even sizes on even lines. Handwritten prose
/// is left to people, because a guess at it would read like a fact. An empty crop is not typed.
[[nodiscard]] bool looks_typed(GreyView crop, double dpi_x, double dpi_y);

}  // namespace ocr
