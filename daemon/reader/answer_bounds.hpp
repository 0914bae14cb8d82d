#pragma once

#include <cstddef>
#include <cstdint>

/// What an answer may hold at most. Wide enough for every honest page, narrow enough that a hostile
/// answer costs the service little.
namespace reader::bounds {

inline constexpr std::size_t pages = 1000;    // ocr::Limits says 200
inline constexpr std::size_t codes = 32;      // different QR codes on one page
inline constexpr std::size_t code = 2953;     // bytes: a QR code of version 40-L
inline constexpr std::size_t readings = 500;  // fields of a page; a form has about 40
inline constexpr std::size_t marks = 64;
inline constexpr std::size_t cells = 64;
inline constexpr std::size_t field_words = 5'000;
inline constexpr std::size_t page_words = 20'000;  // a dense A4 has about 2,000
inline constexpr std::size_t notes = 2'000;

inline constexpr std::size_t name = 64;     // bytes: fields, values, forms
inline constexpr std::size_t word = 400;    // bytes
inline constexpr std::size_t detail = 500;  // bytes

inline constexpr std::int64_t pixels = 200'000;  // a side
inline constexpr double dpi = 20'000;
inline constexpr double page_mm = 2'000;    // a side: boxes lie within it
inline constexpr double margin_mm = 100;    // an aligned sheet may lie so far outside its picture
inline constexpr double coefficient = 1e7;  // of a Transform

}  // namespace reader::bounds
