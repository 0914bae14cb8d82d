#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "forms/filled_form.hpp"

/// One look is asked for a form, not for a field. No other room includes this.
namespace forms::answers {

/// Where nothing else on a form is in doubt, what counts is whether all that is unsure, and all its
/// numbers and dates, are right together: this likely they must be. Of the forms that it accepts
/// and the floors of single answers stop, on 6,700 pages of unseen writers (fine and better, light
/// to heavy), one was wrong; on 1,800 pages of other hands none. At 0.88 three and one.
inline constexpr double form_floor = 0.9;

/// Pages on which each answer keeps its own floor, since the fax hides more there than the
/// likelihoods know: fewer dots an inch along the feed; size on the page over printed size (the
/// sender's machine shrank it); specks per cm2; rows that were lost, in mm on the page.
inline constexpr double coarse_dpi = 150;
inline constexpr double shrunk = 0.95;
inline constexpr double dirty = 0.06;
inline constexpr double torn_mm = 1;

/// Accepts what is only `unsure` (digits, choices) where that is all that is in doubt on the form
/// and its two keys agree. Whoever must look at a form anyway is asked about each. Never
/// - a field in which deviations are told, or the number of sheets,
/// - what was moved by what is known beforehand, or may be no number,
/// - a marker that may be above its limit, or a tenth above an earlier value, and is not read so,
/// - a day that may be one of another month,
/// - what looks like a digit that cannot be meant (`mistrusted`: fields).
void accept_nearly_sure(FilledForm& form, const Definition& definition, const Expectation& expected,
                        const std::set<std::string, std::less<>>& mistrusted,
                        const std::vector<const ocr::PageReading*>& pages);

}  // namespace forms::answers
