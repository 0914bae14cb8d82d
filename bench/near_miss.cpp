#include "bench/near_miss.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

namespace bench {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr std::array eras = {"taisho", "showa", "heisei", "reiwa"};

/// The digits of a date as the field has them: year of the era, month, day.
struct Written {
  std::string era;
  std::array<unsigned, 6> digits{};
};

std::optional<forms::Date> date_of(const std::string& era, const std::array<unsigned, 6>& d) {
  return forms::from_era(era, static_cast<int>(d[0] * 10 + d[1]), d[2] * 10 + d[3],
                         d[4] * 10 + d[5]);
}

void add_changed_digits(const Written& written, std::set<forms::Date>& found) {
  for (std::size_t place = 0; place < written.digits.size(); ++place) {
    for (unsigned digit = 0; digit < 10; ++digit) {
      auto changed = written.digits;
      changed[place] = digit;
      if (const auto date = date_of(written.era, changed)) found.insert(*date);
    }
  }
}

}  // namespace

std::set<forms::Date> near_misses(forms::Date written) {
  std::set<forms::Date> found;
  for (const int step : {-1, 1}) found.insert(forms::Date(sys_days(written) + days(step)));
  for (const auto& [era, year] : forms::eras_of(written)) {
    const auto digits = fmt::format("{:02}{:02}{:02}", year, static_cast<unsigned>(written.month()),
                                    static_cast<unsigned>(written.day()));
    Written as{era, {}};
    for (std::size_t i = 0; i < as.digits.size(); ++i) {
      as.digits[i] = static_cast<unsigned>(digits[i] - '0');
    }
    add_changed_digits(as, found);
    auto turned = as.digits;
    std::swap(turned[2], turned[4]);
    std::swap(turned[3], turned[5]);
    if (const auto date = date_of(era, turned)) found.insert(*date);
    for (const auto* other : eras) {
      if (const auto date = date_of(other, as.digits)) found.insert(*date);
    }
  }
  found.erase(written);
  return found;
}

void NearMisses::add(faxsim::Quality quality, const forms::Definition& definition,
                     const std::vector<const ocr::PageReading*>& pages, const std::string& written,
                     forms::Date today) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  if (std::sscanf(written.c_str(), "%d-%u-%u", &year, &month, &day) != 3) return;
  const auto reading = forms::reread(definition, pages, {today, {}, {}}, "birth_date");
  if (!reading) return;  // not found, or on two pages
  const forms::FieldDefinition& field = *definition.find("birth_date");
  const auto agrees = [&](forms::Date recorded) {
    return forms::birth_date_agrees(field, &*reading, recorded) == forms::Agreement::agrees;
  };
  const auto date = std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day);
  NearMissCount& count = counts_[static_cast<std::size_t>(quality)];
  ++count.dates;
  count.held += agrees(date) ? 0 : 1;
  for (const auto& other : near_misses(date)) {
    ++count.tried;
    count.agreed += agrees(other) ? 1 : 0;
  }
}

NearMissCount NearMisses::all() const {
  NearMissCount sum;
  for (const auto& each : counts_) {
    sum.dates += each.dates;
    sum.held += each.held;
    sum.tried += each.tried;
    sum.agreed += each.agreed;
  }
  return sum;
}

void NearMisses::print() const {
  fmt::print("\ndates of birth   written   held     near misses tested   agreed falsely   rate\n");
  const auto row = [](std::string_view name, const NearMissCount& c) {
    if (c.dates == 0) return;
    fmt::print("{:<15} {:>8}   {:<6.2f}%  {:>18}   {:>14}   {:.2e}\n", name, c.dates,
               100 * static_cast<double>(c.held) / static_cast<double>(c.dates), c.tried, c.agreed,
               c.false_agreement());
  };
  for (const auto quality : {faxsim::Quality::standard, faxsim::Quality::fine,
                             faxsim::Quality::superfine, faxsim::Quality::scan300}) {
    row(faxsim::to_text(quality), of(quality));
  }
  row("all", all());
}

}  // namespace bench
