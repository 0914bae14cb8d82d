#include "bench/reading.hpp"

#include "forms/tag.hpp"

namespace bench {

ocr::FindForm find_form(const forms::Catalogue& catalogue) {
  return [&catalogue](std::span<const std::uint8_t> code) -> std::optional<ocr::FormPage> {
    const auto tag = forms::peek(code);
    if (!tag) return std::nullopt;
    const auto* entry = catalogue.find(tag->form, tag->version);
    if (entry == nullptr) return std::nullopt;
    return ocr::FormPage{&entry->layout, tag->page};
  };
}

std::vector<ocr::FormPage> all_pages(const forms::Catalogue& catalogue) {
  std::vector<ocr::FormPage> pages;
  for (const auto& entry : catalogue.all()) {
    for (const auto& page : entry.layout.pages) pages.push_back({&entry.layout, page.number});
  }
  return pages;
}

ocr::DocumentReading read(const std::vector<std::uint8_t>& bytes, ocr::Engine& engine,
                          const ocr::FindForm& find, ocr::Forms forms, ocr::CodeSearch search) {
  ocr::DocumentReading reading;
  try {
    const auto document = ocr::open(std::as_bytes(std::span(bytes)));
    for (int number = 1; number <= document->pages(); ++number) {
      reading.pages.push_back(engine.read(document->page(number), find, forms, search));
    }
  } catch (const ocr::Unreadable& fault) {
    reading.fault = fault.fault();
    reading.detail = fault.what();
  }
  return reading;
}

}  // namespace bench
