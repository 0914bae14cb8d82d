#include "forms/days_in_text.hpp"

#include <optional>
#include <string>

#include "forms/era.hpp"
#include "forms/folded_text.hpp"

namespace forms {
namespace {

using std::chrono::year_month_day;

class DayReader {
public:
  explicit DayReader(std::u32string_view text) : text_(text) {}

  std::vector<DayInText> all() const {
    std::vector<DayInText> found;
    for (std::size_t at = 0; at < text_.size(); ++at) {
      if (at > 0 && digit(text_[at - 1]) && digit(text_[at])) continue;
      if (const auto day = read(at)) found.push_back(*day);
    }
    return found;
  }

private:
  std::optional<int> number(std::size_t& at, std::size_t most) const {
    const std::size_t from = at;
    int value = 0;
    while (at < text_.size() && digit(text_[at]) && at - from < most) {
      value = value * 10 + static_cast<int>(text_[at++] - U'0');
    }
    if (at == from || (at < text_.size() && digit(text_[at]))) return std::nullopt;
    return value;
  }

  bool pass(std::size_t& at, std::u32string_view one_of) const {
    if (at >= text_.size() || one_of.find(text_[at]) == std::u32string_view::npos) return false;
    ++at;
    return true;
  }

  std::string era(std::size_t& at) const {
    struct Era {
      std::u32string_view word;
      const char* name;
    };
    static constexpr Era eras[] = {
        {U"明治", "meiji"}, {U"大正", "taisho"}, {U"昭和", "showa"}, {U"平成", "heisei"},
        {U"令和", "reiwa"}, {U"明", "meiji"},    {U"大", "taisho"},  {U"昭", "showa"},
        {U"平", "heisei"},  {U"令", "reiwa"},    {U"M", "meiji"},    {U"T", "taisho"},
        {U"S", "showa"},    {U"H", "heisei"},    {U"R", "reiwa"},    {U"m", "meiji"},
        {U"t", "taisho"},   {U"s", "showa"},     {U"h", "heisei"},   {U"r", "reiwa"}};
    for (const auto& each : eras) {
      if (text_.substr(at).starts_with(each.word)) {
        at += each.word.size();
        pass(at, U".");
        return each.name;
      }
    }
    return {};
  }

  std::optional<DayInText> read(std::size_t from) const {
    std::size_t at = from;
    const std::string name = era(at);
    std::optional<int> year;
    if (!name.empty() && pass(at, U"元")) {
      year = 1;
    } else {
      year = number(at, name.empty() ? 4 : 2);
    }
    if (!year || (name.empty() && *year < 1868) || !pass(at, U"年/.-・")) return std::nullopt;
    const auto month = number(at, 2);
    if (!month || !pass(at, U"月/.-・")) return std::nullopt;
    const auto day = number(at, 2);
    if (!day) return std::nullopt;
    pass(at, U"日");
    const auto m = static_cast<unsigned>(*month);
    const auto d = static_cast<unsigned>(*day);
    if (!name.empty()) {
      const auto date = from_era(name, *year, m, d);
      return date ? std::optional(DayInText{*date, from, at}) : std::nullopt;
    }
    const year_month_day date{std::chrono::year{*year}, std::chrono::month{m}, std::chrono::day{d}};
    return date.ok() ? std::optional(DayInText{date, from, at}) : std::nullopt;
  }

  std::u32string_view text_;
};

}  // namespace

std::vector<DayInText> days_in(std::u32string_view text) {
  return DayReader(text).all();
}

}  // namespace forms
