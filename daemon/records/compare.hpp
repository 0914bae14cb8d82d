#pragma once

#include <map>
#include <string>
#include <vector>

#include "forms/filled_form.hpp"

namespace records {

using Answers = std::map<std::string, forms::Answer, std::less<>>;

/// Names of the fields in which two versions of one paper differ: among `compared` and
/// `birth_date`, or among all of them if `compared` is empty. A doubtful answer of which nothing
/// could be made out differs from nothing: its own doubt is seen to by a person.
[[nodiscard]] std::vector<std::string> differing_fields(const Answers& earlier,
                                                        const Answers& later,
                                                        const std::vector<std::string>& compared);

}  // namespace records
