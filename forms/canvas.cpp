#include "forms/canvas.hpp"

#include <cairo-pdf.h>
#include <fmt/format.h>
#include <qrencode.h>

#include <cmath>
#include <numbers>
#include <stdexcept>

namespace forms {
namespace {

constexpr double points_per_mm = 72 / 25.4;
constexpr int modules = 29;  ///< of version 3

/// Pango counts in whole 1/1024 of a unit: laying out at this many units an em keeps glyphs
/// of three millimetres where they belong.
constexpr double em_units = 100;

}  // namespace

Canvas::Canvas(std::filesystem::path file, const std::string& title)
    : file_(std::move(file)),
      surface_(cairo_pdf_surface_create(file_.c_str(), 210 * points_per_mm, 297 * points_per_mm)),
      cairo_(cairo_create(surface_.get())) {
  check();
  cairo_pdf_surface_set_metadata(surface_.get(), CAIRO_PDF_METADATA_TITLE, title.c_str());
  cairo_pdf_surface_set_metadata(surface_.get(), CAIRO_PDF_METADATA_CREATOR, "renkei");
  cairo_scale(cairo_.get(), points_per_mm, points_per_mm);
  cairo_set_source_rgb(cairo_.get(), 0, 0, 0);
  cairo_set_line_cap(cairo_.get(), CAIRO_LINE_CAP_SQUARE);

  fonts_.reset(pango_cairo_font_map_new());
  context_.reset(pango_font_map_create_context(fonts_.get()));
  pango_cairo_update_context(cairo_.get(), context_.get());
  layout_.reset(pango_layout_new(context_.get()));
  std::unique_ptr<cairo_font_options_t, Closer<cairo_font_options_destroy>> options(
      cairo_font_options_create());
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(context_.get(), options.get());
  std::unique_ptr<PangoFontDescription, Closer<pango_font_description_free>> font(
      pango_font_description_from_string("IPAexGothic"));
  pango_font_description_set_absolute_size(font.get(), em_units * PANGO_SCALE);
  pango_layout_set_font_description(layout_.get(), font.get());
}

void Canvas::check() const {
  for (const auto status : {cairo_surface_status(surface_.get()), cairo_status(cairo_.get())}) {
    if (status == CAIRO_STATUS_SUCCESS) continue;
    throw std::runtime_error(fmt::format("{}: {}", file_.string(), cairo_status_to_string(status)));
  }
}

void Canvas::line(const ocr::Rule& rule) {
  cairo_set_line_width(cairo_.get(), rule.width);
  cairo_move_to(cairo_.get(), rule.from.x, rule.from.y);
  cairo_line_to(cairo_.get(), rule.to.x, rule.to.y);
  cairo_stroke(cairo_.get());
}

void Canvas::block(const ocr::Box& box) {
  cairo_rectangle(cairo_.get(), box.x, box.y, box.width, box.height);
  cairo_fill(cairo_.get());
}

void Canvas::dot(const Dot& dot) {
  cairo_new_path(cairo_.get());  // text leaves its point behind
  cairo_arc(cairo_.get(), dot.centre.x, dot.centre.y, dot.diameter / 2, 0, 2 * std::numbers::pi);
  cairo_fill(cairo_.get());
}

void Canvas::text(const Text& text, const std::string& words) {
  if (words.empty()) return;
  pango_layout_set_text(layout_.get(), words.data(), static_cast<int>(words.size()));
  int width_units = 0;
  int height_units = 0;
  pango_layout_get_size(layout_.get(), &width_units, &height_units);
  const double size = text.box.height;
  const double natural = width_units * size / (em_units * PANGO_SCALE);
  if (natural <= 0) return;
  const bool fit = text.slot == Slot::none || natural > text.box.width;
  const double width = fit ? text.box.width : natural;
  double x = text.box.x;
  if (text.align == Align::centre) x += (text.box.width - width) / 2;
  if (text.align == Align::right) x += text.box.width - width;

  cairo_save(cairo_.get());
  // The font's ascent is 0.88 em: the line box of pango may differ where a fallback font steps in.
  const double baseline =
      static_cast<double>(pango_layout_get_baseline(layout_.get())) / PANGO_SCALE;
  cairo_translate(cairo_.get(), x, text.box.y + 0.88 * size);
  cairo_scale(cairo_.get(), width / natural * size / em_units, size / em_units);
  cairo_move_to(cairo_.get(), 0, -baseline);
  pango_cairo_show_layout(cairo_.get(), layout_.get());
  if (text.bold) {  // the font has no bold face
    cairo_move_to(cairo_.get(), 0, -baseline);
    pango_cairo_layout_path(cairo_.get(), layout_.get());
    cairo_set_line_width(cairo_.get(), 0.035 * em_units);
    cairo_set_line_join(cairo_.get(), CAIRO_LINE_JOIN_ROUND);
    cairo_stroke(cairo_.get());
  }
  cairo_restore(cairo_.get());
}

void Canvas::code(const ocr::Box& box, std::span<const std::uint8_t> bytes) {
  const std::unique_ptr<QRcode, Closer<QRcode_free>> code(
      QRcode_encodeData(static_cast<int>(bytes.size()), bytes.data(), 3, QR_ECLEVEL_Q));
  if (!code || code->width != modules) throw std::runtime_error("tag does not fit its code");
  const double module = box.width / modules;
  // One path, so that no renderer leaves seams between neighbours.
  for (int row = 0; row < modules; ++row) {
    for (int column = 0; column < modules; ++column) {
      const int start = column;
      while (column < modules && (code->data[row * modules + column] & 1U) != 0) ++column;
      if (column == start) continue;
      cairo_rectangle(cairo_.get(), box.x + start * module, box.y + row * module,
                      (column - start) * module, module);
    }
  }
  cairo_fill(cairo_.get());
}

void Canvas::end_page() {
  cairo_show_page(cairo_.get());
  check();
}

void Canvas::finish() {
  cairo_surface_finish(surface_.get());
  check();
}

}  // namespace forms

#ifdef __SANITIZE_ADDRESS__
/// fontconfig keeps its configuration until the program ends; that is no leak of ours.
extern "C" __attribute__((weak)) const char* __lsan_default_suppressions() {
  return "leak:libfontconfig";
}
#endif
