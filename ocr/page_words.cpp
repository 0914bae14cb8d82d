#include "ocr/page_words.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include <opencv2/imgproc.hpp>

#include "ocr/ink_fields.hpp"

namespace ocr {
namespace {

constexpr double mm_per_inch = 25.4;

int signs_of(const std::string& word) {
  return static_cast<int>(std::ranges::count_if(word, [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U && byte != ' ';
  }));
}

/// Grey as Tesseract reads it best. Rows as far apart as at 98 dpi leave stairs and gaps: smoothed,
/// and the strokes made bolder for it, a quarter more of the words of such letters are read.
cv::Mat grey_of(const Patch& patch) {
  constexpr double coarse_mm = 0.2;
  constexpr double smoothing_mm = 0.12;  ///< sigma: half a row
  cv::Mat grey;
  if (patch.grain_y < coarse_mm && patch.grain_x < coarse_mm) {
    cv::bitwise_not(patch.ink, grey);
    return grey;
  }
  cv::GaussianBlur(patch.ink, grey, {}, smoothing_mm * patch.px_per_mm);
  // 80 of 255, a third of ink, is as dark as half was.
  constexpr double steeper = 1.6;
  grey.convertTo(grey, CV_8U, -steeper, 110 + steeper * 80);
  return grey;
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

/// Rows of the line that the sender's machine printed above the letter, with what is above it; none
/// if no such line stands apart. It is level, however the paper went in, and Tesseract takes the
/// lean and the height of all lines from it: at 204 x 98 dpi it then reads a letter that lies
/// askew as nonsense.
cv::Range senders_line(const Sheet& sheet) {
  constexpr double lowest_mm = 9;
  constexpr double highest_mm = 5.5;  ///< of the line itself
  constexpr double apart_mm = 0.8;
  constexpr double dust = 0.01;  ///< share of a row
  const int last = std::min(sheet.ink.rows, static_cast<int>(lowest_mm * sheet.px_per_mm_y));
  const auto apart = std::max(2, static_cast<int>(apart_mm * sheet.px_per_mm_y));
  int first_inked = -1;
  int blank = 0;
  for (int y = 0; y < last; ++y) {
    const bool inked = cv::countNonZero(sheet.ink.row(y)) > dust * sheet.ink.cols;
    blank = inked ? 0 : blank + 1;
    if (inked && first_inked < 0) first_inked = y;
    if (first_inked < 0 || blank < apart) continue;
    const int end = y - blank + 1;
    if (end - first_inked > highest_mm * sheet.px_per_mm_y) return {0, 0};
    return {0, end + apart / 2};
  }
  return {0, 0};
}

/// A letter's words as they are best read: as it is, or without what misleads.
std::vector<WordReading> words_of_letter(const Page& page, const Sheet& sheet, int rotation,
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

/// The words of the sender's line, in millimetres of the page turned by `rotation`.
std::vector<WordReading> words_of_senders_line(const Page& page, const Sheet& sheet,
                                               const cv::Range& line, int rotation,
                                               TextEngine& text) {
  const Transform came = upright(page, 0);
  const Transform turned = upright(page, rotation);
  const Box strip{0, 0, page.width / sheet.px_per_mm_x, line.end / sheet.px_per_mm_y};
  auto words = words_of(cut(sheet, came, strip, text_px_per_mm), text, TextMode::line);
  for (WordReading& word : words) {
    const Point one = to_form(turned, to_page(came, {word.box.x, word.box.y}));
    const Point other = to_form(turned, to_page(came, {word.box.right(), word.box.bottom()}));
    word.box = joined({one.x, one.y, 0, 0}, {other.x, other.y, 0, 0});
  }
  return words;
}

}  // namespace

bool readable(const std::vector<WordReading>& words) {
  constexpr int fewest = 15;
  constexpr double sure = 0.7;
  int signs = 0;
  for (const auto& word : words) signs += word.confidence >= sure ? signs_of(word.text) : 0;
  return signs >= fewest;
}

double worth(const std::vector<WordReading>& words) {
  constexpr double nonsense = 0.3;
  double sum = 0;
  for (const auto& word : words) {
    sum += signs_of(word.text) * std::max(0.0, word.confidence - nonsense);
  }
  return sum;
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

std::vector<WordReading> words_of(const Patch& patch, TextEngine& text, TextMode mode) {
  const cv::Mat grey = grey_of(patch);
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

std::vector<WordReading> words_of_page(const Page& page, const Sheet& sheet, int rotation,
                                       TextEngine& text) {
  const cv::Range line = senders_line(sheet);
  if (line.empty()) return words_of_letter(page, sheet, rotation, text);
  Sheet letter = sheet;
  letter.ink = sheet.ink.clone();
  letter.ink.rowRange(line).setTo(0);
  auto words = words_of_senders_line(page, sheet, line, rotation, text);
  std::ranges::move(words_of_letter(page, letter, rotation, text), std::back_inserter(words));
  return words;
}

}  // namespace ocr
