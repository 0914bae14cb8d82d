#include "ocr/fields.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "ocr/ink_fields.hpp"
#include "ocr/rewritten.hpp"
#include "ocr/stopwatch.hpp"

namespace ocr {
namespace {

/// The choices of a page wait until all have been looked at: the hand is the same in each.
class ChoiceBatch {
public:
  void add(const std::vector<Option>& options, std::vector<MarkInk> inks, Reading* reading) {
    choices_.push_back({&options, reading});
    inks_.push_back(std::move(inks));
  }

  void settle() const {
    const MarkHabit habit = habit_of(inks_);
    for (std::size_t i = 0; i < choices_.size(); ++i) {
      choices_[i].reading->marks = judge_marks(*choices_[i].options, inks_[i], habit);
    }
  }

private:
  struct Choice {
    const std::vector<Option>* options;
    Reading* reading;
  };
  std::vector<Choice> choices_;
  std::vector<std::vector<MarkInk>> inks_;
};

/// Reads one field of each kind; choices and digit cells wait in their batches.
class FieldReader {
public:
  FieldReader(const Sheet& sheet, const PrintedPage& printed, const LooksTyped& looks_typed,
              ChoiceBatch& choices, CellBatch& batch, std::vector<CellRow>& rows,
              std::vector<Box>& strays, FieldTimes& times)
      : sheet_(sheet),
        printed_(printed),
        looks_typed_(looks_typed),
        choices_(choices),
        batch_(batch),
        rows_(rows),
        strays_(strays),
        times_(times) {}

  void operator()(const ChoiceField& kind, Reading& reading) const {
    read_marks(kind.options, reading);
  }

  void operator()(const NumberField& kind, Reading& reading) const {
    reading.cells.resize(kind.cells.size());
    read_cells(kind.cells, reading, 0);
  }

  void operator()(const DateField& kind, Reading& reading) const {
    read_marks(kind.eras, reading);
    reading.cells.resize(kind.year.size() + kind.month.size() + kind.day.size());
    read_cells(kind.year, reading, 0);
    read_cells(kind.month, reading, kind.year.size());
    read_cells(kind.day, reading, kind.year.size() + kind.month.size());
  }

  void operator()(const TextField& kind, Reading& reading) const {
    const Stopwatch watch(times_.ink);
    const FieldInk ink = look_at_ink(sheet_, printed_, kind.box);
    if (const auto strays = lone_lines(ink)) {
      strays_.insert(strays_.end(), strays->begin(), strays->end());
      return;
    }
    reading.ink_mm2 = ink.mm2;
    // Less than two characters' ink has no look.
    if (ink.mm2 > 2 && looks_typed_) reading.typed = looks_typed_(ink.patch);
  }

  void operator()(const InkField& kind, Reading& reading) const {
    const Stopwatch watch(times_.ink);
    reading.ink_mm2 = seal_ink(sheet_, printed_, kind.box);
  }

private:
  void read_marks(const std::vector<Option>& options, Reading& reading) const {
    if (options.empty()) return;
    const Stopwatch watch(times_.marks);
    choices_.add(options, look_at_marks(sheet_, printed_, options), &reading);
  }

  /// `cells` stand in one row.
  void read_cells(const std::vector<Box>& cells, Reading& reading, std::size_t first) const {
    if (cells.empty()) return;
    const Stopwatch watch(times_.cells);
    const Transform placed = settle(sheet_, printed_.placement, cells);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      batch_.add(sheet_, placed, cells[i], &reading.cells[first + i]);
    }
    rows_.push_back({placed, cells, std::span(reading.cells).subspan(first, cells.size())});
  }

  const Sheet& sheet_;
  const PrintedPage& printed_;
  const LooksTyped& looks_typed_;
  ChoiceBatch& choices_;
  CellBatch& batch_;
  std::vector<CellRow>& rows_;
  std::vector<Box>& strays_;
  FieldTimes& times_;
};

/// What a line runs through was struck out, however much it looks like a digit.
void strike(const Sheet& sheet, const PrintedPage& printed, const std::vector<CellRow>& rows) {
  constexpr float surely = 0.999F;
  for (const CellRow& row : rows) {
    if (!line_through(sheet, printed, row)) continue;
    for (CellReading& cell : row.cells) {
      if (cell.best() == CellReading::blank) continue;
      for (float& each : cell.likelihood) each *= 1 - surely;
      cell.likelihood[CellReading::struck] += surely;
    }
  }
}

/// Reads what stands above numbers that were struck out.
void read_rewritten(const Sheet& sheet, const PrintedPage& printed, const ReadDigits& read_digits,
                    std::vector<Reading>& readings) {
  for (std::size_t i = 0; i < readings.size(); ++i) {
    const auto* number = std::get_if<NumberField>(&printed.layout->fields[i].kind);
    if (number == nullptr || !struck_out(readings[i])) continue;
    const RewrittenInk ink = rewritten_above(sheet, printed, number->cells);
    if (ink.crops.empty()) continue;
    const auto likelihoods = read_digits(ink.crops);
    for (std::size_t k = 0; k < ink.boxes.size(); ++k) {
      readings[i].rewritten.digits.push_back({likelihoods[k], ink.boxes[k]});
    }
    readings[i].rewritten.decimals = ink.decimals;
  }
}

}  // namespace

FieldReadings read_fields(const Sheet& sheet, const PageLayout& layout, const Placement& placement,
                          const ReadDigits& read_digits, const LooksTyped& looks_typed,
                          FieldTimes* times) {
  FieldTimes unused;
  FieldTimes& spent = times == nullptr ? unused : *times;
  const PrintedPage printed{&layout, placement, thickening_of(sheet, placement, layout)};
  ChoiceBatch choices;
  CellBatch batch;
  std::vector<CellRow> rows;
  FieldReadings read;
  const FieldReader reader(sheet, printed, looks_typed, choices, batch, rows, read.strays, spent);
  std::vector<Reading>& readings = read.readings;
  readings.resize(layout.fields.size());
  for (std::size_t i = 0; i < layout.fields.size(); ++i) {
    const Field& field = layout.fields[i];
    readings[i].field = field.name;
    readings[i].box = field.box;
    std::visit([&](const auto& kind) { reader(kind, readings[i]); }, field.kind);
  }
  choices.settle();
  if (!batch.crops().empty()) {
    const Stopwatch watch(spent.digits);
    batch.settle(read_digits(batch.crops()));
    strike(sheet, printed, rows);
    read_rewritten(sheet, printed, read_digits, readings);
  }
  return read;
}

}  // namespace ocr
