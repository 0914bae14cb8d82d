#include "spool/label.hpp"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <optional>

namespace spool {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Bytes of the character that begins `text`; 0 if it is not valid UTF-8 (overlong, surrogate,
/// cut).
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) > 0x9F;
  const bool beyond = lead == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

bool is_control(std::string_view text, std::size_t length) {
  const auto first = static_cast<std::uint8_t>(text[0]);
  if (length == 1) return first < 0x20 || first == 0x7F;
  return length == 2 && first == 0xC2 && static_cast<std::uint8_t>(text[1]) < 0xA0;
}

bool valid(std::string_view text) {
  while (!text.empty()) {
    const auto length = character(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::optional<std::string> from_shift_jis(std::string_view name) {
  iconv_t converter = ::iconv_open("UTF-8", "CP932");
  // NOLINTNEXTLINE(performance-no-int-to-ptr): iconv's own way to say no
  if (converter == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  std::string input(name);
  std::string output(name.size() * 4, '\0');
  char* from = input.data();
  char* to = output.data();
  std::size_t left = input.size();
  std::size_t room = output.size();
  const auto done = ::iconv(converter, &from, &left, &to, &room);
  ::iconv_close(converter);
  if (done == static_cast<std::size_t>(-1) || left != 0) return std::nullopt;
  output.resize(output.size() - room);
  return output;
}

}  // namespace

std::string label_of(std::string_view name) {
  std::string known(name);
  if (!valid(known)) known = from_shift_jis(name).value_or(known);
  std::string label;
  std::string_view rest = known;
  while (!rest.empty()) {
    const auto length = character(rest);
    if (length == 0 || is_control(rest, length)) {
      label += replacement;
    } else {
      label += rest.substr(0, length);
    }
    rest.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return label;
}

bool is_provisional(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  constexpr std::array<std::string_view, 3> endings{".tmp", ".part", ".filepart"};
  return name.starts_with('.') || std::ranges::any_of(endings, [&](std::string_view ending) {
           return lower.ends_with(ending);
         });
}

bool is_still_sent(std::string_view name) {
  return is_provisional(name) && !name.starts_with(going_prefix);
}

}  // namespace spool
