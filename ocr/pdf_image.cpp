
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>

#include "ocr/formats.hpp"
#include "ocr/pdf_page.hpp"
#include "ocr/raster.hpp"

// Taking pictures out of PDF pages: CCITT through libtiff, DCT through libjpeg, flat samples
// through qpdf. A picture that comes out damaged is left to the renderer, which knows more
// dialects.

namespace ocr {
namespace {

enum class Colours : std::uint8_t { grey, rgb, other };

Colours colours_of(QPDFObjectHandle space) {
  if (space.isNameAndEquals("/DeviceGray") || space.isNameAndEquals("/G")) return Colours::grey;
  if (space.isNameAndEquals("/DeviceRGB") || space.isNameAndEquals("/RGB")) return Colours::rgb;
  if (!space.isArray() || space.getArrayNItems() < 2) return Colours::other;
  auto family = space.getArrayItem(0);
  if (family.isNameAndEquals("/CalGray")) return Colours::grey;
  if (family.isNameAndEquals("/CalRGB")) return Colours::rgb;
  if (!family.isNameAndEquals("/ICCBased") || !space.getArrayItem(1).isStream()) {
    return Colours::other;
  }
  auto count = space.getArrayItem(1).getDict().getKey("/N");
  if (!count.isInteger()) return Colours::other;
  const auto n = count.getIntValue();
  return n == 1 ? Colours::grey : (n == 3 ? Colours::rgb : Colours::other);
}

int integer_or(QPDFObjectHandle object, int otherwise) {
  return object.isInteger() ? object.getIntValueAsInt() : otherwise;
}

bool boolean_or(QPDFObjectHandle object, bool otherwise) {
  return object.isBool() ? object.getBoolValue() : otherwise;
}

/// What the image dictionary says, as far as plain pictures need it.
struct ImageInfo {
  std::int64_t width = 0;
  std::int64_t height = 0;
  int bits = 1;
  Colours colours = Colours::other;
  bool inverted = false;  ///< /Decode [1 0]
  std::string filter;     ///< empty: none
  QPDFObjectHandle parms;
};

/// None if there is anything that only a renderer understands.
std::optional<ImageInfo> read_info(QPDFObjectHandle image, bool black) {
  auto dict = image.getDict();
  ImageInfo info;
  info.width = integer_or(dict.getKey("/Width"), 0);
  info.height = integer_or(dict.getKey("/Height"), 0);
  const bool mask = boolean_or(dict.getKey("/ImageMask"), false);
  if (dict.hasKey("/SMask") || dict.hasKey("/Mask") || (mask && !black)) return std::nullopt;
  info.bits = mask ? 1 : integer_or(dict.getKey("/BitsPerComponent"), 8);
  info.colours = mask ? Colours::grey : colours_of(dict.getKey("/ColorSpace"));
  auto decode = dict.getKey("/Decode");
  if (decode.isArray()) {
    if (decode.getArrayNItems() != 2 || !decode.getArrayItem(0).isNumber() ||
        !decode.getArrayItem(1).isNumber()) {
      return std::nullopt;
    }
    const double low = decode.getArrayItem(0).getNumericValue();
    const double high = decode.getArrayItem(1).getNumericValue();
    if (low == 1 && high == 0) {
      info.inverted = true;
    } else if (low != 0 || high != 1) {
      return std::nullopt;
    }
  }
  auto filter = dict.getKey("/Filter");
  auto parms = dict.getKey("/DecodeParms");
  if (filter.isArray()) {
    if (filter.getArrayNItems() != 1) return std::nullopt;
    filter = filter.getArrayItem(0);
    if (parms.isArray() && parms.getArrayNItems() == 1) parms = parms.getArrayItem(0);
  }
  if (filter.isName()) info.filter = filter.getName();
  info.parms = parms.isDictionary() ? parms : QPDFObjectHandle::newDictionary();
  return info;
}

/// A one-page TIFF around CCITT data.
class TiffWrapper {
public:
  void entry(std::uint16_t tag, std::uint32_t value) {
    put(tag, 2);
    put(4, 2);  // LONG
    put(1, 4);
    put(value, 4);
    ++entries_;
  }

  std::string finish(const unsigned char* data, std::size_t size) {
    std::string file = "II*";
    file.push_back('\0');
    const std::string directory = std::move(text_);
    text_.clear();
    put(8, 4);
    put(entries_, 2);
    file += text_ + directory + std::string(4, '\0');
    file.append(reinterpret_cast<const char*>(data), size);
    return file;
  }

private:
  void put(std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) {
      text_.push_back(static_cast<char>((value >> (8 * i)) & 0xffU));
    }
  }

  std::string text_;
  std::uint32_t entries_ = 0;
};

std::optional<Page> decode_ccitt(QPDFObjectHandle image, const ImageInfo& info,
                                 const Limits& limits) {
  if (info.colours != Colours::grey || info.bits != 1) return std::nullopt;
  auto parms = info.parms;
  const int k = integer_or(parms.getKey("/K"), 0);
  const bool aligned = boolean_or(parms.getKey("/EncodedByteAlign"), false);
  const bool line_ends = boolean_or(parms.getKey("/EndOfLine"), false);
  if (integer_or(parms.getKey("/Columns"), 1728) != info.width) return std::nullopt;
  if (aligned && k != 0) return std::nullopt;
  // The coder's white is shown white if both or neither of the two switches are set.
  const bool as_coded = boolean_or(parms.getKey("/BlackIs1"), false) == info.inverted;
  const auto data = image.getRawStreamData();

  constexpr std::uint32_t entries = 9;
  TiffWrapper tiff;
  tiff.entry(256, static_cast<std::uint32_t>(info.width));
  tiff.entry(257, static_cast<std::uint32_t>(info.height));
  tiff.entry(258, 1);
  tiff.entry(259, k < 0 ? 4U : (aligned && !line_ends ? 2U : 3U));
  tiff.entry(262, as_coded ? 0U : 1U);
  tiff.entry(273, 8 + 2 + entries * 12 + 4);
  tiff.entry(278, static_cast<std::uint32_t>(info.height));
  tiff.entry(279, static_cast<std::uint32_t>(data->getSize()));
  tiff.entry(292, k > 0 ? (aligned ? 5U : 1U) : (aligned ? 4U : 0U));
  const std::string file = tiff.finish(data->getBuffer(), data->getSize());
  Page page = open_tiff(std::as_bytes(std::span(file)), limits)->page(1);
  if (page.damaged_rows > 0) return std::nullopt;
  return page;
}

std::optional<Page> decode_dct(QPDFObjectHandle image, const ImageInfo& info,
                               const Limits& limits) {
  if (info.colours == Colours::other || info.inverted) return std::nullopt;
  auto parms = info.parms;
  if (parms.hasKey("/ColorTransform")) return std::nullopt;
  const auto data = image.getRawStreamData();
  Page page = decode_bare_jpeg(
      {reinterpret_cast<const std::byte*>(data->getBuffer()), data->getSize()}, limits);
  if (page.width != info.width || page.height != info.height) return std::nullopt;
  return page;
}

/// Turns flat samples into grey rows as they come, and stops when the picture is full.
class SampleReader final : public Pipeline {
public:
  explicit SampleReader(const ImageInfo& info)
      : Pipeline("samples", nullptr),
        info_(info),
        page_(blank_page(static_cast<int>(info.width), static_cast<int>(info.height))) {
    const std::size_t channels = info.colours == Colours::rgb ? 3 : 1;
    row_.resize(
        (static_cast<std::size_t>(info.width) * channels * static_cast<std::size_t>(info.bits) +
         7) /
        8);
  }

  void write(unsigned char const* data, std::size_t size) override {
    while (size > 0 && y_ < page_.height) {
      const std::size_t count = std::min(size, row_.size() - filled_);
      std::memcpy(row_.data() + filled_, data, count);
      filled_ += count;
      data += count;
      size -= count;
      if (filled_ == row_.size()) take_row();
    }
    // Endless data behind the picture is not worth inflating.
    surplus_ += size;
    if (surplus_ > (1U << 20)) throw std::length_error("samples behind the picture");
  }
  void finish() override {}

  [[nodiscard]] Page take() {
    page_.bilevel = info_.bits == 1;
    page_.damaged_rows = page_.height - y_;
    if (!page_.bilevel) detect_bilevel(page_);
    return std::move(page_);
  }

private:
  void take_row() {
    auto* out =
        page_.grey.data() + static_cast<std::size_t>(y_) * static_cast<std::size_t>(page_.width);
    const auto width = static_cast<std::size_t>(page_.width);
    if (info_.bits == 1) {
      expand_bits(row_.data(), page_.width, info_.inverted, out);
    } else if (info_.colours == Colours::grey) {
      for (std::size_t x = 0; x < width; ++x) {
        out[x] = info_.inverted ? static_cast<std::uint8_t>(255 - row_[x]) : row_[x];
      }
    } else {
      for (std::size_t x = 0; x < width; ++x) {
        out[x] = to_grey(row_[x * 3], row_[x * 3 + 1], row_[x * 3 + 2]);
      }
    }
    ++y_;
    filled_ = 0;
  }

  const ImageInfo& info_;
  Page page_;
  std::vector<std::uint8_t> row_;
  std::size_t filled_ = 0;
  std::size_t surplus_ = 0;
  int y_ = 0;
};

std::optional<Page> decode_flat(QPDFObjectHandle image, const ImageInfo& info) {
  const bool one_bit = info.bits == 1 && info.colours == Colours::grey;
  if (!one_bit && (info.bits != 8 || info.colours == Colours::other)) return std::nullopt;
  if (info.colours == Colours::rgb && info.inverted) return std::nullopt;
  SampleReader reader(info);
  if (!image.pipeStreamData(&reader, 0, qpdf_dl_generalized, true)) return std::nullopt;
  Page page = reader.take();
  if (page.damaged_rows > 0) return std::nullopt;
  return page;
}

struct Strip {
  const Placement* placement;
  double top;     ///< points
  double bottom;  ///< points
};

/// Strips of one scan from the top down: equally wide, one below the other without a gap.
std::optional<std::vector<Strip>> sort_strips(const PageContents& contents) {
  std::vector<Strip> strips;
  for (const auto& placement : contents.pictures) {
    const auto& m = placement.matrix;
    if (m.b != 0 || m.c != 0 || m.a <= 0 || m.d <= 0) return std::nullopt;
    strips.push_back({&placement, m.f + m.d, m.f});
  }
  std::sort(strips.begin(), strips.end(),
            [](const Strip& a, const Strip& b) { return a.top > b.top; });
  const auto& first = strips.front().placement->matrix;
  for (std::size_t i = 0; i < strips.size(); ++i) {
    const auto& m = strips[i].placement->matrix;
    // A tenth of a millimetre is less than half a row of a coarse fax.
    constexpr double near = 0.28;
    if (std::abs(m.a - first.a) > near || std::abs(m.e - first.e) > near) return std::nullopt;
    if (i > 0 && std::abs(strips[i - 1].bottom - strips[i].top) > near) return std::nullopt;
  }
  return strips;
}

std::optional<Page> join_strips(const std::vector<Strip>& strips, const Limits& limits) {
  std::optional<Page> whole;
  for (const auto& strip : strips) {
    auto part = decode_image(*strip.placement, limits);
    if (!part) return std::nullopt;
    if (!whole) {
      whole = std::move(part);
      continue;
    }
    if (part->width != whole->width) return std::nullopt;
    check_size(whole->width, std::int64_t{whole->height} + part->height, limits);
    whole->grey.insert(whole->grey.end(), part->grey.begin(), part->grey.end());
    whole->height += part->height;
    whole->bilevel = whole->bilevel && part->bilevel;
    whole->damaged_rows += part->damaged_rows;
  }
  return whole;
}

/// Whether a box of points fills the sheet but for a margin, and does not hang out of it.
bool fills(const Sheet& sheet, double left, double bottom, double right, double top) {
  const double width = sheet.right - sheet.left;
  const double height = sheet.top - sheet.bottom;
  const double shown_width = std::min(right, sheet.right) - std::max(left, sheet.left);
  const double shown_height = std::min(top, sheet.top) - std::max(bottom, sheet.bottom);
  return shown_width > 0.85 * width && shown_height > 0.85 * height &&
         shown_width > 0.97 * (right - left) && shown_height > 0.97 * (top - bottom);
}

}  // namespace

std::optional<Page> decode_image(const Placement& placement, const Limits& limits) {
  const auto info = read_info(placement.image, placement.black);
  if (!info || info->width <= 0 || info->height <= 0) return std::nullopt;
  check_size(info->width, info->height, limits);
  try {
    if (info->filter == "/CCITTFaxDecode") return decode_ccitt(placement.image, *info, limits);
    if (info->filter == "/DCTDecode") return decode_dct(placement.image, *info, limits);
    if (info->filter.empty() || info->filter == "/FlateDecode" || info->filter == "/LZWDecode" ||
        info->filter == "/RunLengthDecode") {
      return decode_flat(placement.image, *info);
    }
  } catch (const Unreadable&) {
    return std::nullopt;  // the renderer may make more of it
  } catch (const std::runtime_error&) {
    return std::nullopt;
  } catch (const std::logic_error&) {
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Page> take_picture(const PageContents& contents, const Sheet& sheet,
                                 const Limits& limits) {
  if (!contents.pictures_only || contents.symbol_coded || contents.pictures.empty()) {
    return std::nullopt;
  }
  QPDFMatrix matrix = contents.pictures.front().matrix;
  std::optional<Page> page;
  const auto strips = contents.pictures.size() > 1 ? sort_strips(contents) : std::nullopt;
  if (contents.pictures.size() > 1) {
    if (!strips) return std::nullopt;
    matrix = strips->front().placement->matrix;
    matrix.f = strips->back().bottom;
    matrix.d = strips->front().top - matrix.f;
  }
  const auto lie = lie_of(matrix, sheet);
  const auto box = matrix.transformRectangle({0, 0, 1, 1});
  if (!lie || !fills(sheet, std::min(box.llx, box.urx), std::min(box.lly, box.ury),
                     std::max(box.llx, box.urx), std::max(box.lly, box.ury))) {
    return std::nullopt;
  }
  page = strips ? join_strips(*strips, limits) : decode_image(contents.pictures.front(), limits);
  if (!page) return std::nullopt;
  set_resolution(*page, page->width / (lie->width / 72), page->height / (lie->height / 72));
  orient(*page, lie->orientation);
  return page;
}

}  // namespace ocr
