#pragma once

#include <filesystem>
#include <vector>

namespace ocr {

/// Bundles page pictures (PNG files, 1-bit or 8-bit grey, as `picture` makes them) into one PDF,
/// a page each, sized by their pHYs resolution (200 dpi if they have none). The picture data is
/// taken over unchanged. Runs in the service, on pictures it has itself received from the child:
/// any that is not such a PNG is refused.
/// Throws std::runtime_error naming the file.
void write_pdf(const std::vector<std::filesystem::path>& pngs, const std::filesystem::path& out);

}  // namespace ocr
