// The BPF programs of the tracer.
#ifndef TAPIO_KERNEL_TRACER_PROGRAM_H_
#define TAPIO_KERNEL_TRACER_PROGRAM_H_

#include <linux/bpf.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "identity.h"
#include "tracer_record.h"

namespace tapio::kernel {

// System call numbers of each table that can be chosen; no architecture has as many.
inline constexpr std::uint32_t kSyscallNumbers = 1024;

// More than any record takes: a program adds two lengths of up to twice kMostText to its start.
inline constexpr std::uint32_t kScratchBytes = 20480;

struct ProgramPlan {
  int ring;      // map descriptors; -1: no such filter
  int lost;      // array: a counter for each CPU's number
  int pids;      // hash: process ids to trace, as this process sees them
  int uids;      // hash: users to trace, as the initial user namespace numbers them
  int comms;     // hash: names of threads to trace, 16 bytes with NULs behind them
  int syscalls;  // array: 1 for the numbers to trace, those of the 32-bit table behind the others
  int scratch;   // array by CPU: kScratchBytes in which a record is made
  int ended;     // hash: processes whose exit was told; -1: the tracepoint tells the last thread
  int execs;     // hash: what threads that become another program called; -1: not known
  std::uint32_t keep_below;  // a random 32-bit number below it keeps a system call; 0: keep all
  bool group_dead;           // kExit: the tracepoint tells whether the whole process is gone
  bool cgroups;              // the kernel has some
  bool direct;               // the verifier lets a program read a thread's fields without a helper
  Identity identity;
  std::optional<ProcessLayout> process;  // only beside identity.layout
};

// Bytes of a record of a probe, without texts.
constexpr std::uint32_t RecordBytes(Probe probe) {
  const bool of_process = probe == Probe::kExec || probe == Probe::kExit || probe == Probe::kFork;
  return sizeof(TracerRecord) + (of_process ? sizeof(ProcessDetails) : 0);
}

// The tracepoint of a probe.
const char* TracepointOf(Probe probe);

// Empty on an architecture whose registers are not known here.
std::vector<bpf_insn> AssembleProbe(Probe probe, const ProgramPlan& plan);

// Of kExec, kExit and kFork.
std::vector<bpf_insn> AssembleProcessProbe(Probe probe, const ProgramPlan& plan);

// Where a thread is renamed, as it is on its way into another program. At the exit of that call the
// kernel no longer knows which one it was.
inline constexpr char kExecTracepoint[] = "task_rename";
// Fills plan.execs; the plan has a layout.
std::vector<bpf_insn> AssembleExecNote(const ProgramPlan& plan);

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_TRACER_PROGRAM_H_
