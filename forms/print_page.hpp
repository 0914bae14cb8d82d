#pragma once

#include "forms/canvas.hpp"
#include "forms/definition.hpp"
#include "forms/print.hpp"
#include "forms/sheet.hpp"

/// Inside of `forms/print.hpp`.
namespace forms {

struct Composed {
  const Definition& definition;
  const Sheet& sheet;  ///< of that definition
};

/// All pages of one copy of a form or pathway sheet, tagged.
void draw_form(Canvas& canvas, const Composed& form, const Copy& copy, const TagKeys& keys);

/// "3か月", "1年6か月": months since a pathway began.
[[nodiscard]] std::string since_start(int month);

}  // namespace forms
