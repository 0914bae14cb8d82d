#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "forms/filled_form.hpp"

/// One look is asked for a form, not for a field. No other room includes this.
namespace forms::answers {

/// Where nothing else on a form is in doubt, what counts is whether all that is unsure, and all its
/// numbers and dates, are right together: this likely they must be. Of 6,300 pages of unseen
/// writers (fine and better, light to heavy) some 200 became acceptable by it; one of these was
/// wrong, on a page full of specks, before such pages were left out. Of 1,800 pages of other hands
/// two. From 0.86 on six more.
inline constexpr double form_floor = 0.9;

/// Pages on which each answer keeps its own floor, since the fax hides more there than the
/// likelihoods know: fewer dots an inch along the feed; size on the page over printed size (the
/// sender's machine shrank it); specks per cm2.
inline constexpr double coarse_dpi = 150;
inline constexpr double shrunk = 0.95;
inline constexpr double dirty = 0.06;

/// Accepts what is only `unsure` (digits; choices that tell of no deviation) where that is all that
/// is in doubt on the form and its two keys agree. Whoever must look at a form anyway is asked
/// about each. Never
/// - a marker that may be above its limit or well above its last value where the answer is not,
/// - what looks like a digit that cannot be meant (`mistrusted`: fields).
void accept_nearly_sure(FilledForm& form, const Definition& definition, const Expectation& expected,
                        const std::set<std::string, std::less<>>& mistrusted,
                        const std::vector<const ocr::PageReading*>& pages);

}  // namespace forms::answers
