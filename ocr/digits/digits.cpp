#include "ocr/digits/digits.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

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

std::vector<Digits::Likelihood> ask(cv::dnn::Net& net, std::span<const cv::Mat> crops) {
  const int count = static_cast<int>(crops.size());
  cv::Mat batch({count, 1, Digits::height, Digits::width}, CV_32F);
  for (int i = 0; i < count; ++i) {
    const cv::Mat& crop = crops[static_cast<std::size_t>(i)];
    assert(crop.type() == CV_8UC1 && crop.cols == Digits::width && crop.rows == Digits::height);
    cv::Mat plane(Digits::height, Digits::width, CV_32F, batch.ptr<float>(i));
    crop.convertTo(plane, CV_32F);
  }
  net.setInput(batch);
  const cv::Mat out = net.forward();
  if (out.dims != 2 || out.size[0] != count || out.size[1] != classes) {
    throw std::runtime_error("digit network: answers another number of classes");
  }
  std::vector<Digits::Likelihood> likelihoods(crops.size());
  for (int i = 0; i < count; ++i) {
    const float* row = out.ptr<float>(i);
    std::copy(row, row + classes, likelihoods[static_cast<std::size_t>(i)].begin());
  }
  return likelihoods;
}

cv::dnn::Net tried(const std::filesystem::path& onnx) {
  cv::dnn::Net net = load(onnx);
  try {
    const std::vector<cv::Mat> paper = {cv::Mat::zeros(Digits::height, Digits::width, CV_8UC1)};
    const auto likelihood = ask(net, paper).front();
    const float sum = std::accumulate(likelihood.begin(), likelihood.end(), 0.0F);
    if (std::abs(sum - 1) > 1e-3F) refuse(onnx, "does not answer probabilities");
  } catch (const cv::Exception& e) {
    refuse(onnx, e.what());
  }
  return net;
}

std::filesystem::path large_beside(const std::filesystem::path& onnx) {
  return onnx.parent_path() / (onnx.stem().string() + "-large" + onnx.extension().string());
}

/// What the small network is as sure of is not asked again: of 20,302 such digits of unseen writers
/// none was wrong (CARD.md). What both together are as sure of is not looked at more closely: that
/// is far above any floor of acceptance.
constexpr float sure_at_once = 0.9995F;
constexpr float sure_together = 0.998F;
constexpr float weight_of_large = 2;

float sureness(const Digits::Likelihood& likelihood) {
  return *std::ranges::max_element(likelihood);
}

/// Several opinions on one cell, each with a weight: their geometric mean.
class Opinions {
public:
  void add(const Digits::Likelihood& likelihood, float weight) {
    constexpr float least = 1e-9F;
    for (std::size_t i = 0; i < likelihood.size(); ++i) {
      sum_[i] += weight * std::log(std::max(likelihood[i], least));
    }
    weight_ += weight;
  }

  [[nodiscard]] Digits::Likelihood together() const {
    Digits::Likelihood both{};
    float all = 0;
    for (std::size_t i = 0; i < both.size(); ++i) all += both[i] = std::exp(sum_[i] / weight_);
    for (float& each : both) each /= all;
    return both;
  }

private:
  Digits::Likelihood sum_{};
  float weight_ = 0;
};

/// The crop moved by a pixel; paper comes in at the edge.
cv::Mat moved(const cv::Mat& crop, int dx, int dy) {
  cv::Mat moved = cv::Mat::zeros(crop.size(), crop.type());
  const cv::Rect whole({0, 0}, crop.size());
  const cv::Rect to = (whole + cv::Point(dx, dy)) & whole;
  crop(to - cv::Point(dx, dy)).copyTo(moved(to));
  return moved;
}

/// Crops that stay doubtful, and where their answers go.
struct Unsure {
  std::vector<cv::Mat> crops;
  std::vector<std::size_t> places;

  static Unsure of(std::span<const cv::Mat> crops,
                   const std::vector<Digits::Likelihood>& likelihoods, float sure) {
    Unsure found;
    for (std::size_t i = 0; i < crops.size(); ++i) {
      if (sureness(likelihoods[i]) >= sure) continue;
      found.crops.push_back(crops[i]);
      found.places.push_back(i);
    }
    return found;
  }
};

/// The large network's answers, weighed: as the crop is, and moved by a pixel each way, because a
/// letter's look should not hang on where the grid of pixels fell.
std::vector<Opinions> look_closely(cv::dnn::Net& large, const std::vector<cv::Mat>& crops,
                                   const std::vector<Digits::Likelihood>& as_is) {
  std::vector<Opinions> opinions(crops.size());
  for (std::size_t i = 0; i < crops.size(); ++i) opinions[i].add(as_is[i], 2);
  for (const auto& [dx, dy] : {std::pair(1, 0), {-1, 0}, {0, 1}, {0, -1}}) {
    std::vector<cv::Mat> aside;
    for (const auto& crop : crops) aside.push_back(moved(crop, dx, dy));
    const auto said = ask(large, aside);
    for (std::size_t i = 0; i < crops.size(); ++i) opinions[i].add(said[i], 1);
  }
  return opinions;
}

}  // namespace

Digits::Digits(const std::filesystem::path& onnx) {
  cv::setNumThreads(1);
  small_ = tried(onnx);
  large_ = tried(large_beside(onnx));
}

std::vector<Digits::Likelihood> Digits::classify(std::span<const cv::Mat> crops) {
  if (crops.empty()) return {};
  const auto small = ask(small_, crops);
  auto answers = small;
  const auto weigh = [&](std::size_t place, const Likelihood& large) {
    Opinions both;
    both.add(small[place], 1);
    both.add(large, weight_of_large);
    answers[place] = both.together();
  };

  const auto unsure = Unsure::of(crops, answers, sure_at_once);
  if (unsure.crops.empty()) return answers;
  const auto asked = ask(large_, unsure.crops);
  std::vector<Likelihood> large(crops.size());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    large[unsure.places[i]] = asked[i];
    weigh(unsure.places[i], asked[i]);
  }

  const auto still = Unsure::of(crops, answers, sure_together);
  if (still.crops.empty()) return answers;
  std::vector<Likelihood> as_is;
  for (const std::size_t place : still.places) as_is.push_back(large[place]);
  const auto closely = look_closely(large_, still.crops, as_is);
  for (std::size_t i = 0; i < closely.size(); ++i) weigh(still.places[i], closely[i].together());
  return answers;
}

}  // namespace ocr
