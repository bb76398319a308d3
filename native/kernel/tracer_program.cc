#if defined(__linux__)

#include "tracer_program.h"

#include "assembler.h"

namespace tapio::kernel {

namespace {

// Three registers of the traced thread, which lie side by side in struct pt_regs: the number of the
// system call and the one that tells a 32-bit caller. Their places are part of the kernel's
// interface to debuggers and have never moved.
constexpr std::int32_t kRegistersBytes = 24;
#if defined(__x86_64__)
constexpr bool kKnownMachine = true;
constexpr std::int32_t kRegisters = 120;  // orig_ax, ip, cs
constexpr std::int16_t kNumber = 0;
constexpr std::int16_t kMode = 16;
constexpr Compare kCompatCompare = Compare::kEqual;
constexpr std::uint32_t kCompatMode = 0x23;  // the code segment of 32-bit programs
#elif defined(__aarch64__)
constexpr bool kKnownMachine = true;
constexpr std::int32_t kRegisters = 264;  // pstate, orig_x0, syscallno
constexpr std::int16_t kNumber = 16;
constexpr std::int16_t kMode = 0;
constexpr Compare kCompatCompare = Compare::kAnyBit;
constexpr std::uint32_t kCompatMode = 0x10;  // PSR_MODE32_BIT
#else
constexpr bool kKnownMachine = false;
constexpr std::int32_t kRegisters = 0;
constexpr std::int16_t kNumber = 0;
constexpr std::int16_t kMode = 0;
constexpr Compare kCompatCompare = Compare::kEqual;
constexpr std::uint32_t kCompatMode = 0;
#endif

// The frame: a key for a map, the answer about a namespace, the registers.
constexpr std::int16_t kKeyAt = -8;
constexpr std::int16_t kNamespaceAt = -16;
constexpr std::int16_t kRegistersAt = -16 - kRegistersBytes;

constexpr Reg kContext = Reg::kR6;
constexpr Reg kIds = Reg::kR7;  // process id in the upper half, thread id in the lower
constexpr Reg kSyscallNumber = Reg::kR8;
constexpr Reg kRecord = Reg::kR9;

// The context of a raw tracepoint: its arguments, 8 bytes each.
constexpr std::int16_t Argument(int index) { return static_cast<std::int16_t>(index * 8); }

class ProbeWriter {
 public:
  ProbeWriter(Probe probe, const ProgramPlan& plan)
      : probe_(probe), plan_(plan), done_(code_.NewLabel()) {}

  std::vector<bpf_insn> Write() {
    code_.Move(kContext, Reg::kR1);
    FindIds();
    if (plan_.pids >= 0) KeepIfInMap(plan_.pids);
    if (is_syscall()) {
      Sample();
      FindSyscall();
    } else if (probe_ == Probe::kExit) {
      KeepLastThread();
    }
    WriteRecord();
    code_.Bind(done_);
    code_.Set(Reg::kR0, 0);
    code_.Exit();
    return code_.Finish();
  }

 private:
  bool is_syscall() const { return probe_ == Probe::kSyscall || probe_ == Probe::kSyscallEnter; }

  // Leaves the process id in r1, too. A thread of another pid namespace has none in ours: it is
  // told with its ids in the initial one, and cannot be this process.
  void FindIds() {
    const auto kept = code_.NewLabel();
    if (plan_.namespace_inode != 0) {
      const auto foreign = code_.NewLabel();
      const auto ours = code_.NewLabel();
      code_.Set64(Reg::kR1, plan_.namespace_device);
      code_.Set64(Reg::kR2, plan_.namespace_inode);
      code_.Move(Reg::kR3, Reg::kFrame);
      code_.Add(Reg::kR3, kNamespaceAt);
      code_.Set(Reg::kR4, 8);
      code_.Call(BPF_FUNC_get_ns_current_pid_tgid);
      code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR0, 0, foreign);
      code_.Load(Width::k64, kIds, Reg::kFrame, kNamespaceAt);
      code_.Jump(ours);
      code_.Bind(foreign);
      LoadGlobalIds();
      code_.Jump(kept);
      code_.Bind(ours);
      TakeProcessId();
    } else {
      LoadGlobalIds();
    }
    code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR1, plan_.own_pid, done_);
    code_.Bind(kept);
  }
  void LoadGlobalIds() {
    code_.Call(BPF_FUNC_get_current_pid_tgid);
    code_.Move(kIds, Reg::kR0);
    TakeProcessId();
  }
  void TakeProcessId() {
    code_.Move(Reg::kR1, kIds);
    code_.ShiftRight(Reg::kR1, 32);
  }

  // Ends the program unless the map has the key that is in r1.
  void KeepIfInMap(int map) {
    code_.Store(Width::k32, Reg::kFrame, kKeyAt, Reg::kR1);
    LookUp(map);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, done_);
  }
  void LookUp(int map) {
    code_.SetMap(Reg::kR1, map);
    code_.Move(Reg::kR2, Reg::kFrame);
    code_.Add(Reg::kR2, kKeyAt);
    code_.Call(BPF_FUNC_map_lookup_elem);
  }

  void Sample() {
    if (plan_.keep_below == 0) return;
    code_.Call(BPF_FUNC_get_prandom_u32);
    code_.JumpIf(Width::k32, Compare::kAtLeast, Reg::kR0, plan_.keep_below, done_);
  }

  void FindSyscall() {
    code_.Move(Reg::kR1, Reg::kFrame);
    code_.Add(Reg::kR1, kRegistersAt);
    code_.Set(Reg::kR2, kRegistersBytes);
    code_.Load(Width::k64, Reg::kR3, kContext, Argument(0));
    code_.Add(Reg::kR3, kRegisters);
    code_.Call(BPF_FUNC_probe_read_kernel);
    code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR0, 0, done_);
    code_.Load(Width::k32, kSyscallNumber, Reg::kFrame,
               static_cast<std::int16_t>(kRegistersAt + kNumber));
    code_.Load(Width::k32, Reg::kR1, Reg::kFrame, static_cast<std::int16_t>(kRegistersAt + kMode));
    const auto native = code_.NewLabel();
    const auto compat = code_.NewLabel();
    code_.JumpIf(Width::k32, kCompatCompare, Reg::kR1, kCompatMode, compat);
    code_.Jump(native);
    code_.Bind(compat);
    code_.Or32(kSyscallNumber, static_cast<std::int32_t>(kCompatBit));
    code_.Bind(native);
    if (plan_.syscalls < 0) return;
    code_.Store(Width::k32, Reg::kFrame, kKeyAt, kSyscallNumber);
    LookUp(plan_.syscalls);
    // Beyond the array there is nothing, inside it a 0 for what is not wanted.
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, done_);
    code_.Load(Width::k32, Reg::kR1, Reg::kR0, 0);
    code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR1, 0, done_);
  }

  // The tracepoint fires for each thread. Where it does not tell which one is the last, the first
  // thread of a process stands for it.
  void KeepLastThread() {
    if (plan_.group_dead) {
      code_.Load(Width::k64, Reg::kR1, kContext, Argument(1));
      code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR1, 0, done_);
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

  void WriteRecord() {
    const auto lost = code_.NewLabel();
    code_.SetMap(Reg::kR1, plan_.ring);
    code_.Set(Reg::kR2, sizeof(TracerRecord));
    code_.Set(Reg::kR3, 0);
    code_.Call(BPF_FUNC_ringbuf_reserve);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, lost);
    code_.Move(kRecord, Reg::kR0);
    code_.Store(Width::k64, kRecord, At(offsetof(TracerRecord, tid)), kIds);
    code_.Call(BPF_FUNC_ktime_get_boot_ns);
    code_.Store(Width::k64, kRecord, At(offsetof(TracerRecord, time_ns)), Reg::kR0);
    code_.Call(BPF_FUNC_get_current_uid_gid);
    code_.Store(Width::k64, kRecord, At(offsetof(TracerRecord, uid)), Reg::kR0);
    code_.Call(BPF_FUNC_get_smp_processor_id);
    code_.Store(Width::k32, kRecord, At(offsetof(TracerRecord, cpu)), Reg::kR0);
    code_.StoreValue(Width::k32, kRecord, At(offsetof(TracerRecord, kind)),
                     static_cast<std::int32_t>(probe_));
    if (probe_ == Probe::kSyscall) {
      code_.Load(Width::k64, Reg::kR1, kContext, Argument(1));
      code_.Store(Width::k64, kRecord, At(offsetof(TracerRecord, return_value)), Reg::kR1);
    } else {
      code_.StoreValue(Width::k64, kRecord, At(offsetof(TracerRecord, return_value)), 0);
    }
    if (is_syscall()) {
      code_.Store(Width::k32, kRecord, At(offsetof(TracerRecord, syscall)), kSyscallNumber);
      code_.StoreValue(Width::k32, kRecord, At(offsetof(TracerRecord, unused)), 0);
    } else {
      code_.StoreValue(Width::k64, kRecord, At(offsetof(TracerRecord, syscall)), 0);
    }
    code_.Move(Reg::kR1, kRecord);
    code_.Add(Reg::kR1, offsetof(TracerRecord, comm));
    code_.Set(Reg::kR2, sizeof(TracerRecord::comm));
    code_.Call(BPF_FUNC_get_current_comm);
    code_.Move(Reg::kR1, kRecord);
    // No flag: the kernel wakes the reader only by the record it stands before, so once for each
    // time the reader has caught up. The reader sees to it that this is rare (pump.cc).
    code_.Set(Reg::kR2, 0);
    code_.Call(BPF_FUNC_ringbuf_submit);
    code_.Jump(done_);

    code_.Bind(lost);
    code_.StoreValue(Width::k32, Reg::kFrame, kKeyAt, 0);
    LookUp(plan_.lost);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, done_);
    code_.Set(Reg::kR1, 1);
    // Atomic, as a program of another probe may interrupt this one on its CPU.
    code_.AtomicAdd64(Reg::kR0, Reg::kR1);
  }

  static constexpr std::int16_t At(std::size_t offset) { return static_cast<std::int16_t>(offset); }

  const Probe probe_;
  const ProgramPlan& plan_;
  Assembler code_;
  const Assembler::Label done_;
};

}  // namespace

const char* TracepointOf(Probe probe) {
  switch (probe) {
    case Probe::kSyscall:
      return "sys_exit";
    case Probe::kSyscallEnter:
      return "sys_enter";
    case Probe::kExec:
      return "sched_process_exec";
    case Probe::kExit:
      return "sched_process_exit";
  }
  return "";
}

std::vector<bpf_insn> AssembleProbe(Probe probe, const ProgramPlan& plan) {
  if (!kKnownMachine) return {};
  return ProbeWriter(probe, plan).Write();
}

}  // namespace tapio::kernel

#endif
