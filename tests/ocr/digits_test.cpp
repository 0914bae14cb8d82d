#include "ocr/digits/digits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "temp_dir.hpp"

namespace {

const std::filesystem::path network =
    std::filesystem::path(RENKEI_SOURCE_DIR) / "ocr/digits/digits.onnx";

constexpr std::size_t blank = ocr::CellReading::blank;
constexpr std::size_t struck = ocr::CellReading::struck;
constexpr std::size_t other = ocr::CellReading::other;

using Line = std::vector<cv::Point2d>;  // mm in the window of 8 x 10; the cell is (1,1)-(7,9)

// Draws on paper of 16 pixels a millimetre and averages to the crop's four.
class Paper {
public:
  Paper& frame(double dx = 0, double dy = 0, double width = 0.2) {
    return pen(
        {{1 + dx, 1 + dy}, {7 + dx, 1 + dy}, {7 + dx, 9 + dy}, {1 + dx, 9 + dy}, {1 + dx, 1 + dy}},
        width);
  }
  Paper& pen(const Line& line, double width = 0.5) {
    std::vector<cv::Point> points;
    for (const auto& p : line) points.emplace_back(cvRound(p.x * 16), cvRound(p.y * 16));
    cv::polylines(sheet_, points, false, 255, std::max(1, cvRound(width * 16)), cv::LINE_AA);
    return *this;
  }
  Paper& oval(cv::Point2d centre, cv::Size2d half, double from = 0, double to = 360) {
    cv::ellipse(sheet_, cv::Point(cvRound(centre.x * 16), cvRound(centre.y * 16)),
                cv::Size(cvRound(half.width * 16), cvRound(half.height * 16)), 0, from, to, 255, 8,
                cv::LINE_AA);
    return *this;
  }
  Paper& fill(double x, double y, double width, double height) {
    cv::rectangle(
        sheet_,
        cv::Rect(cvRound(x * 16), cvRound(y * 16), cvRound(width * 16), cvRound(height * 16)), 255,
        cv::FILLED);
    return *this;
  }
  [[nodiscard]] cv::Mat crop() const {
    cv::Mat out;
    cv::resize(sheet_, out, {ocr::Digits::width, ocr::Digits::height}, 0, 0, cv::INTER_AREA);
    return out;
  }

private:
  cv::Mat sheet_ = cv::Mat::zeros(160, 128, CV_8UC1);
};

struct Case {
  const char* name;
  Paper paper;
  std::size_t expected;
};

std::size_t best(const ocr::Digits::Likelihood& likelihood) {
  return ocr::CellReading{.likelihood = likelihood, .box = {}}.best();
}

class DigitsTest : public testing::Test {
protected:
  // Loaded once: every test asks the same network.
  static ocr::Digits& digits() {
    static ocr::Digits loaded(network);
    return loaded;
  }
  static ocr::Digits::Likelihood read(const Paper& paper) {
    const std::vector<cv::Mat> crops = {paper.crop()};
    return digits().classify(crops).front();
  }
  static void expect(const std::vector<Case>& cases, float at_least) {
    for (const auto& [name, paper, expected] : cases) {
      const auto likelihood = read(paper);
      EXPECT_EQ(best(likelihood), expected) << name;
      EXPECT_GE(likelihood[expected], at_least) << name;
    }
  }
};

TEST(DigitsFile, ThatIsMissingIsNamed) {
  try {
    ocr::Digits digits("/nowhere/digits.onnx");
    FAIL() << "loaded a file that is not there";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("/nowhere/digits.onnx"));
  }
}

TEST(DigitsFile, ThatIsCutShortOrNoNetworkIsRefused) {
  const tests::TempDir dir;
  std::ifstream in(network, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  ASSERT_GT(whole.size(), 10'000U);
  for (const std::string& bytes : {std::string{}, std::string{"no network at all"},
                                   whole.substr(0, whole.size() / 2), whole.substr(0, 100)}) {
    const auto path = dir / "bad.onnx";
    std::ofstream(path, std::ios::binary) << bytes;
    EXPECT_THROW(ocr::Digits{path}, std::runtime_error) << bytes.size() << " bytes";
  }
}

TEST_F(DigitsTest, NoCropsGiveNoAnswers) {
  EXPECT_TRUE(digits().classify({}).empty());
}

TEST_F(DigitsTest, AnswersAreProbabilities) {
  cv::RNG rng(20);  // fixed seed
  std::vector<cv::Mat> crops;
  for (int i = 0; i < 50; ++i) {
    cv::Mat crop(ocr::Digits::height, ocr::Digits::width, CV_8UC1);
    rng.fill(crop, cv::RNG::UNIFORM, 0, i % 2 == 0 ? 256 : 40);
    crops.push_back(crop);
  }
  crops.emplace_back(ocr::Digits::height, ocr::Digits::width, CV_8UC1, cv::Scalar(255));
  const auto answers = digits().classify(crops);
  ASSERT_EQ(answers.size(), crops.size());
  for (const auto& likelihood : answers) {
    EXPECT_NEAR(std::accumulate(likelihood.begin(), likelihood.end(), 0.0), 1, 1e-4);
    for (const float p : likelihood) {
      EXPECT_TRUE(std::isfinite(p));
      EXPECT_GE(p, 0);
    }
  }
}

TEST_F(DigitsTest, EachCropIsReadAlone) {
  const std::vector<cv::Mat> crops = {Paper().frame().pen({{4, 2}, {4, 8}}).crop(),
                                      Paper().frame().crop(),
                                      Paper().frame().oval({4, 5}, {1.8, 2.8}).crop()};
  const auto together = digits().classify(crops);
  for (std::size_t i = 0; i < crops.size(); ++i) {
    const auto alone = digits().classify(std::span(crops).subspan(i, 1)).front();
    for (std::size_t c = 0; c < alone.size(); ++c) EXPECT_NEAR(alone[c], together[i][c], 1e-5);
  }
  EXPECT_EQ(best(together[0]), 1U);
  EXPECT_EQ(best(together[1]), blank);
  EXPECT_EQ(best(together[2]), 0U);
}

TEST_F(DigitsTest, AnEmptyCellIsBlankWhateverStandsAroundIt) {
  expect(
      {
          {"no ink at all", Paper(), blank},
          {"frame", Paper().frame(), blank},
          {"thick frame", Paper().frame(0, 0, 0.45), blank},
          {"frame low and right", Paper().frame(0.5, 0.5), blank},
          {"frame high and left", Paper().frame(-0.5, -0.5), blank},
          {"neighbours' frames",
           Paper().frame().pen({{0, 1}, {8, 1}}, 0.2).pen({{0, 9}, {8, 9}}, 0.2), blank},
          {"half a frame", Paper().pen({{1, 9}, {1, 1}, {7, 1}}, 0.2), blank},
          {"dust", Paper().frame().fill(3, 4, 0.125, 0.125).fill(5.5, 7, 0.25, 0.125), blank},
          {"neighbour's bow", Paper().frame().oval({-1.2, 5}, {2, 2.5}, -60, 60), blank},
          {"neighbour's foot", Paper().frame().pen({{8, 7.5}, {6.8, 8}}), blank},
      },
      0.8F);
}

TEST_F(DigitsTest, ReadsTheFormsWrittenInJapan) {
  expect(
      {
          {"bare one", Paper().frame().pen({{4.1, 1.9}, {3.9, 8.1}}), 1},
          {"one with a flag", Paper().frame().pen({{3.1, 3.4}, {4.3, 2.2}, {4.2, 8}}), 1},
          {"thin bare one", Paper().frame().pen({{4, 2.2}, {4, 7.8}}, 0.25), 1},
          {"hooked seven",
           Paper().frame().pen({{2, 4}, {2.1, 2.2}, {5.9, 2.2}, {4.8, 5}, {4.3, 8}}), 7},
          {"seven with a long hook",
           Paper().frame().pen({{2.2, 4.6}, {2.2, 2}, {5.8, 2}, {4.2, 8}}), 7},
          {"crossed seven",
           Paper().frame().pen({{2, 2}, {6, 2}, {3.8, 8}}).pen({{3.4, 5}, {5.8, 5}}), 7},
          {"nought", Paper().frame().oval({4, 5}, {1.7, 2.8}), 0},
          {"nought open at the top", Paper().frame().oval({4, 5}, {1.7, 2.8}, -70, 250), 0},
          {"slashed nought",
           Paper().frame().oval({4, 5}, {1.8, 2.9}).pen({{5.5, 2.6}, {2.5, 7.4}}, 0.4), 0},
          {"open four",
           Paper().frame().pen({{3, 2}, {2.2, 5.6}, {6, 5.6}}).pen({{4.9, 3.2}, {4.8, 8}}), 4},
          {"closed four", Paper().frame().pen({{4.9, 8}, {4.9, 2}, {2, 6}, {6.2, 6}}), 4},
          {"nine with a straight tail",
           Paper().frame().oval({3.9, 3.6}, {1.5, 1.5}).pen({{5.4, 3}, {5.2, 8}}), 9},
          {"six with a straight tail",
           Paper().frame().oval({4, 6.4}, {1.6, 1.6}).pen({{4.6, 2}, {2.6, 5.8}}), 6},
      },
      0.8F);
}

TEST_F(DigitsTest, ADigitMayTouchItsFrame) {
  expect(
      {
          {"one on the frame's foot", Paper().frame().pen({{4, 3}, {4, 9}}), 1},
          {"nought from top to bottom", Paper().frame().oval({4, 5}, {2.4, 3.9}), 0},
          {"seven over the right", Paper().frame().pen({{4, 2}, {7.2, 2}, {5.6, 8}}), 7},
      },
      0.6F);
}

TEST_F(DigitsTest, WhatIsStruckOutIsNoDigit) {
  const auto nought = [] { return Paper().frame().oval({4, 5}, {1.7, 2.8}); };
  expect(
      {
          {"two lines through", nought().pen({{0, 4.6}, {8, 4.5}}).pen({{0, 5.5}, {8, 5.6}}),
           struck},
          {"crossed out", nought().pen({{2, 1.8}, {6, 8.2}}).pen({{6, 1.8}, {2, 8.2}}), struck},
          {"blacked out", nought().fill(1.9, 2, 4.2, 6), struck},
      },
      0.6F);
}

TEST_F(DigitsTest, OtherInkIsNoDigit) {
  expect(
      {
          {"dash", Paper().frame().pen({{2.4, 5}, {5.6, 5}}), other},
          {"point", Paper().frame().pen({{4, 8}, {4.1, 8}}, 0.9), other},
          {"tick", Paper().frame().pen({{2.2, 5}, {3.4, 6.8}, {6.2, 2.6}}), other},
          {"corner to corner", Paper().frame().pen({{7.2, 0.8}, {0.8, 9.2}}), other},
          {"two digits", Paper().frame().pen({{2.5, 3}, {2.5, 7}}).oval({5, 5}, {1, 2}), other},
      },
      0.6F);
}

}  // namespace
