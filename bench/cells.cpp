#include "bench/cells.hpp"

#include <cstdint>
#include <opencv2/core.hpp>
#include <stdexcept>

#include "ocr/digits/digits.hpp"
#include "ocr/fields.hpp"
#include "ocr/sheet.hpp"
#include "ocr/streaks.hpp"

namespace bench {
namespace {

/// "images, writer 2578"
std::int32_t writer_of(const std::string& hand) {
  const auto at = hand.find_last_of(' ');
  if (!hand.starts_with("images") || at == std::string::npos) return -1;
  return static_cast<std::int32_t>(std::stol(hand.substr(at + 1)));
}

}  // namespace

CellFile::CellFile(const std::string& path) : file_(path, std::ios::binary) {
  if (!file_) throw std::runtime_error("cannot write " + path);
}

void CellFile::add(const ocr::Page& page, const ocr::PageReading& reading,
                   const ocr::PageLayout& layout, const nlohmann::json& truth) {
  ocr::Sheet sheet = ocr::sheet_of(page);
  const ocr::Placement placement{reading.placed, {}};
  ocr::erase_streaks(sheet, ocr::find_streaks(sheet, placement, layout));
  std::vector<cv::Mat> crops;
  // The crop's number stands in for its likelihood, and so tells whose cell it is. Asked again
  // where a number was struck out: those crops are no cells of the form.
  const auto number = [&](std::span<const cv::Mat> all) {
    std::vector<ocr::Digits::Likelihood> numbers(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      numbers[i].fill(0);
      numbers[i][0] = static_cast<float>(crops.size()) + 2;
      crops.push_back(all[i]);
    }
    return numbers;
  };
  const auto readings = ocr::read_fields(sheet, layout, placement, number, {}).readings;
  const auto& form = truth["forms"][0];
  for (const auto& field : readings) {
    const auto written = form["fields"].find(field.field);
    if (field.cells.empty() || written == form["fields"].end() || written->contains("struck")) {
      continue;
    }
    const std::string cells = written->value("cells", std::string(field.cells.size(), '-'));
    if (cells.size() != field.cells.size()) continue;
    const bool by_hand = !written->value("typed", false);
    const std::int32_t writer = by_hand ? writer_of(form.value("hand", "")) : -1;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto at = static_cast<std::size_t>(field.cells[i].likelihood[0]);
      if (at < 2) continue;  // blank without asking
      const cv::Mat& crop = crops[at - 2];
      const auto label = static_cast<char>(
          cells[i] == '-' ? ocr::CellReading::blank : static_cast<std::size_t>(cells[i] - '0'));
      file_.write(reinterpret_cast<const char*>(&writer), sizeof writer);
      file_.put(label);
      for (int row = 0; row < crop.rows; ++row) {
        file_.write(crop.ptr<char>(row), crop.cols);
      }
    }
  }
}

}  // namespace bench
