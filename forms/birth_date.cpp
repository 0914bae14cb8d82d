#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

#include "forms/answers.hpp"
#include "forms/era.hpp"
#include "forms/filled_form.hpp"
#include "forms/writer.hpp"

/// The second key: does the date of birth that the clinic wrote agree with the record?
///
/// The reading never knew the record. Each way of writing a date (era, leading zero or not) has a
/// likelihood under the reading; a date has that of its best way. The record's date must beat every
/// other day that the field could hold, near misses among them: one digit, one day, one era, day
/// and month swapped.
namespace forms {
namespace {

constexpr auto blank = ocr::CellReading::blank;

/// Two eras that are marked as surely as this say nothing.
constexpr double surely_several = 0.8;

/// How often, against one that marks an era, a date is written with none.
constexpr double none_on_forms = 0.05;

/// Likelihood that an era is meant: that its mark is set, alone; a share of it if others are set
/// too, or none is.
class Eras {
public:
  Eras(const FieldDefinition& field, const ocr::Reading& reading) {
    if (!field.era.empty()) {
      names_ = {field.era};
      likelihood_ = {1};
      sure_ = {1};
      one_ = true;
      return;
    }
    for (const auto& era : field.eras) names_.push_back(era.value);
    std::vector<double> set;
    bool any = false;
    for (const auto& name : names_) set.push_back(mark(reading, name, any));
    likelihood_.resize(set.size());
    const double several = share_out(set);
    double all = 0;
    for (const double each : likelihood_) all += each;
    one_ = any && several < surely_several;
    for (const double each : likelihood_) sure_.push_back(all > 0 ? each / all : 0);
  }

  [[nodiscard]] bool one_marked() const { return one_; }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] double likelihood(std::size_t i) const { return likelihood_[i]; }
  [[nodiscard]] double sureness(std::size_t i) const { return sure_[i]; }

private:
  /// Every set of marks, by how likely each mark is: its likelihood goes in equal parts to the eras
  /// that it may mean. Gives how likely more than one is marked.
  double share_out(const std::vector<double>& set) {
    double several = 0;
    for (unsigned marked = 0; marked < 1U << set.size(); ++marked) {
      const auto has = [&](std::size_t i) { return (marked >> i & 1U) != 0; };
      double likelihood = marked == 0 ? none_on_forms : 1;
      for (std::size_t i = 0; i < set.size(); ++i) likelihood *= has(i) ? set[i] : 1 - set[i];
      const int count = std::popcount(marked);
      if (count > 1) several += likelihood;
      const double share = likelihood / (count > 0 ? count : static_cast<int>(set.size()));
      for (std::size_t i = 0; i < set.size(); ++i) {
        if (count == 0 || has(i)) likelihood_[i] += share;
      }
    }
    return several;
  }

  static double mark(const ocr::Reading& reading, const std::string& name, bool& any) {
    const auto found = std::ranges::find(reading.marks, name, &ocr::MarkReading::value);
    if (found == reading.marks.end()) return 0.5;
    any |= found->state == ocr::MarkState::marked || found->state == ocr::MarkState::unclear;
    if (found->state == ocr::MarkState::unclear) return 0.5;
    const double right = answers::probability(found->confidence);
    return found->state == ocr::MarkState::marked ? right : 1 - right;
  }

  std::vector<std::string> names_;
  std::vector<double> likelihood_, sure_;
  bool one_ = false;
};

/// Two cells as a number of two digits; a leading zero may be left out.
struct TwoCells {
  std::array<double, ocr::CellReading::classes> tens{}, ones{};

  static TwoCells from(const ocr::Reading& reading, std::size_t first) {
    return {answers::on_forms(reading.cells[first]), answers::on_forms(reading.cells[first + 1])};
  }

  [[nodiscard]] double tens_say(unsigned number) const {
    return number < 10 ? tens[0] + tens[blank] : tens[number / 10 % 10];
  }
  [[nodiscard]] double ones_say(unsigned number) const { return ones[number % 10]; }
  [[nodiscard]] double says(unsigned number) const { return tens_say(number) * ones_say(number); }
};

/// How sure a cell is of something else than what the record would have there.
double against(const std::array<double, ocr::CellReading::classes>& cell, double recorded) {
  double digits = 0;
  for (std::size_t i = 0; i < 10; ++i) digits = std::max(digits, cell[i]);
  return recorded < digits ? digits : 0;
}

/// None where a leading zero may have been left out.
int tens_of(unsigned number) {
  return number < 10 ? -1 : static_cast<int>(number / 10);
}

class Test {
public:
  Test(const FieldDefinition& field, const ocr::Reading& reading)
      : eras_(field, reading),
        year_(TwoCells::from(reading, 0)),
        month_(TwoCells::from(reading, 2)),
        day_(TwoCells::from(reading, 4)),
        alike_(reading.cells) {}

  [[nodiscard]] BirthDateTest against_record(Date recorded) const {
    BirthDateTest test;
    test.legible = eras_.one_marked() && legible(year_) && legible(month_) && legible(day_);
    const auto way = likeliest_way(recorded);
    if (!way) {
      test.contradiction = 1;  // the record's day has no name in the eras that the field offers
      return test;
    }
    weigh_places(test, way->era, way->year, recorded);
    const double other = best_other(recorded, way->likelihood);
    test.margin = way->likelihood > 0 ? (other > 0 ? way->likelihood / other : HUGE_VAL) : 0;
    return test;
  }

  /// How a day was most likely written: the first days of an era are also those of the one before.
  struct Way {
    std::size_t era = 0;
    unsigned year = 0;
    double likelihood = 0;
  };
  [[nodiscard]] std::optional<Way> likeliest_way(Date date) const {
    std::optional<Way> best;
    for (std::size_t era = 0; era < eras_.names().size(); ++era) {
      for (const EraYear& named : eras_of(date)) {
        if (named.era != eras_.names()[era]) continue;
        const double here = of(era, named.year, date);
        if (best && here < best->likelihood) continue;
        best = Way{era, static_cast<unsigned>(named.year), here};
      }
    }
    return best;
  }

private:
  [[nodiscard]] double of(std::size_t era, int year, Date date) const {
    const auto years = static_cast<unsigned>(year);
    const auto month = static_cast<unsigned>(date.month());
    const auto day = static_cast<unsigned>(date.day());
    return eras_.likelihood(era) * year_.says(years) * month_.says(month) * day_.says(day) *
           one_hand(years, month, day);
  }

  [[nodiscard]] double one_hand(unsigned year, unsigned month, unsigned day) const {
    std::array<int, 6> digits{};
    std::size_t at = 0;
    for (const unsigned number : {year, month, day}) {
      digits[at++] = tens_of(number);
      digits[at++] = static_cast<int>(number % 10);
    }
    return alike_.factor(digits);
  }

  /// Some digit stands there, whichever it is: which one, the other days have to tell.
  static bool legible(const TwoCells& cells) {
    const auto digits = [](const auto& cell) {
      return std::accumulate(cell.begin(), cell.begin() + 10, 0.0);
    };
    // Nor may it be in doubt whether a leading digit stands there at all.
    const bool lead_known = cells.tens[blank] < 0.1 || cells.tens[blank] > 0.9;
    return digits(cells.ones) >= 0.5 && digits(cells.tens) + cells.tens[blank] >= 0.5 && lead_known;
  }

  void weigh_places(BirthDateTest& test, std::size_t era, unsigned year, Date date) const {
    test.least_digit = eras_.sureness(era);
    test.contradiction = 0;
    for (std::size_t i = 0; i < eras_.names().size(); ++i) {
      if (i != era) test.contradiction = std::max(test.contradiction, eras_.sureness(i));
    }
    const auto place = [&](const TwoCells& cells, unsigned number) {
      test.least_digit =
          std::min({test.least_digit, cells.tens_say(number), cells.ones_say(number)});
      test.contradiction =
          std::max({test.contradiction, against(cells.tens, cells.tens_say(number)),
                    against(cells.ones, cells.ones_say(number))});
    };
    place(year_, year);
    place(month_, static_cast<unsigned>(date.month()));
    place(day_, static_cast<unsigned>(date.day()));
  }

  /// The likelihood of the best other day, or something smaller than `enough` / margin if all are.
  [[nodiscard]] double best_other(Date recorded, double enough) const {
    const double bound = enough / birth_date_margin / 1000;
    double best = 0;
    for (std::size_t era = 0; era < eras_.names().size(); ++era) {
      for (unsigned year = 1; year < 100; ++year) {
        const double so_far = eras_.likelihood(era) * year_.says(year);
        if (so_far <= std::max(best, bound)) continue;
        best = std::max(best, best_in_year(recorded, era, year, so_far, best));
      }
    }
    return best;
  }

  [[nodiscard]] double best_in_year(Date recorded, std::size_t era, unsigned year, double so_far,
                                    double best) const {
    for (unsigned month = 1; month <= 12; ++month) {
      for (unsigned day = 1; day <= 31; ++day) {
        double here = so_far * month_.says(month) * day_.says(day);
        if (here <= best) continue;
        here *= one_hand(year, month, day);
        if (here <= best) continue;
        const auto date = from_era(eras_.names()[era], static_cast<int>(year), month, day);
        if (date && *date != recorded) best = here;
      }
    }
    return best;
  }

  Eras eras_;
  TwoCells year_, month_, day_;
  answers::AlikeCells alike_;
};

bool readable(const FieldDefinition& field, const ocr::Reading& reading) {
  return reading.cells.size() == 6 && (!field.era.empty() || !field.eras.empty());
}

}  // namespace

std::vector<int> answers::cells_of(const FieldDefinition& field, const ocr::Reading& reading,
                                   Date date) {
  if (!readable(field, reading) || !date.ok()) return {};
  const auto way = Test(field, reading).likeliest_way(date);
  if (!way) return {};
  std::vector<int> cells;
  for (const unsigned number :
       {way->year, static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())}) {
    cells.push_back(tens_of(number));
    cells.push_back(static_cast<int>(number % 10));
  }
  return cells;
}

BirthDateTest test_birth_date(const FieldDefinition& field, const ocr::Reading& reading,
                              Date recorded) {
  if (!readable(field, reading) || !recorded.ok()) return {};
  return Test(field, reading).against_record(recorded);
}

Agreement birth_date_agrees(const FieldDefinition& field, const ocr::Reading* reading,
                            Date recorded) {
  if (reading == nullptr) return Agreement::unreadable;
  const BirthDateTest test = test_birth_date(field, *reading, recorded);
  if (!test.legible) return Agreement::unreadable;
  if (test.margin >= birth_date_margin && test.least_digit >= birth_date_least_digit) {
    return Agreement::agrees;
  }
  return test.contradiction >= birth_date_contradiction ? Agreement::disagrees
                                                        : Agreement::unreadable;
}

}  // namespace forms
