#include <poppler-document.h>
#include <poppler-global.h>
#include <poppler-image.h>
#include <poppler-page-renderer.h>
#include <poppler-page.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "ocr/formats.hpp"
#include "ocr/pdf_page.hpp"
#include "ocr/raster.hpp"

// A scan PDF is one picture a page: qpdf finds it and it is taken out unchanged. All other pages
// are rendered with poppler. A file that qpdf cannot mend is left to poppler as a whole.

namespace ocr {
namespace {

constexpr double usual_dpi = 300;
constexpr double lowest_dpi = 72;
/// Rendering takes about a second for so many pixels.
constexpr std::int64_t most_rendered_pixels = 40'000'000;

/// Whether poppler left out text while it rendered. It draws text of a font that it cannot load as
/// nothing, and says so only in a message. In the confined child that is every font that is not in
/// the PDF itself.
struct Omissions {
  bool text = false;
};

void take_message(const std::string& message, void* closure) {
  for (const auto* telling : {"Couldn't create a font", "Couldn't find a font", "No font in show",
                              "Unknown font tag", "Missing language pack"}) {
    if (message.find(telling) != std::string::npos) static_cast<Omissions*>(closure)->text = true;
  }
}

struct Dpi {
  double x = usual_dpi;
  double y = usual_dpi;
};

/// Renders at the resolution of the page's largest picture, so that little is lost, within what
/// reading needs: 150 to 400 dpi, and half of what is finer.
Dpi dpi_for(const PageContents& contents, const Sheet& sheet) {
  Dpi dpi;
  double largest = 0;
  for (const auto& placement : contents.pictures) {
    const auto lie = lie_of(placement.matrix, sheet);
    if (!lie || lie->width * lie->height <= largest) continue;
    auto dict = placement.image;
    auto width = dict.getDict().getKey("/Width");
    auto height = dict.getDict().getKey("/Height");
    if (!width.isInteger() || !height.isInteger()) continue;
    largest = lie->width * lie->height;
    dpi.x = static_cast<double>(width.getIntValue()) / (lie->width / 72);
    dpi.y = static_cast<double>(height.getIntValue()) / (lie->height / 72);
    if (lie->orientation >= 5) std::swap(dpi.x, dpi.y);
  }
  for (double* value : {&dpi.x, &dpi.y}) {
    while (*value > 400) *value /= 2;
    // Coarse faxes have 98 rows to the inch; a picture of less is no scan of the page.
    if (!(*value >= 95)) return {};
  }
  if (std::max(dpi.x, dpi.y) < 150) return {};
  return dpi;
}

class Renderer {
public:
  explicit Renderer(Bytes bytes) {
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
      throw Unreadable(Fault::too_large, "a PDF of more than 2 GB");
    }
    poppler::set_debug_error_function(take_message, &omissions_);
    document_.reset(poppler::document::load_from_raw_data(
        reinterpret_cast<const char*>(bytes.data()), static_cast<int>(bytes.size())));
    if (!document_) throw Unreadable(Fault::damaged_file, "the PDF cannot be opened");
    if (document_->is_locked()) throw Unreadable(Fault::unsupported_format, "encrypted");
  }

  [[nodiscard]] int pages() const { return document_->pages(); }

  /// Throws Unreadable too where text would be missing, unless `hidden_text`: then all text of the
  /// page is a layer that is not shown.
  [[nodiscard]] Page render(int number, Dpi dpi, const Limits& limits, bool hidden_text) {
    omissions_ = {};
    poppler::set_debug_error_function(take_message, &omissions_);
    const std::unique_ptr<poppler::page> page(document_->create_page(number - 1));
    if (!page) throw Unreadable(Fault::damaged_file, "the PDF page cannot be opened");
    fit(*page, dpi, limits);
    poppler::page_renderer renderer;
    renderer.set_image_format(poppler::image::format_gray8);
    renderer.set_render_hints(poppler::page_renderer::antialiasing |
                              poppler::page_renderer::text_antialiasing);
    const poppler::image image = renderer.render_page(page.get(), dpi.x, dpi.y);
    if (omissions_.text && !hidden_text) {
      throw Unreadable(Fault::unsupported_format, "text in a font that is not in the PDF");
    }
    if (!image.is_valid() || image.format() != poppler::image::format_gray8) {
      throw Unreadable(Fault::damaged_file, "the PDF page cannot be rendered");
    }
    check_size(image.width(), image.height(), limits);
    Page result = blank_page(image.width(), image.height());
    for (int y = 0; y < result.height; ++y) {
      const auto width = static_cast<std::size_t>(result.width);
      std::memcpy(&result.grey[static_cast<std::size_t>(y) * width],
                  image.const_data() + static_cast<std::ptrdiff_t>(y) * image.bytes_per_row(),
                  width);
    }
    detect_bilevel(result);
    result.dpi_x = dpi.x;
    result.dpi_y = dpi.y;
    return result;
  }

private:
  /// Lowers the resolution until the page fits; refuses what would still be too large.
  static void fit(const poppler::page& page, Dpi& dpi, const Limits& limits) {
    auto box = page.page_rect();
    double width = box.width();
    double height = box.height();
    if (!(width > 0 && height > 0)) throw Unreadable(Fault::damaged_file, "a page without size");
    if (page.orientation() == poppler::page::landscape ||
        page.orientation() == poppler::page::seascape) {
      std::swap(width, height);
    }
    const double most =
        static_cast<double>(std::min(limits.pixels_a_page, most_rendered_pixels)) * 0.99;
    const double pixels = width / 72 * dpi.x * (height / 72 * dpi.y);
    if (pixels <= most) return;
    const double shrink = std::sqrt(most / pixels);
    dpi.x *= shrink;
    dpi.y *= shrink;
    if (!(std::min(dpi.x, dpi.y) >= lowest_dpi)) {
      throw Unreadable(Fault::too_large, "a PDF page of " + std::to_string(width / 72) + " by " +
                                             std::to_string(height / 72) + " inches");
    }
  }

  Omissions omissions_;
  std::unique_ptr<poppler::document> document_;
};

class PdfDocument final : public Document {
public:
  PdfDocument(Bytes bytes, const Limits& limits) : bytes_(bytes), limits_(limits) {
    if (!read_structure()) count_ = renderer().pages();
  }

  [[nodiscard]] int pages() const override { return count_; }

  [[nodiscard]] Page page(int number) override {
    PageContents contents;
    Sheet sheet;
    if (static_cast<std::size_t>(number) <= pages_.size()) {
      const auto& helper = pages_[static_cast<std::size_t>(number - 1)];
      sheet = read_sheet(helper);
      contents = read_contents(helper);
      if (auto picture = take_picture(contents, sheet, limits_)) return *std::move(picture);
      refuse_bombs(contents);
    } else {
      // Its structure is not known: take the worst for granted where the file names the coding.
      contents.symbol_coded = as_text(bytes_).find("JBIG2Decode") != std::string_view::npos;
    }
    Page page =
        renderer().render(number, dpi_for(contents, sheet), limits_, contents.pictures_only);
    page.symbol_coded = contents.symbol_coded;
    return page;
  }

private:
  /// What would cost the renderer minutes or all memory for a page that is none.
  void refuse_bombs(const PageContents& contents) const {
    if (contents.picture_content) {
      throw Unreadable(Fault::damaged_file, "a page description is coded as a picture");
    }
    if (contents.largest_picture > limits_.pixels_a_page) {
      throw Unreadable(Fault::too_large,
                       "a picture of " + std::to_string(contents.largest_picture) + " pixels");
    }
  }

  /// False if qpdf cannot make sense of the file.
  bool read_structure() {
    qpdf_.setSuppressWarnings(true);
    try {
      qpdf_.processMemoryFile("fax", reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
      pages_ = QPDFPageDocumentHelper(qpdf_).getAllPages();
    } catch (const QPDFExc& error) {
      if (error.getErrorCode() == qpdf_e_password) {
        throw Unreadable(Fault::unsupported_format, "encrypted");
      }
      pages_.clear();
    } catch (const std::runtime_error&) {
      pages_.clear();
    } catch (const std::logic_error&) {
      pages_.clear();
    }
    count_ =
        static_cast<int>(std::min<std::size_t>(pages_.size(), std::numeric_limits<int>::max()));
    return count_ > 0;
  }

  Renderer& renderer() {
    if (!renderer_) renderer_ = std::make_unique<Renderer>(bytes_);
    return *renderer_;
  }

  Bytes bytes_;
  Limits limits_;
  QPDF qpdf_;
  std::vector<QPDFPageObjectHelper> pages_;
  std::unique_ptr<Renderer> renderer_;
  int count_ = 0;
};

/// A small page with text in a font that is not embedded.
constexpr std::string_view small_pdf = R"(%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R
/Resources<</Font<</A 5 0 R>>>>>>endobj
4 0 obj<</Length 40>>stream
BT /A 12 Tf 10 80 Td (Report) Tj ET     
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R/Size 6>>
%%EOF
)";

}  // namespace

std::unique_ptr<Document> open_pdf(Bytes bytes, const Limits& limits) {
  return std::make_unique<PdfDocument>(bytes, limits);
}

void warm_up() {
  // Poppler forgets its settings with its last document, so this one stays open.
  static Renderer kept(std::as_bytes(std::span(small_pdf)));
  const Page page = kept.render(1, {100, 100}, {}, false);
  if (std::find_if(page.grey.begin(), page.grey.end(), [](std::uint8_t v) { return v < 128; }) ==
      page.grey.end()) {
    throw std::runtime_error("poppler renders no text: no fonts are installed");
  }
}

}  // namespace ocr
