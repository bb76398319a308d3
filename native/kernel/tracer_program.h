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

// The beginning of a path, as a key of the kernel's tries.
struct PathPrefix {
  std::uint32_t bits;
  char text[256];  // with NULs to the end
};

struct ProgramPlan {
  // Map descriptors; -1: none, and where it is a filter, all pass.
  int ring = -1;
  int lost = -1;      // array: a counter for each CPU's number
  int pids = -1;      // hash: process ids to trace, as this process sees them
  int uids = -1;      // hash: users to trace, as the initial user namespace numbers them
  int comms = -1;     // hash: names of threads to trace, 16 bytes with NULs behind them
  int others = -1;    // hash: control groups whose tasks are not to be traced
  int paths = -1;     // trie: beginnings of paths to trace, PathPrefix
  int ports = -1;     // hash: ports to trace
  int syscalls = -1;  // array: 1 for the numbers to trace, those of the 32-bit table last
  int scratch = -1;   // array by CPU: kScratchBytes in which a record is made
  int ended = -1;     // hash: processes whose exit was told; -1: kExit tells the last thread
  int execs = -1;     // hash: what threads that become another program called
  int calls = -1;     // hash: PendingCall of each thread that is in one; full: it is lost
  std::uint32_t call_probes = 0;  // bit n: Probe n; of kOpen, kConnect and kAccept
  std::uint32_t keep_below = 0;   // a system call stays if a random number is below; 0: all stay
  bool group_dead = false;        // kExit: the tracepoint tells whether the whole process is gone
  bool cgroups = false;           // the kernel has some
  bool direct = false;  // the verifier lets a program read a thread's fields without a helper
  Identity identity;
  std::optional<ProcessLayout> process;  // only beside identity.layout
  std::optional<SocketLayout> sockets;   // likewise
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

// Of kOpen, kConnect and kAccept, those of plan.call_probes: three programs together.
std::vector<bpf_insn> AssembleCallEntry(const ProgramPlan& plan);
std::vector<bpf_insn> AssembleCallExit(const ProgramPlan& plan);
std::vector<bpf_insn> AssembleCallEnd(const ProgramPlan& plan);

inline constexpr char kEntryTracepoint[] = "sys_enter";
inline constexpr char kReturnTracepoint[] = "sys_exit";
inline constexpr char kEndTracepoint[] = "sched_process_exit";

// Where a thread is renamed, as it is on its way into another program. At the exit of that call the
// kernel no longer knows which one it was.
inline constexpr char kExecTracepoint[] = "task_rename";
// Fills plan.execs; the plan has a layout.
std::vector<bpf_insn> AssembleExecNote(const ProgramPlan& plan);

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_TRACER_PROGRAM_H_
