#include "ocr/known_tags.hpp"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "ocr/draw.hpp"

namespace {

constexpr double side = 20.3;  // mm: 29 modules of 0.7
constexpr double module_mm = side / 29;
constexpr ocr::Box upper{171, 14, side, side};
constexpr ocr::Box lower{14, 255, side, side};

/// Every second pixel of a row of modules: neither black nor white.
void blur(ocr::Page& page, const ocr::Box& tag, int row) {
  const double pixel = 25.4 / page.dpi_x;
  for (double x = tag.x; x < tag.right(); x += 2 * pixel) {
    tests::block(page, x, tag.y + row * module_mm, pixel, module_mm, 0);
    tests::block(page, x + pixel, tag.y + row * module_mm, pixel, module_mm, 255);
  }
}

void hide(ocr::Page& page, const ocr::Box& tag) {
  tests::block(page, tag.x, tag.y, tag.width, tag.height, 255);
}

/// The fax lost rows: within the tag all below them moves up.
void lose(ocr::Page& page, const ocr::Box& tag, int row, int rows) {
  const auto y = [&](double mm) { return static_cast<int>(mm / 25.4 * page.dpi_y); };
  const int from = y(tag.y + row * module_mm);
  const int to = y(tag.bottom());
  const auto line = [&](int at) { return page.grey.begin() + std::ptrdiff_t{at} * page.width; };
  std::move(line(from + rows), line(to), line(from));
  std::fill(line(to - rows), line(to), 255);
}

TEST(KnownTags, OneOfTwoThatAreSpoiltIsEnough) {
  struct {
    const char* name;
    std::function<void(ocr::Page&)> spoil;
    bool read;
  } const rows[] = {
      {"clean", [](auto&) {}, true},
      {"one hidden", [](auto& page) { hide(page, upper); }, true},
      {"both hidden", [](auto& page) { hide(page, upper), hide(page, lower); }, false},
      {"a row blurred is not passed over",
       [](auto& page) { hide(page, upper), blur(page, lower, 9); }, true},
      {"nor are two, far from each other, in one tag each",
       [](auto& page) { blur(page, upper, 12), blur(page, lower, 20); }, true},
      {"rows lost", [](auto& page) { hide(page, upper), lose(page, lower, 14, 2); }, true},
      {"rows lost in both, elsewhere",
       [](auto& page) { lose(page, upper, 10, 3), lose(page, lower, 18, 3); }, true},
  };
  for (const double dpi_y : {98.0, 196.0}) {
    for (const auto& row : rows) {
      ocr::Page page = tests::paper(210, 297, 204, dpi_y);
      tests::some_print(page, 5);
      for (const ocr::Box& tag : {upper, lower}) {
        hide(page, tag);
        tests::qr_code(page, tests::tag_bytes(1), tag.x, tag.y, side);
      }
      row.spoil(page);
      ocr::Placement placement;
      placement.affine = {204 / 25.4, 0, 0, 0, dpi_y / 25.4, 0};
      ocr::PageLayout layout;
      layout.tags = {upper, lower};
      const auto bytes = ocr::read_known_tags(ocr::sheet_of(page), placement, layout);
      EXPECT_EQ(bytes == tests::tag_bytes(1), row.read) << row.name << ' ' << dpi_y;
      EXPECT_EQ(bytes.has_value(), row.read) << row.name << ' ' << dpi_y;
    }
  }
}

}  // namespace
