#pragma once

#include "tests/faxsim/marks.hpp"

namespace faxsim {

/// Writes `values` onto one page of a form. The truth of each field and note is added to
/// `truth`.
/// Throws BadInput: a value that is no option, digits that have no cells.
void fill_page(Canvas& canvas, const ocr::PageLayout& page, const Values& values, const Hand& hand,
               const Habit& habit, const Chance& chance, nlohmann::json& truth);

/// Throws BadInput if `values` names a field that no page of the form has.
void check_names(const ocr::Layout& layout, const Values& values);

}  // namespace faxsim
