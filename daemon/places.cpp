#include "daemon/places.hpp"

#include <stdexcept>

namespace config {
namespace {

namespace fs = std::filesystem;

fs::path program_folder() {
  return fs::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace

fs::path share_folder() {
  auto folder = (program_folder() / "../share/renkei").lexically_normal();
  if (!fs::is_directory(folder)) {
    throw std::runtime_error("nothing installed at " + folder.string() +
                             ": form definitions, digit network and desk pages belong there");
  }
  return folder;
}

fs::path reader_program() {
  const auto here = program_folder();
  for (const auto& path : {here / "renkei-reader", here / "../libexec/renkei/renkei-reader"}) {
    if (fs::exists(path)) return path.lexically_normal();
  }
  throw std::runtime_error("renkei-reader is not beside " + (here / "renkeid").string() +
                           " and not in libexec/renkei");
}

}  // namespace config
