#pragma once

#include <sys/types.h>

#include "daemon/reader/descriptor.hpp"
#include "daemon/reader/reader.hpp"

namespace reader {

/// A running renkei-reader and our end of its socket. Its end is waited for, always.
class WarmProcess {
public:
  /// Starts it and waits until its models are loaded. It gets one socket, no other descriptor, and
  /// an environment of its own. Throws std::system_error, or std::runtime_error with what it could
  /// not load.
  explicit WarmProcess(const Settings& settings);
  /// Closes the socket, upon which it ends its child and itself; kills it if it does not.
  ~WarmProcess();
  WarmProcess(const WarmProcess&) = delete;
  WarmProcess& operator=(const WarmProcess&) = delete;

  [[nodiscard]] int socket() const { return socket_.get(); }

private:
  void start(const Settings& settings, int theirs);
  void end();

  Descriptor socket_;
  pid_t pid_ = -1;
};

}  // namespace reader
