#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "daemon/records/records.hpp"

/// What the desk says, in Japanese and English.
namespace review {

enum class Language : std::uint8_t { ja, en };

/// Fixed words of the pages, by name: "open-flags", "held", ... An unknown name is a bug.
[[nodiscard]] std::string word(std::string_view name, Language language);

/// Why a document is held: the contract's word as a sentence; the word itself if it is new.
[[nodiscard]] std::string reason(const std::string& reason, Language language);
[[nodiscard]] std::string flag_kind(forms::rules::FlagKind kind, Language language);
[[nodiscard]] std::string severity(forms::rules::Severity severity, Language language);
[[nodiscard]] std::string report_state(records::ReportState state, Language language);

/// "11月22日(日) 17:05" or "22 Nov 17:05", in the machine's time zone.
[[nodiscard]] std::string moment(records::Time time, Language language);

}  // namespace review
