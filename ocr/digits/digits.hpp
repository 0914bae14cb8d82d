#pragma once

#include <array>
#include <filesystem>
#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>
#include <span>
#include <vector>

#include "ocr/reading.hpp"

namespace ocr {

/// What is written in a digit cell: three convolutional networks (CARD.md says on what they were
/// trained and how well they do). The small one is asked about every cell; what it is not quite
/// sure of, the large one is asked too, and what both doubt, the deep one; all are weighed
/// together.
///
/// A crop is the printed cell (6 x 8 mm) and 1 mm around it, upright, 4 pixels a millimetre,
/// averaged over area from the page: 32 wide, 40 high, CV_8UC1, 0 = paper, 255 = ink. The cell's
/// frame may be in it or not, and so may ends of the neighbours' strokes.
class Digits {
public:
  static constexpr int width = 32;
  static constexpr int height = 40;
  using Likelihood = std::array<float, CellReading::classes>;

  /// Loads the small network's ONNX file and those beside it ("digits.onnx", "digits-large.onnx",
  /// "digits-deep.onnx"), and runs each once, so that a child forked later finds all in memory.
  /// Sets OpenCV to one thread, for the whole process: a pool of threads would not outlive a fork.
  /// Throws std::runtime_error, naming the file, if one cannot be read or is not such a network.
  explicit Digits(const std::filesystem::path& onnx);

  /// One likelihood per class of CellReading for each crop, in the crops' order; each sums to 1.
  /// They are probabilities, calibrated on writers that were not learnt from, in a mixture of
  /// cells of which about one in fourteen is blank.
  [[nodiscard]] std::vector<Likelihood> classify(std::span<const cv::Mat> crops);

private:
  cv::dnn::Net small_;
  cv::dnn::Net large_;
  cv::dnn::Net deep_;
};

}  // namespace ocr
