#include "bench/safety_tags.hpp"

#include <qrencode.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>

namespace bench::safety {
namespace {

struct FreeCode {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

forms::TagKeys strange_keys(std::uint8_t id) {
  forms::TagKeys::Key key{};
  key.fill(0x17);  // no secret
  return forms::TagKeys({{id, key}});
}

forms::Tag tag_of(const Form& form, int page) {
  forms::Tag tag;
  tag.form = static_cast<std::uint16_t>(form.entry->definition.number);
  tag.version = static_cast<std::uint8_t>(form.entry->definition.version);
  tag.page = static_cast<std::uint8_t>(page);
  tag.pages = static_cast<std::uint8_t>(form.entry->layout.pages.size());
  tag.serial = form.serial;
  return tag;
}

}  // namespace

std::vector<std::uint8_t> tag_bytes(const Filled& filled, const std::vector<Form>& forms, int page,
                                    const forms::TagKeys& keys, faxsim::Chance chance) {
  const forms::Tag own = tag_of(forms[filled.form], page);
  const auto right = keys.sign(own);
  std::vector<std::uint8_t> bytes(right.begin(), right.end());
  const auto signed_by = [](const forms::TagKeys& other, const forms::Tag& tag) {
    const auto made = other.sign(tag);
    return std::vector<std::uint8_t>(made.begin(), made.end());
  };
  switch (filled.tamper) {
    case Tamper::none: break;
    case Tamper::flipped_bit: {
      const int bit = chance.whole(0, static_cast<int>(bytes.size()) * 8 - 1);
      bytes[static_cast<std::size_t>(bit / 8)] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      break;
    }
    case Tamper::swapped_serial: {
      const auto claim = forms::pack(tag_of(forms[filled.other_form], page));
      std::copy_n(claim.begin() + 7, 6, bytes.begin() + 7);
      break;
    }
    case Tamper::cut_mac: std::fill(bytes.end() - chance.whole(1, 15), bytes.end(), 0); break;
    case Tamper::short_mac:
      bytes.resize(bytes.size() - static_cast<std::size_t>(chance.whole(1, 16)));
      break;
    case Tamper::foreign_key: return signed_by(strange_keys(own.key_id ? own.key_id : 1), own);
    case Tamper::unknown_key: return signed_by(strange_keys(9), own);
    case Tamper::second_tag: return signed_by(keys, tag_of(forms[filled.other_form], 1));
  }
  return bytes;
}

void paint_code(faxsim::Picture& picture, const ocr::Box& box,
                const std::vector<std::uint8_t>& bytes) {
  const std::unique_ptr<QRcode, FreeCode> code(
      QRcode_encodeData(static_cast<int>(bytes.size()), bytes.data(), 3, QR_ECLEVEL_Q));
  if (!code) throw std::runtime_error("the code cannot be made");
  const double px = picture.dpi / 25.4;
  const int left = static_cast<int>(std::lround(box.x * px));
  const int top = static_cast<int>(std::lround(box.y * px));
  const int side = static_cast<int>(std::lround(box.width * px));
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const int module = (y * code->width / side) * code->width + x * code->width / side;
      const bool dark = (code->data[module] & 1U) != 0;
      const auto at = static_cast<std::size_t>(top + y) * static_cast<std::size_t>(picture.width) +
                      static_cast<std::size_t>(left + x);
      picture.samples[at] = dark ? 0 : 255;
    }
  }
}

}  // namespace bench::safety
