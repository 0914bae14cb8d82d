#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "ocr/layout.hpp"

/// Filled and faxed test pages: a printed form is filled in by hand, goes through a clinic's fax
/// machine or a scanner, and comes out as the file that the hospital would receive. A tool of the
/// tests and benches; the service never links it. README.md beside this file says how it looks to
/// a user. Not thread-safe. The same seed gives the same bytes.
namespace faxsim {

/// What the caller gave is wrong: a field that the form lacks, a value that does not fit, a file
/// that is no PDF.
class BadInput : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

enum class Quality : std::uint8_t { standard, fine, superfine, scan300 };
enum class Degrade : std::uint8_t { none, light, normal, heavy };
enum class Coding : std::uint8_t { by_seed, g3, g3_2d, g4, lzw, deflate, raw };
enum class FillOrder : std::uint8_t { by_seed, msb, lsb };
enum class Format : std::uint8_t { tiff, pdf, png };

[[nodiscard]] std::optional<Quality> parse_quality(std::string_view text);
[[nodiscard]] std::optional<Degrade> parse_degrade(std::string_view text);
[[nodiscard]] std::optional<Coding> parse_coding(std::string_view text);
[[nodiscard]] std::string_view to_text(Quality quality);
[[nodiscard]] std::string_view to_text(Degrade degrade);

/// A date as it is written: digits that need not make a day of the calendar.
struct WrittenDate {
  std::string era;  ///< empty: none is marked
  std::string year, month, day;
};

enum class MarkShape : std::uint8_t { by_seed, tick, check, cross, fill, ring, slash };

struct Note {
  std::string text;
  std::optional<ocr::Point> at;  ///< mm; by seed in the margin if absent
  bool typed = false;
  int page = 1;
};

/// What is written on one form. README.md lists the JSON shape of each member.
struct Values {
  /// By field: the values as `reports show` prints them. Empty: left blank.
  std::map<std::string, std::vector<std::string>, std::less<>> fields;
  std::map<std::string, WrittenDate, std::less<>> dates;  ///< beats `fields`

  bool typed = false;                     ///< every answer, as filled in with Word
  std::vector<std::string> typed_fields;  ///< these alone
  std::map<std::string, std::string, std::less<>> cancelled;  ///< field: wrong option, struck out
  std::map<std::string, std::string, std::less<>> two_marks;  ///< field: second option, also marked
  std::map<std::string, std::string, std::less<>>
      struck;  ///< field: wrong digits struck out, right ones above
  std::vector<Note> notes;
  int stray = 0;  ///< pen strokes that mean nothing
  MarkShape mark = MarkShape::by_seed;
  std::optional<double> pen_mm;   ///< 0.25 to 0.7
  std::string seal_colour;        ///< red, black; empty: by seed
  std::string seal_name;          ///< empty: by seed
  std::vector<std::string> hide;  ///< tag1, tag2, anchor1 ...: covered by white paper
  std::vector<ocr::Box> cover;    ///< white paper over the first page, mm
  std::vector<ocr::Box> blacken;  ///< black patches on the first page, mm
  // how these pages lie in the machine; by degradation if absent
  std::optional<int> rotate;  ///< 0, 90, 180, 270
  std::optional<double> scale, skew, stretch;
  std::optional<ocr::Point> shift;  ///< mm
};

/// Throws BadInput naming the key.
[[nodiscard]] Values parse_values(const nlohmann::json& json);
/// Reads what `renkei print ... --layout` wrote. Throws BadInput.
[[nodiscard]] ocr::Layout parse_layout(const nlohmann::json& json);

/// A printed PDF, every page a grey picture at 400 dpi. Throws BadInput.
class Blank;
[[nodiscard]] std::shared_ptr<const Blank> load_blank(const std::filesystem::path& pdf);
[[nodiscard]] std::shared_ptr<const Blank> load_picture(const std::filesystem::path& png);
[[nodiscard]] int page_count(const Blank& blank);

/// Where handwriting comes from: "strokes", or a folder of digit images ("DIR", "DIR:test",
/// "DIR:train"; "DIR" is "DIR:test"). Throws BadInput.
class HandSource;
[[nodiscard]] std::shared_ptr<const HandSource> load_hand(const std::string& name);

struct FormSheets {
  std::shared_ptr<const Blank> blank;
  ocr::Layout layout;
  std::string serial;  ///< for the truth only
  Values values;
  int first_page = 1;  ///< of `blank`
};
struct AttachedSheets {
  std::shared_ptr<const Blank> blank;
};
struct TypedSheet {
  std::string text;  ///< UTF-8, set in Japanese type, cut at the page's end
};
struct BlankSheet {};
using Sheets = std::variant<FormSheets, AttachedSheets, TypedSheet, BlankSheet>;

enum class Scan : std::uint8_t { grey, rgb, mono };

enum class Paper : std::uint8_t { a4, b4, a3 };  ///< width of the fax line: 1728, 2048, 2432

struct Job {
  std::vector<Sheets> sheets;
  std::vector<int> order;  ///< which of the pages are sent, from 1, in this order; empty: all
  Quality quality = Quality::fine;
  Degrade degrade = Degrade::light;
  std::shared_ptr<const HandSource> hand;
  std::uint64_t seed = 1;
  Scan scan = Scan::grey;  ///< what a scanner writes (scan300)
  Paper paper = Paper::a4;
  std::optional<int> rotate;  ///< every page
  std::optional<bool> tti;    ///< the sender's header line; by degradation if absent
  bool one_hand = false;      ///< all forms in one hand; else each its own
};

/// One page as it leaves the machine.
struct Sheet {
  int width = 0;
  int height = 0;
  int channels = 1;     ///< 1 grey, 3 RGB
  bool bilevel = true;  ///< only 0 and 255
  double dpi_x = 204;
  double dpi_y = 196;
  std::vector<std::uint8_t> samples;  ///< 0 black; row by row
};

// NOLINTNEXTLINE(bugprone-exception-escape): moving the JSON only asserts
struct Faxed {
  std::vector<Sheet> sheets;
  nlohmann::json truth;
};

/// Fills, prints, scans and faxes. Throws BadInput.
[[nodiscard]] Faxed fax(const Job& job);

struct Encoding {
  Format format = Format::tiff;
  Coding coding = Coding::by_seed;
  FillOrder fill_order = FillOrder::by_seed;
  std::uint64_t seed = 1;
  int jpeg_quality = 75;
};

/// The file's bytes. A PNG holds one page: throws BadInput for more.
[[nodiscard]] std::vector<std::uint8_t> encode(const std::vector<Sheet>& sheets,
                                               const Encoding& encoding);

}  // namespace faxsim
