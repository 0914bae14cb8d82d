#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "forms/filled_form.hpp"

/// One look is asked for a form, not for a field. No other room includes this.
namespace forms::answers {

/// Where nothing else on a form is in doubt, what counts is whether all its numbers and dates are
/// right together: this likely they must be. Of some 70 forms of unseen writers on 2,400 pages
/// (fine and better, normal) that had 0.92 or more while one answer had less than its own floor
/// none was wrong; of their like on 1,200 light and heavy pages two, both heavy. From 0.9 on two
/// more, by other hands.
inline constexpr double form_floor = 0.92;

/// Dots an inch along the feed below which each answer keeps its own floor: there the fax itself
/// hides more than the likelihoods know.
inline constexpr double coarse_dpi = 150;

/// Accepts digits that are only `unsure` where they are all that is in doubt on the form and its
/// two keys agree. Whoever must look at a form anyway is asked about each. Never
/// - a marker that may be above its limit or well above its last value where the answer is not,
/// - what looks like a digit that cannot be meant (`mistrusted`: fields).
void accept_nearly_sure(FilledForm& form, const Definition& definition, const Expectation& expected,
                        const std::set<std::string, std::less<>>& mistrusted,
                        const std::vector<const ocr::PageReading*>& pages);

}  // namespace forms::answers
