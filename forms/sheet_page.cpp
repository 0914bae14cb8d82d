#include "forms/sheet_page.hpp"

#include <fmt/format.h>

#include <cmath>

#include "forms/text_width.hpp"

namespace forms {
namespace {

constexpr double tag_size = 25;  ///< 29 modules of 0.86 mm: 3.3 scan lines each at 98 lines an inch
constexpr double anchor_size = 5;

/// Ink of a Japanese character reaches from 0.05 to 0.96 em below the top, a Latin g to 1.08.
ocr::Box ink_of(const ocr::Box& em) {
  return {em.x, em.y + 0.03 * em.height, em.width, 1.05 * em.height};
}

}  // namespace

double rounded(double millimetres) {
  return std::round(millimetres * 100) / 100;
}

ocr::Box rounded(const ocr::Box& box) {
  return {rounded(box.x), rounded(box.y), rounded(box.width), rounded(box.height)};
}

SheetPage::SheetPage(int number) {
  layout.number = number;
  layout.anchor_size = anchor_size;
}

void SheetPage::line(ocr::Point from, ocr::Point to, double width) {
  layout.rules.push_back(
      {{rounded(from.x), rounded(from.y)}, {rounded(to.x), rounded(to.y)}, width});
}

ocr::Box SheetPage::frame(const ocr::Box& box, double width) {
  const ocr::Box at = rounded(box);
  line({at.x, at.y}, {at.right(), at.y}, width);
  line({at.right(), at.y}, {at.right(), at.bottom()}, width);
  line({at.right(), at.bottom()}, {at.x, at.bottom()}, width);
  line({at.x, at.bottom()}, {at.x, at.y}, width);
  return at;
}

ocr::Box SheetPage::words(double x, double y, double size, const std::string& words, bool bold) {
  Text text;
  text.box = rounded({x, y, text_width(words, size), size});
  text.words = words;
  text.bold = bold;
  drawing.texts.push_back(text);
  layout.print.push_back(rounded(ink_of(text.box)));
  return layout.print.back();
}

ocr::Box SheetPage::centred(const ocr::Box& box, double size, const std::string& text, bool bold) {
  return words(box.x + (box.width - text_width(text, size)) / 2, box.y + (box.height - size) / 2,
               size, text, bold);
}

void SheetPage::slot(const ocr::Box& box, Slot slot, Align align, bool bold, int index) {
  Text text;
  text.box = rounded(box);
  text.align = align;
  text.bold = bold;
  text.slot = slot;
  text.index = index;
  drawing.texts.push_back(text);
  layout.print.push_back(rounded(ink_of(text.box)));
  if (align != Align::centre && slot != Slot::serial) {
    layout.rooms.push_back({layout.print.size() - 1, align == Align::right});
  }
}

void SheetPage::dot(ocr::Point centre, double diameter) {
  drawing.dots.push_back({{rounded(centre.x), rounded(centre.y)}, diameter});
  layout.print.push_back(
      rounded(ocr::Box{centre.x - diameter / 2, centre.y - diameter / 2, diameter, diameter}));
}

void SheetPage::field(ocr::Field field) {
  field.box = rounded(field.box);
  layout.fields.push_back(std::move(field));
}

void SheetPage::tag(const ocr::Box& box, const ocr::Box& serial) {
  layout.tags.push_back(box);
  layout.print.push_back(box);
  layout.serials.push_back(serial);
  slot(serial, Slot::serial);
}

namespace {

void put_corners(SheetPage& page) {
  page.layout.anchors = {{14.5, 14.5}, {195.5, 14.5}, {14.5, 282.5}, {195.5, 282.5}};
  for (const auto& at : page.layout.anchors) {
    page.layout.print.push_back(
        {at.x - anchor_size / 2, at.y - anchor_size / 2, anchor_size, anchor_size});
  }
  // Both keep four modules (3.45 mm) free around them.
  page.tag({164, 12, tag_size, tag_size}, {160, 41.2, 33, 4.6});
  page.tag({21, 260, tag_size, tag_size}, {50.5, 262, 33, 4.6});
}

/// A labelled cell of the heading's table.
struct HeadCell {
  double x;
  double y;
  double width;
  double height;
  std::string label;
  double label_width;
};

void put_head_cell(SheetPage& page, const HeadCell& cell) {
  constexpr double size = 2.8;
  page.words(cell.x + 1.2, cell.y + (cell.height - size) / 2, size, cell.label);
  const double at = cell.x + cell.label_width;
  page.line({at, cell.y}, {at, cell.y + cell.height});
  if (cell.x > page_left) page.line({cell.x, cell.y}, {cell.x, cell.y + cell.height});
}

/// Who is meant: patient, clinic, pathway. No date of birth: the clinic writes it.
void put_identity(SheetPage& page, double top) {
  constexpr double width = 145;
  constexpr double first = 8;
  constexpr double other = 5.6;
  page.frame({page_left, top, width, first + 2 * other}, 0.3);
  page.line({page_left, top + first}, {page_left + width, top + first});
  page.line({page_left, top + first + other}, {page_left + width, top + first + other});

  put_head_cell(page, {page_left, top, 0, first, "患者氏名", 15});
  page.slot({28.5, top + 0.7, 58, 2.2}, Slot::patient_kana);
  page.slot({28.5, top + 3.2, 58, 4.2}, Slot::patient_name);
  put_head_cell(page, {88, top, 0, first, "性別", 9});
  page.slot({98.5, top + 2.2, 8, 3.6}, Slot::patient_sex, Align::centre);
  put_head_cell(page, {108, top, 0, first, "患者ID", 13});
  page.slot({122.5, top + 2.2, 33, 3.6}, Slot::patient_id);

  const double second = top + first;
  put_head_cell(page, {page_left, second, 0, other, "連携医療機関", 20});
  page.slot({33.5, second + 1.1, 63, 3.4}, Slot::clinic);
  put_head_cell(page, {98, second, 0, other, "担当医", 11});
  page.slot({110.5, second + 1.1, 45, 3.4}, Slot::clinic_doctor);

  const double third = second + other;
  put_head_cell(page, {page_left, third, 0, other, "連携パス番号", 20});
  page.slot({33.5, third + 1.1, 48, 3.4}, Slot::pathway);
}

void put_heading(SheetPage& page, const Definition& definition) {
  const std::string title =
      fmt::format("{}（{}）", definition.title.ja, definition.disease_words.ja);
  const double size = std::min(5.4, 5.4 * 136 / text_width(title, 5.4));
  page.words(22, 12.2, size, title, true);
  page.words(22, 18.9, 2.4,
             fmt::format("{}: {}", definition.title.en, definition.disease_words.en));
  page.slot({page_left, 22.8, 100, 4.4}, definition.sheet ? Slot::hospital : Slot::addressee);
  page.slot({115, 23.1, 42, 3.8}, definition.sheet ? Slot::pathway_doctor : Slot::hospital_doctor,
            Align::right);
}

void put_foot(SheetPage& page, const Definition& definition, int pages) {
  constexpr double foot = 98;
  page.words(50.5, 258.6, 2.4, "用紙番号");
  page.words(50.5, 282, 2.4,
             fmt::format("{} 第{}版 {}/{}頁", definition.form, definition.version,
                         page.layout.number, pages));
  if (!definition.sheet) {
    page.words(foot, 259.4, 3, "ご記入後、下記へFAXまたは郵送でお送りください。");
    page.slot({foot, 263.6, 90, 6.2}, Slot::fax_back, Align::left, true);
  } else {
    page.words(foot, 267.6, 2.7, "お問い合わせ先");
  }
  page.slot({foot, 272, 90, 3.6}, definition.sheet ? Slot::hospital : Slot::addressee);
  page.slot({foot, 277, 90, 2.8}, Slot::hospital_address);
  page.slot({foot, 281, 90, 2.8}, Slot::hospital_phone);
}

}  // namespace

double furnish(SheetPage& page, const Definition& definition, int pages) {
  put_corners(page);
  put_heading(page, definition);
  put_identity(page, 28.4);
  put_foot(page, definition, pages);
  constexpr double third_row = 28.4 + 8 + 5.6;
  if (definition.sheet) {
    put_head_cell(page, {83, third_row, 0, 5.6, "パス開始日", 17});
    page.slot({101.5, third_row + 1.1, 54, 3.4}, Slot::started_on);
    return 50;
  }
  put_head_cell(page, {83, third_row, 0, 5.6, "受診予定日", 17});
  page.slot({101.5, third_row + 1.1, 54, 3.4}, Slot::planned_visit);
  page.words(page_left, 49, 2.7,
             "【記入方法】□にはレ点を付け、元号は該当する語を○で囲んでください。数字は１枠に１字、"
             "右詰めとし、"
             "小数点以下は０も省かずお書きください。");
  page.words(page_left, 52.6, 2.7,
             "訂正は二重線で消してください。生年月日はご本人の確認に用いますので必ずご記入ください"
             "。ご連絡は備考欄にお願いいたします。");
  return 57;
}

}  // namespace forms
