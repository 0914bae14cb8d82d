#pragma once

#include <string>
#include <string_view>

namespace spool {

/// A sender's file name as text that people and JSON can bear: valid UTF-8 stays, Shift-JIS (what
/// Japanese machines send over FTP) is turned into it, and what is neither, or a control character,
/// becomes U+FFFD. A label, never an identity.
[[nodiscard]] std::string label_of(std::string_view name);

/// Names that a sender gives to what is still on its way: a leading dot, .tmp, .part, .filepart.
[[nodiscard]] bool is_provisional(std::string_view name);

/// What release() calls a file between its last look and its end.
inline constexpr std::string_view going_prefix = ".renkei-going-";

/// Provisional, and a sender's: not one that renkei itself gives to what it is just handling.
[[nodiscard]] bool is_still_sent(std::string_view name);

}  // namespace spool
