#include "ocr/digits/digits.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <string>

namespace ocr {

namespace {

constexpr int classes = static_cast<int>(CellReading::classes);

[[noreturn]] void refuse(const std::filesystem::path& onnx, const std::string& why) {
  throw std::runtime_error("digit network " + onnx.string() + ": " + why);
}

cv::dnn::Net load(const std::filesystem::path& onnx) {
  if (!std::filesystem::is_regular_file(onnx)) refuse(onnx, "no such file");
  try {
    auto net = cv::dnn::readNetFromONNX(onnx.string());
    net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
    return net;
  } catch (const cv::Exception& e) {
    refuse(onnx, e.what());
  }
}

}  // namespace

Digits::Digits(const std::filesystem::path& onnx) {
  cv::setNumThreads(1);
  net_ = load(onnx);
  try {
    const std::vector<cv::Mat> paper = {cv::Mat::zeros(height, width, CV_8UC1)};
    const auto likelihood = classify(paper).front();
    const float sum = std::accumulate(likelihood.begin(), likelihood.end(), 0.0F);
    if (std::abs(sum - 1) > 1e-3F) refuse(onnx, "does not answer probabilities");
  } catch (const cv::Exception& e) {
    refuse(onnx, e.what());
  }
}

std::vector<Digits::Likelihood> Digits::classify(std::span<const cv::Mat> crops) {
  if (crops.empty()) return {};
  const int count = static_cast<int>(crops.size());
  cv::Mat batch({count, 1, height, width}, CV_32F);
  for (int i = 0; i < count; ++i) {
    const cv::Mat& crop = crops[static_cast<std::size_t>(i)];
    assert(crop.type() == CV_8UC1 && crop.cols == width && crop.rows == height);
    cv::Mat plane(height, width, CV_32F, batch.ptr<float>(i));
    crop.convertTo(plane, CV_32F);
  }
  net_.setInput(batch);
  const cv::Mat out = net_.forward();
  if (out.dims != 2 || out.size[0] != count || out.size[1] != classes) {
    throw std::runtime_error("digit network: answers another number of classes");
  }
  std::vector<Likelihood> likelihoods(crops.size());
  for (int i = 0; i < count; ++i) {
    const float* row = out.ptr<float>(i);
    std::copy(row, row + classes, likelihoods[static_cast<std::size_t>(i)].begin());
  }
  return likelihoods;
}

}  // namespace ocr
