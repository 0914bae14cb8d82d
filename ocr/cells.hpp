#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ocr/patch.hpp"

namespace ocr {

/// The printed cell in the middle 24 x 32 pixels, and its surroundings (1 mm of a 6 x 8 mm cell)
/// in the rest: what the digit network was trained on. 32 x 40, 0 paper, 255 ink.
[[nodiscard]] cv::Mat cell_crop(const Sheet& sheet, const Transform& placed, const Box& cell);

/// Ink of a crop well inside the frame, mm2 of a 6 x 8 mm cell.
[[nodiscard]] double inner_ink(const cv::Mat& crop);

/// Whether there is so little ink that no pen was here. The network need not be asked.
[[nodiscard]] bool surely_blank(const cv::Mat& crop);

/// Share of the cell's printed frame that can be seen in its crop. A cell on a strip of paper that
/// was lost on the way was not left blank by anyone.
[[nodiscard]] double cell_frame_seen(const cv::Mat& crop);

/// The cells of a page on their way to the network: asked about in one batch.
class CellBatch {
public:
  /// Takes the crop; the answer's place is kept.
  void add(const Sheet& sheet, const Transform& placed, const Box& cell, CellReading* answer);

  [[nodiscard]] std::span<const cv::Mat> crops() const { return crops_; }
  /// One likelihood a crop, in their order.
  void settle(std::span<const std::array<float, CellReading::classes>> likelihoods);

private:
  std::vector<cv::Mat> crops_;
  std::vector<CellReading*> answers_;
};

}  // namespace ocr
