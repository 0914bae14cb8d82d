#include "forms/era.hpp"

#include <fmt/format.h>

namespace forms {
namespace {

using namespace std::chrono_literals;
using std::chrono::day;
using std::chrono::month;

/// The day as if the era had never ended and had begun on the first of January.
Date counted_from(const Era& era, int years, unsigned months, unsigned days) {
  return Date{era.first.year() + std::chrono::years{years - 1}, month{months}, day{days}};
}

}  // namespace

const std::array<Era, 5>& all_eras() {
  // Meiji was declared in autumn, but counted from the first day of its year by the old calendar.
  static const std::array<Era, 5> eras{{
      {"meiji", "明治", 1868y / 1 / 25, 1912y / 7 / 30},
      {"taisho", "大正", 1912y / 7 / 30, 1926y / 12 / 25},
      {"showa", "昭和", 1926y / 12 / 25, 1989y / 1 / 7},
      {"heisei", "平成", 1989y / 1 / 8, 2019y / 4 / 30},
      {"reiwa", "令和", 2019y / 5 / 1, 9999y / 12 / 31},
  }};
  return eras;
}

const Era* find_era(std::string_view name) {
  for (const Era& era : all_eras()) {
    if (era.name == name) return &era;
  }
  return nullptr;
}

std::optional<Date> from_era(std::string_view name, int years, unsigned months, unsigned days) {
  const Era* era = find_era(name);
  if (era == nullptr || years < 1 || years > 200) return std::nullopt;
  const Date date = counted_from(*era, years, months, days);
  if (!date.ok() || date < era->first || date > era->last) return std::nullopt;
  return date;
}

std::optional<Date> from_overrun_era(std::string_view name, int years, unsigned months,
                                     unsigned days) {
  const Era* era = find_era(name);
  if (era == nullptr || years < 1 || years > 200) return std::nullopt;
  const Date date = counted_from(*era, years, months, days);
  if (!date.ok() || date <= era->last) return std::nullopt;
  return date;
}

std::vector<EraYear> eras_of(Date date) {
  std::vector<EraYear> found;
  for (const Era& era : all_eras()) {
    if (date.ok() && date >= era.first && date <= era.last) {
      found.push_back(
          {std::string(era.name), static_cast<int>((date.year() - era.first.year()).count()) + 1});
    }
  }
  return found;
}

std::string iso_date(Date date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string japanese_date(Date date) {
  const auto month_number = static_cast<unsigned>(date.month());
  const auto day_number = static_cast<unsigned>(date.day());
  const auto eras = eras_of(date);
  if (eras.empty()) {
    return fmt::format("{}年{}月{}日", static_cast<int>(date.year()), month_number, day_number);
  }
  // By law a day of change belongs to the era that begins on it; its first year is written 元年.
  const EraYear& era = eras.back();
  const auto years = era.year == 1 ? std::string("元") : std::to_string(era.year);
  return fmt::format("{}{}年{}月{}日", find_era(era.era)->kanji, years, month_number, day_number);
}

}  // namespace forms
