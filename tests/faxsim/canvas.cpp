#include "tests/faxsim/canvas.hpp"

#include <pango/pangocairo.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace faxsim {
namespace {

void copy_darkness(const Picture& printed, cairo_surface_t* surface) {
  const int stride = cairo_image_surface_get_stride(surface);
  unsigned char* out = cairo_image_surface_get_data(surface);
  const std::uint8_t* in = printed.samples.data();
  for (int y = 0; y < printed.height; ++y, out += stride, in += printed.width) {
    for (int x = 0; x < printed.width; ++x) out[x] = static_cast<unsigned char>(255 - in[x]);
  }
}

void copy_colour(const Picture& printed, cairo_surface_t* surface) {
  const int stride = cairo_image_surface_get_stride(surface);
  unsigned char* out = cairo_image_surface_get_data(surface);
  const std::uint8_t* in = printed.samples.data();
  for (int y = 0; y < printed.height; ++y, out += stride, in += printed.width) {
    for (int x = 0; x < printed.width; ++x) {
      const std::uint32_t grey = in[x];
      const std::uint32_t pixel = grey << 16 | grey << 8 | grey;
      std::memcpy(out + 4 * static_cast<std::ptrdiff_t>(x), &pixel, 4);
    }
  }
}

}  // namespace

Canvas::Canvas(const Picture& printed, bool colour) : dpi_(printed.dpi), colour_(colour) {
  surface_.reset(cairo_image_surface_create(colour ? CAIRO_FORMAT_RGB24 : CAIRO_FORMAT_A8,
                                            printed.width, printed.height));
  if (cairo_surface_status(surface_.get()) != CAIRO_STATUS_SUCCESS) {
    throw std::runtime_error("no memory for a page picture");
  }
  cairo_surface_flush(surface_.get());
  if (colour) {
    copy_colour(printed, surface_.get());
  } else {
    copy_darkness(printed, surface_.get());
  }
  cairo_surface_mark_dirty(surface_.get());
  context_.reset(cairo_create(surface_.get()));
  width_mm_ = printed.width * 25.4 / dpi_;
  height_mm_ = printed.height * 25.4 / dpi_;
  cairo_scale(context_.get(), dpi_ / 25.4, dpi_ / 25.4);
  cairo_set_line_cap(context_.get(), CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join(context_.get(), CAIRO_LINE_JOIN_ROUND);
}

cairo_surface_t* Canvas::finish() {
  cairo_surface_flush(surface_.get());
  return surface_.get();
}

void Canvas::set_ink(const Ink& ink) {
  if (colour_) {
    cairo_set_source_rgba(context_.get(), ink.red, ink.green, ink.blue, 0.9);
  } else {
    cairo_set_source_rgba(context_.get(), 0, 0, 0, ink.darkness);
  }
}

void Canvas::stroke(const Stroke& line, double width_mm, const Ink& ink, double pressure,
                    Chance& chance) {
  if (line.empty()) return;
  cairo_t* cr = context_.get();
  set_ink(ink);
  if (line.size() == 1) {
    cairo_arc(cr, line[0].x, line[0].y, width_mm * 0.6, 0, 6.2832);
    cairo_fill(cr);
    return;
  }
  // The width changes in a few runs along the line, not at each point: a run is one cairo stroke.
  const std::size_t runs = pressure > 0 ? std::min<std::size_t>(4, line.size() - 1) : 1;
  const std::size_t last = line.size() - 1;
  for (std::size_t run = 0; run < runs; ++run) {
    const std::size_t begin = last * run / runs;
    const std::size_t end = last * (run + 1) / runs;
    cairo_set_line_width(cr, width_mm * (1 + pressure * chance.between(-0.5, 0.5)));
    cairo_move_to(cr, line[begin].x, line[begin].y);
    for (std::size_t i = begin + 1; i <= end; ++i) cairo_line_to(cr, line[i].x, line[i].y);
    cairo_stroke(cr);
  }
}

void Canvas::fill_box(const ocr::Box& box, const Ink& ink) {
  set_ink(ink);
  cairo_rectangle(context_.get(), box.x, box.y, box.width, box.height);
  cairo_fill(context_.get());
}

void Canvas::cover(const ocr::Box& box) {
  cairo_t* cr = context_.get();
  cairo_save(cr);
  if (colour_) {
    cairo_set_source_rgb(cr, 1, 1, 1);
  } else {
    cairo_set_operator(cr, CAIRO_OPERATOR_CLEAR);
  }
  cairo_rectangle(cr, box.x, box.y, box.width, box.height);
  cairo_fill(cr);
  cairo_restore(cr);
}

bool Canvas::is_empty(const ocr::Box& box) const {
  cairo_surface_flush(surface_.get());
  const unsigned char* data = cairo_image_surface_get_data(surface_.get());
  const int stride = cairo_image_surface_get_stride(surface_.get());
  const double scale = dpi_ / 25.4;
  const int left = std::max(0, static_cast<int>(box.x * scale));
  const int top = std::max(0, static_cast<int>(box.y * scale));
  const int right = std::min(cairo_image_surface_get_width(surface_.get()),
                             static_cast<int>(box.right() * scale));
  const int bottom = std::min(cairo_image_surface_get_height(surface_.get()),
                              static_cast<int>(box.bottom() * scale));
  // Every other pixel: no printed line is thinner than 0.13 mm.
  for (int y = top; y < bottom; y += 2) {
    const unsigned char* row = data + static_cast<std::ptrdiff_t>(y) * stride;
    for (int x = left; x < right; x += 2) {
      if (colour_ ? row[4 * static_cast<std::ptrdiff_t>(x) + 1] < 200 : row[x] > 55) return false;
    }
  }
  return true;
}

void Canvas::text(const std::string& text, const ocr::Box& box, const std::string& font,
                  double size_mm, const Ink& ink, bool centred) {
  cairo_t* cr = context_.get();
  cairo_save(cr);
  cairo_rectangle(cr, box.x, box.y, box.width, box.height);
  cairo_clip(cr);
  set_ink(ink);
  PangoLayout* layout = pango_cairo_create_layout(cr);
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  pango_cairo_context_set_font_options(pango_layout_get_context(layout), options);
  cairo_font_options_destroy(options);
  PangoFontDescription* face = pango_font_description_from_string(font.c_str());
  pango_font_description_set_absolute_size(face, size_mm * PANGO_SCALE);
  pango_layout_set_font_description(layout, face);
  pango_font_description_free(face);
  pango_layout_set_width(layout, static_cast<int>(box.width * PANGO_SCALE));
  pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
  if (centred) pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER);
  pango_layout_set_text(layout, text.data(), static_cast<int>(text.size()));
  double top = box.y;
  if (centred) {
    int height = 0;
    pango_layout_get_size(layout, nullptr, &height);
    top += (box.height - static_cast<double>(height) / PANGO_SCALE) / 2;
  }
  cairo_move_to(cr, box.x, top);
  pango_cairo_show_layout(cr, layout);
  cairo_new_path(cr);  // else the next arc would begin with a line from these words
  g_object_unref(layout);
  cairo_restore(cr);
}

Stroke smooth(const Stroke& control, double step_mm) {
  if (control.size() < 3) return control;
  Stroke curve;
  const auto at = [&](std::ptrdiff_t i) {
    return control[static_cast<std::size_t>(
        std::clamp<std::ptrdiff_t>(i, 0, static_cast<std::ptrdiff_t>(control.size()) - 1))];
  };
  for (std::ptrdiff_t i = 0; i + 1 < static_cast<std::ptrdiff_t>(control.size()); ++i) {
    const ocr::Point p0 = at(i - 1), p1 = at(i), p2 = at(i + 1), p3 = at(i + 2);
    const int steps =
        std::clamp(static_cast<int>(std::hypot(p2.x - p1.x, p2.y - p1.y) / step_mm), 1, 24);
    for (int s = 0; s < steps; ++s) {
      const double t = static_cast<double>(s) / steps;
      const auto catmull = [t](double a, double b, double c, double d) {
        return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t +
                      (3 * b - a - 3 * c + d) * t * t * t);
      };
      curve.push_back({catmull(p0.x, p1.x, p2.x, p3.x), catmull(p0.y, p1.y, p2.y, p3.y)});
    }
  }
  curve.push_back(control.back());
  return curve;
}

}  // namespace faxsim

#ifdef __SANITIZE_ADDRESS__
/// fontconfig keeps its configuration until the program ends; that is no leak of ours.
extern "C" __attribute__((weak)) const char* __lsan_default_suppressions() {
  return "leak:libfontconfig";
}
#endif
