#if defined(__linux__)

#include "tracer.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>

namespace tapio::kernel {

namespace {

// The inode of the initial pid namespace, the same on every kernel.
constexpr std::uint64_t kInitialPidNamespace = 0xEFFF'FFFC;

void FindOwnNamespace(ProgramPlan& plan) {
  // Not by stat(), of which newer libraries have a version that old systems lack.
  struct statx status {};
  if (syscall(SYS_statx, AT_FDCWD, "/proc/self/ns/pid", 0, STATX_INO, &status) != 0) return;
  if (status.stx_ino == kInitialPidNamespace) return;
  // The kernel compares with its own form of a device number.
  plan.namespace_device = (std::uint64_t{status.stx_dev_major} << 20) | status.stx_dev_minor;
  plan.namespace_inode = status.stx_ino;
}

}  // namespace

bool Tracer::MakeMaps(const Options& options) {
  ring_ = CreateMap({BPF_MAP_TYPE_RINGBUF, 0, 0, options.ring_bytes}, "tapio_ring");
  if (!ring_.valid()) return false;
  lost_ = CreateMap({BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1}, "tapio_lost");
  return lost_.valid() && AddFilters(options);
}

bool Tracer::AddFilters(const Options& options) {
  constexpr std::uint32_t kYes = 1;
  if (!options.pids.empty()) {
    const auto count = static_cast<std::uint32_t>(options.pids.size());
    pids_ = CreateMap({BPF_MAP_TYPE_HASH, 4, 4, count}, "tapio_pids");
    if (!pids_.valid()) return false;
    for (const std::uint32_t pid : options.pids) {
      if (!UpdateElement(pids_.get(), &pid, &kYes)) return false;
    }
  }
  if (options.choose_syscalls) {
    syscalls_ = CreateMap({BPF_MAP_TYPE_ARRAY, 4, 4, kSyscallNumbers}, "tapio_syscalls");
    if (!syscalls_.valid()) return false;
    for (const std::uint32_t number : options.syscalls) {
      if (!UpdateElement(syscalls_.get(), &number, &kYes)) return false;
    }
  }
  return true;
}

bool Tracer::Attach(Probe probe, ProgramPlan plan, Failure& failure) {
  // Kernels from 6.16 on tell whether the last thread of a process exits. An older one refuses to
  // attach a program that asks.
  for (const bool group_dead : {true, false}) {
    plan.group_dead = group_dead;
    const std::vector<bpf_insn> code = AssembleProbe(probe, plan);
    if (code.empty()) {
      failure = {Step::kPlatform, ENOSYS};
      return false;
    }
    const UniqueFd program = LoadProgram(code, "tapio_tracer");
    if (!program.valid()) {
      failure = {Step::kLoadProgram, errno};
      return false;
    }
    UniqueFd& link = links_[static_cast<std::size_t>(probe)];
    link = OpenRawTracepoint(TracepointOf(probe), program.get());
    if (link.valid()) return true;
    failure = {Step::kAttach, errno};
    if (probe != Probe::kExit || errno != EINVAL) return false;
  }
  return false;
}

std::unique_ptr<Tracer> Tracer::Open(const Options& options, Failure& failure) {
  failure = {};
  std::unique_ptr<Tracer> tracer(new Tracer);
  if (!tracer->MakeMaps(options)) {
    failure = {Step::kCreateMap, errno};
    return nullptr;
  }
  ProgramPlan plan{};
  plan.ring = tracer->ring_.get();
  plan.lost = tracer->lost_.get();
  plan.pids = tracer->pids_.get();
  plan.syscalls = tracer->syscalls_.get();
  plan.own_pid = static_cast<std::uint32_t>(getpid());
  plan.keep_below = options.keep_below;
  FindOwnNamespace(plan);
  for (std::uint32_t probe = 0; probe < kProbes; ++probe) {
    if ((options.probes >> probe & 1) == 0) continue;
    if (!tracer->Attach(static_cast<Probe>(probe), plan, failure)) {
      failure.detail = probe + 1;
      return nullptr;
    }
  }
  failure = {};
  return tracer;
}

void Tracer::Detach() {
  for (UniqueFd& link : links_) link.Reset();
}

const std::vector<std::uint64_t>& Tracer::Lost() {
  constexpr std::uint32_t kKey = 0;
  std::vector<std::uint64_t> now(lost_counts_.size());
  if (LookUpElement(lost_.get(), &kKey, now.data())) lost_counts_ = std::move(now);
  return lost_counts_;
}

Failure ProbeTracing() {
  Failure failure;
  const auto page = static_cast<std::uint32_t>(sysconf(_SC_PAGESIZE));
  // Every program there is: the kernel may permit one and refuse another.
  constexpr std::uint32_t kAll = (1U << kProbes) - 1;
  Tracer::Open({kAll, page, 0, {}, true, {}}, failure);
  return failure;
}

}  // namespace tapio::kernel

#endif
