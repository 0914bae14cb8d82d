#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "daemon/reader/wire.hpp"
#include "ocr/reading.hpp"

/// The inside of renkei-reader: a parent with its models loaded that forks one confined child a
/// document. The parent itself opens nothing that a sender sent.
namespace reader {

/// The pipe to the service, as the child holds it. Throws std::system_error when nobody listens.
class AnswerPipe {
public:
  explicit AnswerPipe(int descriptor) : descriptor_(descriptor) {}
  void write(std::string_view bytes);

private:
  int descriptor_;
};

struct Job {
  Task task = Task::read;
  std::span<const std::byte> file;            ///< all of it, mapped
  std::optional<ocr::DocumentReading> first;  ///< for read_text and draw
};

/// What a child does, already confined. An exception is a crash; its text goes to the service.
using Work = std::function<void(const Job&, AnswerPipe&)>;

/// Loads, says that it is ready, and serves until the other end of the socket is gone. Returns the
/// exit status. `load` makes the work; what it throws is told to the service.
int serve(int socket, const std::function<Work()>& load);

}  // namespace reader
