#include "ocr/document.hpp"

#include <cassert>
#include <exception>
#include <new>
#include <string_view>

#include "ocr/formats.hpp"

namespace ocr {
namespace {

using namespace std::string_view_literals;

bool is_tiff(std::string_view text) {
  for (const auto magic : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
    if (text.starts_with(magic)) return true;
  }
  return false;
}

/// As Acrobat does: some gateways put lines of their own before the header.
bool is_pdf(std::string_view text) {
  return text.substr(0, 1024).find("%PDF-"sv) != std::string_view::npos;
}

/// What every format promises alike: no page beyond the last, and nothing thrown but Unreadable,
/// whatever the libraries throw at bytes they never met.
class Guarded final : public Document {
public:
  using Opener = std::unique_ptr<Document> (*)(Bytes, const Limits&);

  Guarded(Opener opener, Bytes bytes, const Limits& limits)
      : inner_(guard([&] { return opener(bytes, limits); })) {
    const int count = inner_->pages();
    if (count < 1) throw Unreadable(Fault::damaged_file, "no pages");
    if (count > limits.pages) throw Unreadable(Fault::too_large, "more pages than allowed");
  }

  [[nodiscard]] int pages() const override { return inner_->pages(); }

  [[nodiscard]] Page page(int number) override {
    assert(number >= 1 && number <= pages());
    Page page = guard([&] { return inner_->page(number); });
    page.number = number;
    return page;
  }

private:
  template <typename Step>
  static auto guard(const Step& step) -> decltype(step()) {
    try {
      return step();
    } catch (const Unreadable&) {
      throw;
    } catch (const std::bad_alloc&) {
      throw Unreadable(Fault::too_large, "it takes more memory than allowed");
    } catch (const std::exception& error) {
      throw Unreadable(Fault::damaged_file, error.what());
    }
  }

  std::unique_ptr<Document> inner_;
};

Guarded::Opener opener_of(Bytes bytes) {
  if (bytes.empty()) throw Unreadable(Fault::damaged_file, "the file is empty");
  const auto text = as_text(bytes);
  if (is_tiff(text)) return open_tiff;
  if (text.starts_with("\x89PNG\r\n\x1a\n"sv)) return open_png;
  if (text.starts_with("\xff\xd8\xff"sv)) return open_jpeg;
  if (is_pdf(text)) return open_pdf;
  throw Unreadable(Fault::unsupported_format, "neither TIFF, PDF, PNG nor JPEG");
}

}  // namespace

std::unique_ptr<Document> open(std::span<const std::byte> bytes, const Limits& limits) {
  return std::make_unique<Guarded>(opener_of(bytes), bytes, limits);
}

}  // namespace ocr
