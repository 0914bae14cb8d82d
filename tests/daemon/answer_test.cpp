#include "daemon/reader/answer.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <limits>
#include <random>

namespace {

using reader::parse_answer;
using reader::to_json;

ocr::CellReading cell(std::size_t digit) {
  ocr::CellReading cell;
  cell.likelihood.fill(0.01F / 12);
  cell.likelihood[digit] = 0.99F;
  cell.box = {100.5, 80.25, 6, 8};
  return cell;
}

/// Every member set, none to its default.
ocr::DocumentReading full() {
  ocr::PageReading page;
  page.number = 2;
  page.width = 1728;
  page.height = 1145;
  page.quality = {204, 98, 180, -0.4, 0.96, 0.21, 3, 12.5, 0.875};
  page.symbol_coded = true;
  page.codes = {{0x00, 0x7F, 0xFF}, {}};
  page.form = "colorectal-report";
  page.version = 3;
  page.form_page = 1;
  page.placed = {8.04, -0.01, 12.5, 0.02, 3.85, -40.125};
  ocr::Reading reading;
  reading.field = "cea";
  reading.box = {20, 62, 100, 8};
  reading.marks = {{"periodic", ocr::MarkState::cancelled, 0.75, {20, 62, 4, 4}}};
  reading.cells = {cell(3), cell(ocr::CellReading::blank)};
  reading.words = {{"再発 \"肝\"\\\n\t𠮟", 0.5, {1, 2, 3, 4}}};
  reading.ink_mm2 = 12.75;
  reading.typed = true;
  reading.rewritten = {{cell(5), cell(2)}, 1};
  page.readings = {reading, {}};
  page.notes = {{-3.5, 120, 20, 10}};
  page.serial_print = "7K2QX-9HD4M";
  page.words = {{"様", 1, {}}};
  ocr::PageReading blank;
  blank.number = 5;
  blank.blank = true;
  return {ocr::Fault::transmission_error, "3 rows lost", {page, blank}};
}

TEST(Answer, SaysAgainWhatWasRead) {
  const auto json = to_json(full());
  const auto back = parse_answer(json);
  ASSERT_TRUE(back);
  EXPECT_EQ(to_json(*back), json);
  ASSERT_EQ(back->pages.size(), 2U);
  const auto& page = back->pages[0];
  EXPECT_EQ(page.codes, full().pages[0].codes);
  EXPECT_EQ(page.readings[0].words[0].text, full().pages[0].readings[0].words[0].text);
  EXPECT_EQ(page.readings[0].cells[0].likelihood, cell(3).likelihood);
  EXPECT_EQ(page.readings[0].marks[0].state, ocr::MarkState::cancelled);
  EXPECT_EQ(page.quality.skew_degrees, -0.4);
  EXPECT_TRUE(parse_answer(to_json({})));
}

TEST(Answer, TheWriterMendsText) {
  ocr::DocumentReading reading;
  reading.detail =
      "a\xFF"
      "b\x1B"
      "c" +
      std::string(600, 'x');
  const auto back = parse_answer(to_json(reading));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->detail.substr(0, 8), "a\uFFFDb cx");
  EXPECT_EQ(back->detail.size(), 500U);
}

TEST(Answer, RefusesReadingsOutOfBounds) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  using Change = void (*)(ocr::PageReading&);
  const std::pair<const char*, Change> cases[] = {
      {"page 0", [](auto& page) { page.number = 0; }},
      {"page after a later one", [](auto& page) { page.number = 6; }},
      {"negative width", [](auto& page) { page.width = -1; }},
      {"huge height", [](auto& page) { page.height = 2'000'000; }},
      {"dpi not a number", [](auto& page) { page.quality.dpi_x = nan; }},
      {"negative dpi", [](auto& page) { page.quality.dpi_y = -204; }},
      {"turned by 45", [](auto& page) { page.quality.rotation = 45; }},
      {"infinite skew", [](auto& page) { page.quality.skew_degrees = infinity; }},
      {"negative rows", [](auto& page) { page.quality.lost_rows = -1; }},
      {"a path for a form", [](auto& page) { page.form = "../../etc/passwd"; }},
      {"markup for a form", [](auto& page) { page.form = "<b>"; }},
      {"form without version", [](auto& page) { page.version = 0; }},
      {"version without form", [](auto& page) { page.form.clear(); }},
      {"infinite transform", [](auto& page) { page.placed.c = infinity; }},
      {"too many codes", [](auto& page) { page.codes.resize(33); }},
      {"a code that no QR code can hold", [](auto& page) { page.codes[0].resize(2954); }},
      {"too many fields", [](auto& page) { page.readings.resize(501); }},
      {"too many notes", [](auto& page) { page.notes.resize(2001); }},
      {"too many words", [](auto& page) { page.words.resize(20'001); }},
      {"field name with a space", [](auto& page) { page.readings[0].field = "c ea"; }},
      {"too many marks", [](auto& page) { page.readings[0].marks.resize(65); }},
      {"too many cells", [](auto& page) { page.readings[0].cells.resize(65); }},
      {"too many digits above", [](auto& page) { page.readings[0].rewritten.digits.resize(65); }},
      {"no such place of a point", [](auto& page) { page.readings[0].rewritten.decimals = -2; }},
      {"mark of no state",
       [](auto& page) { page.readings[0].marks[0].state = static_cast<ocr::MarkState>(4); }},
      {"confidence not a number", [](auto& page) { page.readings[0].marks[0].confidence = nan; }},
      {"more than certain", [](auto& page) { page.readings[0].cells[0].likelihood.fill(1); }},
      {"likelihood not a number",
       [](auto& page) { page.readings[0].cells[0].likelihood[4] = static_cast<float>(nan); }},
      {"negative ink", [](auto& page) { page.readings[0].ink_mm2 = -1; }},
      {"box off the page", [](auto& page) { page.readings[0].box.x = 600; }},
      {"box that reaches off the page", [](auto& page) { page.notes[0].width = 530; }},
      {"box before the page", [](auto& page) { page.notes[0].y = -101; }},
      {"negative box", [](auto& page) { page.notes[0].height = -1; }},
      {"box not a number", [](auto& page) { page.words[0].box.y = nan; }},
  };
  for (const auto& [name, change] : cases) {
    auto reading = full();
    change(reading.pages[0]);
    EXPECT_FALSE(parse_answer(to_json(reading))) << name;
  }
  auto reading = full();
  reading.fault = static_cast<ocr::Fault>(5);
  EXPECT_FALSE(parse_answer(to_json(reading)));
  reading = full();
  reading.pages.resize(1001);
  EXPECT_FALSE(parse_answer(to_json(reading)));
}

std::string with(const std::string& from, const std::string& to) {
  auto json = to_json(full());
  return json.replace(json.find(from), from.size(), to);
}

/// First readings that were stored before the format had its last members.
TEST(Answer, UnderstandsTheVersionBefore) {
  auto reading = full();
  for (auto& each : reading.pages[0].readings) each.rewritten = {};
  std::string json = to_json(reading);
  const std::string added = R"(,"rewritten":[],"decimals":-1)";
  for (auto at = json.find(added); at != std::string::npos; at = json.find(added)) {
    json.erase(at, added.size());
  }
  const std::string version = R"({"answer":)";
  json.replace(0, version.size() + 1, version + "1");
  const auto back = parse_answer(json);
  ASSERT_TRUE(back);
  EXPECT_EQ(to_json(*back), to_json(reading));
}

TEST(Answer, RefusesEverythingElse) {
  const std::pair<const char*, std::string> cases[] = {
      {"nothing", ""},
      {"not json", "hello"},
      {"another version", with("\"answer\":2", "\"answer\":3")},
      {"members that its version did not have", with("\"answer\":2", "\"answer\":1")},
      {"a space", with("\"fault\":", "\"fault\": ")},
      {"keys out of order", R"({"fault":0,"answer":1,"detail":"","pages":[]})"},
      {"something after the end", to_json(full()) + " "},
      {"two answers", to_json(full()) + to_json(full())},
      {"bytes that are no text", with("rows", "\xFF\xFF")},
      {"overlong text", with("rows", "\xC0\xAF")},
      {"a surrogate", with("rows", "\xED\xA0\x80")},
      {"a control character", with("rows", "\x1B[2J")},
      {"a zero byte", with("rows", std::string(1, '\0'))},
      {"an escape of another kind", with("rows", "\\u0041")},
      {"an escape at the end", R"({"answer":1,"fault":0,"detail":"\)"},
      {"a detail that is too long", with("rows", std::string(501, 'x'))},
      {"a word that is too long", with("再発", std::string(401, 'x'))},
      {"a number in text", with("1728", "\"1728\"")},
      {"a number that overflows", with("1728", "99999999999999999999999")},
      {"a fraction of a page", with("1728", "17.28")},
      {"hexadecimal", with("1728", "0x10")},
      {"infinity in words", with("12.75", "inf")},
      {"not a number in words", with("12.75", "nan")},
      {"uppercase code", with("007fff", "007FFF")},
      {"half a byte", with("007fff", "007ff")},
      {"twelve likelihoods", with("0.99,", "")},
      {"a trailing comma", with("]}]}", "],}]}")},
      {"depth", R"({"answer":1,"fault":0,"detail":"","pages":)" + std::string(1'000'000, '[')},
  };
  for (const auto& [name, json] : cases) EXPECT_FALSE(parse_answer(json)) << name;
}

TEST(Answer, EveryCutIsRefused) {
  const auto json = to_json(full());
  for (std::size_t length = 0; length < json.size(); ++length) {
    EXPECT_FALSE(parse_answer(std::string_view(json).substr(0, length))) << length;
  }
}

/// Mutants of a good answer are refused, or say something that is itself a good answer.
TEST(Answer, SurvivesMutation) {
  constexpr unsigned seed = 20'240'601;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto good = to_json(full());
  constexpr std::string_view spice = "\"\\[]{},:-.eE0123456789ntaf\xFF\x80\x00";
  const auto below = [&](std::size_t limit) { return random() % limit; };
  int accepted = 0;
  for (int round = 0; round < 50'000; ++round) {
    auto mutant = good;
    for (auto changes = 1 + below(4); changes > 0; --changes) {
      const auto at = below(mutant.size());
      switch (below(4)) {
        case 0: mutant[at] = spice[below(spice.size())]; break;
        case 1: mutant.erase(at, 1 + below(8)); break;
        case 2: mutant.insert(at, 1 + below(3), spice[below(spice.size())]); break;
        default: mutant.insert(at, mutant.substr(below(mutant.size()), below(40))); break;
      }
    }
    const auto parsed = parse_answer(mutant);
    if (!parsed) continue;
    ++accepted;
    EXPECT_TRUE(parse_answer(to_json(*parsed))) << mutant;
  }
  EXPECT_GT(accepted, 100);  // or it would test the first check alone
}

// --- pictures ---

std::string number(std::size_t value) {
  std::string text;
  for (const int shift : {24, 16, 8, 0}) text.push_back(static_cast<char>(value >> shift));
  return text;
}

std::string chunk(const std::string& type, const std::string& data) {
  const auto covered = type + data;
  const auto sum =
      ::crc32(0, reinterpret_cast<const Bytef*>(covered.data()), static_cast<uInt>(covered.size()));
  return number(data.size()) + covered + number(sum);
}

std::string header(std::size_t width, std::size_t height, char depth = 8, char colour = 0) {
  return chunk("IHDR", number(width) + number(height) + depth + colour + std::string(3, '\0'));
}

const std::string signature = "\x89PNG\r\n\x1A\n";
const std::string tail = chunk("IDAT", "pixels") + chunk("IEND", "");

/// A picture of these chunks.
std::string png_of(std::initializer_list<std::string> chunks) {
  std::string png = signature;
  for (const auto& each : chunks) png += each;
  return png;
}

std::vector<std::uint8_t> bytes(const std::string& text) {
  return {text.begin(), text.end()};
}

TEST(Pictures, TakesPlainOnes) {
  for (const auto& png : {png_of({header(1680, 2376), tail}),
                          png_of({header(1, 1, 1), chunk("pHYs", "123456789"), tail}),
                          png_of({header(10, 10, 8, 3), chunk("PLTE", "rgb"), tail}),
                          png_of({header(10, 10, 8, 2), tail})}) {
    EXPECT_TRUE(reader::is_plain_png(bytes(png)));
  }
}

TEST(Pictures, RefusesTheRest) {
  auto bad_sum = signature + header(10, 10) + tail;
  bad_sum[20] = 'x';
  const std::pair<const char*, std::string> cases[] = {
      {"nothing", ""},
      {"a web page", "<html><script>alert(1)</script>"},
      {"signature alone", signature},
      {"no header", png_of({tail})},
      {"no pixels", png_of({header(10, 10), chunk("IEND", "")})},
      {"no end", png_of({header(10, 10), chunk("IDAT", "pixels")})},
      {"something after its end", png_of({header(10, 10), tail, "<script>"})},
      {"a wrong checksum", bad_sum},
      {"text inside", png_of({header(10, 10), chunk("tEXt", "title a"), tail})},
      {"a profile inside", png_of({header(10, 10), chunk("iCCP", "x"), tail})},
      {"no width", png_of({header(0, 10), tail})},
      {"a side too long", png_of({header(20'001, 1), tail})},
      {"too many pixels", png_of({header(20'000, 20'000), tail})},
      {"sixteen bits", png_of({header(10, 10, 16), tail})},
      {"transparency", png_of({header(10, 10, 8, 6), tail})},
      {"a chunk longer than the file", png_of({number(0xFFFFFFFF), "IHDR"})},
  };
  for (const auto& [name, png] : cases) EXPECT_FALSE(reader::is_plain_png(bytes(png))) << name;
}

TEST(Pictures, AreAsManyAsPages) {
  const auto png = signature + header(10, 10) + tail;
  const auto one = number(png.size()) + png;
  ASSERT_TRUE(reader::parse_pictures(one + one, 2));
  EXPECT_EQ((*reader::parse_pictures(one + one, 2))[1], bytes(png));
  EXPECT_TRUE(reader::parse_pictures("", 0));
  EXPECT_FALSE(reader::parse_pictures(one, 2));
  EXPECT_FALSE(reader::parse_pictures(one + one, 1));
  EXPECT_FALSE(reader::parse_pictures(one + "x", 1));
  EXPECT_FALSE(reader::parse_pictures(one.substr(0, one.size() - 1), 1));
  EXPECT_FALSE(reader::parse_pictures(number(0xFFFFFFFF) + png, 1));
}

}  // namespace
