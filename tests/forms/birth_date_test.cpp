#include <array>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "forms/era.hpp"
#include "forms/filled_form.hpp"
#include "paper.hpp"

namespace {

using namespace std::chrono_literals;
using forms::Agreement;
using forms::Date;
using ocr::MarkState;
using tests::cell;

forms::FieldDefinition birth_date_field() {
  forms::FieldDefinition field;
  field.name = "birth_date";
  field.kind = forms::FieldKind::date;
  field.eras = {{"meiji", {}}, {"taisho", {}}, {"showa", {}}, {"heisei", {}}};
  return field;
}

const forms::FieldDefinition field = birth_date_field();

/// The era's mark and six cells.
ocr::Reading written(const std::string& era, std::string_view digits) {
  ocr::Reading reading;
  reading.field = "birth_date";
  for (const auto& each : field.eras) {
    reading.marks.push_back(
        tests::mark(each.value, each.value == era ? MarkState::marked : MarkState::empty));
  }
  reading.cells = tests::cells(digits);
  return reading;
}

struct Case {
  const char* era;
  const char* digits;
  Date recorded;
  Agreement is;
};

TEST(BirthDate, AgreesOnlyAsAWhole) {
  const auto yes = Agreement::agrees;
  const auto no = Agreement::disagrees;
  const auto cannot = Agreement::unreadable;
  const Case cases[] = {
      {"showa", "25_3_5", 1950y / 3 / 5, yes},
      {"showa", "250305", 1950y / 3 / 5, yes},  // leading zeros or not
      {"showa", "_9_1_1", 1934y / 1 / 1, yes},
      {"taisho", "151225", 1926y / 12 / 25, yes},  // the day of change, by either name
      {"showa", "_11225", 1926y / 12 / 25, yes},
      {"showa", "64_1_7", 1989y / 1 / 7, yes},
      {"heisei", "_1_1_8", 1989y / 1 / 8, yes},
      {"showa", "25_3_6", 1950y / 3 / 5, no},  // one day
      {"showa", "25_8_5", 1950y / 3 / 5, no},  // one digit
      {"showa", "26_3_5", 1950y / 3 / 5, no},
      {"showa", "25_5_3", 1950y / 3 / 5, no},  // month and day swapped
      {"showa", "10_3_5", 1921y / 3 / 5, no},  // one era: taisho 10
      {"heisei", "25_3_5", 1950y / 3 / 5, no},
      {"showa", "2513_5", 1950y / 3 / 5, no},   // no such month; the 1 was never in the record
      {"heisei", "_1_1_7", 1989y / 1 / 7, no},  // no such day: that was still showa 64
      {"showa", "65_3_5", 1990y / 3 / 5, no},   // counted on: a person must say
      {"", "______", 1950y / 3 / 5, cannot},
      {"", "25_3_5", 1950y / 3 / 5, cannot},  // no era
      {"showa", "______", 1950y / 3 / 5, cannot},
      {"showa", "25__05", 1950y / 3 / 5, cannot},  // a month is missing
      {"showa", "2#_3_5", 1950y / 3 / 5, cannot},
      {"showa", "2?_3_5", 1950y / 3 / 5, cannot},
      {"showa", "25_3", 1950y / 3 / 5, cannot},  // cells are missing
  };
  for (const auto& each : cases) {
    const auto reading = written(each.era, each.digits);
    EXPECT_EQ(forms::birth_date_agrees(field, &reading, each.recorded), each.is)
        << each.era << ' ' << each.digits;
  }
}

TEST(BirthDate, DoubtIsNeverAgreement) {
  EXPECT_EQ(forms::birth_date_agrees(field, nullptr, 1950y / 3 / 5), Agreement::unreadable);

  auto doubtful = written("showa", "25_3_5");
  doubtful.cells[3] = cell('3', 0.865, '8');  // 6.4 to 1 is less than the margin
  EXPECT_EQ(forms::birth_date_agrees(field, &doubtful, 1950y / 3 / 5), Agreement::unreadable);
  EXPECT_NE(forms::birth_date_agrees(field, &doubtful, 1950y / 8 / 5), Agreement::agrees);
  doubtful.cells[3] = cell('3', 0.905, '8');
  EXPECT_EQ(forms::birth_date_agrees(field, &doubtful, 1950y / 8 / 5), Agreement::disagrees);

  auto even = written("showa", "25_3_5");
  even.cells[3] = cell('3', 0.5, '8');
  EXPECT_EQ(forms::birth_date_agrees(field, &even, 1950y / 3 / 5), Agreement::unreadable);
  EXPECT_EQ(forms::birth_date_agrees(field, &even, 1950y / 8 / 5), Agreement::unreadable);

  auto two_eras = written("showa", "10_3_5");
  two_eras.marks[1].state = MarkState::marked;
  EXPECT_NE(forms::birth_date_agrees(field, &two_eras, 1935y / 3 / 5), Agreement::agrees);
  auto unclear = written("showa", "10_3_5");
  unclear.marks[1].state = MarkState::unclear;
  EXPECT_EQ(forms::birth_date_agrees(field, &unclear, 1935y / 3 / 5), Agreement::unreadable);
  EXPECT_NE(forms::birth_date_agrees(field, &unclear, 1921y / 3 / 5), Agreement::agrees);
  auto two_unclear = written("", "10_3_5");
  two_unclear.marks[1].state = two_unclear.marks[2].state = MarkState::unclear;
  EXPECT_EQ(forms::birth_date_agrees(field, &two_unclear, 1935y / 3 / 5), Agreement::unreadable);

  auto no_number = written("showa", "25_3_5");
  no_number.cells[1].likelihood.fill(std::nanf(""));
  EXPECT_EQ(forms::birth_date_agrees(field, &no_number, 1950y / 3 / 5), Agreement::unreadable);
}

TEST(BirthDate, AnUnclearEraIsDoubtOnlyWhereItCouldMeanAnotherDay) {
  auto faint = written("", "25_3_5");
  faint.marks[2].state = MarkState::unclear;  // showa, and nothing else
  EXPECT_EQ(forms::birth_date_agrees(field, &faint, 1950y / 3 / 5), Agreement::agrees);
  EXPECT_NE(forms::birth_date_agrees(field, &faint, 2013y / 3 / 5), Agreement::agrees);  // heisei
  auto smudged = written("showa", "25_3_5");
  smudged.marks[1].state = MarkState::unclear;  // there is no taisho 25
  EXPECT_EQ(forms::birth_date_agrees(field, &smudged, 1950y / 3 / 5), Agreement::agrees);
  smudged.marks[1].state = MarkState::marked;
  EXPECT_EQ(forms::birth_date_agrees(field, &smudged, 1950y / 3 / 5), Agreement::unreadable);
}

TEST(BirthDate, ADigitThatOnlyTheCalendarCouldDoubtAgrees) {
  auto reading = written("showa", "251105");
  reading.cells[2] = cell('1', 0.97, '7');  // there is no month 71
  EXPECT_EQ(forms::birth_date_agrees(field, &reading, 1950y / 11 / 5), Agreement::agrees);
}

TEST(BirthDate, AnUnsureDigitIsLegibleIfOnlyOneOfItsReadingsIsADay) {
  auto reading = written("showa", "17_3_5");
  reading.cells[0].likelihood = {};
  reading.cells[0].likelihood[1] = 0.49F;
  reading.cells[0].likelihood[6] = 0.45F;  // showa ended in its 64th year
  reading.cells[0].likelihood[0] = 0.06F;
  EXPECT_EQ(forms::birth_date_agrees(field, &reading, 1942y / 3 / 5), Agreement::agrees);
  EXPECT_NE(forms::birth_date_agrees(field, &reading, 1932y / 3 / 5), Agreement::agrees);
  reading.cells[0] = cell('1', 0.03, '#');  // most likely no digit at all
  EXPECT_EQ(forms::birth_date_agrees(field, &reading, 1942y / 3 / 5), Agreement::unreadable);
}

TEST(BirthDate, DigitsOfOneHandThatLookAlikeAreTheSame) {
  const auto read = [](double first, double second) {
    auto reading = written("showa", "441103");
    reading.cells[0] = cell('4', first, '9');
    reading.cells[1] = cell('4', second, '9');
    return reading;
  };
  const auto agrees = [](const ocr::Reading& reading, Date recorded) {
    return forms::birth_date_agrees(field, &reading, recorded);
  };
  // 49 and 94 would need two ways to write a four; there is no 99th year of Showa.
  EXPECT_EQ(agrees(read(0.85, 0.85), 1969y / 11 / 3), Agreement::agrees);
  EXPECT_NE(agrees(read(0.6, 0.6), 1969y / 11 / 3), Agreement::agrees) << "49 is likely enough";
  EXPECT_NE(agrees(read(0.7, 0.7), 1969y / 11 / 3), Agreement::agrees);
  // One is clear and the other is not: they do not look alike.
  EXPECT_NE(agrees(read(0.995, 0.85), 1969y / 11 / 3), Agreement::agrees);
  // Both four or both nine: the second look tells no more than the first.
  auto month_and_day = written("showa", "25_4_4");
  month_and_day.cells[3] = month_and_day.cells[5] = cell('4', 0.85, '9');
  EXPECT_NE(agrees(month_and_day, 1950y / 4 / 4), Agreement::agrees);
  // Of a leading zero that may have been left out nothing is known.
  auto tens = written("showa", "25_1_5");
  for (const std::size_t i : {2, 4}) {
    tens.cells[i].likelihood = {};
    tens.cells[i].likelihood[0] = 0.42F;
    tens.cells[i].likelihood[ocr::CellReading::blank] = 0.39F;
    tens.cells[i].likelihood[1] = 0.19F;
  }
  EXPECT_NE(agrees(tens, 1950y / 1 / 5), Agreement::agrees);
}

TEST(BirthDate, WhetherALeadingDigitStandsThereMustBeSure) {
  // A smear in the tens of the day: 1 January, or the 11th, 21st, 31st with a digit that is gone.
  auto reading = written("taisho", "13_1_1");
  auto& tens = reading.cells[4].likelihood;
  for (const float blank : {0.51F, 0.7F}) {
    tens.fill((1 - blank) / 20);
    tens[ocr::CellReading::blank] = blank;
    tens[ocr::CellReading::other] = (1 - blank) / 2;
    EXPECT_EQ(forms::birth_date_agrees(field, &reading, 1924y / 1 / 1), Agreement::unreadable)
        << blank;
  }
  tens.fill(0.001F);
  tens[ocr::CellReading::blank] = 0.98F;
  EXPECT_EQ(forms::birth_date_agrees(field, &reading, 1924y / 1 / 1), Agreement::agrees);
}

/// A reader that knows exactly how unsure it is: what it sees of a digit is its picture in Gaussian
/// noise, and its likelihoods are the true posteriors. Most cells are clear; some are as bad as a
/// fax makes them.
class NoisyReader {
public:
  NoisyReader(unsigned seed, double poor) : random_(seed), poor_(poor) {}

  ocr::Reading read(const std::string& era, const std::string& digits) {
    auto reading = written(era, digits);
    for (std::size_t i = 0; i < digits.size(); ++i) {
      reading.cells[i] = look(tests::cell_class(digits[i]));
    }
    return reading;
  }

private:
  ocr::CellReading look(std::size_t truth) {
    // Clear cells: wrong once in millions. Poor ones: about one in fourteen wrong.
    const double clarity = std::uniform_real_distribution<>(0, 1)(random_) < poor_ ? 3.5 : 9.0;
    std::array<double, ocr::CellReading::classes> evidence{};
    double most = -HUGE_VAL;
    for (std::size_t i = 0; i < evidence.size(); ++i) {
      const double seen = std::normal_distribution<>(i == truth ? clarity : 0, 1)(random_);
      evidence[i] = clarity * seen;
      most = std::max(most, evidence[i]);
    }
    double sum = 0;
    for (const double each : evidence) sum += std::exp(each - most);
    ocr::CellReading cell;
    for (std::size_t i = 0; i < evidence.size(); ++i) {
      cell.likelihood[i] = static_cast<float>(std::exp(evidence[i] - most) / sum);
    }
    return cell;
  }

  std::mt19937 random_;
  double poor_;
};

struct Written {
  std::string era, digits;
};

Written as_written(Date date) {
  const auto named = forms::eras_of(date).back();
  const auto two = [](unsigned number) {
    return (number < 10 ? "_" : "") + std::to_string(number);
  };
  return {named.era, two(static_cast<unsigned>(named.year)) +
                         two(static_cast<unsigned>(date.month())) +
                         two(static_cast<unsigned>(date.day()))};
}

/// One digit, one day, or month and day swapped.
Date near_miss(Date date, std::mt19937& random) {
  for (;;) {
    const auto kind = std::uniform_int_distribution<>(0, 3)(random);
    Date other = date;
    if (kind == 0) {
      other = std::chrono::sys_days{date} + std::chrono::days{random() % 2 == 0 ? 1 : -1};
    } else if (kind == 1) {
      other = date.year() / static_cast<int>(static_cast<unsigned>(date.day())) /
              static_cast<int>(static_cast<unsigned>(date.month()));
    } else {
      auto text = as_written(date);
      text.digits[random() % 6] = static_cast<char>('0' + random() % 10);
      const auto number = [&](std::size_t at) {
        const int tens = text.digits[at] == '_' ? 0 : text.digits[at] - '0';
        return tens * 10 + text.digits[at + 1] - '0';
      };
      const auto day = forms::from_era(text.era, number(0), static_cast<unsigned>(number(2)),
                                       static_cast<unsigned>(number(4)));
      if (day) other = *day;
    }
    if (other.ok() && other != date) return other;
  }
}

TEST(BirthDate, BarsUnderACalibratedReader) {
  constexpr unsigned seed = 20261122;
  constexpr int trials = 60'000;
  std::mt19937 random(seed);
  NoisyReader reader(seed + 1, 0.006);
  int false_agreements = 0;
  int held = 0;
  for (int i = 0; i < trials; ++i) {
    const Date born = std::chrono::sys_days{1925y / 1 / 1} + std::chrono::days{random() % 27000};
    const Written right = as_written(born);
    const auto reading = reader.read(right.era, right.digits);
    held += forms::birth_date_agrees(field, &reading, born) != Agreement::agrees ? 1 : 0;
    const Date other = near_miss(born, random);
    false_agreements +=
        forms::birth_date_agrees(field, &reading, other) == Agreement::agrees ? 1 : 0;
  }
  std::printf("seed %u: false agreement %d of %d near misses, right dates held %.2f %%\n", seed,
              false_agreements, trials, 100.0 * held / trials);
  EXPECT_LE(false_agreements, trials / 10'000);
  EXPECT_LE(held, trials * 3 / 100);
}

}  // namespace
