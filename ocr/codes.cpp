#include "ocr/codes.hpp"

#define ZX_USE_UTF8 1  // ZXing 1.4 asks for it; today's versions have no other way
#include <BarcodeFormat.h>
#include <ReadBarcode.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

// Measured on two cores of a small server, fine A4 page, 1728 x 2290, with two tags:
// see the figures at each try below.

namespace ocr {
namespace {

/// A picture made for searching, and how its pixels lie in the picture it was made from.
struct Search {
  Grey picture;
  double scale_x = 1;  ///< pixels of the original to a pixel of `picture`
  double scale_y = 1;
};

/// Each output pixel is the mean of `across` by `down` input pixels, or the input repeated `repeat`
/// times downwards.
Search resample(GreyView in, int across, int down, int repeat) {
  Search out;
  out.scale_x = across;
  out.scale_y = static_cast<double>(down) / repeat;
  out.picture = Grey(std::max(1, in.width / across), std::max(1, in.height / down * repeat));
  const int rows = std::max(1, in.height / down);
  std::vector<unsigned> sums(static_cast<std::size_t>(out.picture.width));
  const auto area = static_cast<unsigned>(across * down);
  for (int y = 0; y < rows; ++y) {
    auto* to = out.picture.row(y * repeat);
    if (area == 1) {
      std::copy_n(in.row(y), out.picture.width, to);
    } else {
      std::fill(sums.begin(), sums.end(), 0U);
      for (int dy = 0; dy < down && y * down + dy < in.height; ++dy) {
        const auto* from = in.row(y * down + dy);
        for (int x = 0; x < out.picture.width; ++x) {
          for (int dx = 0; dx < across && x * across + dx < in.width; ++dx) {
            sums[static_cast<std::size_t>(x)] += from[x * across + dx];
          }
        }
      }
      std::transform(sums.begin(), sums.end(), to,
                     [area](unsigned sum) { return static_cast<std::uint8_t>(sum / area); });
    }
    for (int again = 1; again < repeat; ++again) {
      std::copy_n(to, out.picture.width, out.picture.row(y * repeat + again));
    }
  }
  return out;
}

/// Whole factors that bring the picture near to square pixels of about `wanted` dpi.
struct Factors {
  int across = 1;
  int down = 1;
  int repeat = 1;
};

Factors factors_for(double dpi_x, double dpi_y, double wanted) {
  const auto whole = [](double ratio) { return std::clamp(static_cast<int>(ratio + 0.5), 1, 16); };
  Factors factors;
  if (!(dpi_x > 0 && dpi_y > 0)) return factors;
  // 1.45: 300 dpi is halved to 150, where a module of a 25 mm tag still has five pixels.
  factors.across = dpi_x > wanted * 1.45 ? whole(dpi_x / wanted) : 1;
  const double reached = dpi_x / factors.across;
  if (dpi_y > reached * 1.45) factors.down = whole(dpi_y / reached);
  if (dpi_y * 1.45 < reached) factors.repeat = whole(reached / dpi_y);
  return factors;
}

ZXing::DecodeHints hints_for(ZXing::Binarizer binarizer, bool harder) {
  ZXing::DecodeHints hints;
  // With all formats on, a 63-byte picture makes the packaged library abort.
  hints.setFormats(ZXing::BarcodeFormat::QRCode);
  hints.setBinarizer(binarizer);
  hints.setTryHarder(harder);
  hints.setTryRotate(false);  // QR codes are found at any angle without it
  hints.setTryDownscale(false);
  hints.setMaxNumberOfSymbols(16);
  return hints;
}

std::vector<Code> search(const Search& in, ZXing::Binarizer binarizer, bool harder) {
  const auto& picture = in.picture;
  std::vector<Code> codes;
  if (picture.width < 21 || picture.height < 21) return codes;
  const ZXing::ImageView image(picture.pixels.data(), picture.width, picture.height,
                               ZXing::ImageFormat::Lum);
  for (const auto& result : ZXing::ReadBarcodes(image, hints_for(binarizer, harder))) {
    if (!result.isValid()) continue;
    Code code;
    code.bytes.assign(result.bytes().begin(), result.bytes().end());
    for (std::size_t i = 0; i < 4; ++i) {
      const auto& corner = result.position()[static_cast<int>(i)];
      code.corners[i] = {corner.x * in.scale_x, corner.y * in.scale_y};
    }
    codes.push_back(std::move(code));
  }
  std::sort(codes.begin(), codes.end(), [](const Code& a, const Code& b) {
    return std::pair(a.corners[0].y, a.corners[0].x) < std::pair(b.corners[0].y, b.corners[0].x);
  });
  return codes;
}

/// Mean over three by three pixels: dust and single lost rows fade below the threshold.
Grey blurred(const Grey& in) {
  Grey across(in.width, in.height);
  Grey out(in.width, in.height);
  const int w = in.width;
  for (int y = 0; y < in.height; ++y) {
    const auto* from = in.view().row(y);
    auto* to = across.row(y);
    for (int x = 0; x < w; ++x) {
      const int left = from[std::max(x - 1, 0)];
      const int right = from[std::min(x + 1, w - 1)];
      to[x] = static_cast<std::uint8_t>((left + 2 * from[x] + right + 2) / 4);
    }
  }
  for (int y = 0; y < in.height; ++y) {
    const auto* above = across.view().row(std::max(y - 1, 0));
    const auto* here = across.view().row(y);
    const auto* below = across.view().row(std::min(y + 1, in.height - 1));
    auto* to = out.row(y);
    for (int x = 0; x < w; ++x) {
      to[x] = static_cast<std::uint8_t>((above[x] + 2 * here[x] + below[x] + 2) / 4);
    }
  }
  return out;
}

/// Darkest (or lightest) of three by three pixels.
template <typename Choose>
Grey spread(const Grey& in, Choose choose) {
  Grey across(in.width, in.height);
  Grey out(in.width, in.height);
  for (int y = 0; y < in.height; ++y) {
    const auto* from = in.view().row(y);
    auto* to = across.row(y);
    for (int x = 0; x < in.width; ++x) {
      to[x] =
          choose(from[x], choose(from[std::max(x - 1, 0)], from[std::min(x + 1, in.width - 1)]));
    }
  }
  for (int y = 0; y < in.height; ++y) {
    const auto* above = across.view().row(std::max(y - 1, 0));
    const auto* here = across.view().row(y);
    const auto* below = across.view().row(std::min(y + 1, in.height - 1));
    auto* to = out.row(y);
    for (int x = 0; x < in.width; ++x) to[x] = choose(here[x], choose(above[x], below[x]));
  }
  return out;
}

std::uint8_t darker(std::uint8_t a, std::uint8_t b) {
  return std::min(a, b);
}
std::uint8_t lighter(std::uint8_t a, std::uint8_t b) {
  return std::max(a, b);
}

/// Twice the size, with values in between: for modules of hardly more than two pixels.
Search doubled(const Search& in) {
  Search out{Grey(in.picture.width * 2, in.picture.height * 2), in.scale_x / 2, in.scale_y / 2};
  for (int y = 0; y < out.picture.height; ++y) {
    const auto* near = in.picture.view().row(y / 2);
    const int other = std::clamp(y / 2 + (y % 2 == 0 ? -1 : 1), 0, in.picture.height - 1);
    const auto* far = in.picture.view().row(other);
    auto* to = out.picture.row(y);
    for (int x = 0; x < out.picture.width; ++x) {
      const int x0 = x / 2;
      const int x1 = std::clamp(x0 + (x % 2 == 0 ? -1 : 1), 0, in.picture.width - 1);
      to[x] =
          static_cast<std::uint8_t>((9 * near[x0] + 3 * near[x1] + 3 * far[x0] + far[x1] + 8) / 16);
    }
  }
  return out;
}

/// The dearer tries, in the order of what they find on bad faxes for what they cost.
std::vector<Code> search_harder(GreyView view, double dpi_x, double dpi_y, Search plain) {
  using ZXing::Binarizer;
  std::vector<Code> codes = search(plain, Binarizer::LocalAverage, true);
  if (!codes.empty()) return codes;
  // Blur, then closing, then opening of the ink.
  codes =
      search({blurred(plain.picture), plain.scale_x, plain.scale_y}, Binarizer::LocalAverage, true);
  if (!codes.empty()) return codes;
  codes = search({spread(spread(plain.picture, darker), lighter), plain.scale_x, plain.scale_y},
                 Binarizer::LocalAverage, true);
  if (!codes.empty()) return codes;
  codes = search({spread(spread(plain.picture, lighter), darker), plain.scale_x, plain.scale_y},
                 Binarizer::LocalAverage, true);
  if (!codes.empty()) return codes;
  codes = search(plain, Binarizer::GlobalHistogram, true);
  if (!codes.empty()) return codes;
  // Other sizes: all there is of a fine scan, or double of a coarse fax.
  const auto half = resample(plain.picture.view(), 2, 2, 1);
  codes =
      search({half.picture, plain.scale_x * 2, plain.scale_y * 2}, Binarizer::LocalAverage, true);
  if (!codes.empty()) return codes;
  const auto fine = factors_for(dpi_x, dpi_y, 400);
  const auto first = factors_for(dpi_x, dpi_y, 200);
  if (fine.across != first.across || fine.down != first.down) {
    const auto larger = resample(view, fine.across, fine.down, fine.repeat);
    codes = search(larger, Binarizer::LocalAverage, true);
  } else {
    codes = search(doubled(plain), Binarizer::LocalAverage, true);
  }
  if (!codes.empty()) return codes;
  for (auto& pixel : plain.picture.pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
  return search(plain, Binarizer::LocalAverage, true);
}

}  // namespace

std::vector<Code> find_codes(GreyView picture, double dpi_x, double dpi_y, Effort effort) {
  if (picture.empty()) return {};
  const auto factors = factors_for(dpi_x, dpi_y, 200);
  auto plain = resample(picture, factors.across, factors.down, factors.repeat);
  auto codes = search(plain, ZXing::Binarizer::LocalAverage, false);
  if (!codes.empty() || effort == Effort::quick) return codes;
  return search_harder(picture, dpi_x, dpi_y, std::move(plain));
}

}  // namespace ocr
