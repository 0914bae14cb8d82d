#include "daemon/reader/look.hpp"

#include <exception>
#include <memory>
#include <utility>

#include "daemon/reader/answer.hpp"
#include "forms/definition.hpp"
#include "forms/tag.hpp"
#include "ocr/document.hpp"
#include "ocr/engine.hpp"

namespace reader {
namespace {

class Looker {
public:
  explicit Looker(const LookFiles& files)
      : catalogue_(forms::Catalogue::load(files.forms)), engine_({files.model, files.tessdata}) {
    for (const auto& entry : catalogue_.all()) {
      for (const auto& page : entry.layout.pages) forms_.push_back({&entry.layout, page.number});
    }
    ocr::warm_up();
  }

  void work(const Job& job, AnswerPipe& answer) {
    switch (job.task) {
      case Task::read: answer.write("R" + to_json(read(job, ocr::CodeSearch::whole_page))); return;
      case Task::read_by_print:
        answer.write("R" + to_json(read(job, ocr::CodeSearch::none)));
        return;
      case Task::read_text: answer.write("R" + to_json(read_text(job))); return;
      case Task::draw: draw(job, answer); return;
      case Task::kill: break;
    }
    std::terminate();  // the warm parent keeps it to itself
  }

private:
  [[nodiscard]] const ocr::Layout* layout_of(const ocr::PageReading& page) const {
    if (page.form.empty()) return nullptr;
    const auto* entry = catalogue_.find(page.form, page.version);
    return entry == nullptr ? nullptr : &entry->layout;
  }

  [[nodiscard]] static const ocr::PageLayout* sheet_of(const ocr::Layout* layout, int page) {
    if (layout == nullptr || page < 1 || page > static_cast<int>(layout->pages.size())) {
      return nullptr;
    }
    return &layout->pages[static_cast<std::size_t>(page - 1)];
  }

  /// By what the code claims: good enough to choose a layout by. Whether it is genuine is asked
  /// where the key is.
  [[nodiscard]] std::optional<ocr::FormPage> find_form(std::span<const std::uint8_t> code) const {
    const auto tag = forms::peek(code);
    if (!tag) return std::nullopt;
    const auto* entry = catalogue_.find(tag->form, tag->version);
    if (entry == nullptr || sheet_of(&entry->layout, tag->page) == nullptr) return std::nullopt;
    return ocr::FormPage{&entry->layout, tag->page};
  }

  /// A page that cannot be decoded keeps its place, empty: every page of a file has a fate.
  [[nodiscard]] ocr::DocumentReading read(const Job& job, ocr::CodeSearch search) {
    ocr::DocumentReading reading;
    const auto note = [&](const ocr::Unreadable& unreadable) {
      if (reading.fault != ocr::Fault::none) return;
      reading.fault = unreadable.fault();
      reading.detail = unreadable.what();
    };
    try {
      const auto document = ocr::open(job.file);
      for (int number = 1; number <= document->pages(); ++number) {
        ocr::PageReading page;
        try {
          page = engine_.read(
              document->page(number), [this](auto code) { return find_form(code); }, forms_,
              search);
        } catch (const ocr::Unreadable& unreadable) {
          note(unreadable);
        }
        page.number = number;
        reading.pages.push_back(std::move(page));
      }
    } catch (const ocr::Unreadable& unreadable) {
      note(unreadable);
    }
    return reading;
  }

  [[nodiscard]] ocr::DocumentReading read_text(const Job& job) {
    auto reading = job.first.value();
    const auto document = ocr::open(job.file);
    for (auto& page : reading.pages) {
      if (page.number > document->pages()) continue;
      const auto* layout = layout_of(page);
      try {
        const auto picture = document->page(page.number);
        page = engine_.read_text(picture, std::move(page), layout);
      } catch (const ocr::Unreadable&) {
        continue;  // the first look has said so; this page has no words
      }
    }
    return reading;
  }

  void draw(const Job& job, AnswerPipe& answer) {
    const auto first = job.first.value();
    const auto document = ocr::open(job.file);
    answer.write("P");
    for (const auto& page : first.pages) {
      const auto png = picture_of(*document, page);
      const auto length = static_cast<std::uint32_t>(png.size());
      std::string prefix;
      for (const int shift : {24, 16, 8, 0}) prefix.push_back(static_cast<char>(length >> shift));
      answer.write(prefix);
      answer.write({reinterpret_cast<const char*>(png.data()), png.size()});
    }
  }

  /// For a page that cannot be decoded, a white one: pictures go by their place.
  [[nodiscard]] std::vector<std::uint8_t> picture_of(ocr::Document& document,
                                                     const ocr::PageReading& page) const {
    try {
      if (page.number <= document.pages()) {
        return ocr::picture(document.page(page.number), page,
                            sheet_of(layout_of(page), page.form_page));
      }
    } catch (const ocr::Unreadable&) {  // drawn below
    }
    ocr::Page white;
    white.width = 105;  // A4 in units of 2 mm
    white.height = 148;
    white.dpi_x = white.dpi_y = 12.7;
    white.grey.assign(std::size_t{105} * 148, 255);
    return ocr::picture(white, {}, nullptr);
  }

  forms::Catalogue catalogue_;
  std::vector<ocr::FormPage> forms_;  ///< every page of the catalogue
  ocr::Engine engine_;
};

}  // namespace

Work load_work(const LookFiles& files) {
  return [looker = std::make_shared<Looker>(files)](const Job& job, AnswerPipe& answer) {
    looker->work(job, answer);
  };
}

}  // namespace reader
