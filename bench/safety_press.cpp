#include "bench/safety_press.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

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

}  // namespace

Press::Press(const forms::Catalogue& catalogue, const forms::TagKeys& keys, const Plan& plan,
             Files files)
    : catalogue_(catalogue),
      keys_(keys),
      plan_(plan),
      files_(std::move(files)),
      engine_({files_.model, {}}),
      hand_(faxsim::load_hand(files_.hand)) {}

forms::Letterhead Press::head_of(const Form& form) const {
  const Person& person = plan_.people[form.person];
  forms::Letterhead head;
  head.hospital = "みなと中央病院";
  head.department = "地域医療連携室";
  head.address = "〒100-0000 東京都港町一丁目2番3号";
  head.phone = "03-0000-1234";
  head.fax = "03-0000-5678";
  head.hospital_doctor = person.pathway.hospital_doctor;
  head.clinic = "やまだ内科クリニック";
  head.clinic_doctor = "医師 花子";
  head.clinic_fax = "03-0000-9999";
  head.patient_id = person.patient.patient_id;
  head.patient_name = person.patient.name;
  head.patient_kana = person.patient.kana;
  head.patient_sex = person.patient.sex;
  head.pathway_id = person.pathway.pathway_id;
  head.started_on = person.pathway.started_on;
  head.visit = form.visit;
  return head;
}

std::shared_ptr<const faxsim::Blank> Press::print(const Form& form) const {
  const auto file = files_.folder / fmt::format("form-{}.pdf", ::getpid());
  forms::print_report(*form.entry, {{form.serial, head_of(form)}}, keys_, file);
  return faxsim::load_blank(file);
}

std::shared_ptr<const faxsim::Blank> Press::paper_of(const Filled& filled) const {
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

Arrived Press::read(const std::vector<std::uint8_t>& bytes) {
  Arrived arrived;
  arrived.sha256 = sha256(bytes);
  arrived.bytes = bytes.size();
  const auto find = find_form(catalogue_);
  arrived.first = bench::read(bytes, engine_, find);
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
