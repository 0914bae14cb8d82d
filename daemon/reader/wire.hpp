#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/reader/descriptor.hpp"

/// Messages between the service and its warm parent, one packet each on a local socket. Both ends
/// are ours and of one build; what a child says never travels here. See docs/reader.md.
namespace reader {

/// Where renkei-reader finds its end of the socket.
inline constexpr int socket_number = 3;
inline constexpr std::uint32_t wire_version = 2;

enum class Task : std::uint8_t { read, read_by_print, read_text, draw, kill };

/// Service to warm parent. Comes with descriptors: the file, the pipe for the answer and, for the
/// second look, the first reading as JSON. `kill` comes with none and ends the child that runs.
struct Request {
  std::uint64_t number = 0;
  Task task = Task::read;
  std::uint64_t memory = 0;       ///< bytes that the child may map beyond what it is born with
  std::uint64_t cpu_seconds = 0;  ///< in case the service cannot say kill
};

enum class News : std::uint8_t { ready, failed, ended };

/// Warm parent to service.
struct Report {
  std::uint32_t version = wire_version;
  News news = News::ready;
  std::uint64_t number = 0;      ///< of the request, if `ended`
  int status = 0;                ///< as from wait
  std::uint64_t peak = 0;        ///< resident bytes at most, of the child
  std::array<char, 256> text{};  ///< why it failed
};

struct Received {
  Request request;
  std::vector<Descriptor> descriptors;
};

/// False if the other end is gone. Throws std::system_error otherwise.
bool send(int socket, const Request& request, const std::vector<int>& descriptors);
bool send(int socket, const Report& report);

/// None if the other end is gone or speaks another tongue.
[[nodiscard]] std::optional<Received> receive_request(int socket);
[[nodiscard]] std::optional<Report> receive_report(int socket);

}  // namespace reader
