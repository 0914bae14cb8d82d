#pragma once

#include <cairo.h>
#include <pango/pangocairo.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "forms/sheet.hpp"

namespace forms {

/// A PDF of A4 pages, drawn in millimetres, black on white. The one file that knows cairo and
/// pango. Nothing is sure to be on the disk before finish().
class Canvas {
public:
  /// Throws std::runtime_error, here and in finish(), if the file cannot be written.
  Canvas(std::filesystem::path file, const std::string& title);

  void line(const ocr::Rule& rule);
  void block(const ocr::Box& box);  ///< filled
  void dot(const Dot& dot);
  /// In IPAexGothic, the em as high as the box. Words too wide for the box are condensed; those
  /// that are not of a slot are stretched to exactly the width that was laid out.
  void text(const Text& text, const std::string& words);
  /// A QR code, version 3, level Q, filling the box without its quiet zone.
  void code(const ocr::Box& box, std::span<const std::uint8_t> bytes);
  void end_page();
  void finish();

private:
  template <auto Close>
  struct Closer {
    template <typename T>
    void operator()(T* handle) const {
      Close(handle);
    }
  };

  void check() const;

  std::filesystem::path file_;
  std::unique_ptr<cairo_surface_t, Closer<cairo_surface_destroy>> surface_;
  std::unique_ptr<cairo_t, Closer<cairo_destroy>> cairo_;
  /// Fonts of its own, so that nothing of them outlives the file.
  std::unique_ptr<PangoFontMap, Closer<g_object_unref>> fonts_;
  std::unique_ptr<PangoContext, Closer<g_object_unref>> context_;
  std::unique_ptr<PangoLayout, Closer<g_object_unref>> layout_;
};

}  // namespace forms
