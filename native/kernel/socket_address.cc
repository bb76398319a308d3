#if defined(__linux__)

#include "socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstring>

namespace tapio::kernel {

std::string HostText(std::uint32_t family, const std::uint8_t* bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (family == AF_INET6 && std::memcmp(bytes, kMapped, sizeof kMapped) == 0) {
    family = AF_INET;
    bytes += sizeof kMapped;
  }
  if (family == AF_INET || family == AF_INET6)
    inet_ntop(static_cast<int>(family), bytes, text, sizeof text);
  return text;
}

SocketAddress ReadSocketAddress(std::string_view bytes) {
  SocketAddress address;
  std::uint16_t family = 0;
  if (bytes.size() < sizeof family) return address;
  std::memcpy(&family, bytes.data(), sizeof family);
  const auto* const at = reinterpret_cast<const std::uint8_t*>(bytes.data());
  // The kernel takes an IPv6 address without its last field.
  constexpr std::size_t kLeastSix = 24;
  const bool four = family == AF_INET && bytes.size() >= sizeof(sockaddr_in);
  if (four || (family == AF_INET6 && bytes.size() >= kLeastSix)) {
    address.host = HostText(
        family, at + (four ? offsetof(sockaddr_in, sin_addr) : offsetof(sockaddr_in6, sin6_addr)));
    address.port = static_cast<std::uint32_t>(at[2]) << 8 | at[3];
  } else if (family == AF_UNIX) {
    // A path ends at a NUL, or where the address does; an abstract name is all of it.
    const std::string_view path = bytes.substr(sizeof family);
    address.path = path.empty() || path[0] == '\0' ? path : path.substr(0, path.find('\0'));
  }
  return address;
}

std::string_view ProtocolName(std::uint32_t family, std::uint32_t protocol) {
  if (family == AF_UNIX) return "unix";
  if (family != AF_INET && family != AF_INET6) return {};
  switch (protocol) {
    case IPPROTO_TCP:
      return "tcp";
    case IPPROTO_UDP:
      return "udp";
    case IPPROTO_ICMP:
      return "icmp";
    case IPPROTO_ICMPV6:
      return "icmp6";
    case IPPROTO_SCTP:
      return "sctp";
    case IPPROTO_UDPLITE:
      return "udplite";
    case 262:  // IPPROTO_MPTCP
      return "mptcp";
    default:
      return {};
  }
}

}  // namespace tapio::kernel

#endif
