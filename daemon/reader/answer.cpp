#include "daemon/reader/answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include "daemon/reader/answer_bounds.hpp"
#include "daemon/reader/utf8.hpp"

namespace reader {
namespace {

/// Each function takes its struct apart by structured binding: a member that is added to
/// ocr/reading.hpp and forgotten here does not compile.
class Writer {
public:
  [[nodiscard]] std::string take() { return std::move(out_); }

  void document(const ocr::DocumentReading& document) {
    const auto& [fault, detail, pages] = document;
    raw(R"({"answer":2,"fault":)");
    number(static_cast<int>(fault));
    raw(R"(,"detail":)");
    text(detail, bounds::detail);
    raw(R"(,"pages":)");
    list(pages, [this](const auto& each) { page(each); });
    raw("}");
  }

private:
  void page(const ocr::PageReading& page) {
    const auto& [page_number, width, height, quality, blank, symbol_coded, codes, form, version,
                 form_page, placed, readings, notes, serial_print, words] = page;
    const auto& [a, b, c, d, e, f] = placed;
    raw(R"({"number":)");
    numbers(page_number, width, height);
    raw(R"(,"quality":)");
    this->quality(quality);
    raw(R"(,"blank":)");
    flag(blank);
    raw(R"(,"symbol_coded":)");
    flag(symbol_coded);
    raw(R"(,"codes":)");
    list(codes, [this](const auto& each) { hex(each); });
    raw(R"(,"form":)");
    text(form, bounds::name);
    raw(R"(,"version":)");
    numbers(version, form_page);
    raw(R"(,"placed":)");
    numbers(a, b, c, d, e, f);
    raw(R"(,"readings":)");
    list(readings, [this](const auto& each) { reading(each); });
    raw(R"(,"notes":)");
    list(notes, [this](const auto& each) { box(each); });
    raw(R"(,"serial_print":)");
    text(serial_print, bounds::name);
    raw(R"(,"words":)");
    list(words, [this](const auto& each) { word(each); });
    raw("}");
  }

  void quality(const ocr::Quality& quality) {
    const auto& [dpi_x, dpi_y, rotation, skew, scale, error, lost_rows, noise, contrast] = quality;
    numbers(dpi_x, dpi_y, rotation, skew, scale, error, lost_rows, noise, fraction(contrast));
  }

  void reading(const ocr::Reading& reading) {
    const auto& [field, field_box, marks, cells, words, ink_mm2, typed, rewritten] = reading;
    raw(R"({"field":)");
    text(field, bounds::name);
    raw(R"(,"box":)");
    box(field_box);
    raw(R"(,"marks":)");
    list(marks, [this](const auto& each) { mark(each); });
    raw(R"(,"cells":)");
    list(cells, [this](const auto& each) { cell(each); });
    raw(R"(,"words":)");
    list(words, [this](const auto& each) { word(each); });
    raw(R"(,"ink_mm2":)");
    number(ink_mm2);
    raw(R"(,"typed":)");
    flag(typed);
    raw(R"(,"rewritten":)");
    list(rewritten.digits, [this](const auto& each) { cell(each); });
    raw(R"(,"decimals":)");
    number(rewritten.decimals);
    raw("}");
  }

  void mark(const ocr::MarkReading& mark) {
    const auto& [value, state, confidence, mark_box] = mark;
    raw(R"({"value":)");
    text(value, bounds::name);
    raw(R"(,"state":)");
    number(static_cast<int>(state));
    raw(R"(,"confidence":)");
    number(fraction(confidence));
    raw(R"(,"box":)");
    box(mark_box);
    raw("}");
  }

  void cell(const ocr::CellReading& cell) {
    const auto& [likelihood, cell_box] = cell;
    raw(R"({"likelihood":)");
    list(likelihood, [this](float each) { number(fraction(each)); });
    raw(R"(,"box":)");
    box(cell_box);
    raw("}");
  }

  void word(const ocr::WordReading& word) {
    const auto& [letters, confidence, word_box] = word;
    raw(R"({"text":)");
    text(letters, bounds::word);
    raw(R"(,"confidence":)");
    number(fraction(confidence));
    raw(R"(,"box":)");
    box(word_box);
    raw("}");
  }

  void box(const ocr::Box& box) {
    const auto& [x, y, width, height] = box;
    numbers(x, y, width, height);
  }

  /// Takes off what rounding adds to a probability. NaN stays, to be refused.
  template <typename Number>
  static Number fraction(Number value) {
    return value < 0 ? Number{0} : value > 1 ? Number{1} : value;
  }

  void raw(std::string_view text) { out_ += text; }
  void flag(bool value) { raw(value ? "true" : "false"); }

  template <typename Number>
  void number(Number value) {
    std::array<char, 64> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
  }

  template <typename... Numbers>
  void numbers(Numbers... values) {
    char separator = '[';
    ((out_.push_back(separator), number(values), separator = ','), ...);
    out_.push_back(']');
  }

  template <typename Items, typename Each>
  void list(const Items& items, Each each) {
    char separator = '[';
    for (const auto& item : items) {
      out_.push_back(separator);
      each(item);
      separator = ',';
    }
    if (separator == '[') out_.push_back('[');
    out_.push_back(']');
  }

  void hex(std::span<const std::uint8_t> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    out_.push_back('"');
    for (const auto byte : bytes) {
      out_.push_back(digits[byte >> 4]);
      out_.push_back(digits[byte & 15]);
    }
    out_.push_back('"');
  }

  /// At most `most` bytes of it, cut between characters.
  void text(std::string_view text, std::size_t most) {
    out_.push_back('"');
    std::size_t written = 0;
    while (!text.empty()) {
      const auto length = character_bytes(text);
      std::string_view letter = length == 0 ? "\xEF\xBF\xBD" : text.substr(0, length);
      if (length == 1 && is_forbidden(text[0])) letter = " ";
      written += letter.size();
      if (written > most) break;
      if (letter == "\"" || letter == "\\") out_.push_back('\\');
      if (letter == "\n") letter = "\\n";
      if (letter == "\t") letter = "\\t";
      out_ += letter;
      text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    out_.push_back('"');
  }

  std::string out_;
};

}  // namespace

std::string to_json(const ocr::DocumentReading& reading) {
  Writer writer;
  writer.document(reading);
  return writer.take();
}

}  // namespace reader
