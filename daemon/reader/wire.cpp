#include "daemon/reader/wire.hpp"

#include <sys/socket.h>

#include <cstring>
#include <type_traits>

namespace reader {
namespace {

constexpr std::size_t most_descriptors = 3;

bool send_packet(int socket, void* bytes, std::size_t count, const std::vector<int>& descriptors) {
  iovec part{bytes, count};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * most_descriptors)> control{};
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
    std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof(int) * descriptors.size());
  }
  const auto sent = uninterrupted([&] { return ::sendmsg(socket, &message, MSG_NOSIGNAL); });
  if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return false;
  if (sent < 0) refuse("cannot speak to the reader");
  return true;
}

/// Takes over every descriptor that came along, wanted or not.
std::vector<Descriptor> taken(msghdr& message) {
  std::vector<Descriptor> descriptors;
  for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const auto count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(header) + i * sizeof(int), sizeof number);
      descriptors.emplace_back(number);
    }
  }
  return descriptors;
}

template <typename Packet>
std::optional<Packet> receive_packet(int socket, std::vector<Descriptor>& descriptors) {
  static_assert(std::is_trivially_copyable_v<Packet>);
  std::array<char, sizeof(Packet)> bytes{};
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * most_descriptors)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const auto got = uninterrupted([&] { return ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC); });
  if (got < 0 && errno != ECONNRESET) refuse("cannot hear the reader");
  descriptors = taken(message);
  if (got != static_cast<ssize_t>(sizeof(Packet)) || (message.msg_flags & MSG_TRUNC) != 0) {
    return std::nullopt;
  }
  Packet packet;
  std::memcpy(&packet, bytes.data(), sizeof packet);
  return packet;
}

}  // namespace

bool send(int socket, const Request& request, const std::vector<int>& descriptors) {
  auto copy = request;
  return send_packet(socket, &copy, sizeof copy, descriptors);
}

bool send(int socket, const Report& report) {
  auto copy = report;
  return send_packet(socket, &copy, sizeof copy, {});
}

std::optional<Received> receive_request(int socket) {
  Received received;
  const auto request = receive_packet<Request>(socket, received.descriptors);
  if (!request) return std::nullopt;
  received.request = *request;
  return received;
}

std::optional<Report> receive_report(int socket) {
  std::vector<Descriptor> none;
  auto report = receive_packet<Report>(socket, none);
  if (!report || report->version != wire_version) return std::nullopt;
  report->text.back() = '\0';
  return report;
}

}  // namespace reader
