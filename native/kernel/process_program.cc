#if defined(__linux__)

#include "program_parts.h"

namespace tapio::kernel {

namespace {

constexpr std::int32_t kDetails = sizeof(TracerRecord);
constexpr std::int32_t kTexts = kDetails + static_cast<std::int32_t>(sizeof(ProcessDetails));
// What the verifier takes as the most of a length of up to kMostText.
constexpr std::int32_t kTextMask = 2 * kMostText - 1;
static_assert(kTexts + 2 * kTextMask <= static_cast<std::int32_t>(kScratchBytes));

class ProcessWriter : private ProgramParts {
 public:
  ProcessWriter(Probe probe, const ProgramPlan& plan) : ProgramParts(plan), probe_(probe) {}

  std::vector<bpf_insn> Write() {
    Begin(static_cast<std::int32_t>(probe_));
    FilterThread();
    if (probe_ == Probe::kExit) KeepLastThread();
    if (probe_ == Probe::kFork) KeepProcesses();
    const bool has_texts = probe_ == Probe::kExec && plan_.process.has_value();
    if (has_texts) {
      UseScratch();
    } else {
      ReserveRecord(static_cast<std::int32_t>(RecordBytes(probe_)));
    }
    FillRecord();
    for (std::size_t at = 0; at < sizeof(ProcessDetails); at += 8)
      code_.StoreValue(Width::k64, kRecord, At(kDetails + at), 0);
    code_.StoreValue(Width::k64, kRecord, At(offsetof(TracerRecord, return_value)), 0);
    code_.StoreValue(Width::k32, kRecord, At(offsetof(TracerRecord, syscall)), 0);
    if (plan_.process.has_value()) {
      AddParent();
      if (probe_ == Probe::kExit) AddEnd();
      if (probe_ == Probe::kFork) AddChild();
    }
    if (has_texts) {
      AddFileName();
      AddArguments();
      OutputScratch();
      CountLost();
    } else {
      SubmitRecord();
    }
    return End();
  }

 private:
  static constexpr std::int16_t DetailAt(std::size_t offset) { return At(kDetails + offset); }

  // The tracepoint fires for each thread. Where nothing tells which one is the last, the first
  // thread of a process stands for it.
  void KeepLastThread() {
    if (plan_.group_dead) {
      code_.Load(Width::k64, Reg::kR1, kContext, Argument(1));
      // One byte: the rest of the register may hold anything.
      code_.And32(Reg::kR1, 0xff);
      code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR1, 0, done_);
      return;
    }
    if (layout() != nullptr) {
      code_.Call(BPF_FUNC_get_current_task);
      Follow(Reg::kR1, Reg::kR0, layout()->signal);
      code_.ReadKernel(kWordAt, 4, Reg::kR1, layout()->signal_live);
      code_.Load(Width::k32, Reg::kR1, Reg::kFrame, kWordAt);
      code_.JumpIf(Width::k32, Compare::kNotEqual, Reg::kR1, 0, done_);
      if (plan_.ended >= 0) KeepFirstOfLast();
      return;
    }
    const auto leader = code_.NewLabel();
    code_.Move(Reg::kR1, kIds);
    code_.ShiftRight(Reg::kR1, 32);
    code_.Low32(Reg::kR2, kIds);
    code_.JumpIfSame(Reg::kR1, Reg::kR2, leader);
    code_.Jump(done_);
    code_.Bind(leader);
  }

  // Two threads that exit at the same time may both find that no other is left. The key is what
  // makes a process one of its own: its number, and when it began.
  void KeepFirstOfLast() {
    code_.Call(BPF_FUNC_get_current_task);
    Follow(Reg::kR1, Reg::kR0, layout()->group_leader);
    code_.ReadKernel(kWordAt, 8, Reg::kR1, plan_.process->start_boottime);
    code_.Call(BPF_FUNC_get_current_pid_tgid);
    code_.ShiftRight(Reg::kR0, 32);
    code_.Store(Width::k64, Reg::kFrame, kPairAt + 8, Reg::kR0);
    code_.Load(Width::k64, Reg::kR1, Reg::kFrame, kWordAt);
    code_.Store(Width::k64, Reg::kFrame, kPairAt, Reg::kR1);
    code_.SetMap(Reg::kR1, plan_.ended);
    code_.Move(Reg::kR2, Reg::kFrame);
    code_.Add(Reg::kR2, kPairAt);
    code_.Move(Reg::kR3, Reg::kFrame);
    code_.Add(Reg::kR3, kPairAt + 8);
    code_.Set(Reg::kR4, BPF_NOEXIST);
    code_.Call(BPF_FUNC_map_update_elem);
    constexpr auto kExists = static_cast<std::uint32_t>(-17);
    code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR0, kExists, done_);
  }

  // The tracepoint fires for each new thread, too.
  void KeepProcesses() {
    if (!plan_.process.has_value()) return;
    code_.Load(Width::k64, Reg::kR1, kContext, Argument(1));
    code_.ReadKernel(kWordAt, 4, Reg::kR1, plan_.process->tgid);
    code_.Call(BPF_FUNC_get_current_pid_tgid);
    code_.ShiftRight(Reg::kR0, 32);
    code_.Load(Width::k32, Reg::kR1, Reg::kFrame, kWordAt);
    code_.JumpIfSame(Reg::kR0, Reg::kR1, done_);
  }

  void AddParent() {
    const auto foreign = code_.NewLabel();
    code_.Call(BPF_FUNC_get_current_task);
    Follow(Reg::kR8, Reg::kR0, plan_.process->real_parent);
    code_.ReadKernelTo(kRecord,
                       kDetails + static_cast<std::int32_t>(offsetof(ProcessDetails, parent_comm)),
                       sizeof(ProcessDetails::parent_comm), Reg::kR8, plan_.process->comm);
    LoadProcessNumber(Reg::kR8, foreign);
    code_.Store(Width::k32, kRecord, DetailAt(offsetof(ProcessDetails, ppid)), Reg::kR1);
    code_.Bind(foreign);
  }

  void AddEnd() {
    code_.Call(BPF_FUNC_get_current_task);
    code_.ReadKernel(kWordAt, 4, Reg::kR0, plan_.process->exit_code);
    code_.Load(Width::k32, Reg::kR1, Reg::kFrame, kWordAt);
    code_.Store(Width::k64, kRecord, At(offsetof(TracerRecord, return_value)), Reg::kR1);
    code_.Call(BPF_FUNC_get_current_task);
    Follow(Reg::kR1, Reg::kR0, layout()->group_leader);
    Follow(Reg::kR1, Reg::kR1, plan_.process->start_boottime);
    code_.Store(Width::k64, kRecord, DetailAt(offsetof(ProcessDetails, started)), Reg::kR1);
  }

  void AddChild() {
    const auto foreign = code_.NewLabel();
    code_.Load(Width::k64, Reg::kR8, kContext, Argument(1));
    LoadProcessNumber(Reg::kR8, foreign);
    code_.Store(Width::k32, kRecord, DetailAt(offsetof(ProcessDetails, child)), Reg::kR1);
    code_.Bind(foreign);
  }

  // Leaves its length in the record; behind it begin the arguments.
  void AddFileName() {
    const auto failed = code_.NewLabel();
    code_.Load(Width::k64, Reg::kR1, kContext, Argument(2));
    Follow(Reg::kR3, Reg::kR1, plan_.process->filename);
    code_.Move(Reg::kR1, kRecord);
    code_.Add(Reg::kR1, kTexts);
    code_.Set(Reg::kR2, kMostText);
    code_.Call(BPF_FUNC_probe_read_kernel_str);
    code_.JumpIf(Width::k64, Compare::kNegative, Reg::kR0, 0, failed);
    code_.Store(Width::k32, kRecord, DetailAt(offsetof(ProcessDetails, filename_bytes)), Reg::kR0);
    code_.Bind(failed);
  }

  // Out of the new program's own memory, where the kernel has just put them. Leaves the record's
  // length in r3.
  void AddArguments() {
    constexpr Reg kLength = Reg::kR8;
    constexpr Reg kStart = Reg::kR6;
    const auto none = code_.NewLabel();
    const auto few = code_.NewLabel();
    code_.Call(BPF_FUNC_get_current_task);
    Follow(kLength, Reg::kR0, plan_.process->mm);
    Follow(kStart, kLength, plan_.process->arg_start);
    Follow(kLength, kLength, plan_.process->arg_end);
    code_.SubtractRegister(kLength, kStart);
    code_.JumpIf(Width::k64, Compare::kNegative, kLength, 0, none);
    code_.Store(Width::k64, kRecord, DetailAt(offsetof(ProcessDetails, args_whole)), kLength);
    code_.JumpIf(Width::k64, Compare::kBelow, kLength, kMostText, few);
    code_.Set(kLength, kMostText);
    code_.Bind(few);
    code_.Load(Width::k32, Reg::kR1, kRecord, DetailAt(offsetof(ProcessDetails, filename_bytes)));
    code_.And(Reg::kR1, kTextMask);
    code_.AddRegister(Reg::kR1, kRecord);
    code_.Add(Reg::kR1, kTexts);
    code_.Move(Reg::kR2, kLength);
    code_.And(Reg::kR2, kTextMask);
    code_.Move(Reg::kR3, kStart);
    code_.Call(BPF_FUNC_probe_read_user);
    code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR0, 0, none);
    code_.Store(Width::k32, kRecord, DetailAt(offsetof(ProcessDetails, args_bytes)), kLength);
    code_.Bind(none);
    code_.Load(Width::k32, Reg::kR3, kRecord, DetailAt(offsetof(ProcessDetails, filename_bytes)));
    code_.And(Reg::kR3, kTextMask);
    code_.Load(Width::k32, Reg::kR1, kRecord, DetailAt(offsetof(ProcessDetails, args_bytes)));
    code_.And(Reg::kR1, kTextMask);
    code_.AddRegister(Reg::kR3, Reg::kR1);
    code_.Add(Reg::kR3, kTexts);
  }

  const Probe probe_;
};

}  // namespace

std::vector<bpf_insn> AssembleProcessProbe(Probe probe, const ProgramPlan& plan) {
  return ProcessWriter(probe, plan).Write();
}

}  // namespace tapio::kernel

#endif
