#include "ocr/cells.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "ocr/strokes.hpp"

namespace ocr {
namespace {

constexpr int crop_width = 32;
constexpr int crop_height = 40;
constexpr double px_per_mm = 4;  ///< of a 6 x 8 mm cell

}  // namespace

cv::Mat cell_crop(const Sheet& sheet, const Transform& placed, const Box& cell) {
  // Other cells are stretched to 6 x 8 mm by stretching the map.
  const double stretch_x = cell.width / 6;
  const double stretch_y = cell.height / 8;
  Transform stretched = placed;
  stretched.a *= stretch_x;
  stretched.d *= stretch_x;
  stretched.b *= stretch_y;
  stretched.e *= stretch_y;
  const Box region{cell.x / stretch_x - 1, cell.y / stretch_y - 1, 8, 10};
  cv::Mat crop = cut(sheet, stretched, region, px_per_mm).ink;
  assert(crop.cols == crop_width && crop.rows == crop_height);
  return crop;
}

double inner_ink(const cv::Mat& crop) {
  // Margin 1 mm, then 0.6 mm for a frame that is thick or not quite in place.
  constexpr int inset = 6;
  const cv::Mat inner =
      crop(cv::Rect(inset, inset, crop_width - 2 * inset, crop_height - 2 * inset));
  return cv::sum(inner)[0] / (255 * px_per_mm * px_per_mm);
}

bool surely_blank(const cv::Mat& crop) {
  // The bare 1 of a fine pen has 0.25 x 3 mm2; the largest speck of a dusty glass has 0.1.
  return inner_ink(crop) < 0.1;
}

double cell_frame_seen(const cv::Mat& crop) {
  const Patch patch{crop, {-1, -1, 8, 10}, px_per_mm};
  return frame_seen(patch, {0, 0, 6, 8});
}

void CellBatch::add(const Sheet& sheet, const Transform& placed, const Box& cell,
                    CellReading* answer) {
  answer->box = cell;
  cv::Mat crop = cell_crop(sheet, placed, cell);
  if (surely_blank(crop)) {
    answer->likelihood.fill(0);
    const bool lost = cell_frame_seen(crop) < 0.25;
    answer->likelihood[CellReading::blank] = lost ? 0.5F : 1.0F;
    if (lost) answer->likelihood[CellReading::other] = 0.5F;
    return;
  }
  crops_.push_back(std::move(crop));
  answers_.push_back(answer);
}

void CellBatch::settle(std::span<const std::array<float, CellReading::classes>> likelihoods) {
  assert(likelihoods.size() == answers_.size());
  for (std::size_t i = 0; i < answers_.size(); ++i) answers_[i]->likelihood = likelihoods[i];
}

}  // namespace ocr
