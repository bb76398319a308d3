// The BPF programs of the tracer, and the record they write.
#ifndef TAPIO_KERNEL_TRACER_PROGRAM_H_
#define TAPIO_KERNEL_TRACER_PROGRAM_H_

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tapio::kernel {

// What is traced. The numbers are those of `kind` in the record and of KERNEL_EVENTS in
// lib/kernel/tracer-shapes.ts.
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
  std::uint32_t kind;         // Probe
  std::int64_t return_value;  // kSyscall
  std::uint32_t syscall;      // kSyscall, kSyscallEnter; kCompatBit set for the 32-bit table
  std::uint32_t unused;
  char comm[16];
};
static_assert(sizeof(TracerRecord) == 64, "eight-byte fields, no padding");

inline constexpr std::uint32_t kCompatBit = 0x8000'0000;

// System call numbers that can be chosen; no architecture has as many.
inline constexpr std::uint32_t kSyscallNumbers = 1024;

struct ProgramPlan {
  int ring;                        // map descriptors; -1: no such filter
  int lost;                        // a counter for each CPU
  int pids;                        // hash: process ids to trace
  int syscalls;                    // array of kSyscallNumbers words: 1 for those to trace
  std::uint32_t own_pid;           // never traced
  std::uint64_t namespace_device;  // pid namespace in which ids are told; inode 0: the initial one
  std::uint64_t namespace_inode;
  std::uint32_t keep_below;  // a random 32-bit number below it keeps a system call; 0: keep all
  bool group_dead;           // kExit: the tracepoint tells whether the whole process is gone
};

// The tracepoint of a probe.
const char* TracepointOf(Probe probe);

// Empty on an architecture whose registers are not known here.
std::vector<bpf_insn> AssembleProbe(Probe probe, const ProgramPlan& plan);

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_TRACER_PROGRAM_H_
