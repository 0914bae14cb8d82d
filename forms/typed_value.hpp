#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forms/definition.hpp"
#include "forms/filled_form.hpp"

namespace forms {

/// What a person typed for a field, tested against the definition.
struct TypedValue {
  std::vector<std::string> values;    ///< as an Answer holds them; none: the field is blank
  std::optional<std::string> fault;   ///< why it cannot be: what was expected instead, English
  std::optional<std::string> unlike;  ///< why it is not to be believed without a word: outside the
                                      ///< plausible range
};

/// `typed` is as the contract prints a value: an option's value (several: joined by commas), the
/// digits of a number, 2026-11-05, 2027-02, words; for ink "yes"; nothing for a blank field.
[[nodiscard]] TypedValue typed_value(const FieldDefinition& field, std::string_view typed,
                                     Date today);

}  // namespace forms
