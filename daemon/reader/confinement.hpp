#pragma once

#include <cstdint>
#include <vector>

/// The walls around one child. Built once in the warm parent, entered by each child; docs/reader.md
/// lists every system call that is left and why.
namespace reader {

class Confinement {
public:
  /// Compiles the filter. Throws std::system_error.
  Confinement();

  struct Limits {
    std::uint64_t memory = 0;       ///< bytes to map beyond what is mapped now; 0: no limit
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
