#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "daemon/reader/answer.hpp"
#include "daemon/reader/answer_bounds.hpp"
#include "daemon/reader/utf8.hpp"

namespace reader {
namespace {

/// Reads from left to right and never back. After the first thing that is out of bounds everything
/// fails, so that callers need to ask only once.
class Scanner {
public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool finished() const { return good_ && rest_.empty(); }
  void fail() { good_ = false; }
  void require(bool condition) { good_ = good_ && condition; }

  void expect(std::string_view literal) {
    require(rest_.starts_with(literal));
    if (good_) rest_.remove_prefix(literal.size());
  }

  template <typename Number>
  [[nodiscard]] Number number(Number least, Number most) {
    Number value{};
    if (!good_) return value;
    const auto done = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    // Not a number is neither below nor above anything.
    require(done.ec == std::errc{} && value >= least && value <= most);
    if (!good_) return Number{};
    rest_.remove_prefix(static_cast<std::size_t>(done.ptr - rest_.data()));
    return value;
  }

  [[nodiscard]] int integer(std::int64_t least, std::int64_t most) {
    return static_cast<int>(number<std::int64_t>(least, most));
  }

  template <typename Enum>
  [[nodiscard]] Enum choice(Enum last) {
    return static_cast<Enum>(integer(0, static_cast<int>(last)));
  }

  [[nodiscard]] bool flag() {
    const bool value = rest_.starts_with("true");
    expect(value ? "true" : "false");
    return value;
  }

  /// Escapes are the four that the writer uses.
  [[nodiscard]] std::string text(std::size_t most) {
    expect("\"");
    std::string value;
    while (good_ && !rest_.starts_with('"')) {
      require(!rest_.empty());
      if (!good_) break;
      if (rest_.front() == '\\') {
        value.push_back(escaped());
      } else {
        const auto length = character_bytes(rest_);
        require(length > 0 && static_cast<unsigned char>(rest_.front()) >= 0x20 &&
                !is_forbidden(rest_.front()));
        if (!good_) break;
        value += rest_.substr(0, length);
        rest_.remove_prefix(length);
      }
      require(value.size() <= most);
    }
    expect("\"");
    return value;
  }

  [[nodiscard]] std::vector<std::uint8_t> hex(std::size_t most) {
    expect("\"");
    std::vector<std::uint8_t> bytes;
    while (good_ && !rest_.starts_with('"')) {
      const auto high = nibble();
      const auto low = nibble();
      bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
      require(bytes.size() <= most);
    }
    expect("\"");
    return bytes;
  }

  template <typename Each>
  void list(std::size_t most, Each each) {
    expect("[");
    for (std::size_t count = 0; good_ && !rest_.starts_with(']'); ++count) {
      require(count < most);
      if (count > 0) expect(",");
      if (good_) each();
    }
    expect("]");
  }

private:
  [[nodiscard]] char escaped() {
    constexpr std::string_view written = "\"\\nt";
    constexpr std::string_view meant = "\"\\\n\t";
    const auto found = rest_.size() > 1 ? written.find(rest_[1]) : std::string_view::npos;
    require(found != std::string_view::npos);
    if (!good_) return ' ';
    rest_.remove_prefix(2);
    return meant[found];
  }

  [[nodiscard]] int nibble() {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto found = rest_.empty() ? std::string_view::npos : digits.find(rest_.front());
    require(found != std::string_view::npos);
    if (!good_) return 0;
    rest_.remove_prefix(1);
    return static_cast<int>(found);
  }

  std::string_view rest_;
  bool good_ = true;
};

/// Names that the service looks up: never a path, never markup.
bool is_name(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

class Parser {
public:
  explicit Parser(std::string_view json) : in_(json) {}

  [[nodiscard]] std::optional<ocr::DocumentReading> document() {
    ocr::DocumentReading document;
    in_.expect(R"({"answer":)");
    version_ = in_.integer(1, 2);
    in_.expect(R"(,"fault":)");
    document.fault = in_.choice(ocr::Fault::transmission_error);
    in_.expect(R"(,"detail":)");
    document.detail = in_.text(bounds::detail);
    in_.expect(R"(,"pages":)");
    in_.list(bounds::pages, [&] {
      auto next = page();
      in_.require(document.pages.empty() || next.number > document.pages.back().number);
      document.pages.push_back(std::move(next));
    });
    in_.expect("}");
    if (!in_.finished()) return std::nullopt;
    return document;
  }

private:
  [[nodiscard]] ocr::PageReading page() {
    ocr::PageReading page;
    in_.expect(R"({"number":[)");
    page.number = in_.integer(1, 100'000);
    page.width = next_integer(0, bounds::pixels);
    page.height = next_integer(0, bounds::pixels);
    in_.expect(R"(],"quality":)");
    page.quality = quality();
    measure(page);
    in_.expect(R"(,"blank":)");
    page.blank = in_.flag();
    in_.expect(R"(,"symbol_coded":)");
    page.symbol_coded = in_.flag();
    in_.expect(R"(,"codes":)");
    in_.list(bounds::codes, [&] { page.codes.push_back(in_.hex(bounds::code)); });
    in_.expect(R"(,"form":)");
    page.form = name();
    in_.expect(R"(,"version":[)");
    const bool aligned = !page.form.empty();
    page.version = in_.integer(aligned ? 1 : 0, aligned ? 255 : 0);
    page.form_page = next_integer(aligned ? 1 : 0, aligned ? 255 : 0);
    in_.expect("]");
    page.placed = placed();
    in_.expect(R"(,"readings":)");
    in_.list(bounds::readings, [&] { page.readings.push_back(reading()); });
    in_.expect(R"(,"notes":)");
    in_.list(bounds::notes, [&] { page.notes.push_back(box()); });
    in_.expect(R"(,"serial_print":)");
    page.serial_print = in_.text(bounds::name);
    in_.expect(R"(,"words":)");
    in_.list(bounds::page_words, [&] { page.words.push_back(word()); });
    in_.expect("}");
    return page;
  }

  [[nodiscard]] ocr::Quality quality() {
    ocr::Quality quality;
    in_.expect("[");
    quality.dpi_x = in_.number(0.0, bounds::dpi);
    quality.dpi_y = next_number(0, bounds::dpi);
    quality.rotation = next_integer(0, 270);
    in_.require(quality.rotation % 90 == 0);
    quality.skew_degrees = next_number(-180, 180);
    quality.scale = next_number(0, 100);
    quality.alignment_error_mm = next_number(-1, 1000);
    quality.lost_rows = next_integer(0, bounds::pixels);
    quality.noise = next_number(0, 1e9);
    quality.contrast = next_number(0, 1);
    in_.expect("]");
    return quality;
  }

  /// How far boxes may reach: the longer side of the page, whichever way it is turned, or of the
  /// sheet that was printed (A3 at most), and a margin.
  void measure(const ocr::PageReading& page) {
    constexpr double a3_mm = 420;
    const auto side = [](int pixels, double dpi) { return dpi > 0 ? pixels / dpi * 25.4 : 0.0; };
    const double longest = std::max(
        {a3_mm, side(page.width, page.quality.dpi_x), side(page.height, page.quality.dpi_y)});
    reach_ = std::min(longest, bounds::page_mm) + bounds::margin_mm;
  }

  [[nodiscard]] ocr::Transform placed() {
    constexpr double most = bounds::coefficient;
    ocr::Transform placed;
    in_.expect(R"(,"placed":[)");
    placed.a = in_.number(-most, most);
    placed.b = next_number(-most, most);
    placed.c = next_number(-most, most);
    placed.d = next_number(-most, most);
    placed.e = next_number(-most, most);
    placed.f = next_number(-most, most);
    in_.expect("]");
    return placed;
  }

  [[nodiscard]] ocr::Reading reading() {
    ocr::Reading reading;
    in_.expect(R"({"field":)");
    reading.field = name();
    in_.expect(R"(,"box":)");
    reading.box = box();
    in_.expect(R"(,"marks":)");
    in_.list(bounds::marks, [&] { reading.marks.push_back(mark()); });
    in_.expect(R"(,"cells":)");
    in_.list(bounds::cells, [&] { reading.cells.push_back(cell()); });
    in_.expect(R"(,"words":)");
    in_.list(bounds::field_words, [&] { reading.words.push_back(word()); });
    in_.expect(R"(,"ink_mm2":)");
    reading.ink_mm2 = in_.number(0.0, bounds::page_mm * bounds::page_mm);
    in_.expect(R"(,"typed":)");
    reading.typed = in_.flag();
    if (version_ >= 2) reading.rewritten = rewritten();
    in_.expect("}");
    return reading;
  }

  [[nodiscard]] ocr::Rewritten rewritten() {
    ocr::Rewritten rewritten;
    in_.expect(R"(,"rewritten":)");
    in_.list(bounds::cells, [&] { rewritten.digits.push_back(cell()); });
    in_.expect(R"(,"decimals":)");
    rewritten.decimals = in_.number(-1, static_cast<int>(bounds::cells));
    return rewritten;
  }

  [[nodiscard]] ocr::MarkReading mark() {
    ocr::MarkReading mark;
    in_.expect(R"({"value":)");
    mark.value = name();
    in_.expect(R"(,"state":)");
    mark.state = in_.choice(ocr::MarkState::unclear);
    in_.expect(R"(,"confidence":)");
    mark.confidence = in_.number(0.0, 1.0);
    in_.expect(R"(,"box":)");
    mark.box = box();
    in_.expect("}");
    return mark;
  }

  [[nodiscard]] ocr::CellReading cell() {
    ocr::CellReading cell;
    in_.expect(R"({"likelihood":)");
    std::size_t count = 0;
    float sum = 0;
    in_.list(ocr::CellReading::classes, [&] {
      cell.likelihood.at(count) = in_.number(0.0F, 1.0F);
      sum += cell.likelihood.at(count++);
    });
    // A cell that claims more than certainty would outweigh an honest one. Rounding is let pass.
    in_.require(count == ocr::CellReading::classes && sum < 1.02F);
    in_.expect(R"(,"box":)");
    cell.box = box();
    in_.expect("}");
    return cell;
  }

  [[nodiscard]] ocr::WordReading word() {
    ocr::WordReading word;
    in_.expect(R"({"text":)");
    word.text = in_.text(bounds::word);
    in_.expect(R"(,"confidence":)");
    word.confidence = in_.number(0.0, 1.0);
    in_.expect(R"(,"box":)");
    word.box = box();
    in_.expect("}");
    return word;
  }

  [[nodiscard]] ocr::Box box() {
    ocr::Box box;
    in_.expect("[");
    box.x = in_.number(-bounds::margin_mm, reach_);
    box.y = next_number(-bounds::margin_mm, reach_);
    box.width = next_number(0, reach_ + bounds::margin_mm);
    box.height = next_number(0, reach_ + bounds::margin_mm);
    in_.expect("]");
    in_.require(box.right() <= reach_ && box.bottom() <= reach_);
    return box;
  }

  [[nodiscard]] std::string name() {
    auto text = in_.text(bounds::name);
    in_.require(is_name(text));
    return text;
  }

  [[nodiscard]] double next_number(double least, double most) {
    in_.expect(",");
    return in_.number(least, most);
  }
  [[nodiscard]] int next_integer(std::int64_t least, std::int64_t most) {
    in_.expect(",");
    return in_.integer(least, most);
  }

  Scanner in_;
  int version_ = 0;   ///< 1: nothing was looked for above cells that were struck out
  double reach_ = 0;  // mm
};

}  // namespace

std::optional<ocr::DocumentReading> parse_answer(std::string_view json) {
  return Parser(json).document();
}

}  // namespace reader
