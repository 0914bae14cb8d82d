#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <opencv2/imgproc.hpp>

#include "tests/faxsim/hand.hpp"

namespace faxsim {
namespace {

std::vector<std::uint8_t> read_gzip(const std::filesystem::path& file) {
  gzFile in = gzopen(file.c_str(), "rb");  // reads plain files too
  if (in == nullptr) throw BadInput(file.string() + ": cannot be opened");
  std::vector<std::uint8_t> bytes;
  std::array<std::uint8_t, 65536> part{};
  int count = 0;
  while ((count = gzread(in, part.data(), static_cast<unsigned>(part.size()))) > 0) {
    bytes.insert(bytes.end(), part.begin(), part.begin() + count);
  }
  gzclose(in);
  if (count < 0) throw BadInput(file.string() + ": damaged gzip data");
  return bytes;
}

std::filesystem::path find_idx(const std::filesystem::path& folder, const std::string& stem) {
  for (const char* end : {".gz", ""}) {
    auto file = folder / (stem + end);
    if (std::filesystem::exists(file)) return file;
  }
  throw BadInput(folder.string() + ": has no " + stem + " (.gz)");
}

std::uint32_t big_endian(const std::vector<std::uint8_t>& bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

constexpr std::size_t side = 28;  // of an MNIST image; the digit itself stands in 20 by 20

struct Images {
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> labels;
  /// By writer, by digit: indices of images.
  std::vector<std::pair<int, std::array<std::vector<std::size_t>, 10>>> writers;
};

class ImageHand : public Hand {
public:
  ImageHand(std::shared_ptr<const Images> images, std::size_t writer, std::size_t stand_in)
      : images_(std::move(images)), writer_(writer), stand_in_(stand_in) {}

  void write(Canvas& canvas, int digit, const ocr::Box& cell, const Habit& habit,
             Chance& chance) const override {
    const auto& choices = own(static_cast<std::size_t>(digit));
    const std::size_t image = chance.one_of(choices);
    const Place place = place_digit(cell, habit, chance);
    const cv::Mat shape = enlarge(image, place, habit, canvas.dpi(), chance);
    stamp(canvas, shape, place, habit);
  }

  [[nodiscard]] std::string name() const override {
    return "images, writer " + std::to_string(images_->writers[writer_].first);
  }

private:
  /// A writer of whom no such digit is stored borrows that of another, always the same one.
  [[nodiscard]] const std::vector<std::size_t>& own(std::size_t digit) const {
    const auto& all = images_->writers;
    if (!all[writer_].second[digit].empty()) return all[writer_].second[digit];
    for (std::size_t i = 0;; ++i) {
      const auto& other = all[(stand_in_ + i) % all.size()].second[digit];
      if (!other.empty()) return other;
    }
  }

  /// The image at the canvas's resolution, with edges as sharp as a pen's and the pen's width moved
  /// towards the habit's: the scans have pens of 0.5 to 0.8 mm at a height of 5 mm.
  [[nodiscard]] cv::Mat enlarge(std::size_t image, const Place& place, const Habit& habit,
                                double dpi, Chance& chance) const {
    const cv::Mat small(static_cast<int>(side), static_cast<int>(side), CV_8U,
                        const_cast<std::uint8_t*>(images_->pixels.data() + image * side * side));
    const double factor = place.height / 20 * dpi / 25.4;
    const int size = std::max(8, static_cast<int>(std::lround(side * factor)));
    cv::Mat large;
    cv::resize(small, large, {size, size}, 0, 0, cv::INTER_CUBIC);
    // A threshold above the middle of the edge thins the line, one below thickens it. Not far
    // above: the thinnest lines of these images are no darker than that, and would fall apart.
    const double wanted = habit.pen_mm / 0.45;
    const double level = std::clamp(128 / wanted + chance.normal(0, 8), 64.0, 136.0);
    cv::Mat sharp;
    large.convertTo(sharp, CV_8U, 3.0, 128 - 3.0 * level);
    return sharp;
  }

  static void stamp(Canvas& canvas, const cv::Mat& shape, const Place& place, const Habit& habit) {
    const int stride = cairo_format_stride_for_width(CAIRO_FORMAT_A8, shape.cols);
    std::vector<unsigned char> rows(static_cast<std::size_t>(stride) *
                                    static_cast<std::size_t>(shape.rows));
    for (int y = 0; y < shape.rows; ++y) {
      std::memcpy(rows.data() + static_cast<std::ptrdiff_t>(y) * stride, shape.ptr(y),
                  static_cast<std::size_t>(shape.cols));
    }
    cairo_surface_t* mask = cairo_image_surface_create_for_data(rows.data(), CAIRO_FORMAT_A8,
                                                                shape.cols, shape.rows, stride);
    cairo_t* cr = canvas.cairo();
    cairo_save(cr);
    const double scale = 25.4 / canvas.dpi();
    cairo_translate(cr, place.centre.x, place.centre.y);
    const cairo_matrix_t lean = {1, 0, -habit.slant * 0.5, 1, 0, 0};
    cairo_transform(cr, &lean);
    cairo_scale(cr, scale, scale);
    canvas.set_ink(habit.ink);
    cairo_mask_surface(cr, mask, -shape.cols / 2.0, -shape.rows / 2.0);
    cairo_restore(cr);
    cairo_surface_destroy(mask);
  }

  std::shared_ptr<const Images> images_;
  std::size_t writer_;
  std::size_t stand_in_;
};

class ImageHands : public HandSource {
public:
  explicit ImageHands(std::shared_ptr<const Images> images) : images_(std::move(images)) {}

  [[nodiscard]] std::unique_ptr<Hand> pick(Chance chance) const override {
    const int last = static_cast<int>(images_->writers.size()) - 1;
    const auto writer = static_cast<std::size_t>(chance.whole(0, last));
    const auto stand_in = static_cast<std::size_t>(chance.whole(0, last));
    return std::make_unique<ImageHand>(images_, writer, stand_in);
  }

private:
  std::shared_ptr<const Images> images_;
};

}  // namespace

std::shared_ptr<const HandSource> image_hands(const std::filesystem::path& folder,
                                              const std::string& split) {
  auto images = std::make_shared<Images>();
  images->pixels = read_gzip(find_idx(folder, split + "-images-idx3-ubyte"));
  images->labels = read_gzip(find_idx(folder, split + "-labels-idx1-ubyte"));
  if (images->pixels.size() < 16 || images->labels.size() < 8 ||
      big_endian(images->pixels, 0) != 0x803 || big_endian(images->labels, 0) != 0x801 ||
      big_endian(images->pixels, 8) != side || big_endian(images->pixels, 12) != side) {
    throw BadInput(folder.string() + ": not digit images of 28 by 28 in the idx format");
  }
  images->pixels.erase(images->pixels.begin(), images->pixels.begin() + 16);
  images->labels.erase(images->labels.begin(), images->labels.begin() + 8);
  const std::size_t count = images->labels.size();
  if (images->pixels.size() != count * side * side) {
    throw BadInput(folder.string() + ": number of images and labels differs");
  }
  std::ifstream writers(folder / (split + "-writers.txt"));
  std::map<int, std::size_t> index;
  for (std::size_t i = 0; i < count; ++i) {
    int writer = 0;
    if (!(writers >> writer))
      throw BadInput(folder.string() + ": too few lines in " + split + "-writers.txt");
    if (images->labels[i] > 9) throw BadInput(folder.string() + ": a label above 9");
    const auto [at, fresh] = index.try_emplace(writer, images->writers.size());
    if (fresh) images->writers.emplace_back(writer, std::array<std::vector<std::size_t>, 10>{});
    images->writers[at->second].second[images->labels[i]].push_back(i);
  }
  if (images->writers.empty()) throw BadInput(folder.string() + ": no images");
  return std::make_shared<ImageHands>(images);
}

}  // namespace faxsim
