// The way from a descriptor of the thread to what the kernel knows of its socket.
#ifndef TAPIO_KERNEL_SOCKET_PARTS_H_
#define TAPIO_KERNEL_SOCKET_PARTS_H_

#include "call_parts.h"

namespace tapio::kernel {

// Of a program whose record has its head already. The plan has a layout of sockets.
class SocketParts : protected CallParts {
 protected:
  explicit SocketParts(const ProgramPlan& plan) : CallParts(plan) {}

  static constexpr std::int32_t kDetails = sizeof(TracerRecord);
  static constexpr std::int32_t kAddressAt =
      kDetails + static_cast<std::int32_t>(sizeof(SocketDetails));
  static constexpr std::size_t kAddressBytesAt = kDetails + offsetof(SocketDetails, address_bytes);
  static constexpr std::int16_t DetailAt(std::size_t offset) { return At(kDetails + offset); }

  // These hold ids and context before.
  static constexpr Reg kWalk = Reg::kR7;
  static constexpr Reg kLength = Reg::kR6;

  // The socket of the descriptor in r1. Leaves what the kernel keeps of it in kWalk. Lost: kLength.
  void ReadSocket(Assembler::Label none) {
    const SocketLayout& layout = *plan_.sockets;
    constexpr Reg kNumber = Reg::kR6;
    constexpr Reg kFile = Reg::kR6;
    code_.Low32(kNumber, Reg::kR1);
    code_.Call(BPF_FUNC_get_current_task);
    Follow(kWalk, Reg::kR0, layout.files);
    Follow(kWalk, kWalk, layout.table);
    code_.ReadKernel(kWordAt, 4, kWalk, layout.table_size);
    code_.Load(Width::k32, Reg::kR1, Reg::kFrame, kWordAt);
    code_.JumpIfRegister(Compare::kAtLeast, kNumber, Reg::kR1, none);
    Follow(kWalk, kWalk, layout.table_files);
    code_.ShiftLeft(kNumber, 3);
    code_.AddRegister(kWalk, kNumber);
    Follow(kFile, kWalk, 0);
    Follow(kWalk, kFile, layout.private_data);
    // Only a socket knows its file.
    Follow(Reg::kR1, kWalk, layout.file);
    const auto socket = code_.NewLabel();
    code_.JumpIf(Width::k64, Compare::kEqual, kFile, 0, none);
    code_.JumpIfSame(Reg::kR1, kFile, socket);
    code_.Jump(none);
    code_.Bind(socket);
    Follow(kWalk, kWalk, layout.sock);
    code_.JumpIf(Width::k64, Compare::kEqual, kWalk, 0, none);
    const auto keep = [&](std::size_t offset, std::int32_t bytes, std::int32_t from) {
      code_.ReadKernelTo(kRecord, kDetails + static_cast<std::int32_t>(offset), bytes, kWalk, from);
    };
    keep(offsetof(SocketDetails, family), 2, layout.family);
    keep(offsetof(SocketDetails, protocol), 2, layout.protocol);
    keep(offsetof(SocketDetails, own_port), 2, layout.own_port);
    keep(offsetof(SocketDetails, peer_port), 2, layout.peer_port);
    keep(offsetof(SocketDetails, own), 4, layout.own);
    keep(offsetof(SocketDetails, peer), 4, layout.peer);
    if (layout.own6 < 0) return;
    const auto four = code_.NewLabel();
    code_.Load(Width::k16, Reg::kR1, kRecord, DetailAt(offsetof(SocketDetails, family)));
    code_.JumpIf(Width::k32, Compare::kNotEqual, Reg::kR1, kInternet6, four);
    keep(offsetof(SocketDetails, own), 16, layout.own6);
    keep(offsetof(SocketDetails, peer), 16, layout.peer6);
    code_.Bind(four);
  }

  // Of a unix socket in kWalk, which has it from the one that listens. Lost: kWalk, kLength.
  void ReadUnixName() {
    const auto other = code_.NewLabel();
    const SocketLayout& layout = *plan_.sockets;
    constexpr std::uint32_t kUnix = 1;  // AF_UNIX
    code_.Load(Width::k16, Reg::kR1, kRecord, DetailAt(offsetof(SocketDetails, family)));
    code_.JumpIf(Width::k32, Compare::kNotEqual, Reg::kR1, kUnix, other);
    Follow(kWalk, kWalk, layout.unix_address);
    code_.ReadKernel(kWordAt, 4, kWalk, layout.unix_bytes);
    code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR0, 0, other);
    code_.Load(Width::k32, kLength, Reg::kFrame, kWordAt);
    code_.JumpIf(Width::k32, Compare::kAtLeast, kLength, kMostAddress + 1, other);
    code_.Move(Reg::kR3, kWalk);
    code_.Add(Reg::kR3, layout.unix_name);
    code_.Move(Reg::kR2, kLength);
    code_.And(Reg::kR2, kAddressMask);
    code_.Move(Reg::kR1, kRecord);
    code_.Add(Reg::kR1, kAddressAt);
    code_.Call(BPF_FUNC_probe_read_kernel);
    code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR0, 0, other);
    code_.Store(Width::k32, kRecord, At(kAddressBytesAt), kLength);
    code_.Bind(other);
  }
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_SOCKET_PARTS_H_
