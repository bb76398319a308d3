#include "socket_diag.h"

#include <algorithm>

#if defined(__linux__)

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace tapio::kernel {

namespace {

// From the kernel's net/tcp_states.h: no end has been closed from here, so no FIN is in the counts.
constexpr std::uint8_t kEstablished = 1;
constexpr std::uint8_t kCloseWait = 8;

struct Request {
  nlmsghdr header;
  inet_diag_req_v2 body;
};

bool Ask(int netlink, const TcpEnd& end) {
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.body.sdiag_family = static_cast<std::uint8_t>(end.family);
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_ext = 1U << (INET_DIAG_INFO - 1);
  request.body.idiag_states = ~0U;
  request.body.id.idiag_sport = end.local_port;
  request.body.id.idiag_dport = end.remote_port;
  std::memcpy(request.body.id.idiag_src, end.local, sizeof end.local);
  std::memcpy(request.body.id.idiag_dst, end.remote, sizeof end.remote);
  request.body.id.idiag_cookie[0] = request.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return send(netlink, &request, sizeof request, MSG_DONTWAIT) == ssize_t{sizeof request};
}

// What was acknowledged includes the SYN of who dialled, and what was sent never does.
Opener Judge(const tcp_info& info) {
  if (info.tcpi_unacked != 0) return Opener::kUnknown;
  const std::uint64_t more = info.tcpi_bytes_acked + info.tcpi_bytes_retrans - info.tcpi_bytes_sent;
  if (more > 1) return Opener::kUnknown;
  return more == 1 ? Opener::kLocal : Opener::kRemote;
}

Opener Read(int netlink) {
  // The kernel answers before send() returns.
  alignas(nlmsghdr) char answer[4096];
  const ssize_t received = recv(netlink, answer, sizeof answer, MSG_DONTWAIT);
  if (received < ssize_t{NLMSG_LENGTH(sizeof(inet_diag_msg))}) return Opener::kUnknown;
  const auto* header = reinterpret_cast<const nlmsghdr*>(answer);
  if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY || header->nlmsg_len > received) {
    return Opener::kUnknown;
  }
  const auto* socket = reinterpret_cast<const inet_diag_msg*>(NLMSG_DATA(header));
  if (socket->idiag_state != kEstablished && socket->idiag_state != kCloseWait) {
    return Opener::kUnknown;
  }
  constexpr std::size_t kNeeded = offsetof(tcp_info, tcpi_bytes_retrans) + sizeof(__u64);
  auto left = static_cast<int>(header->nlmsg_len - NLMSG_LENGTH(sizeof(inet_diag_msg)));
  for (const auto* part = reinterpret_cast<const rtattr*>(socket + 1); RTA_OK(part, left);
       part = RTA_NEXT(part, left)) {
    if (part->rta_type != INET_DIAG_INFO || RTA_PAYLOAD(part) < kNeeded) continue;
    tcp_info info{};
    std::memcpy(&info, RTA_DATA(part), std::min<std::size_t>(sizeof info, RTA_PAYLOAD(part)));
    return Judge(info);
  }
  return Opener::kUnknown;
}

}  // namespace

void FindOpeners(const TcpEnd* ends, std::size_t count, Opener* openers) {
  std::fill_n(openers, count, Opener::kUnknown);
  const int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (netlink < 0) return;
  for (std::size_t i = 0; i < count && Ask(netlink, ends[i]); ++i) openers[i] = Read(netlink);
  close(netlink);
}

}  // namespace tapio::kernel

#else

namespace tapio::kernel {

void FindOpeners(const TcpEnd*, std::size_t count, Opener* openers) {
  std::fill_n(openers, count, Opener::kUnknown);
}

}  // namespace tapio::kernel

#endif
