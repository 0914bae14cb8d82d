#include "ocr/digits/digits.hpp"

#include <algorithm>
#include <array>
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

/// One crop at a time, which on one core is as fast as many, and for another number of crops OpenCV
/// would lay the network out anew.
std::vector<Digits::Likelihood> ask(cv::dnn::Net& net, std::span<const cv::Mat> crops) {
  std::vector<Digits::Likelihood> likelihoods(crops.size());
  cv::Mat input({1, 1, Digits::height, Digits::width}, CV_32F);
  cv::Mat plane(Digits::height, Digits::width, CV_32F, input.ptr<float>());
  for (std::size_t i = 0; i < crops.size(); ++i) {
    const cv::Mat& crop = crops[i];
    assert(crop.type() == CV_8UC1 && crop.cols == Digits::width && crop.rows == Digits::height);
    crop.convertTo(plane, CV_32F);
    net.setInput(input);
    const cv::Mat out = net.forward();
    if (out.dims != 2 || out.size[0] != 1 || out.size[1] != classes) {
      throw std::runtime_error("digit network: answers another number of classes");
    }
    std::copy(out.ptr<float>(), out.ptr<float>() + classes, likelihoods[i].begin());
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

/// "digits.onnx" -> "digits-large.onnx"
std::filesystem::path beside(const std::filesystem::path& onnx, const char* size) {
  return onnx.parent_path() / (onnx.stem().string() + size + onnx.extension().string());
}

/// One more opinion on the cells that are not sure yet.
struct Round {
  cv::dnn::Net* net;
  float sure;  ///< cells as likely as this to be what they seem are not asked about again
  float weight;
};

/// Of 20,228 digits of unseen writers that were said as surely as the first none was wrong
/// (CARD.md). The second lies above the floors of acceptance; of 6,892 cells of the calibrating
/// writers that the large network is asked about 4 are wrong and said with 0.995 or more, with
/// 0.995 itself for a limit 8.
constexpr float sure_at_once = 0.9995F;
constexpr float sure_of_two = 0.998F;
/// Chosen on cells of the calibrating writers.
constexpr float weight_of_small = 1;
constexpr float weight_of_large = 2;
constexpr float weight_of_deep = 8;

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

}  // namespace

Digits::Digits(const std::filesystem::path& onnx) {
  cv::setNumThreads(1);
  small_ = tried(onnx);
  large_ = tried(beside(onnx, "-large"));
  deep_ = tried(beside(onnx, "-deep"));
}

std::vector<Digits::Likelihood> Digits::classify(std::span<const cv::Mat> crops) {
  if (crops.empty()) return {};
  auto answers = ask(small_, crops);
  std::vector<Opinions> opinions(crops.size());
  for (std::size_t i = 0; i < crops.size(); ++i) opinions[i].add(answers[i], weight_of_small);
  for (const Round& round : {Round{&large_, sure_at_once, weight_of_large},
                             Round{&deep_, sure_of_two, weight_of_deep}}) {
    const auto unsure = Unsure::of(crops, answers, round.sure);
    const auto said = ask(*round.net, unsure.crops);
    for (std::size_t i = 0; i < said.size(); ++i) {
      const std::size_t place = unsure.places[i];
      opinions[place].add(said[i], round.weight);
      answers[place] = opinions[place].together();
    }
  }
  return answers;
}

}  // namespace ocr
