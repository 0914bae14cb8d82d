#include "tests/faxsim/blank.hpp"

#include <png.h>
#include <poppler-document.h>
#include <poppler-page-renderer.h>
#include <poppler-page.h>

#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>

namespace faxsim {
namespace {

Picture to_picture(const poppler::image& image) {
  Picture picture{image.width(), image.height(), paper_dpi, {}};
  const auto width = static_cast<std::size_t>(picture.width);
  picture.samples.resize(width * static_cast<std::size_t>(picture.height));
  for (int y = 0; y < picture.height; ++y) {
    std::memcpy(picture.samples.data() + static_cast<std::size_t>(y) * width,
                image.const_data() + static_cast<std::ptrdiff_t>(y) * image.bytes_per_row(), width);
  }
  return picture;
}

}  // namespace

std::shared_ptr<const Blank> load_blank(const std::filesystem::path& pdf) {
  const std::unique_ptr<poppler::document> document(
      poppler::document::load_from_file(pdf.string()));
  if (!document || document->is_locked()) throw BadInput(pdf.string() + ": cannot be read as PDF");
  poppler::page_renderer renderer;
  renderer.set_image_format(poppler::image::format_gray8);
  renderer.set_render_hint(poppler::page_renderer::antialiasing);
  renderer.set_render_hint(poppler::page_renderer::text_antialiasing);
  auto blank = std::make_shared<Blank>();
  for (int i = 0; i < document->pages(); ++i) {
    const std::unique_ptr<poppler::page> page(document->create_page(i));
    if (!page) throw BadInput(pdf.string() + ": page " + std::to_string(i + 1) + " is damaged");
    const poppler::rectf size = page->page_rect();
    if (size.width() > 1300 || size.height() > 1300) {
      throw BadInput(pdf.string() + ": pages larger than A3");
    }
    const poppler::image image = renderer.render_page(page.get(), paper_dpi, paper_dpi);
    if (!image.is_valid()) throw BadInput(pdf.string() + ": cannot be drawn");
    blank->pages.push_back(to_picture(image));
  }
  if (blank->pages.empty()) throw BadInput(pdf.string() + ": no pages");
  return blank;
}

std::shared_ptr<const Blank> load_picture(const std::filesystem::path& file) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_file(&header, file.c_str()) == 0) {
    throw BadInput(file.string() + ": " + header.message);
  }
  header.format = PNG_FORMAT_GRAY;
  cv::Mat small(static_cast<int>(header.height), static_cast<int>(header.width), CV_8U);
  const png_color white{255, 255, 255};
  if (png_image_finish_read(&header, &white, small.data, 0, nullptr) == 0) {
    throw BadInput(file.string() + ": " + header.message);
  }
  // Laid onto A4, as large as it fits.
  Picture sheet = white_sheet();
  const double factor = std::min(static_cast<double>(sheet.width) / small.cols,
                                 static_cast<double>(sheet.height) / small.rows);
  cv::Mat large;
  cv::resize(small, large, {}, factor, factor, factor < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  cv::Mat whole(sheet.height, sheet.width, CV_8U, sheet.samples.data());
  const cv::Rect part(0, 0, std::min(large.cols, whole.cols), std::min(large.rows, whole.rows));
  large(part).copyTo(whole(part));
  auto blank = std::make_shared<Blank>();
  blank->pages.push_back(std::move(sheet));
  return blank;
}

const Picture& white_sheet() {
  static const Picture sheet = [] {
    Picture made{static_cast<int>(std::lround(210 / 25.4 * paper_dpi)),
                 static_cast<int>(std::lround(297 / 25.4 * paper_dpi)),
                 paper_dpi,
                 {}};
    made.samples.assign(
        static_cast<std::size_t>(made.width) * static_cast<std::size_t>(made.height), 255);
    return made;
  }();
  return sheet;
}

int page_count(const Blank& blank) {
  return static_cast<int>(blank.pages.size());
}

}  // namespace faxsim
