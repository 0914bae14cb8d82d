#include "ocr/second_look.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <iterator>
#include <variant>

#include <opencv2/imgproc.hpp>

#include "ocr/ink_fields.hpp"
#include "ocr/patch.hpp"
#include "ocr/sheet.hpp"

namespace ocr {
namespace {

constexpr double mm_per_inch = 25.4;
constexpr double text_px_per_mm = 300 / mm_per_inch;  ///< what Tesseract was trained on

/// Words of an upright patch, in millimetres.
std::vector<WordReading> words_of(const Patch& patch, TextEngine& text, TextMode mode) {
  cv::Mat grey;
  cv::bitwise_not(patch.ink, grey);
  const GreyView view{grey.data, grey.cols, grey.rows, static_cast<std::ptrdiff_t>(grey.step[0])};
  const double dpi = patch.px_per_mm * mm_per_inch;
  std::vector<WordReading> words = text.words(view, dpi, dpi, mode);
  for (WordReading& word : words) {
    word.box = {patch.region.x + word.box.x / patch.px_per_mm,
                patch.region.y + word.box.y / patch.px_per_mm, word.box.width / patch.px_per_mm,
                word.box.height / patch.px_per_mm};
  }
  return words;
}

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

int signs_of(const std::string& word) {
  return static_cast<int>(std::ranges::count_if(word, [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U && byte != ' ';
  }));
}

/// How much was read: signs, by how sure Tesseract is of them. What it is least sure of is worth
/// nothing, so that much nonsense never beats a few words.
double worth(const std::vector<WordReading>& words) {
  constexpr double nonsense = 0.3;
  double sum = 0;
  for (const auto& word : words) {
    sum += signs_of(word.text) * std::max(0.0, word.confidence - nonsense);
  }
  return sum;
}

/// Takes out of a page what misleads Tesseract about where its lines are: the black beyond the
/// paper's edge, frames and pictures, and the dots of screens and dust. What is left and as large
/// as signs of a letter are: their boxes, mm.
std::vector<Box> keep_text(Patch& patch) {
  constexpr double largest_mm = 25;
  constexpr double speck_mm = 0.35;
  constexpr double sign_mm = 1.2;
  constexpr double tallest_mm = 8;
  cv::Mat binary;
  cv::threshold(patch.ink, binary, 127, 255, cv::THRESH_BINARY);
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centres;
  const int count = cv::connectedComponentsWithStats(binary, labels, stats, centres, 8, CV_32S);
  std::vector<bool> keeps(static_cast<std::size_t>(count), false);
  std::vector<Box> signs;
  for (int i = 1; i < count; ++i) {
    const cv::Rect place(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                         stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT));
    const Box box = patch.millimetres(place);
    const double size = std::max(box.width, box.height);
    keeps[static_cast<std::size_t>(i)] = size < largest_mm && size > speck_mm;
    if (box.height > sign_mm && size < tallest_mm) signs.push_back(box);
  }
  for (int y = 0; y < labels.rows; ++y) {
    const int* label = labels.ptr<int>(y);
    auto* ink = patch.ink.ptr<std::uint8_t>(y);
    for (int x = 0; x < labels.cols; ++x) {
      if (label[x] > 0 && !keeps[static_cast<std::size_t>(label[x])]) ink[x] = 0;
    }
  }
  return signs;
}

/// Signs on which no word lies.
std::vector<Box> unread(const std::vector<Box>& signs, const std::vector<WordReading>& words) {
  std::vector<Box> missed;
  std::ranges::copy_if(signs, std::back_inserter(missed), [&](const Box& sign) {
    const Point at = centre_of(sign);
    return std::ranges::none_of(words, [&](const WordReading& word) {
      const Box box = grown(word.box, 0.5);
      return at.x >= box.x && at.x <= box.right() && at.y >= box.y && at.y <= box.bottom();
    });
  });
  return missed;
}

/// Whole lines of a clear page can be left out, when Tesseract takes them for a picture: many signs
/// on which no word lies.
bool left_out(const std::vector<Box>& missed, std::size_t signs) {
  constexpr std::size_t many = 12;
  constexpr double share = 0.15;
  return missed.size() >= many &&
         static_cast<double>(missed.size()) > share * static_cast<double>(signs);
}

/// One `unread_line` for each line of signs.
std::vector<WordReading> lines_of(std::vector<Box> signs) {
  constexpr std::size_t fewest = 3;
  std::ranges::sort(signs, {}, [](const Box& sign) { return centre_of(sign).y; });
  std::vector<WordReading> lines;
  for (std::size_t i = 0; i < signs.size();) {
    Box line = signs[i];
    std::size_t end = i + 1;
    while (end < signs.size() && centre_of(signs[end]).y < line.bottom()) {
      line = joined(line, signs[end++]);
    }
    if (end - i >= fewest) lines.push_back({std::string(unread_line), 0, line});
    i = end;
  }
  return lines;
}

/// A page's words as they are best read: as it is, or without what misleads.
std::vector<WordReading> words_of_page(const Page& page, const Sheet& sheet, int rotation,
                                       TextEngine& text) {
  const bool sideways = rotation % 180 != 0;
  const double width = page.width / sheet.px_per_mm_x;
  const double height = page.height / sheet.px_per_mm_y;
  const Box whole{0, 0, sideways ? height : width, sideways ? width : height};
  Patch patch = cut(sheet, upright(page, rotation), whole, text_px_per_mm);
  const auto words_by = [&](TextMode mode) {
    auto words = words_of(patch, text, mode);
    std::erase_if(words, [](const WordReading& word) { return signs_of(word.text) == 0; });
    return words;
  };
  auto best = words_by(TextMode::page);
  const auto signs = keep_text(patch);
  const auto good = [&] { return readable(best) && !left_out(unread(signs, best), signs.size()); };
  for (const TextMode mode : {TextMode::page, TextMode::block}) {
    if (good()) break;
    auto other = words_by(mode);
    if (worth(other) > worth(best)) best = std::move(other);
  }
  if (const auto missed = unread(signs, best); left_out(missed, signs.size())) {
    std::ranges::move(lines_of(missed), std::back_inserter(best));
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

bool readable(const std::vector<WordReading>& words) {
  constexpr int fewest = 15;
  constexpr double sure = 0.7;
  int signs = 0;
  for (const auto& word : words) signs += word.confidence >= sure ? signs_of(word.text) : 0;
  return signs >= fewest;
}

Transform upright(const Page& page, int rotation) {
  const double x = (page.dpi_x > 0 ? page.dpi_x : 200) / mm_per_inch;
  const double y = (page.dpi_y > 0 ? page.dpi_y : 200) / mm_per_inch;
  const double width = page.width;
  const double height = page.height;
  switch (rotation) {
    case 90: return {0, x, 0, -y, 0, height};
    case 180: return {-x, 0, width, 0, -y, height};
    case 270: return {0, -x, width, y, 0, 0};
    default: return {x, 0, 0, 0, y, 0};
  }
}

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
  const Sheet sheet = sheet_of(page);
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
