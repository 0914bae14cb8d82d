#include <fmt/format.h>

#include <string_view>

#include "forms/canvas.hpp"
#include "forms/filled_form.hpp"
#include "forms/print.hpp"
#include "forms/print_page.hpp"
#include "forms/text_width.hpp"

/// The letter that asks a clinic for reports that have not come (ご提出のお願い), with fresh forms
/// behind it.
namespace forms {
namespace {

constexpr double left = 25;
constexpr double right = 185;
constexpr double size = 4;
constexpr double line_height = 6.6;
constexpr double row_height = 7;
constexpr double bottom = 280;  ///< of the last line

struct Column {
  double x;
  const char* words;
};
constexpr Column columns[] = {
    {25, "患者氏名"}, {73, "患者ID"}, {103, "疾患"}, {129, "受診予定日"}, {166, "開始後"}};
constexpr double column_gap = 1.5;

/// Bytes of the UTF-8 character that begins with `first`.
std::size_t bytes_of(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte < 0x80) return 1;
  return byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// Lines as full as they can be; 、 and 。 never begin one: they hang at the end of the one before.
std::vector<std::string> lines_of(std::string_view words, double width) {
  std::vector<std::string> lines(1);
  while (!words.empty()) {
    const auto character = words.substr(0, bytes_of(words.front()));
    const bool hangs = character == "、" || character == "。";
    if (!hangs && text_width(lines.back() + std::string(character), size) > width)
      lines.emplace_back();
    lines.back() += character;
    words.remove_prefix(character.size());
  }
  return lines;
}

/// One page after the other, from top to bottom.
class Letter {
public:
  Letter(Canvas& canvas, const Reminder& reminder) : canvas_(canvas), reminder_(reminder) {}

  void draw() {
    heading();
    title();
    body();
    table();
    closing();
    canvas_.end_page();
  }

private:
  void put(double x, double width, const std::string& words, Align align = Align::left,
           double em = size, bool bold = false) {
    Text text;
    text.box = {x, y_, width, em};
    text.align = align;
    text.bold = bold;
    text.slot = Slot::clinic;  // condensed only if it is too wide
    canvas_.text(text, words);
  }
  void put_line(const std::string& words) {
    make_room(line_height);
    put(left, right - left, words);
    y_ += line_height;
  }
  void paragraph(const std::string& words) {
    for (const auto& line : lines_of(words, right - left - size)) put_line(line);
  }
  void make_room(double height) {
    if (y_ + height <= bottom) return;
    canvas_.end_page();
    y_ = 25;
  }

  void heading() {
    const auto& head = reminder_.head;
    put(left, right - left, japanese_date(reminder_.on), Align::right);
    y_ += 2 * line_height;
    put(left, 110, head.clinic, Align::left, 4.6);
    y_ += line_height;
    if (!head.clinic_doctor.empty()) {
      put(left, 110, head.clinic_doctor + "　先生　御机下", Align::left, 4.6);
    } else {
      put(left, 110, "ご担当医　先生　御机下", Align::left, 4.6);
    }
    y_ += 2 * line_height;
    for (const auto& words : {head.hospital, head.department, head.address,
                              head.phone.empty() ? "" : "TEL　" + head.phone,
                              head.fax.empty() ? "" : "FAX　" + head.fax}) {
      if (words.empty()) continue;
      put(105, right - 105, words, Align::right, 3.8);
      y_ += 5.4;
    }
    y_ += 0.8 * line_height;
  }

  void title() {
    put(left, right - left, "診療経過報告書ご提出のお願い", Align::centre, 5.6, true);
    y_ += 1.8 * line_height;
  }

  void body() {
    put_line("拝啓　時下ますますご清栄のこととお慶び申し上げます。");
    paragraph(
        "　平素より、がん地域連携パスの運用につきまして格別のご高配を賜り、厚く御礼申し上げます。");
    paragraph(
        "　さて、貴院にご診療をお願いしております下記の患者様につきまして、受診予定日を過ぎた診療経"
        "過報告書のご到着を、本日現在確認できておりません。ご多用のところ誠に恐れ入りますが、別紙の"
        "報告書用紙にご記入のうえ、FAXまたは郵送にてお送りくださいますようお願い申し上げます。");
    paragraph(
        "　ご来院が途絶えている、他院へ転院された、パスの継続が困難であるなどの場合は、報告書の転帰"
        "欄または備考欄にその旨をご記入いただけますと幸いに存じます。");
    paragraph("　なお、本状と行き違いにお送りいただいております場合は、何とぞご容赦ください。");
    put(left, right - left, "敬具", Align::right);
    y_ += 1.5 * line_height;
    put(left, right - left, "記", Align::centre);
    y_ += 1.4 * line_height;
  }

  void rule(double y, double width = 0.2) { canvas_.line({{left, y}, {right, y}, width}); }

  void table_head() {
    rule(y_, 0.35);
    y_ += (row_height - 3.4) / 2;
    for (const auto& column : columns)
      put(column.x + column_gap, 40, column.words, Align::left, 3.4);
    y_ += (row_height + 3.4) / 2;
    rule(y_, 0.35);
  }

  void table() {
    table_head();
    for (const auto& visit : reminder_.visits) {
      if (y_ + row_height > bottom) {
        make_room(bottom);
        table_head();
      }
      row(visit);
    }
    y_ += line_height;
  }

  void row(const ReminderVisit& visit) {
    const std::string cells[] = {visit.patient_name + "　様", visit.patient_id, visit.disease,
                                 japanese_date(visit.due), since_start(visit.month)};
    y_ += (row_height - 3.8) / 2;
    for (std::size_t i = 0; i < std::size(columns); ++i) {
      const double end = i + 1 < std::size(columns) ? columns[i + 1].x : right;
      put(columns[i].x + column_gap, end - columns[i].x - 2 * column_gap, cells[i], Align::left,
          3.8);
    }
    y_ += (row_height + 3.8) / 2;
    rule(y_);
  }

  void closing() {
    make_room(3 * line_height);
    put_line(fmt::format("別紙：診療経過報告書用紙　{}部", reminder_.visits.size()));
    put_line("ご不明の点は、上記の連絡先までお問い合わせくださいますようお願いいたします。");
    put(left, right - left, "以上", Align::right);
  }

  Canvas& canvas_;
  const Reminder& reminder_;
  double y_ = 18;
};

}  // namespace

void print_reminder(const Reminder& reminder, const std::vector<FormCopy>& copies,
                    const TagKeys& keys, const std::filesystem::path& out) {
  Canvas canvas(out, "診療経過報告書ご提出のお願い");
  Letter(canvas, reminder).draw();
  for (const auto& [form, copy] : copies) {
    const Sheet sheet = compose(form->definition);
    draw_form(canvas, {form->definition, sheet}, copy, keys);
  }
  canvas.finish();
}

}  // namespace forms
