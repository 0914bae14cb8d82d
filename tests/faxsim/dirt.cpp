#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "tests/faxsim/machine.hpp"

/// Dust, hairs, streaks, blocks, screens: what lies on the glass, the paper and the drum.
namespace faxsim {
namespace {

int poisson(double mean, Chance& chance) {
  if (mean > 30)
    return std::max(0, static_cast<int>(std::lround(chance.normal(mean, std::sqrt(mean)))));
  const double limit = std::exp(-mean);
  double product = chance.unit();
  int count = 0;
  while (product > limit) {
    product *= chance.unit();
    ++count;
  }
  return count;
}

}  // namespace

void add_dust(const Glass& glass, double mean, double hairs, Chance chance) {
  cv::Mat& picture = glass.picture;
  for (int i = poisson(mean, chance); i > 0; --i) {
    const cv::Point at(chance.whole(0, picture.cols - 1), chance.whole(0, picture.rows - 1));
    // Small specks are common, large ones rare.
    const double radius = 0.05 * std::pow(6.0, chance.unit() * chance.unit());
    const cv::Size size(static_cast<int>(radius * glass.px_x),
                        static_cast<int>(radius * glass.px_y));
    const bool white = chance.happens(0.25);  // a fleck where toner is missing
    cv::ellipse(picture, at, size, chance.between(0, 180), 0, 360,
                white ? cv::Scalar::all(255) : cv::Scalar::all(0), cv::FILLED);
  }
  for (int i = poisson(hairs, chance); i > 0; --i) {
    double x = chance.between(0, picture.cols);
    double y = chance.between(0, picture.rows);
    double heading = chance.between(0, 6.28);
    const int steps = chance.whole(6, 24);
    for (int k = 0; k < steps; ++k) {
      heading += chance.normal(0, 0.35);
      const double nx = x + std::cos(heading) * 0.4 * glass.px_x;
      const double ny = y + std::sin(heading) * 0.4 * glass.px_y;
      cv::line(picture, {static_cast<int>(x), static_cast<int>(y)},
               {static_cast<int>(nx), static_cast<int>(ny)}, cv::Scalar::all(0), 1);
      x = nx;
      y = ny;
    }
  }
}

void add_streaks(const Glass& glass, double mean, Chance chance) {
  cv::Mat& picture = glass.picture;
  for (int i = poisson(mean, chance); i > 0; --i) {
    const int x = chance.whole(0, picture.cols - 3);
    const int width = chance.happens(0.7) ? 1 : 2;
    const bool whole = chance.happens(0.7);
    const int begin = whole ? 0 : chance.whole(0, picture.rows / 2);
    const int end = whole ? picture.rows : chance.whole(begin + 1, picture.rows);
    const bool white = chance.happens(0.3);
    const double gaps = chance.happens(0.5) ? 0 : chance.between(0.05, 0.4);
    for (int y = begin; y < end;) {
      const int run = chance.whole(4, 60);
      if (!chance.happens(gaps)) {
        cv::rectangle(picture, {x, y}, {x + width - 1, std::min(end, y + run) - 1},
                      white ? cv::Scalar::all(255) : cv::Scalar::all(0), cv::FILLED);
      }
      y += run;
    }
  }
}

void add_block(const Glass& glass, Chance chance) {
  const int width = static_cast<int>(chance.between(8, 60) * glass.px_x);
  const int height = static_cast<int>(chance.between(1.5, 8) * glass.px_y);
  const int x = chance.whole(-width / 2, glass.picture.cols - width / 2);
  const int y = chance.whole(-height / 2, glass.picture.rows - height / 2);
  cv::rectangle(glass.picture, {x, y}, {x + width, y + height}, cv::Scalar::all(0), cv::FILLED);
}

void add_halftone(cv::Mat& darkness, double px_x, double px_y, Chance chance) {
  const double period = chance.between(0.7, 1.1);  // mm; 24 to 36 dots a cm2 side
  const double level = chance.between(0.55, 0.85);
  const int left = chance.whole(0, darkness.cols * 2 / 3);
  const int top = chance.whole(0, darkness.rows * 2 / 3);
  const int right = std::min(darkness.cols, left + static_cast<int>(chance.between(30, 90) * px_x));
  const int bottom = std::min(darkness.rows, top + static_cast<int>(chance.between(15, 60) * px_y));
  std::vector<float> across(static_cast<std::size_t>(right - left));
  for (int x = left; x < right; ++x) {
    across[static_cast<std::size_t>(x - left)] =
        static_cast<float>(std::cos(2 * std::numbers::pi * x / px_x / period));
  }
  // cos*cos is a screen of dots at 45 degrees.
  for (int y = top; y < bottom; ++y) {
    const auto down = static_cast<float>(std::cos(2 * std::numbers::pi * y / px_y / period));
    std::uint8_t* row = darkness.ptr(y);
    for (int x = left; x < right; ++x) {
      if (across[static_cast<std::size_t>(x - left)] * down > static_cast<float>(level)) {
        row[x] = std::max<std::uint8_t>(row[x], 210);
      }
    }
  }
}

}  // namespace faxsim
