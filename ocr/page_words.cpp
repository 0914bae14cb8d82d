#include "ocr/page_words.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

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
  // A third of ink is about as dark as half of it was.
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

/// Rows of a line that stands apart at the upper edge of the page as it came; none if there is
/// none.
cv::Range topmost_line(const Sheet& sheet) {
  constexpr double lowest_mm = 9;
  constexpr double highest_mm = 5.5;  ///< of the line itself
  constexpr double apart_mm = 0.8;
  constexpr double dust = 0.01;  ///< share of a row
  const int last = std::min(sheet.ink.rows, static_cast<int>(lowest_mm * sheet.px_per_mm_y));
  const auto apart = std::max(2, static_cast<int>(apart_mm * sheet.px_per_mm_y));
  int first = -1;
  int blank = 0;
  for (int y = 0; y < last; ++y) {
    const bool inked = cv::countNonZero(sheet.ink.row(y)) > dust * sheet.ink.cols;
    blank = inked ? 0 : blank + 1;
    if (inked && first < 0) first = y;
    if (first < 0 || blank < apart) continue;
    const int end = y - blank + 1;
    if (end - first > highest_mm * sheet.px_per_mm_y) return {0, 0};
    return {std::max(0, first - apart / 2), end + apart / 2};
  }
  return {0, 0};
}

bool is_digit(char sign) {
  return sign >= '0' && sign <= '9';
}

/// What senders' machines print: their number after FAX, and the time. Without either it may be
/// the letter's own line, and upside down.
bool looks_like_a_senders(const std::string& line) {
  if (line.find("FAX") != std::string::npos) return true;
  for (std::size_t i = 1; i + 2 < line.size(); ++i) {
    if (line[i] == ':' && is_digit(line[i - 1]) && is_digit(line[i + 1]) && is_digit(line[i + 2])) {
      return true;
    }
  }
  return false;
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

std::optional<SendersLine> take_senders_line(const Page& page, Sheet& sheet, TextEngine& text) {
  const cv::Range rows = topmost_line(sheet);
  if (rows.empty()) return std::nullopt;
  SendersLine line{{},
                   {0, rows.start / sheet.px_per_mm_y, page.width / sheet.px_per_mm_x,
                    rows.size() / sheet.px_per_mm_y}};
  const auto words =
      words_of(cut(sheet, upright(page, 0), line.box, text_px_per_mm), text, TextMode::line);
  double sure = 0;
  double bytes = 0;
  for (const WordReading& word : words) {
    line.word.text += (line.word.text.empty() ? "" : " ") + word.text;
    sure += word.confidence * static_cast<double>(word.text.size());
    bytes += static_cast<double>(word.text.size());
  }
  if (!looks_like_a_senders(line.word.text)) return std::nullopt;
  line.word.confidence = sure / bytes;
  sheet.ink = sheet.ink.clone();
  sheet.ink.rowRange(rows).setTo(0);
  return line;
}

WordReading word_of(const SendersLine& line, const Page& page, int rotation) {
  constexpr double piece_mm = 3;
  const Box begin{line.box.x, line.box.y, std::min(piece_mm, line.box.width),
                  std::min(piece_mm, line.box.height)};
  const Transform came = upright(page, 0);
  const Transform turned = upright(page, rotation);
  const Point one = to_form(turned, to_page(came, {begin.x, begin.y}));
  const Point other = to_form(turned, to_page(came, {begin.right(), begin.bottom()}));
  WordReading word = line.word;
  word.box = joined({one.x, one.y, 0, 0}, {other.x, other.y, 0, 0});
  return word;
}

}  // namespace ocr
