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

ocr::DocumentReading read(const std::vector<std::uint8_t>& bytes, ocr::Engine& engine,
                          const ocr::FindForm& find) {
  ocr::DocumentReading reading;
  try {
    const auto document = ocr::open(std::as_bytes(std::span(bytes)));
    for (int number = 1; number <= document->pages(); ++number) {
      reading.pages.push_back(engine.read(document->page(number), find));
    }
  } catch (const ocr::Unreadable& fault) {
    reading.fault = fault.fault();
    reading.detail = fault.what();
  }
  return reading;
}

}  // namespace bench
