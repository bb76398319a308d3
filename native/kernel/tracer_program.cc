#if defined(__linux__)

#include "tracer_program.h"

#include "program_parts.h"

namespace tapio::kernel {

namespace {

// Of kSyscall and kSyscallEnter.
class ProbeWriter : private ProgramParts {
 public:
  ProbeWriter(Probe probe, const ProgramPlan& plan) : ProgramParts(plan), probe_(probe) {}

  std::vector<bpf_insn> Write() {
    Begin(static_cast<std::int32_t>(probe_));
    FilterThread();
    Sample();
    FindSyscall(probe_ == Probe::kSyscallEnter);
    if (probe_ == Probe::kSyscall) SortOutExit();
    KeepChosenSyscall();
    WriteRecord();
    return End();
  }

 private:
  void Sample() {
    if (plan_.keep_below == 0) return;
    code_.Call(BPF_FUNC_get_prandom_u32);
    code_.JumpIf(Width::k32, Compare::kAtLeast, Reg::kR0, plan_.keep_below, done_);
  }

  // At exit, the number and the return value are not always those of the call that was made.
  void SortOutExit() {
    const auto special = code_.NewLabel();
    const auto ordinary = code_.NewLabel();
    // The compat bit, or no number.
    code_.JumpIf(Width::k32, Compare::kAtLeast, kSyscallNumber, machine::kCompatBit, special);
    code_.Low32(Reg::kR1, kSyscallNumber);
    code_.Add(Reg::kR1, -static_cast<std::int32_t>(machine::kFirstSpecial));
    code_.JumpIf(Width::k32, Compare::kBelow, Reg::kR1, machine::kSpecialRun, special);
    JumpIfAnyOf(machine::kOtherSpecial, special);
    code_.Jump(ordinary);
    code_.Bind(special);
    SortOutSpecial(ordinary);
    code_.Bind(ordinary);
    MarkInterrupted();
  }

  void SortOutSpecial(Assembler::Label ordinary) {
    const auto numbered = code_.NewLabel();
    const auto failed = code_.NewLabel();
    const auto exec = code_.NewLabel();
    code_.JumpIf(Width::k32, Compare::kNotEqual, kSyscallNumber, machine::kNoNumber, numbered);
    NameSignalReturn(ordinary);
    code_.Bind(numbered);
    // The call was the parent's; what begins here is the child.
    code_.Load(Width::k64, Reg::kR1, kContext, Argument(1));
    code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR1, 0, failed);
    JumpIfAnyOf(machine::kForks, done_);
    code_.Bind(failed);
    JumpIfAnyOf(machine::kExecsAtExit, exec);
    code_.Jump(ordinary);
    code_.Bind(exec);
    NameExec(ordinary);
  }

  // A return from a signal's handler puts back all registers, so that there is no number, and the
  // return value is that of something else. A debugger can take the number away, too; and a call by
  // the number -1 fails with ENOSYS.
  void NameSignalReturn(Assembler::Label ordinary) {
    constexpr auto kNoSuchCall = static_cast<std::uint32_t>(-38);
    AddToKind(kNoReturnBit);
    if (layout() != nullptr) {
      LoadFromTask(Reg::kR1, layout()->ptrace);
      code_.JumpIf(Width::k32, Compare::kNotEqual, Reg::kR1, 0, ordinary);
      code_.Load(Width::k64, Reg::kR1, kContext, Argument(1));
      code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR1, kNoSuchCall, ordinary);
      // The 32-bit table has two.
      JumpIfCompat(ordinary);
      code_.Set(kSyscallNumber, static_cast<std::int32_t>(machine::kRtSigreturn));
    }
    code_.Jump(ordinary);
  }

  // What was called is noted on the way. Without a note, a success is that of a call from before
  // the tracer, or of the kernel itself, which calls nothing.
  void NameExec(Assembler::Label ordinary) {
    const auto unknown = code_.NewLabel();
    if (plan_.execs < 0) {
      code_.Load(Width::k64, Reg::kR1, kContext, Argument(1));
      code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR1, 0, ordinary);
      code_.Set(kSyscallNumber, static_cast<std::int32_t>(machine::kNoNumber));
      code_.Jump(ordinary);
      return;
    }
    StoreThreadKey();
    code_.LookUp(plan_.execs, kKeyAt);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, unknown);
    code_.Load(Width::k32, kSyscallNumber, Reg::kR0, 0);
    code_.Delete(plan_.execs, kKeyAt);
    code_.Jump(ordinary);
    code_.Bind(unknown);
    code_.Load(Width::k64, Reg::kR1, kContext, Argument(1));
    code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR1, 0, ordinary);
    JumpIfAnyOf(machine::kExecs, done_);
    code_.Jump(ordinary);
  }

  void KeepChosenSyscall() {
    if (plan_.syscalls < 0) return;
    const auto compat = code_.NewLabel();
    const auto known = code_.NewLabel();
    code_.Low32(Reg::kR1, kSyscallNumber);
    code_.JumpIf(Width::k32, Compare::kAtLeast, Reg::kR1, machine::kCompatBit, compat);
    code_.JumpIf(Width::k32, Compare::kAtLeast, Reg::kR1, kSyscallNumbers, done_);
    code_.Jump(known);
    code_.Bind(compat);
    code_.And32(Reg::kR1, static_cast<std::int32_t>(~machine::kCompatBit));
    code_.JumpIf(Width::k32, Compare::kAtLeast, Reg::kR1, kSyscallNumbers, done_);
    code_.Add(Reg::kR1, kSyscallNumbers);
    code_.Bind(known);
    code_.Store(Width::k32, Reg::kFrame, kKeyAt, Reg::kR1);
    code_.LookUp(plan_.syscalls, kKeyAt);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, done_);
    code_.Load(Width::k32, Reg::kR1, Reg::kR0, 0);
    code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR1, 0, done_);
  }

  void WriteRecord() {
    ReserveRecord(sizeof(TracerRecord));
    if (probe_ == Probe::kSyscall) {
      code_.Load(Width::k64, Reg::kR1, kContext, Argument(1));
      code_.Store(Width::k64, kRecord, At(offsetof(TracerRecord, return_value)), Reg::kR1);
    } else {
      code_.StoreValue(Width::k64, kRecord, At(offsetof(TracerRecord, return_value)), 0);
    }
    code_.Store(Width::k32, kRecord, At(offsetof(TracerRecord, syscall)), kSyscallNumber);
    FillRecord();
    SubmitRecord();
  }

  const Probe probe_;
};

class ExecNoteWriter : private ProgramParts {
 public:
  explicit ExecNoteWriter(const ProgramPlan& plan) : ProgramParts(plan) {}

  std::vector<bpf_insn> Write() {
    Begin(0);
    const auto exec = code_.NewLabel();
    // The thread's registers, which this tracepoint does not bring along.
    code_.Call(BPF_FUNC_get_current_task);
    code_.ReadKernel(kWordAt, 8, Reg::kR0, layout()->stack);
    code_.Load(Width::k64, Reg::kR8, Reg::kFrame, kWordAt);
    code_.Add(Reg::kR8, plan_.identity.registers);
    ReadNumber(Reg::kR8);
    JumpIfAnyOf(machine::kExecs, exec);
    code_.Jump(done_);
    code_.Bind(exec);
    StoreThreadKey();
    code_.Store(Width::k64, Reg::kFrame, kWordAt, kSyscallNumber);
    code_.SetMap(Reg::kR1, plan_.execs);
    code_.Move(Reg::kR2, Reg::kFrame);
    code_.Add(Reg::kR2, kKeyAt);
    code_.Move(Reg::kR3, Reg::kFrame);
    code_.Add(Reg::kR3, kWordAt);
    code_.Set(Reg::kR4, BPF_ANY);
    code_.Call(BPF_FUNC_map_update_elem);
    return End();
  }
};

}  // namespace

const char* TracepointOf(Probe probe) {
  switch (probe) {
    case Probe::kSyscall:
    case Probe::kOpen:
    case Probe::kConnect:
    case Probe::kAccept:
      return kReturnTracepoint;
    case Probe::kSyscallEnter:
      return kEntryTracepoint;
    case Probe::kExec:
      return "sched_process_exec";
    case Probe::kExit:
      return "sched_process_exit";
    case Probe::kFork:
      return "sched_process_fork";
  }
  return "";
}

std::vector<bpf_insn> AssembleProbe(Probe probe, const ProgramPlan& plan) {
  if (!machine::kKnown) return {};
  if (probe != Probe::kSyscall && probe != Probe::kSyscallEnter)
    return AssembleProcessProbe(probe, plan);
  return ProbeWriter(probe, plan).Write();
}

std::vector<bpf_insn> AssembleExecNote(const ProgramPlan& plan) {
  if (!machine::kKnown) return {};
  return ExecNoteWriter(plan).Write();
}

}  // namespace tapio::kernel

#endif
