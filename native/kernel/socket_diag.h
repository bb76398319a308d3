// Which end of a TCP connection dialled, as the kernel's own counts tell it (sock_diag(7)).
#ifndef TAPIO_KERNEL_SOCKET_DIAG_H_
#define TAPIO_KERNEL_SOCKET_DIAG_H_

#include <cstddef>
#include <cstdint>

namespace tapio::kernel {

// One end of a connection, as JavaScript packs it: the head of struct inet_diag_sockid, then the
// family.
struct TcpEnd {
  std::uint16_t local_port;  // ports and addresses in network byte order
  std::uint16_t remote_port;
  std::uint32_t local[4];
  std::uint32_t remote[4];
  std::uint32_t family;  // AF_INET or AF_INET6
};
static_assert(sizeof(TcpEnd) == 40);

enum class Opener : std::uint8_t { kUnknown, kLocal, kRemote };

// Of each end, which side opened its connection. Unknown: no such socket in this thread's network
// namespace, a socket that is closing or has unacknowledged data just now, or a kernel before 4.19.
// Asks for one socket at a time; never blocks.
void FindOpeners(const TcpEnd* ends, std::size_t count, Opener* openers);

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_SOCKET_DIAG_H_
