#include "forms/serial.hpp"

#include <array>
#include <cassert>

namespace forms {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t data_symbols = 9;
constexpr std::size_t symbols = data_symbols + 1;

/// Multiplication by the generator x of GF(32) = GF(2)[x] / (x^5 + x^2 + 1).
constexpr unsigned times_x(unsigned value) {
  value <<= 1U;
  return (value & 0x20U) != 0 ? value ^ 0x25U : value;
}

/// The weight of the check symbol is x^0, that of the data symbols from right to left x^1 to x^9:
/// ten different powers, none of them zero. A wrong symbol changes the sum by weight * difference,
/// two swapped ones by (weight - weight) * (symbol - symbol): never by nothing.
unsigned check_symbol(std::uint64_t number) {
  unsigned sum = 0;
  for (int i = data_symbols - 1; i >= 0; --i) {  // Horner's rule
    sum = times_x(sum) ^ static_cast<unsigned>((number >> (5U * static_cast<unsigned>(i))) & 31U);
  }
  return times_x(sum);
}

/// What an input method makes of a key: U+FF01-FF5E is ASCII again, and every stroke that
/// Japanese typists use for a hyphen is one.
char32_t folded(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) return c - 0xFF01 + U'!';
  constexpr std::u32string_view hyphens = U"‐‑‒–—―−ーｰ─";
  if (hyphens.find(c) != std::u32string_view::npos) return U'-';
  return c == U'\u3000' ? U' ' : c;
}

/// The next code point; U+FFFD for what is not UTF-8 of at most three bytes.
char32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(at++);
  if (first < 0x80) return first;
  const auto tail = [&] { return (byte(at) & 0xC0U) == 0x80 ? byte(at++) & 0x3FU : 0xFFU; };
  if ((first & 0xE0U) == 0xC0) {
    const unsigned second = tail();
    return second == 0xFF ? U'\uFFFD' : ((first & 0x1FU) << 6U) | second;
  }
  if ((first & 0xF0U) != 0xE0) return U'\uFFFD';
  const unsigned second = tail();
  const unsigned third = tail();
  if (second == 0xFF || third == 0xFF) return U'\uFFFD';
  return ((first & 0x0FU) << 12U) | (second << 6U) | third;
}

std::optional<unsigned> symbol_of(char32_t c) {
  if (c >= U'a' && c <= U'z') c -= U'a' - U'A';
  if (c == U'O') c = U'0';
  if (c == U'I' || c == U'L') c = U'1';
  if (c >= 0x80) return std::nullopt;
  const auto at = alphabet.find(static_cast<char>(c));
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(at);
}

}  // namespace

std::string to_text(Serial serial) {
  assert(serial.number < serial_limit);
  std::string text;
  for (int i = data_symbols - 1; i >= 0; --i) {
    text += alphabet[(serial.number >> (5U * static_cast<unsigned>(i))) & 31U];
    if (i == 4) text += '-';
  }
  return text + alphabet[check_symbol(serial.number)];
}

std::optional<Serial> parse_serial(std::string_view text) {
  std::uint64_t number = 0;
  std::size_t found = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = folded(next_code_point(text, at));
    if (c == U' ' || c == U'-' || c == U'\t' || c == U'\r' || c == U'\n') continue;
    const auto symbol = symbol_of(c);
    if (!symbol || found == symbols) return std::nullopt;
    if (found < data_symbols) {
      number = (number << 5U) | *symbol;
    } else if (*symbol != check_symbol(number)) {
      return std::nullopt;
    }
    ++found;
  }
  if (found != symbols) return std::nullopt;
  return Serial{number};
}

}  // namespace forms
