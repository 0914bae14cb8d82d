#include <sys/socket.h>
#include <sys/stat.h>

#include <cstdio>
#include <string_view>

#include "daemon/reader/look.hpp"
#include "daemon/reader/warm_parent.hpp"

/// renkei-reader: started by renkeid alone, with its socket as descriptor 3.
int main(int count, char** arguments) {
  struct stat info {};
  reader::LookFiles files;
  bool understood = ::fstat(reader::socket_number, &info) == 0 && S_ISSOCK(info.st_mode);
  for (int i = 1; i < count && understood; i += 2) {
    const std::string_view name = arguments[i];
    const char* value = i + 1 < count ? arguments[i + 1] : nullptr;
    understood =
        value != nullptr && (name == "--forms" || name == "--model" || name == "--tessdata");
    if (!understood) break;
    (name == "--forms" ? files.forms : name == "--model" ? files.model : files.tessdata) = value;
  }
  if (!understood) {
    std::fputs("renkei-reader is started by renkeid, never by hand\n", stderr);
    return 2;
  }
  return reader::serve(reader::socket_number, [&] { return reader::load_work(files); });
}
