#include "bench/safety_press.hpp"

#include <fmt/format.h>
#include <poppler-document.h>
#include <poppler-page-renderer.h>
#include <poppler-page.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "bench/reading.hpp"
#include "bench/safety_tags.hpp"
#include "forms/print.hpp"

namespace bench::safety {
namespace {

std::string sha256(const std::vector<std::uint8_t>& bytes) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), bytes.data(), bytes.size());
  std::string text;
  for (const auto each : hash) text += fmt::format("{:02x}", each);
  return text;
}

/// Rows of the picture from `top` to `bottom`, drawn anew from the page. Drawing whole pages would
/// take half of the bench's time.
void draw_band(const poppler::page& page, int top, int bottom, faxsim::Picture& picture) {
  if (bottom <= top) return;
  poppler::page_renderer renderer;
  renderer.set_image_format(poppler::image::format_gray8);
  renderer.set_render_hint(poppler::page_renderer::antialiasing);
  renderer.set_render_hint(poppler::page_renderer::text_antialiasing);
  const auto image =
      renderer.render_page(&page, picture.dpi, picture.dpi, 0, top, picture.width, bottom - top);
  const auto width = static_cast<std::size_t>(picture.width);
  for (int y = 0; y < image.height(); ++y) {
    std::memcpy(picture.samples.data() + static_cast<std::size_t>(top + y) * width,
                image.const_data() + static_cast<std::ptrdiff_t>(y) * image.bytes_per_row(),
                std::min(width, static_cast<std::size_t>(image.width())));
  }
}

/// What stands above and below the fields is each copy's own.
void draw_margins(const poppler::page& page, const ocr::PageLayout& layout,
                  faxsim::Picture& picture) {
  double top = layout.height;
  double bottom = 0;
  for (const auto& field : layout.fields) {
    top = std::min(top, field.box.y);
    bottom = std::max(bottom, field.box.bottom());
  }
  const double px = picture.dpi / 25.4;
  draw_band(page, 0, static_cast<int>(std::floor(top * px)), picture);
  draw_band(page, static_cast<int>(std::ceil(bottom * px)), picture.height, picture);
}

}  // namespace

Press::Press(const forms::Catalogue& catalogue, const forms::TagKeys& keys, const Plan& plan,
             Files files)
    : catalogue_(catalogue),
      keys_(keys),
      plan_(plan),
      files_(std::move(files)),
      engine_({files_.model, {}}),
      hand_(faxsim::load_hand(files_.hand)),
      forms_(all_pages(catalogue)) {}

forms::Letterhead Press::head_of(const Form& form) const {
  const Person& person = plan_.people[form.person];
  forms::Letterhead head = letterhead();
  head.hospital_doctor = person.pathway.hospital_doctor;
  head.patient_id = person.patient.patient_id;
  head.patient_name = person.patient.name;
  head.patient_kana = person.patient.kana;
  head.patient_sex = person.patient.sex;
  head.pathway_id = person.pathway.pathway_id;
  head.started_on = person.pathway.started_on;
  head.visit = form.visit;
  return head;
}

std::shared_ptr<const faxsim::Blank> Press::print(const Form& form) {
  const auto file = files_.folder / fmt::format("form-{}.pdf", ::getpid());
  forms::print_report(*form.entry, {{form.serial, head_of(form)}}, keys_, file);
  auto& first = printed_[form.entry];
  if (!first) return first = faxsim::load_blank(file);
  auto copy = std::make_shared<faxsim::Blank>(*first);
  const std::unique_ptr<poppler::document> document(
      poppler::document::load_from_file(file.string()));
  for (std::size_t i = 0; i < copy->pages.size(); ++i) {
    const std::unique_ptr<poppler::page> page(document->create_page(static_cast<int>(i)));
    draw_margins(*page, form.entry->layout.pages[i], copy->pages[i]);
  }
  return copy;
}

std::shared_ptr<const faxsim::Blank> Press::paper_of(const Filled& filled) {
  const Form& form = plan_.forms[filled.form];
  const auto printed = print(form);
  if (filled.tamper == Tamper::none) return printed;
  auto changed = std::make_shared<faxsim::Blank>(*printed);
  const faxsim::Chance chance = faxsim::Chance(form.serial.number).branch("tamper");
  for (std::size_t i = 0; i < changed->pages.size(); ++i) {
    const auto bytes =
        tag_bytes(filled, plan_.forms, static_cast<int>(i) + 1, keys_, chance.branch("page", i));
    const auto& tags = form.entry->layout.pages[i].tags;
    const bool alone = filled.one_tag_alone || filled.tamper == Tamper::second_tag;
    for (std::size_t tag = alone ? 1 : 0; tag < tags.size(); ++tag) {
      paint_code(changed->pages[i], tags[tag], bytes);
    }
  }
  return changed;
}

std::vector<std::uint8_t> Press::fax(const Document& document) {
  faxsim::Job job;
  for (const auto& paper : document.papers) {
    if (const auto* filled = std::get_if<Filled>(&paper)) {
      const Form& form = plan_.forms[filled->form];
      job.sheets.emplace_back(faxsim::FormSheets{paper_of(*filled), form.entry->layout,
                                                 forms::to_text(form.serial), filled->made.values,
                                                 1});
    } else if (const auto* letter = std::get_if<Letter>(&paper)) {
      job.sheets.emplace_back(faxsim::TypedSheet{letter->text});
    } else if (const auto* cover = std::get_if<Cover>(&paper)) {
      job.sheets.emplace_back(faxsim::TypedSheet{cover->text});
    } else {
      job.sheets.emplace_back(faxsim::BlankSheet{});
    }
  }
  job.order = document.order;
  job.quality = document.quality;
  job.degrade = document.degrade;
  job.rotate = document.rotate;
  job.hand = hand_;
  job.seed = document.seed;
  const faxsim::Faxed faxed = faxsim::fax(job);
  faxsim::Encoding encoding;
  encoding.seed = job.seed;
  return faxsim::encode(faxed.sheets, encoding);
}

Arrived Press::read(const std::vector<std::uint8_t>& bytes, reader::Codes codes) {
  Arrived arrived;
  arrived.codes = codes;
  arrived.sha256 = sha256(bytes);
  arrived.bytes = bytes.size();
  const auto find = find_form(catalogue_);
  arrived.first = bench::read(
      bytes, engine_, find, forms_,
      codes == reader::Codes::searched ? ocr::CodeSearch::whole_page : ocr::CodeSearch::none);
  arrived.words = arrived.first;
  const auto document = ocr::open(std::as_bytes(std::span(bytes)));
  for (auto& page : arrived.words.pages) {
    const auto* entry = page.form.empty() ? nullptr : catalogue_.find(page.form, page.version);
    page = engine_.read_text(document->page(page.number), std::move(page),
                             entry == nullptr ? nullptr : &entry->layout);
  }
  return arrived;
}

}  // namespace bench::safety
