#include "ocr/known_tags.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <opencv2/imgproc.hpp>

#include "ocr/codes.hpp"
#include "ocr/patch.hpp"

namespace ocr {
namespace {

constexpr int samples = 6;  ///< pixels a module that are looked at
constexpr int pixels = 4;   ///< pixels a module that are handed on
constexpr int quiet = 4;    ///< modules

constexpr int slack = 9;  ///< samples that a row of modules may lie too high or too low

/// What every code of a size has: finders, timing and, from 25 modules on, one alignment mark.
std::optional<bool> always(int row, int column, int size) {
  const auto ring = [](int away) { return away != 2 && away != 4; };
  const auto from = [](int at, int centre) { return std::abs(at - centre); };
  for (const auto& [y, x] : {std::pair(3, 3), std::pair(3, size - 4), std::pair(size - 4, 3)}) {
    const int away = std::max(from(row, y), from(column, x));
    if (away <= 4) return ring(away);
  }
  if (row == 6) return column % 2 == 0;
  if (column == 6) return row % 2 == 0;
  const int away = std::max(from(row, size - 7), from(column, size - 7));
  if (size > 21 && away <= 2) return away != 1;
  return std::nullopt;
}

/// The ink (0-255) of each column of modules, without the modules' rims, in each row of samples;
/// `slack` rows more above and below.
cv::Mat columns_of(const Sheet& sheet, const Placement& placement, const Box& tag, int size,
                   double moved_mm) {
  const double sample = tag.width / (samples * size);
  const Box box{tag.x + moved_mm, tag.y - slack * sample, tag.width,
                tag.height + 2 * slack * sample};
  const Patch patch = cut(sheet, placement.near(centre_of(tag)), box, 1 / sample);
  cv::Mat even;
  cv::resize(patch.ink, even, {samples * size, samples * size + 2 * slack}, 0, 0, cv::INTER_LINEAR);
  cv::Mat columns(even.rows, size, CV_32F);
  for (int x = 0; x < size; ++x) {
    cv::Mat mean;
    cv::reduce(even.colRange(x * samples + 1, (x + 1) * samples - 1), mean, 1, cv::REDUCE_AVG,
               CV_32F);
    mean.copyTo(columns.col(x));
  }
  return columns;
}

/// Row `row` of modules if it lies `off` samples below where it is expected.
cv::Mat row_at(const cv::Mat& columns, int row, int off) {
  const int top = slack + row * samples + off;
  cv::Mat mean;
  cv::reduce(columns.rowRange(top + 1, top + samples - 1), mean, 0, cv::REDUCE_AVG, CV_32F);
  return mean;
}

/// High where modules are black or white, and the known ones what they must be.
float likeness(const cv::Mat& modules, int row, int size) {
  float clear = 0;
  float right = 0;
  int known = 0;
  for (int x = 0; x < size; ++x) {
    const float ink = modules.at<float>(0, x) / 127.5F - 1;
    clear += std::abs(ink);
    const auto wanted = always(row, x, size);
    if (!wanted) continue;
    ++known;
    right += *wanted ? ink : -ink;
  }
  return clear / static_cast<float>(size) + (known > 0 ? right / static_cast<float>(known) : 0);
}

/// Follows the rows of modules from the top: lost rows of the fax move all that is below them. That
/// is rare: were moves cheap, rows that are blurred would be passed over, and clear ones taken
/// twice for it.
cv::Mat followed(const cv::Mat& columns, int size) {
  constexpr int offsets = 2 * slack + 1;
  constexpr float a_sample = 0.3F;
  constexpr float a_jump = 3;
  std::vector<float> total(offsets, 0);
  std::vector<std::vector<int>> origins;
  for (int row = 0; row < size; ++row) {
    std::vector<float> next(offsets);
    std::vector<int>& origin = origins.emplace_back(offsets);
    for (int to = 0; to < offsets; ++to) {
      float best = -1e9F;
      for (int from = 0; from < offsets; ++from) {
        const float cost = std::min(a_jump, a_sample * static_cast<float>(std::abs(to - from)));
        const float value = total[static_cast<std::size_t>(from)] - (row == 0 ? 0 : cost);
        if (value <= best) continue;
        best = value;
        origin[static_cast<std::size_t>(to)] = from;
      }
      const cv::Mat modules = row_at(columns, row, to - slack);
      next[static_cast<std::size_t>(to)] = best + likeness(modules, row, size);
    }
    total = std::move(next);
  }
  cv::Mat modules(size, size, CV_32F);
  auto at = std::ranges::max_element(total) - total.begin();
  for (int row = size - 1; row >= 0; --row) {
    row_at(columns, row, static_cast<int>(at) - slack).copyTo(modules.row(row));
    at = origins[static_cast<std::size_t>(row)][static_cast<std::size_t>(at)];
  }
  return modules;
}

double clearness(const cv::Mat& modules) {
  return cv::norm(modules - 127.5F, cv::NORM_L1);
}

/// The modules where they are clearest, a third of a module to either side.
cv::Mat clearest(const Sheet& sheet, const Placement& placement, const Box& tag, int size) {
  cv::Mat best;
  double most = -1;
  for (const double part : {0.0, -0.33, 0.33}) {
    const cv::Mat columns = columns_of(sheet, placement, tag, size, part * tag.width / size);
    cv::Mat modules = followed(columns, size);
    const double clear = clearness(modules);
    if (clear <= most) continue;
    most = clear;
    best = modules;
  }
  return best;
}

/// Modules that every code has are drawn as they must be: they carry nothing, and ZXing asserts
/// that finders are black where it expects them.
bool black(const cv::Mat& modules, int row, int column) {
  const auto known = always(row, column, modules.rows);
  return known ? *known : modules.at<float>(row, column) > 127.5F;
}

std::optional<std::vector<std::uint8_t>> decoded(const cv::Mat& modules) {
  const int side = (modules.rows + 2 * quiet) * pixels;
  Grey picture(side, side);
  for (int y = 0; y < modules.rows * pixels; ++y) {
    auto* row = picture.row(y + quiet * pixels) + quiet * pixels;
    for (int x = 0; x < modules.cols * pixels; ++x) {
      row[x] = black(modules, y / pixels, x / pixels) ? 0 : 255;
    }
  }
  return decode_code(picture.view());
}

}  // namespace

std::optional<std::vector<std::uint8_t>> read_known_tags(const Sheet& sheet,
                                                         const Placement& placement,
                                                         const PageLayout& layout) {
  constexpr std::array sizes = {29, 25, 33};  // modules a side: version 3, and its neighbours
  for (const int size : sizes) {
    cv::Mat together = cv::Mat::zeros(size, size, CV_32F);
    for (const Box& tag : layout.tags) {
      const cv::Mat modules = clearest(sheet, placement, tag, size);
      if (auto bytes = decoded(modules)) return bytes;
      together += modules;
    }
    if (layout.tags.size() < 2) continue;
    together /= static_cast<double>(layout.tags.size());
    if (auto bytes = decoded(together)) return bytes;
  }
  return std::nullopt;
}

}  // namespace ocr
