#pragma once

#include <cstdint>

namespace spool {

/// What the end of a file says about the rest of it. Told by content, never by name.
enum class Shape : std::uint8_t {
  whole,      ///< its structure ends where it should
  cut_short,  ///< something that it points to, or its end mark, is not there (yet)
  empty,
  unknown,  ///< a format that is none of ours: nothing can be said
};

/// TIFF and BigTIFF: every directory and strip lies inside the file. PDF: `startxref` and `%%EOF`
/// at the end, and the length that a linearized file promises. PNG: IEND. JPEG: EOI. Reads with
/// pread: a file that shrinks meanwhile is `cut_short`. Work is bounded whatever the bytes say.
/// Throws std::system_error if the disk cannot read.
[[nodiscard]] Shape shape_of(int descriptor, std::uint64_t size);

}  // namespace spool
