// The program at the return of every system call that tells opens, connects and accepts.
#if defined(__linux__)

#include "socket_parts.h"

namespace tapio::kernel {

namespace {

// Of a path the kernel takes 4095 bytes and the NUL; one more tells that there were others.
constexpr std::int32_t kPathMask = 2 * kMostText - 1;
constexpr std::int32_t kNotedTextMask = sizeof(PendingCall::text) - 1;

class CallExitWriter : private SocketParts {
 public:
  explicit CallExitWriter(const ProgramPlan& plan) : SocketParts(plan), forget_(code_.NewLabel()) {}

  std::vector<bpf_insn> Write() {
    KeepWanted();
    Begin(0);
    StoreThreadKey();
    code_.LookUp(plan_.calls, kKeyAt);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, done_);
    code_.Move(kPending, Reg::kR0);
    code_.Load(Width::k32, Reg::kR1, Reg::kFrame, kKindAt);
    code_.Load(Width::k32, Reg::kR2, kPending, At(offsetof(PendingCall, probe)));
    code_.OrRegister(Reg::kR1, Reg::kR2);
    code_.Store(Width::k32, Reg::kFrame, kKindAt, Reg::kR1);
    MarkInterrupted();
    UseScratch();
    code_.Load(Width::k64, Reg::kR1, kContext, Argument(1));
    code_.Store(Width::k64, kRecord, At(offsetof(TracerRecord, return_value)), Reg::kR1);
    code_.StoreValue(Width::k32, kRecord, At(offsetof(TracerRecord, syscall)), 0);
    FillRecord();
    const auto open = code_.NewLabel();
    code_.Load(Width::k32, Reg::kR1, kPending, At(offsetof(PendingCall, probe)));
    code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR1, static_cast<std::uint32_t>(Probe::kOpen),
                 open);
    TellSocket();
    code_.Bind(open);
    TellOpen();
    if (plan_.paths >= 0 || plan_.ports >= 0) {
      code_.Bind(forget_);
      Forget();
      code_.Jump(done_);
    }
    CountLost();
    return End();
  }

 private:
  static constexpr Reg kPending = Reg::kR8;
  static constexpr std::int32_t kPathAt = kDetails + static_cast<std::int32_t>(sizeof(OpenDetails));

  // The number at the return is no proof, as a debugger may have changed it, but most calls are
  // told from the wanted ones by it.
  void KeepWanted() {
    const auto wanted = code_.NewLabel();
    code_.Move(kContext, Reg::kR1);
    code_.Load(Width::k64, Reg::kR2, Reg::kR1, Argument(0));
    code_.ReadKernel(kWordAt, 4, Reg::kR2, machine::kRegisters + machine::kNumber);
    code_.Move(Reg::kR1, kContext);
    code_.Load(Width::k32, Reg::kR2, Reg::kFrame, kWordAt);
    code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR2, machine::kNoNumber, wanted);
    KeepNumbers(wanted);
    code_.Bind(wanted);
  }

  void TellOpen() {
    const auto again = code_.NewLabel();
    const auto failed = code_.NewLabel();
    const auto read = code_.NewLabel();
    constexpr auto kBytesAt = kDetails + offsetof(OpenDetails, path_bytes);
    Copy(Width::k64, offsetof(OpenDetails, flags), offsetof(PendingCall, flags));
    Copy(Width::k32, offsetof(OpenDetails, directory), offsetof(PendingCall, descriptor));
    Copy(Width::k32, offsetof(OpenDetails, noted), offsetof(PendingCall, noted));
    code_.StoreValue(Width::k32, kRecord, At(kBytesAt), 0);
    ReadFlagsAgain();
    CopyNoted(kPathAt, again);
    code_.Load(Width::k32, Reg::kR1, kPending, At(offsetof(PendingCall, text_bytes)));
    code_.Store(Width::k32, kRecord, At(kBytesAt), Reg::kR1);
    code_.Jump(read);
    code_.Bind(again);
    code_.Load(Width::k64, Reg::kR3, kPending, At(offsetof(PendingCall, text_at)));
    ReadUserText(kRecord, kPathAt, kMostText + 1, Reg::kR3);
    code_.JumpIf(Width::k64, Compare::kNegative, Reg::kR0, 0, failed);
    code_.Store(Width::k32, kRecord, At(kBytesAt), Reg::kR0);
    code_.Bind(read);
    if (plan_.paths >= 0) {
      const auto chosen = code_.NewLabel();
      JumpIfChosen(chosen);
      FilterPath(kRecord, kDetails + offsetof(OpenDetails, prefix_bits), forget_);
      code_.Bind(chosen);
    }
    code_.Bind(failed);
    if (plan_.paths >= 0) {
      // What cannot be read matches nothing.
      code_.Load(Width::k32, Reg::kR1, kRecord, At(kBytesAt));
      code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR1, 0, forget_);
    }
    Output(kPathAt, kBytesAt, kPathMask);
  }

  // Of openat2, when they were not there at its entry.
  void ReadFlagsAgain() {
    const auto known = code_.NewLabel();
    code_.Load(Width::k32, Reg::kR1, kPending, At(offsetof(PendingCall, noted)));
    code_.JumpIf(Width::k32, Compare::kAnyBit, Reg::kR1, kFlagsNoted, known);
    code_.Load(Width::k64, Reg::kR3, kPending, At(offsetof(PendingCall, second_at)));
    ReadUser(kRecord, kDetails + static_cast<std::int32_t>(offsetof(OpenDetails, flags)), 8,
             Reg::kR3);
    code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR0, 0, known);
    code_.StoreValue(Width::k32, kRecord, At(kDetails + offsetof(OpenDetails, noted)), kFlagsNoted);
    code_.Bind(known);
  }

  void TellSocket() {
    for (std::size_t at = 0; at < sizeof(SocketDetails); at += 8)
      code_.StoreValue(Width::k64, kRecord, At(kDetails + at), 0);
    const auto accept = code_.NewLabel();
    code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR1, static_cast<std::uint32_t>(Probe::kAccept),
                 accept);
    TellConnect();
    code_.Bind(accept);
    TellAccept();
  }

  void TellConnect() {
    const auto again = code_.NewLabel();
    const auto read = code_.NewLabel();
    const auto failed = code_.NewLabel();
    CopyNoted(kAddressAt, again);
    code_.Load(Width::k32, Reg::kR1, kPending, At(offsetof(PendingCall, text_bytes)));
    code_.Store(Width::k32, kRecord, At(kAddressBytesAt), Reg::kR1);
    code_.Jump(read);
    code_.Bind(again);
    code_.Load(Width::k32, kLength, kPending, At(offsetof(PendingCall, text_size)));
    code_.Load(Width::k64, Reg::kR3, kPending, At(offsetof(PendingCall, text_at)));
    ReadAddressAgain(failed);
    code_.Bind(read);
    if (plan_.ports >= 0) {
      const auto chosen = code_.NewLabel();
      JumpIfChosen(chosen);
      code_.Load(Width::k32, Reg::kR1, kRecord, At(kAddressBytesAt));
      code_.JumpIf(Width::k32, Compare::kBelow, Reg::kR1, 4, forget_);
      FilterAddress(kRecord, kAddressAt, forget_);
      code_.Bind(chosen);
    }
    code_.Bind(failed);
    if (plan_.ports >= 0) {
      code_.Load(Width::k32, Reg::kR1, kRecord, At(kAddressBytesAt));
      code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR1, 0, forget_);
    }
    if (plan_.sockets.has_value()) {
      const auto no_socket = code_.NewLabel();
      code_.Load(Width::k32, Reg::kR1, kPending, At(offsetof(PendingCall, descriptor)));
      ReadSocket(no_socket);
      code_.Bind(no_socket);
    }
    Output(kAddressAt, kAddressBytesAt, kAddressMask);
  }

  // Of the new socket; of one that listens when there is none.
  void TellAccept() {
    const auto no_socket = code_.NewLabel();
    const auto output = code_.NewLabel();
    if (plan_.sockets.has_value()) TellSocketOfAccept(no_socket, output);
    code_.Bind(no_socket);
    if (plan_.ports >= 0) {
      // What has no port matches none.
      code_.Jump(forget_);
      if (!plan_.sockets.has_value()) return;
    } else {
      ReadAccepted(output);
    }
    code_.Bind(output);
    Output(kAddressAt, kAddressBytesAt, kAddressMask);
  }
  void TellSocketOfAccept(Assembler::Label no_socket, Assembler::Label output) {
    const auto accepted = code_.NewLabel();
    code_.Load(Width::k64, Reg::kR1, kRecord, At(offsetof(TracerRecord, return_value)));
    code_.JumpIf(Width::k64, Compare::kBelow, Reg::kR1, 0x7fff'ffff, accepted);
    code_.Load(Width::k32, Reg::kR1, kPending, At(offsetof(PendingCall, descriptor)));
    code_.Bind(accepted);
    ReadSocket(no_socket);
    if (plan_.sockets->unix_address >= 0) ReadUnixName();
    if (plan_.ports >= 0) {
      code_.Load(Width::k16, Reg::kR1, kRecord, DetailAt(offsetof(SocketDetails, own_port)));
      FilterPort(forget_);
    }
    code_.Jump(output);
  }

  // What the kernel wrote for the program, where it was asked to and nothing else tells it.
  void ReadAccepted(Assembler::Label output) {
    code_.Load(Width::k64, Reg::kR1, kRecord, At(offsetof(TracerRecord, return_value)));
    code_.JumpIf(Width::k64, Compare::kNegative, Reg::kR1, 0, output);
    code_.Load(Width::k64, Reg::kR3, kPending, At(offsetof(PendingCall, second_at)));
    ReadUser(Reg::kFrame, kWordAt, 4, Reg::kR3);
    code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR0, 0, output);
    code_.Load(Width::k32, kLength, Reg::kFrame, kWordAt);
    code_.Load(Width::k64, Reg::kR3, kPending, At(offsetof(PendingCall, text_at)));
    ReadAddressAgain(output);
  }
  // kLength bytes at r3.
  void ReadAddressAgain(Assembler::Label failed) {
    code_.JumpIf(Width::k32, Compare::kAtLeast, kLength, kMostAddress + 1, failed);
    ReadAddress(kRecord, kAddressAt, kLength, Reg::kR3);
    code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR0, 0, failed);
    code_.Store(Width::k32, kRecord, At(kAddressBytesAt), kLength);
  }

  void Copy(Width width, std::size_t to, std::size_t from) {
    code_.Load(width, Reg::kR1, kPending, At(from));
    code_.Store(width, kRecord, DetailAt(to), Reg::kR1);
  }
  // The text that was read at the entry.
  void CopyNoted(std::int32_t to, Assembler::Label none) {
    code_.Load(Width::k32, Reg::kR2, kPending, At(offsetof(PendingCall, text_bytes)));
    code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR2, 0, none);
    code_.And(Reg::kR2, kNotedTextMask);
    code_.Move(Reg::kR1, kRecord);
    code_.Add(Reg::kR1, to);
    code_.Move(Reg::kR3, kPending);
    code_.Add(Reg::kR3, offsetof(PendingCall, text));
    code_.Call(BPF_FUNC_probe_read_kernel);
  }
  void JumpIfChosen(Assembler::Label chosen) {
    code_.Load(Width::k32, Reg::kR1, kPending, At(offsetof(PendingCall, noted)));
    code_.JumpIf(Width::k32, Compare::kAnyBit, Reg::kR1, kChosenNoted, chosen);
  }

  void Output(std::int32_t texts_at, std::size_t bytes_at, std::int32_t mask) {
    Forget();
    code_.Load(Width::k32, Reg::kR3, kRecord, At(bytes_at));
    code_.And(Reg::kR3, mask);
    code_.Add(Reg::kR3, texts_at);
    OutputScratch();
  }

  const Assembler::Label forget_;
};

}  // namespace

std::vector<bpf_insn> AssembleCallExit(const ProgramPlan& plan) {
  if (!machine::kKnown) return {};
  return CallExitWriter(plan).Write();
}

}  // namespace tapio::kernel

#endif
