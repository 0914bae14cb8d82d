#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "forms/definition.hpp"
#include "forms/tag.hpp"
#include "ocr/document.hpp"
#include "ocr/engine.hpp"

/// Reads files and says what is on them: read_poke FILE... [--overlay FOLDER] [--text]
namespace {

std::vector<std::byte> bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

const char* word(ocr::MarkState state) {
  switch (state) {
    case ocr::MarkState::empty: return ".";
    case ocr::MarkState::marked: return "X";
    case ocr::MarkState::cancelled: return "/";
    case ocr::MarkState::unclear: return "?";
  }
  return "";
}

void say(const ocr::Reading& reading) {
  std::string line = fmt::format("  {:20}", reading.field);
  for (const ocr::MarkReading& mark : reading.marks) {
    line += fmt::format(" {}{}", word(mark.state), mark.value);
    if (mark.confidence < 0.995) line += fmt::format("({:.2f})", mark.confidence);
  }
  for (const ocr::CellReading& cell : reading.cells) {
    constexpr const char* signs = "0123456789_/#";
    line += fmt::format(" {}", signs[cell.best()]);
    if (cell.likelihood[cell.best()] < 0.99F) {
      line += fmt::format("({:.2f})", cell.likelihood[cell.best()]);
    }
  }
  if (reading.ink_mm2 > 0) line += fmt::format(" ink {:.1f} mm2", reading.ink_mm2);
  if (reading.typed) line += " typed";
  for (const ocr::WordReading& found : reading.words) {
    line += fmt::format(" {}({:.2f})", found.text, found.confidence);
  }
  fmt::print("{}\n", line);
}

void say(const ocr::PageReading& reading, const ocr::StageTimes& times) {
  const ocr::Quality& quality = reading.quality;
  fmt::print(
      " page {}: {}x{} {:.0f}x{:.0f} dpi, {} codes, form '{}' page {}{}\n"
      "  rotation {} skew {:.2f} scale {:.3f} error {:.2f} mm, {} rows lost, {:.2f} specks/cm2, "
      "contrast {:.2f}\n"
      "  ms: sheet {:.1f} codes {:.1f} align {:.1f} marks {:.1f} cells {:.1f} digits {:.1f} "
      "ink {:.1f} notes {:.1f}\n",
      reading.number, reading.width, reading.height, quality.dpi_x, quality.dpi_y,
      reading.codes.size(), reading.form, reading.form_page, reading.blank ? " (blank)" : "",
      quality.rotation, quality.skew_degrees, quality.scale, quality.alignment_error_mm,
      quality.lost_rows, quality.noise, quality.contrast, times.sheet, times.codes, times.align,
      times.marks, times.cells, times.digits, times.ink, times.notes);
  for (const ocr::Reading& field : reading.readings) say(field);
  for (const ocr::Box& note : reading.notes) {
    fmt::print("  note {:.0f},{:.0f} {:.0f}x{:.0f}\n", note.x, note.y, note.width, note.height);
  }
  for (const ocr::WordReading& found : reading.words) fmt::print("{} ", found.text);
  if (!reading.serial_print.empty()) fmt::print("\n  serial '{}'\n", reading.serial_print);
}

class Overlay {
public:
  Overlay(const ocr::Page& page, const ocr::PageReading& reading) : reading_(reading) {
    const cv::Mat grey(page.height, page.width, CV_8U, const_cast<std::uint8_t*>(page.grey.data()));
    cv::cvtColor(grey, picture_, cv::COLOR_GRAY2BGR);
  }

  void box(const ocr::Box& box, const cv::Scalar& colour) {
    const ocr::Transform& t = reading_.placed;
    std::vector<cv::Point> outline;
    for (const auto& [x, y] :
         {std::pair(box.x, box.y), std::pair(box.right(), box.y),
          std::pair(box.right(), box.bottom()), std::pair(box.x, box.bottom())}) {
      outline.emplace_back(static_cast<int>(t.a * x + t.b * y + t.c),
                           static_cast<int>(t.d * x + t.e * y + t.f));
    }
    cv::polylines(picture_, outline, true, colour, 1);
  }

  /// A PPM, because the picture libraries have other rooms.
  void write(const std::filesystem::path& path) const {
    std::ofstream out(path, std::ios::binary);
    out << "P6\n" << picture_.cols << ' ' << picture_.rows << "\n255\n";
    cv::Mat rgb;
    cv::cvtColor(picture_, rgb, cv::COLOR_BGR2RGB);
    out.write(reinterpret_cast<const char*>(rgb.data),
              static_cast<std::streamsize>(rgb.total() * rgb.elemSize()));
  }

private:
  const ocr::PageReading& reading_;
  cv::Mat picture_;
};

void draw(const ocr::Page& page, const ocr::PageReading& reading, const ocr::PageLayout* layout,
          const std::filesystem::path& path) {
  const cv::Scalar print(200, 160, 60);
  const cv::Scalar empty(0, 160, 0);
  const cv::Scalar written(0, 0, 220);
  Overlay overlay(page, reading);
  if (layout != nullptr) {
    for (const ocr::Box& box : layout->print) overlay.box(box, print);
    for (const ocr::Box& box : layout->tags) overlay.box(box, print);
  }
  for (const ocr::Reading& field : reading.readings) {
    overlay.box(field.box, cv::Scalar(200, 0, 200));
    for (const ocr::MarkReading& mark : field.marks) {
      overlay.box(mark.box, mark.state == ocr::MarkState::empty ? empty : written);
    }
    for (const ocr::CellReading& cell : field.cells) {
      overlay.box(cell.box, cell.best() == ocr::CellReading::blank ? empty : written);
    }
  }
  for (const ocr::Box& note : reading.notes) overlay.box(note, cv::Scalar(0, 120, 255));
  overlay.write(path);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Reads pages and says what is on them");
  std::vector<std::string> files;
  const std::filesystem::path source = RENKEI_SOURCE_DIR;
  std::string forms = source / "forms/definitions";
  std::string overlays;
  ocr::EngineFiles models{source / "ocr/digits/digits.onnx", {}};
  bool text = false;
  app.add_option("files", files)->required();
  app.add_option("--forms", forms, "folder of form definitions");
  app.add_option("--overlay", overlays, "folder for pictures of what was seen where");
  app.add_flag("--text", text, "the second look too");
  CLI11_PARSE(app, argc, argv);

  const forms::Catalogue catalogue = forms::Catalogue::load(forms);
  const ocr::FindForm find_form =
      [&](std::span<const std::uint8_t> code) -> std::optional<ocr::FormPage> {
    const auto tag = forms::peek(code);
    if (!tag) return std::nullopt;
    const auto* entry = catalogue.find(tag->form, tag->version);
    if (entry == nullptr) return std::nullopt;
    return ocr::FormPage{&entry->layout, tag->page};
  };
  std::vector<ocr::FormPage> all_pages;
  for (const auto& entry : catalogue.all()) {
    for (const auto& page : entry.layout.pages) all_pages.push_back({&entry.layout, page.number});
  }
  ocr::Engine engine(models);
  for (const std::string& file : files) {
    fmt::print("{}\n", file);
    try {
      const std::vector<std::byte> bytes = bytes_of(file);
      const auto document = ocr::open(bytes);
      for (int number = 1; number <= document->pages(); ++number) {
        const ocr::Page page = document->page(number);
        ocr::PageReading reading = engine.read(page, find_form, all_pages);
        const ocr::StageTimes times = engine.stages();
        const auto* entry = catalogue.find(reading.form, reading.version);
        const ocr::Layout* layout = entry == nullptr ? nullptr : &entry->layout;
        if (text) reading = engine.read_text(page, std::move(reading), layout);
        say(reading, times);
        if (overlays.empty()) continue;
        const ocr::PageLayout* printed = nullptr;
        if (layout != nullptr) {
          const auto found =
              std::ranges::find(layout->pages, reading.form_page, &ocr::PageLayout::number);
          if (found != layout->pages.end()) printed = &*found;
        }
        const auto stem = std::filesystem::path(file).stem().string();
        draw(page, reading, printed,
             std::filesystem::path(overlays) / fmt::format("{}-{}.ppm", stem, number));
      }
    } catch (const ocr::Unreadable& fault) {
      fmt::print("  unreadable: {}\n", fault.what());
    }
  }
  return 0;
}
