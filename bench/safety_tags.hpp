#pragma once

#include "bench/safety_plan.hpp"
#include "tests/faxsim/blank.hpp"

namespace bench::safety {

/// The bytes in the code of one page, as `filled.tamper` left them.
[[nodiscard]] std::vector<std::uint8_t> tag_bytes(const Filled& filled,
                                                  const std::vector<Form>& forms, int page,
                                                  const forms::TagKeys& keys,
                                                  faxsim::Chance chance);

/// A QR code over what is printed there; `box` without its quiet zone, mm.
void paint_code(faxsim::Picture& picture, const ocr::Box& box,
                const std::vector<std::uint8_t>& bytes);

}  // namespace bench::safety
