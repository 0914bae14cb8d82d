#include "ocr/codes.hpp"

#define ZX_USE_UTF8 1  // ZXing 1.4 asks for it; today's versions have no other way
#include <BarcodeFormat.h>
#include <ReadBarcode.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>

#include "ocr/code_regions.hpp"

namespace ocr {
namespace {

/// A picture made for searching, and how its pixels lie in the picture it was made from.
struct Search {
  Grey picture;
  double scale_x = 1;  ///< pixels of the original to a pixel of `picture`
  double scale_y = 1;
};

/// Mean of `across` columns in a row of sums.
void take_means(const std::vector<std::uint16_t>& sums, int across, int area, std::uint8_t* to,
                int width) {
  if (across == 1) {
    for (int x = 0; x < width; ++x) {
      to[x] = static_cast<std::uint8_t>(sums[static_cast<std::size_t>(x)] / area);
    }
    return;
  }
  const auto* from = sums.data();
  for (int x = 0; x < width; ++x, from += across) {
    int sum = 0;
    for (int dx = 0; dx < across; ++dx) sum += from[dx];
    to[x] = static_cast<std::uint8_t>(sum / area);
  }
}

/// Each output pixel is the mean of `across` by `down` input pixels, and is repeated `repeat` times
/// downwards.
Search resample(GreyView in, int across, int down, int repeat) {
  const int columns = in.width / across;
  const int rows = in.height / down;
  Search out{Grey(columns, rows * repeat), static_cast<double>(across),
             static_cast<double>(down) / repeat};
  std::vector<std::uint16_t> sums(static_cast<std::size_t>(in.width));
  for (int y = 0; y < rows; ++y) {
    auto* to = out.picture.row(y * repeat);
    if (across * down == 1) {
      std::copy_n(in.row(y), columns, to);
    } else {
      std::fill(sums.begin(), sums.end(), std::uint16_t{0});
      for (int dy = 0; dy < down; ++dy) {
        const auto* from = in.row(y * down + dy);
        for (std::size_t x = 0; x < sums.size(); ++x) {
          sums[x] = static_cast<std::uint16_t>(sums[x] + from[x]);
        }
      }
      take_means(sums, across, across * down, to, columns);
    }
    for (int again = 1; again < repeat; ++again) {
      std::copy_n(to, columns, out.picture.row(y * repeat + again));
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
  const auto whole = [](double ratio) {
    return static_cast<int>(std::clamp(std::lround(ratio), 1L, 16L));
  };
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

std::vector<Code> search(GreyView picture, double scale_x, double scale_y,
                         ZXing::Binarizer binarizer, bool harder) {
  std::vector<Code> codes;
  if (picture.width < 21 || picture.height < 21) return codes;
  const ZXing::ImageView image(picture.pixels, picture.width, picture.height,
                               ZXing::ImageFormat::Lum, static_cast<int>(picture.stride));
  for (const auto& result : ZXing::ReadBarcodes(image, hints_for(binarizer, harder))) {
    if (!result.isValid()) continue;
    Code code;
    code.bytes.assign(result.bytes().begin(), result.bytes().end());
    std::transform(result.position().begin(), result.position().end(), code.corners.begin(),
                   [&](const auto& corner) {
                     return Pixel{corner.x * scale_x, corner.y * scale_y};
                   });
    codes.push_back(std::move(code));
  }
  return codes;
}

std::vector<Code> search(const Search& in, ZXing::Binarizer binarizer, bool harder) {
  return search(in.picture.view(), in.scale_x, in.scale_y, binarizer, harder);
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

Search as_wanted(GreyView view, double dpi_x, double dpi_y, double wanted) {
  const auto factors = factors_for(dpi_x, dpi_y, wanted);
  return resample(view, factors.across, factors.down, factors.repeat);
}

std::vector<Code> search_plain(GreyView view, double dpi_x, double dpi_y) {
  const auto factors = factors_for(dpi_x, dpi_y, 200);
  if (factors.across * factors.down * factors.repeat == 1) {
    return search(view, 1, 1, ZXing::Binarizer::LocalAverage, false);
  }
  return search(as_wanted(view, dpi_x, dpi_y, 200), ZXing::Binarizer::LocalAverage, false);
}

/// The dearer tries in a region, in the order of what they find on bad faxes for what they cost.
std::vector<Code> search_harder(GreyView view, double dpi_x, double dpi_y) {
  using ZXing::Binarizer;
  const Search plain = as_wanted(view, dpi_x, dpi_y, 200);
  const auto changed = [&](Grey picture) {
    return Search{std::move(picture), plain.scale_x, plain.scale_y};
  };
  const std::array<std::function<std::vector<Code>()>, 7> tries{
      [&] { return search(changed(blurred(plain.picture)), Binarizer::LocalAverage, true); },
      // All there is of a fine scan; of a coarse fax, double with values in between.
      [&] {
        const auto finer = as_wanted(view, dpi_x, dpi_y, 400);
        if (finer.scale_x < plain.scale_x || finer.scale_y < plain.scale_y) {
          return search(finer, Binarizer::LocalAverage, true);
        }
        return search(doubled(changed(blurred(plain.picture))), Binarizer::LocalAverage, true);
      },
      [&] {
        const auto half = resample(plain.picture.view(), 2, 2, 1);
        return search({half.picture, plain.scale_x * 2, plain.scale_y * 2}, Binarizer::LocalAverage,
                      true);
      },
      [&] { return search(plain, Binarizer::LocalAverage, true); },
      [&] {  // closing of the ink
        return search(changed(spread(spread(plain.picture, darker), lighter)),
                      Binarizer::LocalAverage, true);
      },
      [&] {  // opening of the ink
        return search(changed(spread(spread(plain.picture, lighter), darker)),
                      Binarizer::LocalAverage, true);
      },
      [&] { return search(plain, Binarizer::GlobalHistogram, true); }};
  for (const auto& attempt : tries) {
    if (auto codes = attempt(); !codes.empty()) return codes;
  }
  return {};
}

/// The whole page once more, blurred, then as a negative.
std::vector<Code> search_page_again(GreyView view, double dpi_x, double dpi_y) {
  Search plain = as_wanted(view, dpi_x, dpi_y, 200);
  auto codes = search({blurred(plain.picture), plain.scale_x, plain.scale_y},
                      ZXing::Binarizer::LocalAverage, false);
  if (!codes.empty()) return codes;
  for (auto& pixel : plain.picture.pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
  return search(plain, ZXing::Binarizer::LocalAverage, false);
}

using Searcher = std::vector<Code> (*)(GreyView, double, double);

std::vector<Code> search_regions(GreyView page, const std::vector<PixelBox>& regions, double dpi_x,
                                 double dpi_y, Searcher searcher) {
  std::vector<Code> found;
  for (const auto& box : regions) {
    for (auto& code : searcher(page.crop(box.x, box.y, box.width, box.height), dpi_x, dpi_y)) {
      for (auto& corner : code.corners) corner = {corner.x + box.x, corner.y + box.y};
      found.push_back(std::move(code));
    }
  }
  return found;
}

/// Regions may overlap, so that one code is found twice.
std::vector<Code> sorted_once(std::vector<Code> codes) {
  const auto place = [](const Code& code) {
    return std::pair(code.corners[0].y + code.corners[2].y, code.corners[0].x + code.corners[2].x);
  };
  std::sort(codes.begin(), codes.end(),
            [&](const Code& a, const Code& b) { return place(a) < place(b); });
  std::vector<Code> once;
  for (auto& code : codes) {
    const bool again = std::any_of(once.begin(), once.end(), [&](const Code& other) {
      const double size = std::hypot(other.corners[2].x - other.corners[0].x,
                                     other.corners[2].y - other.corners[0].y);
      return other.bytes == code.bytes && std::abs(place(other).first - place(code).first) < size &&
             std::abs(place(other).second - place(code).second) < size;
    });
    if (!again) once.push_back(std::move(code));
  }
  return once;
}

/// Changes from black to white and back along a row or column of pixels.
int changes(const std::uint8_t* first, std::ptrdiff_t step, int count) {
  int found = 0;
  for (int i = 1; i < count; ++i) {
    found += (first[i * step] < 128) != (first[(i - 1) * step] < 128) ? 1 : 0;
  }
  return found;
}

/// Whether the middle of a region is as finely chequered as a code of 10 to 50 mm, both ways; the
/// rims of black blocks and of photographs are not.
bool chequered(GreyView region, double dpi_x, double dpi_y) {
  constexpr double least = 0.25;  // changes a mm; a tag has 0.6
  const GreyView middle =
      region.crop(region.width / 4, region.height / 4, region.width / 2, region.height / 2);
  if (middle.width < 8 || middle.height < 8) return false;
  constexpr int lines = 16;
  int across = 0;
  int down = 0;
  for (int i = 0; i < lines; ++i) {
    across += changes(middle.row(i * middle.height / lines), 1, middle.width);
    down += changes(middle.row(0) + i * middle.width / lines, middle.stride, middle.height);
  }
  const double width_mm = middle.width / dpi_x * 25.4;
  const double height_mm = middle.height / dpi_y * 25.4;
  return across > least * lines * width_mm && down > least * lines * height_mm;
}

/// The regions with the codes that were found in them painted over: white, and a little beyond.
Grey without(const std::vector<Code>& found, GreyView region, int left, int top) {
  Grey rest(region.width, region.height);
  for (int y = 0; y < region.height; ++y) std::copy_n(region.row(y), region.width, rest.row(y));
  for (const Code& code : found) {
    const auto [low_x, high_x] = std::ranges::minmax(code.corners, {}, &Pixel::x);
    const auto [low_y, high_y] = std::ranges::minmax(code.corners, {}, &Pixel::y);
    const double beyond_x = 0.06 * (high_x.x - low_x.x);
    const double beyond_y = 0.06 * (high_y.y - low_y.y);
    const int from = std::max(0, static_cast<int>(low_x.x - beyond_x) - left);
    const int to = std::min(region.width, static_cast<int>(high_x.x + beyond_x) - left);
    const int first = std::max(0, static_cast<int>(low_y.y - beyond_y) - top);
    const int last = std::min(region.height, static_cast<int>(high_y.y + beyond_y) - top);
    for (int y = first; y < last && from < to; ++y) {
      std::fill(rest.row(y) + from, rest.row(y) + to, std::uint8_t{255});
    }
  }
  return rest;
}

/// Where one code was found easily another may be hard to read: a second patient's tag must not
/// hide behind the first. What still looks like a code is searched harder.
void search_the_rest(GreyView page, const std::vector<PixelBox>& regions, double dpi_x,
                     double dpi_y, std::vector<Code>& codes) {
  const std::vector<Code> easy = codes;
  for (const auto& box : regions) {
    const Grey rest = without(easy, page.crop(box.x, box.y, box.width, box.height), box.x, box.y);
    if (!chequered(rest.view(), dpi_x, dpi_y)) continue;
    for (auto& code : search_harder(rest.view(), dpi_x, dpi_y)) {
      for (auto& corner : code.corners) corner = {corner.x + box.x, corner.y + box.y};
      codes.push_back(std::move(code));
    }
  }
}

std::vector<Code> find(GreyView page, double dpi_x, double dpi_y, Effort effort) {
  const auto regions = code_regions(page, dpi_x, dpi_y);
  auto codes = search_regions(page, regions, dpi_x, dpi_y, search_plain);
  if (codes.empty()) codes = search_plain(page, dpi_x, dpi_y);
  if (!codes.empty()) {
    search_the_rest(page, regions, dpi_x, dpi_y, codes);
    return codes;
  }
  if (effort == Effort::quick) return codes;
  codes = search_regions(page, regions, dpi_x, dpi_y, search_harder);
  if (!codes.empty()) return codes;
  return search_page_again(page, dpi_x, dpi_y);
}

}  // namespace

std::optional<std::vector<std::uint8_t>> decode_code(GreyView picture) {
  if (picture.empty()) return std::nullopt;
  const ZXing::ImageView image(picture.pixels, picture.width, picture.height,
                               ZXing::ImageFormat::Lum, static_cast<int>(picture.stride));
  auto hints = hints_for(ZXing::Binarizer::FixedThreshold, true);
  hints.setIsPure(true);
  const auto result = ZXing::ReadBarcode(image, hints);
  if (!result.isValid()) return std::nullopt;
  return std::vector<std::uint8_t>(result.bytes().begin(), result.bytes().end());
}

std::vector<Code> find_codes(GreyView picture, double dpi_x, double dpi_y, Effort effort) {
  if (picture.empty()) return {};
  return sorted_once(find(picture, dpi_x, dpi_y, effort));
}

}  // namespace ocr
