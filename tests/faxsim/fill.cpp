#include "tests/faxsim/fill.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace faxsim {
namespace {

constexpr const char* typed_face = "IPAexMincho";

/// What is being written where: handed down to each field.
struct Desk {
  Canvas& canvas;
  const Values& values;
  const Hand& hand;
  Habit habit;
};

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

template <class Map>
const std::string* lookup(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

const ocr::Option& option(const std::vector<ocr::Option>& options, const std::string& value,
                          const std::string& field) {
  for (const auto& each : options) {
    if (each.value == value) return each;
  }
  std::string known;
  for (const auto& each : options) known += (known.empty() ? "" : " ") + each.value;
  throw BadInput("field " + field + ": no option \"" + value + "\"; it has: " + known);
}

void mark(const Desk& desk, const ocr::Option& chosen, bool typed, Chance& chance) {
  if (chosen.mark == ocr::MarkStyle::circle) {
    Habit habit = desk.habit;
    if (typed) habit.pressure = 0;
    circle_word(desk.canvas, chosen.box, habit, chance);
  } else if (typed) {
    const bool filled = chance.happens(0.5);
    desk.canvas.text(
        filled ? "■" : "レ",
        {chosen.box.x - 1, chosen.box.y - 1, chosen.box.width + 2, chosen.box.height + 2},
        "IPAexGothic", chosen.box.height * 1.05, print_black, true);
  } else {
    const MarkShape shape =
        desk.values.mark == MarkShape::by_seed ? desk.habit.mark : desk.values.mark;
    tick_box(desk.canvas, chosen.box, shape, desk.habit, chance);
  }
}

/// Digits into cells, from the left; '-' leaves a cell empty.
void digits(const Desk& desk, const std::vector<ocr::Box>& cells, const std::string& written,
            bool typed, Chance& chance) {
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] == '-') continue;
    if (typed) {
      desk.canvas.text(std::string(1, written[i]), cells[i], typed_face,
                       std::min(cells[i].height * 0.62, cells[i].width * 0.95), print_black, true);
    } else {
      desk.hand.write(desk.canvas, written[i] - '0', cells[i], desk.habit, chance);
    }
  }
}

std::string right_aligned(const std::string& text, std::size_t cells, const std::string& field) {
  if (text.size() > cells || !std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || c == '-';
      })) {
    throw BadInput("field " + field + ": \"" + text + "\" does not fit " + std::to_string(cells) +
                   " digit cells");
  }
  return std::string(cells - text.size(), '-') + text;
}

/// One character a cell: "3.20" in four cells with the point after two is "-320".
std::string number_cells(const ocr::NumberField& number, const std::string& value,
                         const std::string& field) {
  const std::size_t count = number.cells.size();
  const std::size_t before =
      number.point_after > 0 ? static_cast<std::size_t>(number.point_after) : count;
  const auto point = value.find('.');
  const std::string whole = value.substr(0, point);
  std::string fraction = point == std::string::npos ? "" : value.substr(point + 1);
  if (fraction.size() > count - before) {
    throw BadInput("field " + field + ": \"" + value + "\" has more decimals than cells");
  }
  fraction.resize(count - before, '-');
  return right_aligned(whole, before, field) + right_aligned(fraction, count - before, field);
}

struct Era {
  const char* name;
  int year, month, day;  ///< its first day
};
constexpr std::array eras = {Era{"reiwa", 2019, 5, 1}, Era{"heisei", 1989, 1, 8},
                             Era{"showa", 1926, 12, 25}, Era{"taisho", 1912, 7, 30},
                             Era{"meiji", 1868, 1, 25}};

/// "1950-04-03", "2027-02" to digits of the era that the form offers.
WrittenDate to_written(const ocr::DateField& field, const std::string& value,
                       const std::string& name) {
  int year = 0, month = 0, day = 0;
  const auto take = [&](std::size_t at, std::size_t length, int& into) {
    if (value.size() < at + length) return false;
    const auto [end, fault] = std::from_chars(value.data() + at, value.data() + at + length, into);
    return fault == std::errc{} && end == value.data() + at + length;
  };
  const bool whole = value.size() == 10 && value[4] == '-' && value[7] == '-' && take(8, 2, day);
  if (!(whole || value.size() == 7) || !take(0, 4, year) || value[4] != '-' || !take(5, 2, month) ||
      whole == field.day.empty()) {
    throw BadInput("field " + name + ": \"" + value + "\" is no " +
                   (field.day.empty() ? "month (YYYY-MM)" : "date (YYYY-MM-DD)"));
  }
  const auto day_number = [](int y, int m, int d) { return (y * 100 + m) * 100 + d; };
  for (const Era& era : eras) {
    const bool offered = field.era.empty()
                             ? std::any_of(field.eras.begin(), field.eras.end(),
                                           [&](const auto& o) { return o.value == era.name; })
                             : field.era == era.name;
    const int last = day_number(year, month, whole ? day : 31);
    if (!offered || last < day_number(era.year, era.month, era.day)) continue;
    return {field.era.empty() ? era.name : "", std::to_string(year - era.year + 1),
            std::to_string(month), whole ? std::to_string(day) : ""};
  }
  throw BadInput("field " + name + ": the form has no era for " + value);
}

/// What stands in the cells of year, month and day, '-' for an empty one.
std::string date(const Desk& desk, const ocr::Field& field, const ocr::DateField& kind,
                 const WrittenDate& written, bool typed, Chance& chance) {
  if (!written.era.empty() && !kind.eras.empty()) {
    mark(desk, option(kind.eras, written.era, field.name), typed, chance);
  }
  std::string all;
  const auto part = [&](const std::vector<ocr::Box>& cells, std::string text) {
    if (cells.empty()) return;
    if (desk.habit.pads_zero && text.size() == 1) text = "0" + text;
    const std::string aligned = right_aligned(text, cells.size(), field.name);
    digits(desk, cells, aligned, typed, chance);
    all += aligned;
  };
  part(kind.year, written.year);
  part(kind.month, written.month);
  part(kind.day, written.day);
  return all;
}

void choice(const Desk& desk, const ocr::Field& field, const ocr::ChoiceField& kind,
            const std::vector<std::string>& values, bool typed, Chance& chance) {
  if (const auto* wrong = lookup(desk.values.cancelled, field.name)) {
    const auto& other = option(kind.options, *wrong, field.name);
    mark(desk, other, false, chance);
    strike_out(desk.canvas, other.box, desk.habit, chance);
  }
  for (const auto& value : values)
    mark(desk, option(kind.options, value, field.name), typed, chance);
  if (const auto* second = lookup(desk.values.two_marks, field.name)) {
    mark(desk, option(kind.options, *second, field.name), typed, chance);
  }
}

/// What stands in the cells; empty if it was struck out.
std::string number(const Desk& desk, const ocr::Field& field, const ocr::NumberField& kind,
                   const std::string& value, bool typed, Chance& chance) {
  const auto* wrong = lookup(desk.values.struck, field.name);
  if (wrong == nullptr) {
    std::string cells = number_cells(kind, value, field.name);
    digits(desk, kind.cells, cells, typed, chance);
    return cells;
  }
  // The wrong digits struck out, the right ones small above the cells.
  digits(desk, kind.cells, number_cells(kind, *wrong, field.name), typed, chance);
  const ocr::Box& first = kind.cells.front();
  const ocr::Box& last = kind.cells.back();
  strike_through(desk.canvas, {first.x, first.y, last.right() - first.x, first.height}, desk.habit,
                 chance);
  double x = last.x - 3.2 * static_cast<double>(value.size() - 1);
  for (const char c : value) {
    const ocr::Box place{x, first.y - 4.4, 3.2, 4.2};
    if (c == '.') {
      desk.canvas.stroke({{x + 1.6, first.y - 0.6}}, desk.habit.pen_mm, desk.habit.ink, 0, chance);
    } else {
      desk.hand.write(desk.canvas, c - '0', place, desk.habit, chance);
    }
    x += 3.2;
  }
  return "";
}

void text(const Desk& desk, const ocr::TextField& kind, const std::string& value, bool typed,
          Chance& chance) {
  const ocr::Box inside{kind.box.x + 1.2, kind.box.y + 0.8, kind.box.width - 2.4,
                        kind.box.height - 1.2};
  if (typed) {
    static constexpr std::array faces = {"IPAexMincho", "IPAexGothic", "Noto Serif CJK JP",
                                         "Noto Sans CJK JP"};
    desk.canvas.text(value, inside, chance.one_of(faces), chance.between(3.5, 4.2), print_black);
  } else {
    scribble(desk.canvas, value, inside, chance.between(4.2, 6), desk.hand, desk.habit, chance);
  }
}

void note_directives(const Values& values, const std::string& field, nlohmann::json& entry) {
  if (const auto* wrong = lookup(values.cancelled, field)) entry["cancelled"] = *wrong;
  if (const auto* second = lookup(values.two_marks, field)) entry["two_marks"] = *second;
  if (const auto* wrong = lookup(values.struck, field)) entry["struck"] = *wrong;
}

/// Writes one field. Each field has its own stream of chance: leaving one out moves no other.
void write_field(const Desk& desk, const ocr::Field& field, Chance chance, nlohmann::json& truth) {
  const auto dated = desk.values.dates.find(field.name);
  const auto given = desk.values.fields.find(field.name);
  const auto values =
      given == desk.values.fields.end() ? std::vector<std::string>{} : given->second;
  const bool typed = desk.values.typed || contains(desk.values.typed_fields, field.name);
  nlohmann::json& entry = truth[field.name];
  entry["values"] = values;
  entry["typed"] = typed;
  note_directives(desk.values, field.name, entry);
  if (const auto* kind = std::get_if<ocr::ChoiceField>(&field.kind)) {
    choice(desk, field, *kind, values, typed, chance);
  } else if (const auto* day = std::get_if<ocr::DateField>(&field.kind)) {
    if (dated == desk.values.dates.end() && values.empty()) return;
    const WrittenDate written =
        dated != desk.values.dates.end() ? dated->second : to_written(*day, values[0], field.name);
    entry["cells"] = date(desk, field, *day, written, typed, chance);
    entry["era"] = written.era;
  } else if (values.empty()) {
    return;
  } else if (const auto* cells = std::get_if<ocr::NumberField>(&field.kind)) {
    entry["cells"] = number(desk, field, *cells, values[0], typed, chance);
  } else if (const auto* prose = std::get_if<ocr::TextField>(&field.kind)) {
    text(desk, *prose, values[0], typed, chance);
  } else if (const auto* ink = std::get_if<ocr::InkField>(&field.kind)) {
    press_seal(desk.canvas, ink->box, desk.values.seal_name, desk.values.seal_colour, chance);
  }
}

bool meets(const ocr::Box& one, const ocr::Box& other) {
  return one.x < other.right() && other.x < one.right() && one.y < other.bottom() &&
         other.y < one.bottom();
}

/// Room for a note where nothing is printed and no answer is asked for; if there is none, over
/// print but over no tag and no field.
ocr::Box find_room(const Canvas& canvas, const ocr::PageLayout& page, double wanted_mm,
                   Chance& chance) {
  std::vector<ocr::Box> taken = page.tags;
  for (const auto& field : page.fields) {
    taken.push_back(field.box);
    if (const auto* text = std::get_if<ocr::TextField>(&field.kind)) taken.push_back(text->box);
    if (const auto* ink = std::get_if<ocr::InkField>(&field.kind)) taken.push_back(ink->box);
  }
  ocr::Box last{60, page.height - 22, page.width - 80, 12};
  // One line if it can be, else a narrower block of several.
  for (const double share : {1.0, 0.5, 0.34, 0.2}) {
    const double width = std::clamp(wanted_mm * share + 2, 12.0, 150.0);
    const double height = 6.2 * std::ceil(wanted_mm / width);
    for (int attempt = 0; attempt < 1500; ++attempt) {
      const ocr::Box room{chance.between(12, std::max(12.5, page.width - 12 - width)),
                          chance.between(12, std::max(12.5, page.height - 12 - height)), width,
                          height};
      const bool free = std::none_of(taken.begin(), taken.end(), [&](const ocr::Box& box) {
        return meets(room, {box.x - 3, box.y - 1, box.width + 6, box.height + 2});
      });
      if (!free) continue;
      if (canvas.is_empty(room)) return room;
      if (share == 1.0) last = room;
    }
  }
  return last;
}

void write_notes(const Desk& desk, const ocr::PageLayout& page, const Chance& chance,
                 nlohmann::json& truth) {
  std::uint64_t index = 0;
  for (const Note& note : desk.values.notes) {
    Chance own = chance.branch("note", index++);
    if (note.page != page.number) continue;
    const double size = own.between(3.8, 4.6);
    // Three bytes of UTF-8 a character.
    const double wanted = size * 1.15 * static_cast<double>(note.text.size()) / 3 + 3;
    const ocr::Box box = note.at
                             ? ocr::Box{note.at->x, note.at->y, page.width - note.at->x - 12, 24}
                             : find_room(desk.canvas, page, wanted, own);
    if (note.typed) {
      desk.canvas.text(note.text, box, typed_face, 3.9, print_black);
    } else {
      scribble(desk.canvas, note.text, box, size, desk.hand, desk.habit, own);
    }
    truth.push_back({{"text", note.text},
                     {"page", page.number},
                     {"box", {box.x, box.y, box.width, box.height}}});
  }
}

/// "tag2": the second tag; none if `name` is not `kind` and a number the page has.
std::optional<std::size_t> numbered(const std::string& name, const std::string& kind,
                                    std::size_t count) {
  if (!name.starts_with(kind)) return std::nullopt;
  std::size_t index = 0;
  const auto* end = name.data() + name.size();
  const auto [stop, fault] = std::from_chars(name.data() + kind.size(), end, index);
  if (fault != std::errc{} || stop != end || index < 1 || index > count) return std::nullopt;
  return index - 1;
}

void hide(Canvas& canvas, const ocr::PageLayout& page, const Values& values) {
  for (const auto& name : values.hide) {
    if (const auto tag = numbered(name, "tag", page.tags.size())) {
      const ocr::Box& box = page.tags[*tag];
      canvas.cover({box.x - 1, box.y - 1, box.width + 2, box.height + 2});
    } else if (const auto anchor = numbered(name, "anchor", page.anchors.size())) {
      const double side = page.anchor_size + 2;
      canvas.cover(
          {page.anchors[*anchor].x - side / 2, page.anchors[*anchor].y - side / 2, side, side});
    } else {
      throw BadInput("_hide: the page has no \"" + name + "\"");
    }
  }
  if (page.number != 1) return;
  for (const auto& box : values.cover) canvas.cover(box);
  for (const auto& box : values.blacken) canvas.fill_box(box, print_black);
}

}  // namespace

void check_names(const ocr::Layout& layout, const Values& values) {
  const auto check = [&](const std::string& name) {
    for (const auto& page : layout.pages) {
      for (const auto& field : page.fields) {
        if (field.name == name) return;
      }
    }
    throw BadInput("the form " + layout.form + " has no field \"" + name + "\"");
  };
  for (const auto& [name, unused] : values.fields) check(name);
  for (const auto& [name, unused] : values.dates) check(name);
  for (const auto& [name, unused] : values.cancelled) check(name);
  for (const auto& [name, unused] : values.two_marks) check(name);
  for (const auto& [name, unused] : values.struck) check(name);
  for (const auto& name : values.typed_fields) check(name);
}

void fill_page(Canvas& canvas, const ocr::PageLayout& page, const Values& values, const Hand& hand,
               const Habit& habit, const Chance& chance, nlohmann::json& truth) {
  Desk desk{canvas, values, hand, habit};
  if (values.pen_mm) desk.habit.pen_mm = *values.pen_mm;
  for (const auto& field : page.fields) {
    write_field(desk, field, chance.branch(field.name), truth["fields"]);
  }
  write_notes(desk, page, chance, truth["notes"]);
  Chance strays = chance.branch("stray", static_cast<std::uint64_t>(page.number));
  for (int i = 0; i < values.stray; ++i) stray_line(canvas, desk.habit, strays);
  hide(canvas, page, values);
}

}  // namespace faxsim
