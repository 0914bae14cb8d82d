#include "ocr/second_look.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <iterator>
#include <variant>

#include <opencv2/imgproc.hpp>

#include "ocr/ink_fields.hpp"
#include "ocr/page_words.hpp"
#include "ocr/patch.hpp"
#include "ocr/sheet.hpp"

namespace ocr {
namespace {

constexpr double mm_per_inch = 25.4;

/// Lines of a text box less than two lines high are read as one line.
TextMode mode_for(const Box& box) {
  return box.height < 9 ? TextMode::line : TextMode::block;
}

constexpr double sample_mm = 60;  ///< side of the square by which a page is turned: ten lines

/// The square of the page (px) with most ink that is not a picture's or a border's.
cv::Rect inkiest_square(const Sheet& sheet) {
  const Overview view = overview_of(sheet);
  if (view.ink.empty()) return {};
  const cv::Size window(std::min(view.ink.cols, static_cast<int>(sample_mm * view.px_per_mm_x)),
                        std::min(view.ink.rows, static_cast<int>(sample_mm * view.px_per_mm_y)));
  cv::Mat sums;
  cv::integral(view.ink, sums, CV_64F);
  constexpr double most = 0.3;
  constexpr int step = 8;  // 4 mm
  cv::Rect best;
  double inked = 0;
  for (int y = 0; y + window.height <= view.ink.rows; y += step) {
    for (int x = 0; x + window.width <= view.ink.cols; x += step) {
      const double sum = sums.at<double>(y + window.height, x + window.width) -
                         sums.at<double>(y, x + window.width) -
                         sums.at<double>(y + window.height, x) + sums.at<double>(y, x);
      const double share = sum / (255.0 * window.area());
      if (share > most || share <= inked) continue;
      inked = share;
      best = {cv::Point(x, y), window};
    }
  }
  return {static_cast<int>(best.x * view.to_x), static_cast<int>(best.y * view.to_y),
          static_cast<int>(best.width * view.to_x), static_cast<int>(best.height * view.to_y)};
}

/// How sure Tesseract is of a square of the page turned by `rotation`, 0 to 1; 0 for next to no
/// words.
double readability(const Page& page, const Sheet& sheet, const cv::Rect& square, int rotation,
                   TextEngine& text) {
  const Transform turned = upright(page, rotation);
  const Point one = to_form(turned, cv::Point2d(square.tl()));
  const Point other = to_form(turned, cv::Point2d(square.br()));
  const Box box = joined({one.x, one.y, 0, 0}, {other.x, other.y, 0, 0});
  double sure = 0;
  double bytes = 0;
  for (const auto& word :
       words_of(cut(sheet, turned, box, text_px_per_mm), text, TextMode::block)) {
    sure += word.confidence * static_cast<double>(word.text.size());
    bytes += static_cast<double>(word.text.size());
  }
  constexpr double fewest = 30;  // ten Japanese characters
  return bytes < fewest ? 0 : sure / bytes;
}

/// Degrees clockwise by which a page without any code is best read.
int rotation_by_words(const Page& page, const Sheet& sheet, TextEngine& text) {
  const cv::Rect square = inkiest_square(sheet);
  if (square.empty()) return 0;
  constexpr double well = 0.8;
  constexpr double better = 0.08;
  const double as_it_came = readability(page, sheet, square, 0, text);
  if (as_it_came > well) return 0;
  int best = 0;
  double most = as_it_came + better;
  for (const int rotation : {180, 90, 270}) {
    const double sure = readability(page, sheet, square, rotation, text);
    if (sure <= most) continue;
    most = sure;
    best = rotation;
  }
  return best;
}

constexpr std::size_t half = 5;  ///< signs of a serial before and after its hyphen

bool serial_sign(char sign) {
  return std::isdigit(static_cast<unsigned char>(sign)) != 0 || (sign >= 'A' && sign <= 'Z');
}

/// Upper case letters, digits and hyphens of a word, whatever kind of dash Tesseract saw; other
/// signs become dots, which no serial holds.
std::string plain(const std::string& word) {
  std::string signs;
  for (std::size_t i = 0; i < word.size();) {
    const auto lead = static_cast<unsigned char>(word[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const std::string sign = word.substr(i, length);
    i += length;
    const char upper = static_cast<char>(std::toupper(lead));
    if (length == 1 && (serial_sign(upper) || upper == '-')) {
      signs.push_back(upper);
    } else {
      constexpr std::array dashes = {"‐", "－", "ー", "–", "—", "一"};
      signs.push_back(std::ranges::count(dashes, sign) > 0 ? '-' : '.');
    }
  }
  return signs;
}

}  // namespace

void read_text_fields(const Page& page, const PageLayout& layout, TextEngine& text,
                      PageReading& reading) {
  const auto wanted = [](const Reading& field) { return field.typed; };
  if (std::ranges::none_of(reading.readings, wanted)) return;
  const Sheet sheet = sheet_of(page);
  const PrintedPage printed{&layout, {reading.placed, {}}, 0.1};
  for (Reading& field : reading.readings) {
    if (!wanted(field)) continue;
    const auto known = std::ranges::find(layout.fields, field.field, &Field::name);
    if (known == layout.fields.end()) continue;
    const auto* kind = std::get_if<TextField>(&known->kind);
    if (kind == nullptr) continue;
    const Transform placed = settle(sheet, printed.placement, std::span(&kind->box, 1));
    Patch patch = cut(sheet, placed, grown(kind->box, -0.5), text_px_per_mm);
    erase_rules(patch, layout.rules, printed.thickening);
    erase_print(patch, layout.print, 0.3);
    field.words = words_of(patch, text, mode_for(kind->box));
  }
}

void read_whole_page(const Page& page, TextEngine& text, PageReading& reading) {
  Sheet sheet = sheet_of(page);
  const auto senders = take_senders_line(page, sheet, text);
  const bool may_turn = reading.codes.empty();
  if (may_turn) reading.quality.rotation = rotation_by_words(page, sheet, text);
  reading.words = words_of_page(page, sheet, reading.quality.rotation, text);
  if (may_turn && reading.quality.rotation != 0 && !readable(reading.words)) {
    // Nothing much was made of it that way up: then it was turned by chance.
    auto as_it_came = words_of_page(page, sheet, 0, text);
    if (worth(as_it_came) > worth(reading.words)) {
      reading.words = std::move(as_it_came);
      reading.quality.rotation = 0;
    }
  }
  // Last, so that it stands in no line of the letter, whichever way that was turned.
  if (senders) reading.words.push_back(word_of(*senders, page, reading.quality.rotation));
  if (may_turn) {
    reading.placed = upright(page, reading.quality.rotation);
    reading.serial_print = serial_in(reading.words);
  }
}

std::string printed_serial(const Sheet& sheet, const Placement& placement, const PageLayout& layout,
                           TextEngine& text) {
  std::vector<std::string> found;
  for (const Box& box : layout.serials) {
    const Patch patch = cut(sheet, placement.near(centre_of(box)), grown(box, 0.8), text_px_per_mm);
    const std::string serial = serial_in(words_of(patch, text, TextMode::serial));
    if (!serial.empty() && std::ranges::count(found, serial) == 0) found.push_back(serial);
  }
  std::string all;
  for (const std::string& serial : found) all += (all.empty() ? "" : " ") + serial;
  return all;
}

std::string serial_in(const std::vector<WordReading>& words) {
  std::string signs;
  for (const WordReading& word : words) signs += plain(word.text);
  for (auto dash = signs.find('-'); dash != std::string::npos; dash = signs.find('-', dash + 1)) {
    if (dash < half || dash + half >= signs.size()) continue;
    const std::string found = signs.substr(dash - half, 2 * half + 1);
    if (std::ranges::count_if(found, serial_sign) == 2 * half) return found;
  }
  return {};
}

}  // namespace ocr
