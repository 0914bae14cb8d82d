#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "forms/definition.hpp"
#include "ocr/layout.hpp"

/// A definition laid out on paper: pure geometry, no font and no image library. What is printed
/// and what is read come from the same call. Millimetres from the top left of an A4 page; the box
/// of a cell, a tick box or a text frame runs along the middle of its printed line.
namespace forms {

/// What print.cpp fills in from a Letterhead.
enum class Slot : std::uint8_t {
  none,
  serial,
  addressee,        ///< hospital and department, 御中
  hospital,         ///< the same as a sender
  hospital_doctor,  ///< 先生
  pathway_doctor,   ///< the same as a sender
  hospital_phone,
  hospital_address,
  fax_back,
  patient_name,
  patient_kana,
  patient_sex,
  patient_id,
  pathway,
  planned_visit,
  started_on,
  clinic,
  clinic_doctor,
  visit_due,  ///< pathway sheet: day of the planned visit `Text::index`
};

enum class Align : std::uint8_t { left, centre, right };

struct Text {
  ocr::Box box;  ///< one em high; as wide as the words, or what is reserved for a slot
  std::string words;
  Align align = Align::left;
  bool bold = false;
  Slot slot = Slot::none;
  int index = 0;
};

/// A filled disc: the decimal point.
struct Dot {
  ocr::Point centre;
  double diameter = 1;
};

/// What is printed on a page besides its rules, tags and anchors, which stand in the layout.
struct Drawing {
  std::vector<Text> texts;
  std::vector<Dot> dots;
};

struct Sheet {
  ocr::Layout layout;
  std::vector<Drawing> pages;
};

/// Fields that need more room than the paper has.
class DoesNotFit : public std::runtime_error {
public:
  DoesNotFit(std::size_t section_at, std::optional<std::size_t> row_at, const std::string& what)
      : std::runtime_error(what), section(section_at), row(row_at) {}
  std::size_t section;             ///< index in Definition::sections
  std::optional<std::size_t> row;  ///< index in Section::rows; none: the section as a whole
};

/// Throws DoesNotFit.
[[nodiscard]] Sheet compose(const Definition& definition);

/// SHA-256, in hex, over everything in the layout. Paper printed under one geometry must not be
/// read by another: a form whose hash changes needs a new version.
[[nodiscard]] std::string geometry_hash(const ocr::Layout& layout);

}  // namespace forms
