#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ocr/layout.hpp"

/// What the reader saw. Value types only, no image anywhere: they cross the
/// border between the confined child and the service.
///
/// Boxes are millimetres on the printed form where the page was aligned to one
/// (`PageReading::form` is set), else millimetres on the upright page.
/// Confidences are probabilities, calibrated on writers never trained on.
namespace ocr {

enum class MarkState : std::uint8_t {
  empty,      ///< nothing but print
  marked,     ///< ticked, crossed, filled or circled
  cancelled,  ///< marked, then struck out or blacked out
  unclear,    ///< ink that could be either
};

struct MarkReading {
  std::string value;  ///< the option's value
  MarkState state = MarkState::empty;
  double confidence = 1;  ///< that `state` is right
  Box box;
};

/// One digit cell. Index 0-9: that digit; then the classes below.
struct CellReading {
  static constexpr std::size_t blank = 10;   ///< nothing written
  static constexpr std::size_t struck = 11;  ///< written, then struck out
  static constexpr std::size_t other = 12;   ///< ink that is no digit (letter, seal, smear)
  static constexpr std::size_t classes = 13;

  std::array<float, classes> likelihood{};  ///< sums to 1
  Box box;

  [[nodiscard]] std::size_t best() const {
    std::size_t found = 0;
    for (std::size_t i = 1; i < classes; ++i) {
      if (likelihood[i] > likelihood[found]) found = i;
    }
    return found;
  }
};

struct WordReading {
  std::string text;  ///< UTF-8
  double confidence = 0;
  Box box;
};

/// The word that stands for a line of a whole page on which OCR found signs and read nothing: the
/// mark that printers set for type they do not have.
inline constexpr std::string_view unread_line = "〓";

/// A number written above cells that were struck out.
struct Rewritten {
  std::vector<CellReading> digits;  ///< from the left; empty: none was found, or not told apart
  int decimals = -1;                ///< so many stand behind a point; negative: no point was seen
};

/// Everything seen in one field. Which members are filled follows the field's
/// kind: choice: marks. Number: cells, and what was written in their stead.
/// Date: marks (the eras, if there is a choice) and cells (year, month, day, in
/// this order). Text: words and ink. Ink: ink. What it means is for `forms/` to
/// say.
struct Reading {
  std::string field;
  Box box;
  std::vector<MarkReading> marks;
  std::vector<CellReading> cells;
  std::vector<WordReading> words;  ///< filled by the second look (`Task::text`)
  double ink_mm2 = 0;              ///< area of ink that is not print
  bool typed = false;              ///< text: looks typed rather than written by hand
  Rewritten rewritten;             ///< number
};

struct Quality {
  double dpi_x = 0;  ///< as it arrived
  double dpi_y = 0;
  int rotation = 0;                ///< degrees clockwise that made it upright: 0, 90, 180, 270
  double skew_degrees = 0;         ///< what was left after that
  double scale = 1;                ///< size on the page over printed size
  double alignment_error_mm = -1;  ///< residual at the marks used; negative: not aligned
  int lost_rows = 0;               ///< rows found missing or repeated, or damaged in coding
  double noise = 0;                ///< specks per cm2
  double contrast = 1;             ///< 0 to 1
};

/// Affine map from millimetres of the form to pixels of the page as it arrived:
/// px = a*x + b*y + c, py = d*x + e*y + f. Rotation and scale are all in it.
struct Transform {
  double a = 0, b = 0, c = 0, d = 0, e = 0, f = 0;
};

struct PageReading {
  int number = 1;  ///< in the file, from 1
  int width = 0;   ///< pixels as it arrived
  int height = 0;
  Quality quality;
  bool blank = false;         ///< no ink but dust and the sender's header line
  bool symbol_coded = false;  ///< JBIG2: its picture may show digits that were never sent
  std::vector<std::vector<std::uint8_t>> codes;  ///< bytes of each different QR code found
  std::string form;                              ///< the form it was aligned to; empty: none
  int version = 0;
  int form_page = 0;
  Transform placed;  ///< valid if `form` is set; else maps upright millimetres
  std::vector<Reading> readings;
  std::vector<Box> notes;  ///< ink outside every field and all print
  /// The printed serial as OCR read it, where no code named a form; several guesses with spaces
  /// between, likelier first.
  std::string serial_print;
  /// Full text of a page without a form (second look), and an `unread_line` for each line that was
  /// left out of it.
  std::vector<WordReading> words;
};

/// Why a file could not be opened or read to its end.
enum class Fault : std::uint8_t {
  none,
  damaged_file,
  unsupported_format,  ///< an encrypted PDF too
  too_large,
  transmission_error,
};

struct DocumentReading {
  Fault fault = Fault::none;
  std::string detail;  ///< English, for the log and the operator; no text from the page
  std::vector<PageReading> pages;
};

}  // namespace ocr
