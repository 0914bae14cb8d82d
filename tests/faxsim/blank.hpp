#pragma once

#include "tests/faxsim/canvas.hpp"
#include "tests/faxsim/faxsim.hpp"

namespace faxsim {

class Blank {
public:
  std::vector<Picture> pages;  ///< grey, 400 dpi
};

inline constexpr double paper_dpi = 400;

/// White paper of A4 size.
[[nodiscard]] const Picture& white_sheet();

}  // namespace faxsim
