// Addresses of sockets as text.
#ifndef TAPIO_KERNEL_SOCKET_ADDRESS_H_
#define TAPIO_KERNEL_SOCKET_ADDRESS_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace tapio::kernel {

// One end of a connection.
struct SocketAddress {
  std::string host;        // IPv4 or IPv6, an IPv4 address in IPv6 as the former; empty: not known
  std::uint32_t port = 0;  // 0: not known
  std::string path;        // of a unix socket; an abstract name begins with a NUL
};

// Of what a program gave connect(), however long.
SocketAddress ReadSocketAddress(std::string_view bytes);
// Of four or sixteen bytes by AF_INET or AF_INET6; of another family none.
std::string HostText(std::uint32_t family, const std::uint8_t* bytes);
// Of a family and a number of /etc/protocols; empty: one without a name here.
std::string_view ProtocolName(std::uint32_t family, std::uint32_t protocol);

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_SOCKET_ADDRESS_H_
