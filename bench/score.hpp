#pragma once

#include <string>
#include <vector>

#include "bench/made_up.hpp"
#include "bench/reliability.hpp"

/// What was read against what was written, in the words of the accuracy table.
namespace bench {

/// Counts over many pages. A rate whose denominator is 0 is not measured.
struct Tally {
  int pages = 0;
  int tagged = 0;  ///< tag read and verified
  int aligned = 0;
  std::vector<double>
      alignment_mm;  ///< of each aligned page: root mean square over a grid of points
  long marks = 0, mark_errors = 0;    ///< options; an unclear one is no error
  long digits = 0, digit_errors = 0;  ///< cells, by the likeliest class alone
  long accepted = 0, misreads = 0;    ///< fields; a written field reported blank is a misread too
  long readable = 0, doubts = 0;      ///< fields that a person could read
  int plain = 0, straight = 0;        ///< forms without free text; filed by rule alone, all right
  int deviations = 0, recalled = 0;  ///< forms with an urgent or routine finding expected, tag read
  int quiet = 0, false_alarms = 0;   ///< forms without one
  int own = 0, own_held = 0;         ///< right birth date, tag read; held all the same
  int strangers = 0;                 ///< forms with another's birth date
  int misfiled = 0;
  int noted = 0, notes_found = 0;  ///< notes in the margin
  int noteless = 0, notes_imagined = 0;

  void add(const Tally& other);
};

/// One page's verdict: its counts, and what went wrong, for people to look at.
struct Verdict {
  Tally counts;
  std::vector<Said> said;           ///< every answer that a person could read and is not text
  std::vector<std::string> faults;  ///< "misread cea: wrote 3.2, read 8.2 (0.997)"
  [[nodiscard]] bool has(std::string_view kind) const;  ///< a fault that begins with this word
};

/// `truth` is faxsim's, of a job with this one form.
[[nodiscard]] Verdict judge_page(const Case& made, const nlohmann::json& truth,
                                 const ocr::DocumentReading& reading,
                                 const records::Filing& filing);

}  // namespace bench
