#include "ocr/text.hpp"

#include <omp.h>
#include <tesseract/baseapi.h>
#include <tesseract/resultiterator.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

namespace ocr {
namespace {

/// The size that Tesseract's models were trained at.
constexpr double wanted_dpi = 300;
/// A page at 300 dpi has 8.7 million pixels; more is no text field.
constexpr double most_pixels = 40e6;

/// The crop with square pixels at `wanted_dpi`, and the pixels of the crop to one of it.
struct Enlarged {
  Grey picture;
  double step_x = 1;
  double step_y = 1;
};

/// Bilinear: bilevel edges become grey ramps, which the network reads better than steps.
Enlarged enlarge(GreyView in, double dpi_x, double dpi_y) {
  Enlarged out;
  out.step_x = dpi_x > 0 ? dpi_x / wanted_dpi : 1;
  out.step_y = dpi_y > 0 ? dpi_y / wanted_dpi : 1;
  const double pixels = in.width / out.step_x * (in.height / out.step_y);
  if (pixels > most_pixels) {
    const double shrink = std::sqrt(pixels / most_pixels);
    out.step_x *= shrink;
    out.step_y *= shrink;
  }
  out.picture = Grey(std::max(1, static_cast<int>(in.width / out.step_x)),
                     std::max(1, static_cast<int>(in.height / out.step_y)));
  for (int y = 0; y < out.picture.height; ++y) {
    const double from_y = std::clamp((y + 0.5) * out.step_y - 0.5, 0.0, in.height - 1.0);
    const int y0 = static_cast<int>(from_y);
    const int fy = static_cast<int>((from_y - y0) * 256);
    const auto* upper = in.row(y0);
    const auto* lower = in.row(std::min(y0 + 1, in.height - 1));
    auto* to = out.picture.row(y);
    for (int x = 0; x < out.picture.width; ++x) {
      const double from_x = std::clamp((x + 0.5) * out.step_x - 0.5, 0.0, in.width - 1.0);
      const int x0 = static_cast<int>(from_x);
      const int x1 = std::min(x0 + 1, in.width - 1);
      const int fx = static_cast<int>((from_x - x0) * 256);
      const int above = upper[x0] * (256 - fx) + upper[x1] * fx;
      const int below = lower[x0] * (256 - fx) + lower[x1] * fx;
      to[x] = static_cast<std::uint8_t>((above * (256 - fy) + below * fy) >> 16);
    }
  }
  return out;
}

tesseract::PageSegMode segmentation(TextMode mode) {
  switch (mode) {
    case TextMode::line:
    case TextMode::serial: return tesseract::PSM_SINGLE_LINE;
    case TextMode::block: return tesseract::PSM_SINGLE_BLOCK;
    case TextMode::page: return tesseract::PSM_AUTO;
  }
  return tesseract::PSM_SINGLE_BLOCK;
}

}  // namespace

struct TextEngine::Tesseract {
  tesseract::TessBaseAPI api;
};

TextEngine::TextEngine(const std::filesystem::path& tessdata)
    : tesseract_(std::make_unique<Tesseract>()) {
  // Tesseract asks for four threads by number, which only a level of none refuses; threads would
  // not survive the fork into a child, which may not make new ones.
  omp_set_max_active_levels(0);
  auto& api = tesseract_->api;
  const std::string folder = tessdata.string();
  if (api.Init(folder.empty() ? nullptr : folder.c_str(), "jpn", tesseract::OEM_LSTM_ONLY) != 0) {
    throw std::runtime_error("Tesseract cannot load jpn.traineddata from " +
                             (folder.empty() ? "its own folder" : folder));
  }
  api.SetVariable("debug_file", "/dev/null");
  // Japanese has no spaces between words; without this every glyph comes apart.
  api.SetVariable("preserve_interword_spaces", "1");
}

TextEngine::~TextEngine() = default;

std::vector<WordReading> TextEngine::words(GreyView crop, double dpi_x, double dpi_y,
                                           TextMode mode) {
  std::vector<WordReading> words;
  if (crop.width < 4 || crop.height < 4) return words;
  const Enlarged enlarged = enlarge(crop, dpi_x, dpi_y);
  auto& api = tesseract_->api;
  api.SetPageSegMode(segmentation(mode));
  api.SetVariable("tessedit_char_whitelist",
                  mode == TextMode::serial ? "0123456789ABCDEFGHJKMNPQRSTVWXYZ-" : "");
  api.SetImage(enlarged.picture.pixels.data(), enlarged.picture.width, enlarged.picture.height, 1,
               enlarged.picture.width);
  api.SetSourceResolution(static_cast<int>(wanted_dpi));
  if (api.Recognize(nullptr) != 0) return words;
  const std::unique_ptr<tesseract::ResultIterator> at(api.GetIterator());
  for (bool more = at != nullptr; more; more = at->Next(tesseract::RIL_WORD)) {
    const std::unique_ptr<char[]> text(at->GetUTF8Text(tesseract::RIL_WORD));
    int left = 0;
    int top = 0;
    int right = 0;
    int bottom = 0;
    if (!text || text[0] == '\0' ||
        !at->BoundingBox(tesseract::RIL_WORD, &left, &top, &right, &bottom)) {
      continue;
    }
    WordReading word;
    word.text = text.get();
    word.confidence = std::clamp(at->Confidence(tesseract::RIL_WORD) / 100.0, 0.0, 1.0);
    word.box = {left * enlarged.step_x, top * enlarged.step_y, (right - left) * enlarged.step_x,
                (bottom - top) * enlarged.step_y};
    words.push_back(std::move(word));
  }
  api.Clear();
  return words;
}

}  // namespace ocr
