#include "forms/typed_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace forms {
namespace {

TypedValue wrong(std::string expected) {
  return {{}, std::move(expected), std::nullopt};
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const auto comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

TypedValue choice(const FieldDefinition& field, std::string_view typed) {
  TypedValue value{parts_of(typed), {}, {}};
  std::vector<std::string> known;
  for (const auto& option : field.options) known.push_back(option.value);
  const bool all_known = std::ranges::all_of(value.values, [&](const auto& each) {
    return std::ranges::find(known, each) != known.end();
  });
  auto distinct = value.values;
  std::ranges::sort(distinct);
  const bool twice = std::ranges::adjacent_find(distinct) != distinct.end();
  if (!all_known || twice || (!field.several && value.values.size() > 1)) {
    return wrong(fmt::format("expected {}{}", field.several ? "some of " : "one of ",
                             fmt::join(known, field.several ? "," : ", ")));
  }
  return value;
}

TypedValue number(const FieldDefinition& field, std::string_view typed) {
  const auto point = typed.find('.');
  const auto whole = typed.substr(0, point);
  const auto decimals =
      point == std::string_view::npos ? std::string_view() : typed.substr(point + 1);
  const bool fits = all_digits(whole) && whole.size() <= std::size_t(field.digits_before) &&
                    (point == std::string_view::npos || all_digits(decimals)) &&
                    decimals.size() <= std::size_t(field.digits_after);
  if (!fits) {
    return wrong(field.digits_after == 0
                     ? fmt::format("expected a number of up to {} digits", field.digits_before)
                     : fmt::format("expected a number with up to {} digits before the point and {} "
                                   "after it",
                                   field.digits_before, field.digits_after));
  }
  TypedValue value{{std::string(typed)}, {}, {}};
  double amount = 0;
  std::from_chars(typed.data(), typed.data() + typed.size(), amount);
  if ((field.minimum && amount < *field.minimum) || (field.maximum && amount > *field.maximum)) {
    value.unlike = fmt::format("outside the plausible range {} to {}",
                               field.minimum ? fmt::format("{}", *field.minimum) : "0",
                               field.maximum ? fmt::format("{}", *field.maximum) : "any");
  }
  return value;
}

std::optional<Date> day_in(std::string_view typed) {
  if (typed.size() != 10 || typed[4] != '-' || typed[7] != '-') return std::nullopt;
  const auto part = [&](std::size_t from, std::size_t count) {
    const auto text = typed.substr(from, count);
    int found = -1;
    if (all_digits(text)) std::from_chars(text.data(), text.data() + count, found);
    return found;
  };
  const Date day{std::chrono::year(part(0, 4)),
                 std::chrono::month(static_cast<unsigned>(part(5, 2))),
                 std::chrono::day(static_cast<unsigned>(part(8, 2)))};
  return day.ok() ? std::optional(day) : std::nullopt;
}

TypedValue date(std::string_view typed, Date today) {
  const auto day = day_in(typed);
  if (!day) return wrong("expected a date like 2026-11-05");
  TypedValue value{{std::string(typed)}, {}, {}};
  if (*day > today) value.unlike = "in the future";
  return value;
}

TypedValue month(std::string_view typed) {
  if (!day_in(std::string(typed) + "-01")) return wrong("expected a month like 2027-02");
  return {{std::string(typed)}, {}, {}};
}

}  // namespace

TypedValue typed_value(const FieldDefinition& field, std::string_view typed, Date today) {
  if (typed.empty()) return {};
  switch (field.kind) {
    case FieldKind::choice: return choice(field, typed);
    case FieldKind::number: return number(field, typed);
    case FieldKind::date: return date(typed, today);
    case FieldKind::month: return month(typed);
    case FieldKind::text: return {{std::string(typed)}, {}, {}};
    case FieldKind::ink:
      if (typed == "yes") return {{"yes"}, {}, {}};
      return wrong("expected yes, or nothing");
  }
  return wrong("expected a field of a known kind");
}

}  // namespace forms
