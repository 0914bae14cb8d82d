#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ocr/document.hpp"
#include "ocr/layout.hpp"
#include "ocr/reading.hpp"

namespace ocr {

struct FormPage {
  const Layout* layout = nullptr;
  int page = 1;
};

/// The page of a form that a code names, if the code is one of ours in shape.
/// The code is not verified here: the reader holds no key.
using FindForm = std::function<std::optional<FormPage>(std::span<const std::uint8_t> code)>;

/// Every page of every form that a page without a readable code may be.
using Forms = std::span<const FormPage>;

enum class CodeSearch : std::uint8_t {
  whole_page,
  none,  ///< codes are read only where the print of a form says that they stand
};

struct EngineFiles {
  std::filesystem::path digit_model;  ///< ONNX
  std::filesystem::path tessdata;     ///< folder with jpn.traineddata; empty: Tesseract's own
};

/// Where the first look's time went, milliseconds.
struct StageTimes {
  double sheet = 0;  ///< ink told from paper
  double codes = 0;
  double align = 0;
  double marks = 0;
  double cells = 0;   ///< cut out and looked at
  double digits = 0;  ///< the network
  double ink = 0;     ///< text boxes and seals
  double notes = 0;   ///< unexplained ink, blank pages
};

/// Holds the loaded models; made once in the warm parent, used in its children.
/// Not thread-safe.
class Engine {
public:
  /// Throws std::runtime_error naming the model that could not be loaded.
  explicit Engine(const EngineFiles& files);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// The first look: codes, alignment, marks, digits, notes. No text, so that
  /// flags need not wait for it. A page on which no code names a form is held against the print of
  /// `forms`; the one that lies there is read like any other, and its serial too (some 0.2 s). Such
  /// a page is only suspected to be of that form: `codes` names none.
  [[nodiscard]] PageReading read(const Page& page, const FindForm& find_form, Forms forms = {},
                                 CodeSearch search = CodeSearch::whole_page);

  /// The second look: words of the text fields of an aligned page that have ink,
  /// or of the whole page if it is aligned to no form. `first` is what read() said of it.
  [[nodiscard]] PageReading read_text(const Page& page, PageReading first, const Layout* layout);

  /// Of the last read().
  [[nodiscard]] const StageTimes& stages() const;

private:
  struct Models;
  std::unique_ptr<Models> models_;
};

/// A picture of the page for people: upright, square pixels, 8-bit PNG (1-bit for bilevel pages).
/// Aligned pages are laid onto the printed sheet, so that millimetres of the form times
/// `pixels_per_mm` are pixels of the picture.
[[nodiscard]] std::vector<std::uint8_t> picture(const Page& page, const PageReading& reading,
                                                const PageLayout* layout, double pixels_per_mm = 8);

}  // namespace ocr
