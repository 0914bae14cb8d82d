#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

/// Where things stand on a printed form. Value types only: this header and
/// `ocr/reading.hpp` are all of the reading room that the other rooms see.
///
/// All lengths are millimetres from the top left corner of the printed page,
/// x to the right, y down.
namespace ocr {

struct Point {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;

  [[nodiscard]] double right() const { return x + width; }
  [[nodiscard]] double bottom() const { return y + height; }
  friend bool operator==(const Box&, const Box&) = default;
};

enum class MarkStyle : unsigned char {
  box,     ///< an empty square is printed; it is ticked, crossed, filled
  circle,  ///< a word is printed; it is circled. `Option::box` is the word's ink
};

struct Option {
  std::string value;
  Box box;
  MarkStyle mark = MarkStyle::box;
};

struct ChoiceField {
  std::vector<Option> options;
  bool several = false;  ///< more than one may be marked
};

/// One digit a cell, right-aligned; leading cells may stay empty.
struct NumberField {
  std::vector<Box> cells;
  int point_after = 0;  ///< a decimal point is printed after so many cells; 0: none
};

/// Year of era, month and day in digit cells. `day` is empty for a month.
struct DateField {
  std::string era;           ///< the one era that is printed; empty: one of `eras` is marked
  std::vector<Option> eras;  ///< values meiji, taisho, showa, heisei, reiwa
  std::vector<Box> year;
  std::vector<Box> month;
  std::vector<Box> day;
};

/// Free text, typed or written by hand.
struct TextField {
  Box box;
};

/// A place where only the presence of ink matters: a seal, a signature.
struct InkField {
  Box box;
};

struct Field {
  std::string name;
  Box box;  ///< all that belongs to the answer: cells, options, their words
  std::variant<ChoiceField, NumberField, DateField, TextField, InkField> kind;
};

/// A straight printed line, for alignment and for taking print away.
struct Rule {
  Point from;
  Point to;
  double width = 0.2;
};

/// Room for words that are known only when a copy is printed. They fill it from the left, or from
/// the right, as far as they reach: what stands well beyond them is no print.
struct Room {
  std::size_t print = 0;  ///< its place in PageLayout::print
  bool from_right = false;
};

struct PageLayout {
  int number = 1;
  double width = 210;
  double height = 297;
  std::vector<Box> tags;       ///< the QR codes, without their quiet zone
  std::vector<Point> anchors;  ///< centres of the anchor marks
  double anchor_size = 5;      ///< side of the filled square of an anchor
  std::vector<Box> serials;    ///< the printed serial beside each tag
  std::vector<Field> fields;
  std::vector<Rule> rules;  ///< every printed line, the frames of cells and boxes among them
  std::vector<Box> print;   ///< every printed word, label and picture, as tightly as known
  std::vector<Room> rooms;  ///< which of `print` are rooms
};

struct Layout {
  std::string form;
  int version = 1;
  std::vector<PageLayout> pages;
};

}  // namespace ocr
