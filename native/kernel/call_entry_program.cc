// The program at the entry of every system call that keeps what opens, connects and accepts were
// asked for.
#if defined(__linux__)

#include "call_parts.h"

namespace tapio::kernel {

namespace {

using machine::CallForm;
using machine::TracedCall;

class CallEntryWriter : private CallParts {
 public:
  explicit CallEntryWriter(const ProgramPlan& plan)
      : CallParts(plan),
        open_(code_.NewLabel()),
        connect_(code_.NewLabel()),
        note_(code_.NewLabel()) {}

  std::vector<bpf_insn> Write() {
    const auto wanted = code_.NewLabel();
    // Most calls are others: nothing is asked of the kernel for those.
    code_.Load(Width::k64, Reg::kR2, Reg::kR1, Argument(1));
    KeepNumbers(wanted);
    code_.Bind(wanted);
    Begin(0);
    FilterThread();
    FindSyscall(true);
    UseScratch();
    for (std::size_t at = 0; at < offsetof(PendingCall, text); at += 8)
      code_.StoreValue(Width::k64, kRecord, At(at), 0);
    code_.Load(Width::k64, Reg::kR1, kContext, Argument(0));
    code_.ReadKernel(kArgumentsAt, machine::kArgumentsBytes, Reg::kR1, machine::kArguments);
    code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR0, 0, done_);
    for (const TracedCall& call : machine::kTracedCalls) {
      if (WantsForm(call.form)) KeepArguments(call);
    }
    code_.Jump(done_);
    if (Wants(Probe::kOpen)) KeepPath();
    if (Wants(Probe::kConnect)) KeepAddress();
    Note();
    return End();
  }

 private:
  static constexpr std::int16_t kArgumentsAt = kPairAt - machine::kArgumentsBytes;
  // socketcall's arguments.
  static constexpr std::int16_t kWordsAt = kArgumentsAt - 16;

  void LoadArgument(Reg to, const TracedCall& call, int index) {
    const auto i = static_cast<std::size_t>(index);
    if (call.form == CallForm::kSocketCall) {
      code_.Load(Width::k32, to, Reg::kFrame, static_cast<std::int16_t>(kWordsAt + 4 * index));
    } else if ((call.number & machine::kCompatBit) != 0) {
      code_.Load(Width::k32, to, Reg::kFrame,
                 static_cast<std::int16_t>(kArgumentsAt + machine::kCompatArgumentsAt[i]));
    } else {
      code_.Load(Width::k64, to, Reg::kFrame,
                 static_cast<std::int16_t>(kArgumentsAt + machine::kArgumentsAt[i]));
    }
  }
  void Keep(Width width, std::size_t offset, const TracedCall& call, int index) {
    LoadArgument(Reg::kR1, call, index);
    code_.Store(width, kRecord, At(offset), Reg::kR1);
  }
  void KeepValue(std::size_t offset, std::int32_t value) {
    code_.StoreValue(Width::k32, kRecord, At(offset), value);
  }
  void KeepProbe(Probe probe) {
    KeepValue(offsetof(PendingCall, probe), static_cast<std::int32_t>(probe));
  }

  void KeepArguments(const TracedCall& call) {
    const auto others = code_.NewLabel();
    const auto this_one = code_.NewLabel();
    code_.JumpIf(Width::k32, Compare::kEqual, kSyscallNumber, call.number, this_one);
    code_.Jump(others);
    code_.Bind(this_one);
    switch (call.form) {
      case CallForm::kConnect:
      case CallForm::kAccept:
        KeepSocketArguments(call, call.form == CallForm::kConnect);
        break;
      case CallForm::kSocketCall:
        KeepSocketCall(call);
        break;
      default:
        KeepOpenArguments(call);
        code_.Jump(open_);
    }
    code_.Bind(others);
  }

  void KeepOpenArguments(const TracedCall& call) {
    constexpr std::int32_t kCreateFlags = 01 | 0100 | 01000;  // O_WRONLY, O_CREAT, O_TRUNC
    const bool in_directory = call.form == CallForm::kOpenAt || call.form == CallForm::kOpenAt2;
    KeepProbe(Probe::kOpen);
    Keep(Width::k64, offsetof(PendingCall, text_at), call, in_directory ? 1 : 0);
    if (in_directory) {
      Keep(Width::k32, offsetof(PendingCall, descriptor), call, 0);
    } else {
      KeepValue(offsetof(PendingCall, descriptor), kCurrentDirectory);
    }
    switch (call.form) {
      case CallForm::kCreate:
        KeepValue(offsetof(PendingCall, flags), kCreateFlags);
        break;
      case CallForm::kOpenAt2: {
        const auto failed = code_.NewLabel();
        Keep(Width::k64, offsetof(PendingCall, second_at), call, 2);
        ReadUser(kRecord, offsetof(PendingCall, flags), 8, Reg::kR1);
        code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR0, 0, failed);
        KeepValue(offsetof(PendingCall, noted), kFlagsNoted);
        code_.Bind(failed);
        return;
      }
      default:
        Keep(Width::k32, offsetof(PendingCall, flags), call, in_directory ? 2 : 1);
    }
    KeepValue(offsetof(PendingCall, noted), kFlagsNoted);
  }

  void KeepSocketArguments(const TracedCall& call, bool connect) {
    KeepProbe(connect ? Probe::kConnect : Probe::kAccept);
    Keep(Width::k32, offsetof(PendingCall, descriptor), call, 0);
    Keep(Width::k64, offsetof(PendingCall, text_at), call, 1);
    if (connect) {
      Keep(Width::k32, offsetof(PendingCall, text_size), call, 2);
      code_.Jump(connect_);
    } else {
      Keep(Width::k64, offsetof(PendingCall, second_at), call, 2);
      code_.Jump(note_);
    }
  }

  // One call of the 32-bit table for all that sockets do: which one, and where its arguments are.
  void KeepSocketCall(const TracedCall& call) {
    constexpr std::uint32_t kConnectCall = 3;
    constexpr std::uint32_t kAcceptCalls[] = {5, 18};
    const auto connect = code_.NewLabel();
    const auto accept = code_.NewLabel();
    const TracedCall itself{call.number, CallForm::kConnect};
    LoadArgument(Reg::kR3, itself, 1);
    ReadUser(Reg::kFrame, kWordsAt, 12, Reg::kR3);
    code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR0, 0, done_);
    LoadArgument(Reg::kR1, itself, 0);
    if (Wants(Probe::kConnect))
      code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR1, kConnectCall, connect);
    for (const std::uint32_t number : kAcceptCalls) {
      if (Wants(Probe::kAccept))
        code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR1, number, accept);
    }
    code_.Jump(done_);
    if (Wants(Probe::kConnect)) {
      code_.Bind(connect);
      KeepSocketArguments(call, true);
    }
    if (Wants(Probe::kAccept)) {
      code_.Bind(accept);
      KeepSocketArguments(call, false);
    }
  }

  // A text that is not read whole here is read when the call returns: its page may not have been
  // there, or it is long.
  void KeepPath() {
    constexpr Reg kBytes = Reg::kR8;
    code_.Bind(open_);
    code_.Load(Width::k64, Reg::kR3, kRecord, At(offsetof(PendingCall, text_at)));
    ReadUserText(kRecord, offsetof(PendingCall, text), sizeof(PendingCall::text), Reg::kR3);
    code_.JumpIf(Width::k64, Compare::kNegative, Reg::kR0, 0, note_);
    code_.Move(kBytes, Reg::kR0);
    if (plan_.paths >= 0) {
      FilterPath(kRecord, offsetof(PendingCall, prefix_bits), done_);
      NoteChosen();
    }
    code_.JumpIf(Width::k32, Compare::kAtLeast, kBytes, sizeof(PendingCall::text), note_);
    code_.Store(Width::k32, kRecord, At(offsetof(PendingCall, text_bytes)), kBytes);
    code_.Jump(note_);
  }

  void KeepAddress() {
    constexpr Reg kBytes = Reg::kR8;
    code_.Bind(connect_);
    code_.Load(Width::k32, kBytes, kRecord, At(offsetof(PendingCall, text_size)));
    code_.JumpIf(Width::k32, Compare::kAtLeast, kBytes, kMostAddress + 1, note_);
    code_.Load(Width::k64, Reg::kR3, kRecord, At(offsetof(PendingCall, text_at)));
    ReadAddress(kRecord, offsetof(PendingCall, text), kBytes, Reg::kR3);
    code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR0, 0, note_);
    code_.Store(Width::k32, kRecord, At(offsetof(PendingCall, text_bytes)), kBytes);
    if (plan_.ports >= 0) {
      code_.JumpIf(Width::k32, Compare::kBelow, kBytes, 4, done_);
      FilterAddress(kRecord, offsetof(PendingCall, text), done_);
      NoteChosen();
    }
    code_.Jump(note_);
  }

  void NoteChosen() {
    code_.Load(Width::k32, Reg::kR1, kRecord, At(offsetof(PendingCall, noted)));
    code_.Or32(Reg::kR1, kChosenNoted);
    code_.Store(Width::k32, kRecord, At(offsetof(PendingCall, noted)), Reg::kR1);
  }

  // Of more calls at once than the map has room for it is not known what they will return.
  void Note() {
    code_.Bind(note_);
    StoreThreadKey();
    code_.SetMap(Reg::kR1, plan_.calls);
    code_.Move(Reg::kR2, Reg::kFrame);
    code_.Add(Reg::kR2, kKeyAt);
    code_.Move(Reg::kR3, kRecord);
    code_.Set(Reg::kR4, BPF_ANY);
    code_.Call(BPF_FUNC_map_update_elem);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, done_);
    code_.Jump(lost_);
    CountLost();
  }

  const Assembler::Label open_;
  const Assembler::Label connect_;
  const Assembler::Label note_;
};

}  // namespace

std::vector<bpf_insn> AssembleCallEntry(const ProgramPlan& plan) {
  if (!machine::kKnown) return {};
  return CallEntryWriter(plan).Write();
}

}  // namespace tapio::kernel

#endif
