// What several programs of the tracer have in common: which thread this is, and which call it
// makes.
#ifndef TAPIO_KERNEL_PROGRAM_PARTS_H_
#define TAPIO_KERNEL_PROGRAM_PARTS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "assembler.h"
#include "machine.h"
#include "tracer_program.h"

namespace tapio::kernel {

// Writes one program. Threads: one. Memory: the plan is the caller's and outlives it.
class ProgramParts {
 protected:
  // The frame: a key for a map, the record's kind, a word, registers, a longer key.
  static constexpr std::int16_t kKeyAt = -8;
  static constexpr std::int16_t kKindAt = -16;
  static constexpr std::int16_t kWordAt = -24;
  static constexpr std::int16_t kRegistersAt = -24 - machine::kRegistersBytes;
  static constexpr std::int16_t kPairAt = kRegistersAt - 16;

  static constexpr Reg kContext = Reg::kR6;
  static constexpr Reg kIds = Reg::kR7;  // process id in the upper half, thread id in the lower
  static constexpr Reg kSyscallNumber = Reg::kR8;
  static constexpr Reg kRecord = Reg::kR9;

  explicit ProgramParts(const ProgramPlan& plan)
      : plan_(plan), done_(code_.NewLabel()), lost_(code_.NewLabel()) {}

  // The context of a raw tracepoint: its arguments, 8 bytes each.
  static constexpr std::int16_t Argument(int index) { return static_cast<std::int16_t>(index * 8); }
  static constexpr std::int16_t At(std::size_t offset) { return static_cast<std::int16_t>(offset); }

  const TaskLayout* layout() const {
    return plan_.identity.layout.has_value() ? &*plan_.identity.layout : nullptr;
  }

  // Ends the program unless this thread is to be traced.
  void Begin(std::int32_t kind) {
    code_.Move(kContext, Reg::kR1);
    code_.StoreValue(Width::k32, Reg::kFrame, kKindAt, kind);
    code_.Call(BPF_FUNC_get_current_pid_tgid);
    code_.Move(kIds, Reg::kR0);
    TakeProcessId();
    code_.JumpIf(Width::k32, Compare::kEqual, Reg::kR1, plan_.identity.pid, done_);
    if (plan_.identity.level != 0) FindOwnIds();
    if (plan_.pids < 0) return;
    code_.Store(Width::k32, Reg::kFrame, kKeyAt, Reg::kR1);
    code_.LookUp(plan_.pids, kKeyAt);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, done_);
  }

  // Ends the program unless this thread, as it is now, is to be traced.
  void FilterThread() {
    if (plan_.uids >= 0) {
      code_.Call(BPF_FUNC_get_current_uid_gid);
      code_.Store(Width::k32, Reg::kFrame, kKeyAt, Reg::kR0);
      code_.LookUp(plan_.uids, kKeyAt);
      code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, done_);
    }
    if (plan_.others >= 0) {
      FindCgroup();
      code_.Store(Width::k32, Reg::kFrame, kKeyAt, Reg::kR0);
      code_.LookUp(plan_.others, kKeyAt);
      code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR0, 0, done_);
    }
    if (plan_.comms < 0) return;
    code_.Move(Reg::kR1, Reg::kFrame);
    code_.Add(Reg::kR1, kPairAt);
    code_.Set(Reg::kR2, sizeof(TracerRecord::comm));
    code_.Call(BPF_FUNC_get_current_comm);
    code_.LookUp(plan_.comms, kPairAt);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, done_);
  }

  std::vector<bpf_insn> End() {
    code_.Bind(done_);
    code_.Set(Reg::kR0, 0);
    code_.Exit();
    return code_.Finish();
  }

  // Lost: r0 to r5.
  void AddToKind(std::int32_t bits) {
    code_.Load(Width::k32, Reg::kR1, Reg::kFrame, kKindAt);
    code_.Or32(Reg::kR1, bits);
    code_.Store(Width::k32, Reg::kFrame, kKindAt, Reg::kR1);
  }

  template <typename Numbers>
  void JumpIfAnyOf(const Numbers& numbers, Assembler::Label to) {
    for (const std::uint32_t number : numbers)
      code_.JumpIf(Width::k32, Compare::kEqual, kSyscallNumber, number, to);
  }

  // The key of plan.execs and plan.calls: both ids, in the initial namespace.
  void StoreThreadKey() {
    code_.Call(BPF_FUNC_get_current_pid_tgid);
    code_.Store(Width::k64, Reg::kFrame, kKeyAt, Reg::kR0);
  }

  // 32 bits of this thread's structure. Lost: r0 to r5.
  void LoadFromTask(Reg to, std::int32_t offset) {
    if (plan_.direct) {
      code_.Call(BPF_FUNC_get_current_task_btf);
      code_.Load(Width::k32, to, Reg::kR0, static_cast<std::int16_t>(offset));
      return;
    }
    code_.Call(BPF_FUNC_get_current_task);
    code_.ReadKernel(kWordAt, 4, Reg::kR0, offset);
    code_.Load(Width::k32, to, Reg::kFrame, kWordAt);
  }

  // Of a system call's tracepoint. The number gets the compat bit; one that cannot be read ends the
  // program.
  void FindSyscall(bool enter) {
    if (enter && has_status()) {
      code_.Load(Width::k32, kSyscallNumber, kContext, Argument(1));
      MarkCompat();
      return;
    }
    code_.Load(Width::k64, Reg::kR1, kContext, Argument(0));
    ReadNumber(Reg::kR1);
  }
  void ReadNumber(Reg registers) {
    code_.ReadKernel(kRegistersAt, has_status() ? 8 : machine::kRegistersBytes, registers,
                     machine::kRegisters);
    code_.JumpIf(Width::k64, Compare::kNotEqual, Reg::kR0, 0, done_);
    code_.Load(Width::k32, kSyscallNumber, Reg::kFrame,
               static_cast<std::int16_t>(kRegistersAt + machine::kNumber));
    MarkCompat();
  }
  // Whether the call is one of the 32-bit table; behind FindSyscall or ReadNumber.
  void JumpIfCompat(Assembler::Label to) {
    if (has_status()) {
      LoadFromTask(Reg::kR1, layout()->status);
      code_.JumpIf(Width::k32, Compare::kAnyBit, Reg::kR1, machine::kCompatStatus, to);
      return;
    }
    code_.Load(Width::k32, Reg::kR1, Reg::kFrame,
               static_cast<std::int16_t>(kRegistersAt + machine::kMode));
    code_.JumpIf(Width::k32, machine::kCompatCompare, Reg::kR1, machine::kCompatMode, to);
  }

  // Room for a record in the ring buffer, in kRecord; behind it no way leads to done_ or lost_
  // until SubmitRecord, as the verifier demands.
  void ReserveRecord(std::int32_t bytes) {
    code_.SetMap(Reg::kR1, plan_.ring);
    code_.Set(Reg::kR2, bytes);
    code_.Set(Reg::kR3, 0);
    code_.Call(BPF_FUNC_ringbuf_reserve);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, lost_);
    code_.Move(kRecord, Reg::kR0);
  }
  // What all records tell, but for `return_value` and `syscall`.
  void FillRecord() {
    code_.Store(Width::k64, kRecord, At(offsetof(TracerRecord, tid)), kIds);
    code_.Call(BPF_FUNC_ktime_get_boot_ns);
    code_.Store(Width::k64, kRecord, At(offsetof(TracerRecord, time_ns)), Reg::kR0);
    code_.Call(BPF_FUNC_get_current_uid_gid);
    code_.Store(Width::k64, kRecord, At(offsetof(TracerRecord, uid)), Reg::kR0);
    code_.Call(BPF_FUNC_get_smp_processor_id);
    code_.Store(Width::k32, kRecord, At(offsetof(TracerRecord, cpu)), Reg::kR0);
    code_.Load(Width::k32, Reg::kR1, Reg::kFrame, kKindAt);
    code_.Store(Width::k32, kRecord, At(offsetof(TracerRecord, kind)), Reg::kR1);
    FindCgroup();
    code_.Store(Width::k32, kRecord, At(offsetof(TracerRecord, cgroup)), Reg::kR0);
    code_.Move(Reg::kR1, kRecord);
    code_.Add(Reg::kR1, offsetof(TracerRecord, comm));
    code_.Set(Reg::kR2, sizeof(TracerRecord::comm));
    code_.Call(BPF_FUNC_get_current_comm);
  }
  void SubmitRecord() {
    code_.Move(Reg::kR1, kRecord);
    // No flag: the kernel wakes the reader only by the record it stands before, so once for each
    // time the reader has caught up. The reader sees to it that this is rare (source.cc).
    code_.Set(Reg::kR2, 0);
    code_.Call(BPF_FUNC_ringbuf_submit);
    code_.Jump(done_);
    CountLost();
  }

  // A record that is made outside of the ring buffer, as its length is not known before. Programs
  // share the room of a CPU, which takes that none begins there before another has ended: all of
  // them are called by the thread that is on it, in no interrupt, and the kernel runs programs at
  // tracepoints with preemption off.
  void UseScratch() {
    code_.StoreValue(Width::k32, Reg::kFrame, kKeyAt, 0);
    code_.LookUp(plan_.scratch, kKeyAt);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, done_);
    code_.Move(kRecord, Reg::kR0);
  }
  // The first bytes of it, as many as r3 says.
  void OutputScratch() {
    code_.SetMap(Reg::kR1, plan_.ring);
    code_.Move(Reg::kR2, kRecord);
    code_.Set(Reg::kR4, 0);
    code_.Call(BPF_FUNC_ringbuf_output);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, done_);
    code_.Jump(lost_);
  }

  // From -516 to -512: a signal came first. No program sees these numbers.
  void MarkInterrupted() {
    constexpr std::int32_t kLeast = 516;
    constexpr std::uint32_t kCount = 5;
    const auto finished = code_.NewLabel();
    code_.Load(Width::k64, Reg::kR1, kContext, Argument(1));
    code_.Add(Reg::kR1, kLeast);
    code_.JumpIf(Width::k64, Compare::kAtLeast, Reg::kR1, kCount, finished);
    AddToKind(kInterruptedBit);
    code_.Bind(finished);
  }

  // Eight bytes of what the kernel keeps at `base`. Lost: r0 to r5.
  void Follow(Reg to, Reg base, std::int32_t offset) {
    code_.ReadKernel(kWordAt, 8, base, offset);
    code_.Load(Width::k64, to, Reg::kFrame, kWordAt);
  }

  // The number by which this process knows the process of the thread at `task`, into r1. Lost: r0
  // to r5, r8.
  void LoadProcessNumber(Reg task, Assembler::Label foreign) {
    if (plan_.identity.level == 0) {
      code_.ReadKernel(kWordAt, 4, task, plan_.process->tgid);
      code_.Load(Width::k32, Reg::kR1, Reg::kFrame, kWordAt);
      return;
    }
    code_.ReadKernel(kWordAt, 8, task, layout()->group_leader);
    code_.Load(Width::k64, Reg::kR1, Reg::kFrame, kWordAt);
    LoadOwnNumber(Reg::kR1, foreign);
  }
  // Of the thread at `task`, into r1. Lost: r0 to r5, r8.
  void LoadOwnNumber(Reg task, Assembler::Label foreign) {
    const auto ours = code_.NewLabel();
    const auto level = plan_.identity.level;
    const std::int32_t entry =
        layout()->pid_numbers + static_cast<std::int32_t>(level) * layout()->upid_bytes;
    constexpr Reg kPid = Reg::kR8;
    code_.ReadKernel(kWordAt, 8, task, layout()->thread_pid);
    code_.Load(Width::k64, kPid, Reg::kFrame, kWordAt);
    code_.ReadKernel(kWordAt, 4, kPid, layout()->pid_level);
    code_.Load(Width::k32, Reg::kR1, Reg::kFrame, kWordAt);
    // Behind the last entry lies something else.
    code_.JumpIf(Width::k32, Compare::kBelow, Reg::kR1, level, foreign);
    code_.ReadKernel(kWordAt, 8, kPid, entry + layout()->upid_namespace);
    code_.Load(Width::k64, Reg::kR1, Reg::kFrame, kWordAt);
    code_.Set64(Reg::kR2, plan_.identity.pid_namespace);
    code_.JumpIfSame(Reg::kR1, Reg::kR2, ours);
    code_.Jump(foreign);
    code_.Bind(ours);
    code_.ReadKernel(kWordAt, 4, kPid, entry + layout()->upid_number);
    code_.Load(Width::k32, Reg::kR1, Reg::kFrame, kWordAt);
  }

  // Goes on to done_.
  void CountLost() {
    code_.Bind(lost_);
    code_.Call(BPF_FUNC_get_smp_processor_id);
    code_.Store(Width::k32, Reg::kFrame, kKeyAt, Reg::kR0);
    code_.LookUp(plan_.lost, kKeyAt);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR0, 0, done_);
    code_.Set(Reg::kR1, 1);
    // Atomic, as a program of another probe may interrupt this one on its CPU.
    code_.AtomicAdd64(Reg::kR0, Reg::kR1);
  }

  const ProgramPlan& plan_;
  Assembler code_;
  const Assembler::Label done_;
  const Assembler::Label lost_;

 private:
  bool has_status() const { return machine::kHasStatus && layout() != nullptr; }

  // Into r0. An id of more than 32 bits is that of a cgroup made after 2^31 others: not told.
  void FindCgroup() {
    if (!plan_.cgroups) {
      code_.Set(Reg::kR0, 0);
      return;
    }
    const auto fits = code_.NewLabel();
    code_.Call(BPF_FUNC_get_current_cgroup_id);
    code_.Move(Reg::kR1, Reg::kR0);
    code_.ShiftRight(Reg::kR1, 32);
    code_.JumpIf(Width::k64, Compare::kEqual, Reg::kR1, 0, fits);
    code_.Set(Reg::kR0, 0);
    code_.Bind(fits);
  }

  void MarkCompat() {
    const auto native = code_.NewLabel();
    const auto compat = code_.NewLabel();
    JumpIfCompat(compat);
    code_.Jump(native);
    code_.Bind(compat);
    code_.Or32(kSyscallNumber, static_cast<std::int32_t>(machine::kCompatBit));
    code_.Bind(native);
  }

  void TakeProcessId() {
    code_.Move(Reg::kR1, kIds);
    code_.ShiftRight(Reg::kR1, 32);
  }

  // Ids as this process sees them, in kIds and the process id in r1. A thread whose namespace is
  // neither ours nor nested in ours has none here: it keeps its ids of the initial namespace, is
  // told so, and no filter matches.
  void FindOwnIds() {
    const auto foreign = code_.NewLabel();
    const auto first = code_.NewLabel();
    const auto known = code_.NewLabel();
    const auto end = code_.NewLabel();
    code_.Call(BPF_FUNC_get_current_task);
    LoadOwnNumber(Reg::kR0, foreign);
    code_.Move(Reg::kR9, Reg::kR1);
    // The first thread of a process has the process's number.
    TakeProcessId();
    code_.Low32(Reg::kR2, kIds);
    code_.JumpIfSame(Reg::kR1, Reg::kR2, first);
    code_.Call(BPF_FUNC_get_current_task);
    code_.ReadKernel(kWordAt, 8, Reg::kR0, layout()->group_leader);
    code_.Load(Width::k64, Reg::kR1, Reg::kFrame, kWordAt);
    LoadOwnNumber(Reg::kR1, foreign);
    code_.Jump(known);
    code_.Bind(first);
    code_.Move(Reg::kR1, Reg::kR9);
    code_.Bind(known);
    code_.Move(kIds, Reg::kR1);
    code_.ShiftLeft(kIds, 32);
    code_.OrRegister(kIds, Reg::kR9);
    code_.Jump(end);
    code_.Bind(foreign);
    if (plan_.pids >= 0) {
      code_.Jump(done_);
    } else {
      AddToKind(kForeignBit);
    }
    code_.Bind(end);
  }
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_PROGRAM_PARTS_H_
