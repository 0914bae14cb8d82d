#pragma once

#include <cstdint>
#include <vector>

/// The walls around one child. Built once in the warm parent, entered by each child; docs/reader.md
/// lists every system call that is left and why.
namespace reader {

/// AddressSanitizer maps terabytes of shadow memory, and UndefinedBehaviorSanitizer probes
/// addresses through pipes of its own: such a build has no memory limit and three more system
/// calls.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

class Confinement {
public:
  /// Compiles the filter. Throws std::system_error.
  Confinement();

  struct Limits {
    std::uint64_t memory = 0;       ///< bytes to map beyond what is mapped now
    std::uint64_t cpu_seconds = 0;  ///< beyond what is used now
  };

  /// No way back: no new privileges, no capabilities, no files, no network, no processes. Throws
  /// std::system_error if the kernel refuses any of it; then the child must not touch the document.
  /// Landlock alone may be missing.
  void enter(const Limits& limits) const;

private:
  std::vector<std::uint8_t> filter_;  ///< BPF
};

}  // namespace reader
