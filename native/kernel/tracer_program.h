// The BPF programs of the tracer, and the record they write.
#ifndef TAPIO_KERNEL_TRACER_PROGRAM_H_
#define TAPIO_KERNEL_TRACER_PROGRAM_H_

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "identity.h"

namespace tapio::kernel {

// What is traced. The numbers are those of KERNEL_EVENTS in lib/kernel/tracer-shapes.ts.
enum class Probe : std::uint32_t { kSyscall, kSyscallEnter, kExec, kExit };
inline constexpr std::size_t kProbes = 4;

// What a program writes into the ring buffer. lib/kernel/tracer-shapes.ts describes it once more,
// as a layout like that of any foreign program.
struct TracerRecord {
  std::uint64_t time_ns;  // CLOCK_BOOTTIME
  std::uint32_t tid;
  std::uint32_t pid;
  std::uint32_t uid;
  std::uint32_t gid;
  std::uint32_t cpu;
  std::uint32_t kind;         // Probe, with the bits below
  std::int64_t return_value;  // kSyscall
  std::uint32_t syscall;      // kSyscall, kSyscallEnter; kCompatBit or kNoNumber, see machine.h
  std::uint32_t unused;
  char comm[16];
};
static_assert(sizeof(TracerRecord) == 64, "eight-byte fields, no padding");

// Bits of `kind`, as KIND_BITS in lib/kernel/tracer-shapes.ts.
inline constexpr std::int32_t kNoReturnBit = 1 << 2;     // return_value is none of the call's
inline constexpr std::int32_t kInterruptedBit = 1 << 3;  // it is the kernel's own, for restarting
inline constexpr std::int32_t kForeignBit = 1 << 4;      // tid and pid are the initial namespace's

// System call numbers of each table that can be chosen; no architecture has as many.
inline constexpr std::uint32_t kSyscallNumbers = 1024;

struct ProgramPlan {
  int ring;      // map descriptors; -1: no such filter
  int lost;      // array: a counter for each CPU's number
  int pids;      // hash: process ids to trace, as this process sees them
  int syscalls;  // array: 1 for the numbers to trace, those of the 32-bit table behind the others
  int execs;     // hash: what threads that become another program called; -1: not known
  std::uint32_t keep_below;  // a random 32-bit number below it keeps a system call; 0: keep all
  bool group_dead;           // kExit: the tracepoint tells whether the whole process is gone
  bool direct;               // the verifier lets a program read a thread's fields without a helper
  Identity identity;
};

// The tracepoint of a probe.
const char* TracepointOf(Probe probe);

// Empty on an architecture whose registers are not known here.
std::vector<bpf_insn> AssembleProbe(Probe probe, const ProgramPlan& plan);

// Where a thread is renamed, as it is on its way into another program. At the exit of that call the
// kernel no longer knows which one it was.
inline constexpr char kExecTracepoint[] = "task_rename";
// Fills plan.execs; the plan has a layout.
std::vector<bpf_insn> AssembleExecNote(const ProgramPlan& plan);

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_TRACER_PROGRAM_H_
