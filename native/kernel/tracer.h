// The embedded tracer: its maps, its programs in the kernel, and what the kernel had to drop.
#ifndef TAPIO_KERNEL_TRACER_H_
#define TAPIO_KERNEL_TRACER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bpf.h"
#include "failure.h"
#include "ring_reader.h"
#include "tracer_program.h"

namespace tapio::kernel {

// Threads: Open and the destructor by one thread; Detach and Lost by any, one at a time.
// Guarantees: traces from Open to Detach; a record is in the ring buffer or counted as lost.
// Full: what finds the ring buffer full is lost and counted, by CPU. So is the call of a thread
//   that finds Options::threads in calls already, though a filter of its path or port might have
//   left it out.
// Memory: maps and programs are the kernel's; closing the descriptors frees them.
class Tracer {
 public:
  struct Options {
    std::uint32_t probes;             // bit n: Probe n
    std::uint32_t ring_bytes;         // a power of two, whole pages
    std::uint32_t keep_below;         // see ProgramPlan
    std::vector<std::uint32_t> pids;  // as this process sees them; empty: every process
    bool choose_syscalls;             // false: every system call
    // Numbers; those of the 32-bit table kSyscallNumbers higher.
    std::vector<std::uint32_t> syscalls;
    std::vector<std::uint32_t> uids = {};          // empty: every user
    std::vector<std::array<char, 16>> comms = {};  // with NULs to the end; empty: every name
    std::vector<std::string> containers = {};      // see ContainerFilter; empty: every task
    std::vector<PathPrefix> paths = {};            // of kOpen; empty: every path
    std::vector<std::uint32_t> ports = {};         // of kConnect and kAccept; empty: every port
    std::uint32_t threads = 16384;                 // in calls of kOpen, kConnect, kAccept at once
  };

  // nullptr, and why, when the kernel refuses.
  static std::unique_ptr<Tracer> Open(const Options& options, Failure& failure);

  // What each record takes of the ring buffer; 0: they differ.
  std::uint64_t record_bytes() const { return record_bytes_; }
  int ring() const { return ring_.get(); }
  // Of plan.others; -1: there is no such filter.
  int others() const { return others_.get(); }
  // No program starts after this; one that runs on another CPU may still write its record.
  void Detach();
  // Events of each CPU that found no room.
  const std::vector<std::uint64_t>& Lost();

 private:
  Tracer() : lost_counts_(PossibleCpus()) {}
  bool MakeMaps(const Options& options);
  bool MakeProbeMaps(const Options& options, ProgramPlan& plan);
  bool AddFilters(const Options& options);
  bool AttachAll(const Options& options, ProgramPlan& plan, Failure& failure);
  bool Attach(Probe probe, ProgramPlan& plan, Failure& failure);
  bool AttachCalls(ProgramPlan& plan, Failure& failure);

  UniqueFd ring_;
  UniqueFd lost_;
  UniqueFd pids_;
  UniqueFd uids_;
  UniqueFd comms_;
  UniqueFd others_;
  UniqueFd paths_;
  UniqueFd ports_;
  UniqueFd syscalls_;
  UniqueFd execs_;
  UniqueFd scratch_;
  UniqueFd ended_;
  UniqueFd calls_;
  std::array<UniqueFd, kProbes> links_;
  UniqueFd exec_link_;
  UniqueFd call_entry_link_;
  UniqueFd call_exit_link_;
  UniqueFd call_end_link_;
  std::uint64_t record_bytes_ = 0;
  std::vector<std::uint64_t> lost_counts_;
};

// Whether this kernel lets this process trace, found out by doing it: step kNone if so.
Failure ProbeTracing();

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_TRACER_H_
