#include "ocr/pdf_out.hpp"

#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ocr/qpdf.hpp"

namespace ocr {
namespace {

/// What PDF needs of a PNG: its deflated rows can be taken over as they are, because PDF knows
/// PNG's filters ("predictors").
struct PngParts {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  int bits = 0;
  double dpi_x = 200;
  double dpi_y = 200;
  std::string rows;
};

std::uint32_t number_at(std::string_view text, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<std::uint8_t>(text.at(at + i));
  }
  return value;
}

PngParts parts_of(std::string_view file) {
  using namespace std::string_view_literals;
  if (!file.starts_with("\x89PNG\r\n\x1a\n"sv)) throw std::runtime_error("not a PNG");
  PngParts parts;
  bool ended = false;
  for (std::size_t at = 8; !ended && file.size() - at >= 12;) {
    const std::uint32_t size = number_at(file, at);
    if (size > file.size() - at - 12) break;
    const auto type = file.substr(at + 4, 4);
    const auto data = file.substr(at + 8, size);
    if (type == "IHDR" && size == 13) {
      parts.width = number_at(data, 0);
      parts.height = number_at(data, 4);
      parts.bits = static_cast<std::uint8_t>(data[8]);
      if (data[9] != 0 || data[12] != 0) throw std::runtime_error("not a plain grey PNG");
    } else if (type == "pHYs" && size == 9 && data[8] == 1) {
      parts.dpi_x = number_at(data, 0) * 0.0254;
      parts.dpi_y = number_at(data, 4) * 0.0254;
    } else if (type == "IDAT") {
      parts.rows += data;
    }
    ended = type == "IEND";
    at += 12 + std::size_t{size};
  }
  if (!ended || parts.rows.empty()) throw std::runtime_error("the PNG ends early");
  if (parts.width == 0 || parts.height == 0 || (parts.bits != 1 && parts.bits != 8) ||
      !(parts.dpi_x > 1) || !(parts.dpi_y > 1)) {
    throw std::runtime_error("not a plain grey PNG");
  }
  return parts;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (!in.good() && !in.eof()) throw std::runtime_error("cannot be read");
  if (text.empty()) throw std::runtime_error("cannot be read or is empty");
  return text;
}

void add_page(QPDF& pdf, const PngParts& parts) {
  auto image = QPDFObjectHandle::newStream(&pdf, parts.rows);
  image.replaceDict(QPDFObjectHandle::parse(
      "<< /Type /XObject /Subtype /Image /ColorSpace /DeviceGray /Width " +
      std::to_string(parts.width) + " /Height " + std::to_string(parts.height) +
      " /BitsPerComponent " + std::to_string(parts.bits) + " >>"));
  image.replaceStreamData(
      parts.rows, QPDFObjectHandle::newName("/FlateDecode"),
      QPDFObjectHandle::parse("<< /Predictor 15 /Colors 1 /Columns " + std::to_string(parts.width) +
                              " /BitsPerComponent " + std::to_string(parts.bits) + " >>"));
  const std::string width = QUtil::double_to_string(parts.width / parts.dpi_x * 72, 2);
  const std::string height = QUtil::double_to_string(parts.height / parts.dpi_y * 72, 2);
  auto content =
      QPDFObjectHandle::newStream(&pdf, "q " + width + " 0 0 " + height + " 0 0 cm /Page Do Q\n");
  auto page = QPDFObjectHandle::parse("<< /Type /Page /MediaBox [0 0 " + width + " " + height +
                                      "] /Resources << /XObject << >> >> >>");
  page.getKey("/Resources").getKey("/XObject").replaceKey("/Page", image);
  page.replaceKey("/Contents", content);
  QPDFPageDocumentHelper(pdf).addPage(pdf.makeIndirectObject(page), false);
}

}  // namespace

void write_pdf(const std::vector<std::filesystem::path>& pngs, const std::filesystem::path& out) {
  QPDF pdf;
  pdf.emptyPDF();
  for (const auto& png : pngs) {
    try {
      add_page(pdf, parts_of(read_file(png)));
    } catch (const std::exception& error) {
      throw std::runtime_error(png.string() + ": " + error.what());
    }
  }
  QPDFWriter writer(pdf, out.c_str());
  writer.setDeterministicID(true);  // the same pages make the same file
  writer.setStreamDataMode(qpdf_s_preserve);
  writer.write();
}

}  // namespace ocr
