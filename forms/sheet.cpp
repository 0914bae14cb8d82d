#include "forms/sheet.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "forms/era.hpp"
#include "forms/sheet_page.hpp"
#include "forms/text_width.hpp"

namespace forms {
namespace {

constexpr double cell_width = 6;
constexpr double cell_height = 8;
constexpr double cell_gap = 1;
constexpr double point_gap = 3.2;  ///< between the cells left and right of the decimal point
constexpr double box_size = 4.5;
constexpr double large_box_size = 5.5;
constexpr double label_size = 3.2;
constexpr double option_size = 3.1;
constexpr double pad = 2.2;  ///< between a field and the frame or separator beside it
constexpr double label_gap = 3;
constexpr double title_height = 5.2;
constexpr double least_section_gap = 1.6;

/// Collects what belongs to one field's answer while it is put on the page, from left to right.
class FieldPen {
public:
  /// `row` is the whole height of the row; answers stand in its middle.
  FieldPen(SheetPage& page, double start, const ocr::Box& row)
      : x(start), page_(page), row_(row), start_(start) {}

  double x;            ///< where the next thing goes
  double stretch = 0;  ///< more room between options than they need

  ocr::Box word(const std::string& text, double size, bool bold = false) {
    const auto ink = page_.words(x, middle() - size / 2, size, text, bold);
    x += text_width(text, size);
    return ink;
  }

  std::vector<ocr::Box> cells(int count) {
    std::vector<ocr::Box> boxes;
    for (int i = 0; i < count; ++i) {
      if (i > 0) x += cell_gap;
      boxes.push_back(
          page_.frame({x, middle() - cell_height / 2, cell_width, cell_height}, clear_thin));
      x += cell_width;
    }
    return boxes;
  }

  ocr::Box square(double side) {
    const auto box = page_.frame({x, middle() - side / 2, side, side}, 0.3);
    x += side;
    return box;
  }

  void point() {
    page_.dot({x + point_gap / 2, middle() + cell_height / 2 - 0.9}, 1.1);
    x += point_gap;
  }

  /// Everything from the first to the last thing, and the row above and below it: nothing else
  /// stands there, so a mark that leaves its box is still this field's.
  [[nodiscard]] ocr::Box reach() const {
    return {start_ - 1.2, row_.y + 0.3, x - start_ + 2.4, row_.height - 0.6};
  }
  [[nodiscard]] double middle() const { return row_.y + row_.height / 2; }
  [[nodiscard]] const ocr::Box& row() const { return row_; }
  [[nodiscard]] SheetPage& page() { return page_; }

private:
  SheetPage& page_;
  ocr::Box row_;
  double start_;
};

ocr::ChoiceField put_choice(FieldPen& pen, const FieldDefinition& field) {
  ocr::ChoiceField choice;
  choice.several = field.several;
  const double size = field.large ? 4.4 : option_size;
  double gap = field.large ? 12 : 4;
  if (field.mark == ocr::MarkStyle::circle) gap = 7;
  for (const auto& option : field.options) {
    if (!choice.options.empty()) pen.x += gap + pen.stretch;
    if (field.mark == ocr::MarkStyle::circle) {
      choice.options.push_back({option.value, pen.word(option.words.ja, 3.6), field.mark});
      continue;
    }
    const auto box = pen.square(field.large ? large_box_size : box_size);
    pen.x += 1.3;
    pen.word(option.words.ja, size, field.large);
    choice.options.push_back({option.value, box, field.mark});
  }
  return choice;
}

ocr::NumberField put_number(FieldPen& pen, const FieldDefinition& field) {
  ocr::NumberField number;
  number.cells = pen.cells(field.digits_before);
  if (field.digits_after > 0) {
    pen.point();
    number.point_after = field.digits_before;
    const auto after = pen.cells(field.digits_after);
    number.cells.insert(number.cells.end(), after.begin(), after.end());
  }
  if (!field.unit.empty()) {
    pen.x += 1.2;
    pen.word(field.unit, option_size);
  }
  return number;
}

ocr::DateField put_date(FieldPen& pen, const FieldDefinition& field) {
  constexpr double size = 3.6;
  ocr::DateField date;
  date.era = field.era;
  if (field.eras.empty()) {
    pen.word(std::string(find_era(field.era)->kanji), size);
    pen.x += 1.2;
  } else {
    pen.x += 2;  // room for a circle round the first
    for (const auto& era : field.eras) {
      date.eras.push_back({era.value, pen.word(era.words.ja, size), ocr::MarkStyle::circle});
      pen.x += 6 + pen.stretch;
    }
  }
  const auto part = [&](const std::string& after) {
    auto cells = pen.cells(2);
    pen.x += 1;
    pen.word(after, option_size);
    return cells;
  };
  date.year = part("年");
  pen.x += 1.2;
  date.month = part("月");
  if (field.kind == FieldKind::month) return date;
  pen.x += 1.2;
  date.day = part("日");
  return date;
}

/// Puts the answer at the pen; what is read there.
ocr::Field put_answer(FieldPen& pen, const FieldDefinition& field) {
  ocr::Field read;
  read.name = field.name;
  switch (field.kind) {
    case FieldKind::choice: read.kind = put_choice(pen, field); break;
    case FieldKind::number: read.kind = put_number(pen, field); break;
    case FieldKind::date:
    case FieldKind::month: read.kind = put_date(pen, field); break;
    case FieldKind::ink: {
      const ocr::Box box{pen.x, pen.middle() - field.height / 2, field.width, field.height};
      read.kind = ocr::InkField{pen.page().frame(box)};
      pen.x += field.width;
      break;
    }
    case FieldKind::text: break;  // put_text
  }
  read.box = pen.reach();
  return read;
}

/// A text field has a row of its own: its label above, its frame below.
void put_text(SheetPage& page, const FieldDefinition& field, const ocr::Box& row) {
  page.words(row.x + pad, row.y + 1, label_size, field.label.ja);
  const double width = field.width > 0 ? field.width : row.width - 2 * pad;
  const auto box =
      page.frame({row.x + pad, row.bottom() - 1.6 - field.height, width, field.height}, clear_thin);
  ocr::Field read;
  read.name = field.name;
  read.box = {box.x - 1.2, box.y - 1.2, box.width + 2.4, box.height + 2.4};
  read.kind = ocr::TextField{box};
  page.field(std::move(read));
}

double answer_width(const FieldDefinition& field) {
  SheetPage scratch(1);
  FieldPen pen(scratch, 0, {0, 0, 0, 0});
  put_answer(pen, field);
  return pen.x;
}

double row_height(const std::vector<const FieldDefinition*>& row) {
  double height = 0;
  for (const auto* field : row) {
    switch (field->kind) {
      case FieldKind::choice:
        height = std::max(height, field->mark == ocr::MarkStyle::circle ? 10.4 : 8.0);
        break;
      case FieldKind::number:
      case FieldKind::date:
      case FieldKind::month: height = std::max(height, cell_height + 2.4); break;
      case FieldKind::text: height = std::max(height, field->height + 7.4); break;
      case FieldKind::ink: height = std::max(height, field->height + 2); break;
    }
    if (field->large) height = std::max(height, 10.4);
  }
  return height;
}

/// A section whose fields are looked up, with the widths that its columns share.
class Body {
public:
  Body(const Definition& definition, std::size_t index)
      : section_(definition.sections.at(index)), index_(index) {
    for (const auto& names : section_.rows) {
      auto& row = rows_.emplace_back();
      for (const auto& name : names) row.push_back(definition.find(name));
      if (row.size() > 1 && has_text(row))
        fail(rows_.size() - 1, "a text field needs a row of its own");
    }
    for (const auto& row : rows_) first_label_ = std::max(first_label_, label_of(*row.front()));
    for (std::size_t i = 0; i < rows_.size(); ++i) plan(i);
  }

  [[nodiscard]] std::size_t rows() const { return rows_.size(); }

  /// `more` is added to every row that holds no text.
  [[nodiscard]] double height(double more) const {
    double height = title_height;
    for (const auto& row : rows_) height += row_height(row) + (has_text(row) ? 0 : more);
    return height;
  }

  void put(SheetPage& page, double top, double more) const {
    page.words(page_left, top + 0.9, 3.4, "■ " + section_.title.ja, true);
    const ocr::Box frame{page_left, top + title_height, page_right - page_left,
                         height(more) - title_height};
    page.frame(frame, section_.deviation ? heavy : 0.35);
    double y = frame.y;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const double tall = row_height(rows_[i]) + (has_text(rows_[i]) ? 0 : more);
      if (i > 0) page.line({frame.x, y}, {frame.right(), y});
      put_row(page, i, {frame.x, y, frame.width, tall});
      y += tall;
    }
  }

  /// What stands in the way of the section: for the message.
  [[nodiscard]] std::size_t index() const { return index_; }

private:
  using Row = std::vector<const FieldDefinition*>;

  struct Column {
    double x = 0;      ///< from the left of the frame
    double label = 0;  ///< width of the label, gap included
    double stretch = 0;
  };

  static bool has_text(const Row& row) {
    return std::any_of(row.begin(), row.end(),
                       [](const auto* field) { return field->kind == FieldKind::text; });
  }
  static double label_of(const FieldDefinition& field) {
    return field.kind == FieldKind::text
               ? 0
               : text_width(field.label.ja, field.large ? 4 : label_size) + label_gap;
  }
  [[noreturn]] void fail(std::size_t row, const std::string& what) const {
    throw DoesNotFit(index_, row, what);
  }

  /// Options stand as far apart as the column allows, so that a tick that leaves its box does
  /// not reach the next.
  static double stretch_of(const FieldDefinition& field, double spare) {
    if (!field.eras.empty()) {
      return std::clamp(spare / static_cast<double>(field.eras.size()), 0.0, 2.0);
    }
    if (field.options.size() < 2) return 0;
    return std::clamp(spare / static_cast<double>(field.options.size()), 0.0, 8.0);
  }

  /// Equal columns if every field fits into one; else each as wide as it must be, the rest
  /// shared among them.
  void plan(std::size_t at) {
    const Row& row = rows_[at];
    auto& columns = columns_.emplace_back(row.size());
    if (has_text(row)) return;
    constexpr double whole = page_right - page_left;
    const double equal = whole / static_cast<double>(row.size());
    bool fits = true;
    double natural = 0;
    std::vector<double> widths;
    for (std::size_t i = 0; i < row.size(); ++i) {
      columns[i].label = i == 0 ? first_label_ : shared_label(row.size(), i);
      const double answer = answer_width(*row[i]);
      fits = fits && columns[i].label + answer + 2 * pad <= equal;
      columns[i].x = equal * static_cast<double>(i);
      columns[i].stretch = stretch_of(*row[i], equal - columns[i].label - answer - 2 * pad);
      widths.push_back(label_of(*row[i]) + answer + 2 * pad);
      natural += widths.back();
    }
    if (fits) return;
    // The first label keeps the section's width if there is room for that.
    const double wish = first_label_ - label_of(*row[0]);
    const bool aligned = natural + wish <= whole;
    if (aligned) {
      widths[0] += wish;
      natural += wish;
    }
    if (natural > whole + 0.005) {
      fail(at, fmt::format("the row is {:.1f} mm wider than the page's {:.0f} mm", natural - whole,
                           whole));
    }
    double x = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const double spare = (whole - natural) / static_cast<double>(row.size());
      columns[i] = {x, i == 0 && aligned ? first_label_ : label_of(*row[i]),
                    stretch_of(*row[i], spare)};
      x += widths[i] + spare;
    }
  }

  /// The widest label at this place in the rows that have as many fields.
  [[nodiscard]] double shared_label(std::size_t fields, std::size_t at) const {
    double width = 0;
    for (const auto& row : rows_) {
      if (row.size() == fields) width = std::max(width, label_of(*row[at]));
    }
    return width;
  }

  void put_row(SheetPage& page, std::size_t at, const ocr::Box& box) const {
    const Row& row = rows_[at];
    if (has_text(row)) {
      put_text(page, *row.front(), box);
      return;
    }
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto& column = columns_[at][i];
      const double left = box.x + column.x;
      if (i > 0) page.line({left, box.y}, {left, box.bottom()});
      const double size = row[i]->large ? 4 : label_size;
      page.words(left + pad, box.y + (box.height - size) / 2, size, row[i]->label.ja,
                 row[i]->large);
      FieldPen pen(page, left + pad + column.label, box);
      pen.stretch = column.stretch;
      page.field(put_answer(pen, *row[i]));
    }
  }

  const Section& section_;
  std::size_t index_;
  std::vector<Row> rows_;
  std::vector<std::vector<Column>> columns_;
  double first_label_ = 0;
};

/// Sections that stand on one page, and how much air is left to share among their rows.
struct Spread {
  std::vector<const Body*> bodies;
  double used = 0;
};

std::vector<Spread> distribute(const std::vector<Body>& bodies, double room) {
  std::vector<Spread> pages(1);
  for (const auto& body : bodies) {
    const double height = body.height(0);
    if (height > room) {
      throw DoesNotFit(body.index(), std::nullopt,
                       fmt::format("the section is {:.1f} mm too high for a page", height - room));
    }
    const double gap = pages.back().bodies.empty() ? 0 : least_section_gap;
    if (pages.back().used + gap + height > room) pages.emplace_back();
    auto& page = pages.back();
    page.used += (page.bodies.empty() ? 0 : least_section_gap) + height;
    page.bodies.push_back(&body);
  }
  return pages;
}

void put_spread(SheetPage& page, const Spread& spread, double top, double room) {
  std::size_t rows = 0;
  for (const auto* body : spread.bodies) rows += body->rows();
  const double spare = room - spread.used;
  const double more = std::min(1.2, 0.7 * spare / static_cast<double>(rows));
  const double gap =
      least_section_gap + std::min(1.4, 0.3 * spare / static_cast<double>(spread.bodies.size()));
  for (const auto* body : spread.bodies) {
    body->put(page, top, more);
    top += body->height(more) + gap;
  }
}

}  // namespace

Sheet compose(const Definition& definition) {
  if (definition.sheet) return compose_pathway_sheet(definition);
  std::vector<Body> bodies;
  for (std::size_t i = 0; i < definition.sections.size(); ++i) bodies.emplace_back(definition, i);
  SheetPage scratch(1);
  const double top = furnish(scratch, definition, 1);
  const double room = body_bottom - top;
  const auto spreads = distribute(bodies, room);

  Sheet sheet;
  sheet.layout.form = definition.form;
  sheet.layout.version = definition.version;
  for (std::size_t i = 0; i < spreads.size(); ++i) {
    SheetPage page(static_cast<int>(i) + 1);
    furnish(page, definition, static_cast<int>(spreads.size()));
    put_spread(page, spreads[i], top, room);
    sheet.layout.pages.push_back(std::move(page.layout));
    sheet.pages.push_back(std::move(page.drawing));
  }
  return sheet;
}

}  // namespace forms
