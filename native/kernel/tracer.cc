#if defined(__linux__)

#include "tracer.h"

#include <algorithm>
#include <cerrno>

#include "identity.h"
#include "machine.h"
#include "pending_call.h"

namespace tapio::kernel {

namespace {

// Threads that are becoming another program, or were killed on the way, and processes that ended,
// before the oldest of them is forgotten. The kernel hands out entries to each CPU by the hundred.
constexpr std::uint32_t kNotes = 1024;
constexpr std::uint32_t kNotesOfCpu = 128;
// Control groups that are known to be of no wanted container.
constexpr std::uint32_t kOthers = 8192;
constexpr std::uint32_t kCallProbes = 1U << static_cast<std::uint32_t>(Probe::kOpen) |
                                      1U << static_cast<std::uint32_t>(Probe::kConnect) |
                                      1U << static_cast<std::uint32_t>(Probe::kAccept);

std::uint32_t Notes() { return kNotes + kNotesOfCpu * PossibleCpus(); }

std::uint32_t Bit(Probe probe) { return 1U << static_cast<std::uint32_t>(probe); }

// What every record of these probes takes of the ring buffer; 0: they differ.
std::uint64_t CommonBytes(std::uint32_t probes) {
  std::uint64_t bytes = 0;
  for (std::uint32_t probe = 0; probe < kProbes; ++probe) {
    if ((probes >> probe & 1) == 0) continue;
    const std::uint64_t own =
        (std::uint64_t{RecordBytes(static_cast<Probe>(probe))} + RingReader::kHeaderBytes + 7) / 8 *
        8;
    if (static_cast<Probe>(probe) == Probe::kExec || (kCallProbes >> probe & 1) != 0 ||
        (bytes != 0 && bytes != own))
      return 0;
    bytes = own;
  }
  return bytes;
}

// Whether an exit can be that of a call which makes another program of its caller.
bool WantsExecs(const Tracer::Options& options) {
  if ((options.probes & Bit(Probe::kSyscall)) == 0) return false;
  if (!options.choose_syscalls) return true;
  return std::any_of(options.syscalls.begin(), options.syscalls.end(), [](std::uint32_t number) {
    const std::uint32_t coded =
        number < kSyscallNumbers ? number : (number - kSyscallNumbers) | machine::kCompatBit;
    return std::find(machine::kExecs.begin(), machine::kExecs.end(), coded) !=
           machine::kExecs.end();
  });
}

// No map for no keys.
template <typename Key>
bool MakeSet(const std::vector<Key>& keys, const char* name, UniqueFd& map,
             bpf_map_type type = BPF_MAP_TYPE_HASH) {
  constexpr std::uint32_t kYes = 1;
  if (keys.empty()) return true;
  map = CreateMap({type, sizeof(Key), 4, static_cast<std::uint32_t>(keys.size())}, name);
  if (!map.valid()) return false;
  return std::all_of(keys.begin(), keys.end(),
                     [&](const Key& key) { return UpdateElement(map.get(), &key, &kYes); });
}

bool Run(const std::vector<bpf_insn>& code, const char* tracepoint, UniqueFd& link,
         Failure& failure) {
  if (code.empty()) {
    failure = {Step::kPlatform, ENOSYS};
    return false;
  }
  const UniqueFd program = LoadProgram(code, "tapio_tracer");
  if (!program.valid()) {
    failure = {Step::kLoadProgram, errno};
    return false;
  }
  link = OpenRawTracepoint(tracepoint, program.get());
  if (link.valid()) return true;
  failure = {Step::kAttach, errno};
  return false;
}

// With what the kernel has: one before 5.11 lets no program read a thread's fields itself, and one
// without control groups has no helper for them.
template <typename Attempt>
bool AttachBest(ProgramPlan& plan, const Failure& failure, Attempt&& run) {
  plan.direct = plan.identity.layout.has_value();
  plan.cgroups = true;
  if (run()) return true;
  const bool refused = failure.error == EINVAL || failure.error == EACCES;
  if (failure.step != Step::kLoadProgram || !refused) return false;
  if (plan.direct) {
    plan.direct = false;
    if (run()) return true;
  }
  plan.cgroups = false;
  return run();
}

}  // namespace

bool Tracer::MakeMaps(const Options& options) {
  ring_ = CreateMap({BPF_MAP_TYPE_RINGBUF, 0, 0, options.ring_bytes}, "tapio_ring");
  if (!ring_.valid()) return false;
  lost_ = CreateMap({BPF_MAP_TYPE_ARRAY, 4, 8, CpuNumbers()}, "tapio_lost");
  return lost_.valid() && AddFilters(options);
}

bool Tracer::AddFilters(const Options& options) {
  constexpr std::uint32_t kYes = 1;
  const bool added = MakeSet(options.pids, "tapio_pids", pids_) &&
                     MakeSet(options.uids, "tapio_uids", uids_) &&
                     MakeSet(options.comms, "tapio_comms", comms_) &&
                     MakeSet(options.ports, "tapio_ports", ports_) &&
                     MakeSet(options.paths, "tapio_paths", paths_, BPF_MAP_TYPE_LPM_TRIE);
  if (!added) return false;
  if (!options.containers.empty()) {
    others_ = CreateMap({BPF_MAP_TYPE_LRU_HASH, 4, 4, kOthers}, "tapio_others");
    if (!others_.valid()) return false;
  }
  if (options.choose_syscalls) {
    syscalls_ = CreateMap({BPF_MAP_TYPE_ARRAY, 4, 4, 2 * kSyscallNumbers}, "tapio_syscalls");
    if (!syscalls_.valid()) return false;
    for (const std::uint32_t number : options.syscalls) {
      if (!UpdateElement(syscalls_.get(), &number, &kYes)) return false;
    }
  }
  return true;
}

bool Tracer::Attach(Probe probe, ProgramPlan& plan, Failure& failure) {
  UniqueFd& link = links_[static_cast<std::size_t>(probe)];
  const auto run = [&] {
    return Run(AssembleProbe(probe, plan), TracepointOf(probe), link, failure);
  };
  plan.group_dead =
      probe == Probe::kExit &&
      (plan.process.has_value() ? plan.process->group_dead : !plan.identity.layout.has_value());
  if (AttachBest(plan, failure, run)) return true;
  // The tracepoint itself tells whether the last thread of a process exits, from Linux 6.16 on. An
  // older one refuses to attach a program that asks.
  if (!plan.group_dead || failure.step != Step::kAttach || failure.error != EINVAL) return false;
  plan.group_dead = false;
  return run();
}

bool Tracer::AttachCalls(ProgramPlan& plan, Failure& failure) {
  // The entry last: before it the others find nothing.
  return Run(AssembleCallEnd(plan), kEndTracepoint, call_end_link_, failure) &&
         AttachBest(plan, failure,
                    [&] {
                      return Run(AssembleCallExit(plan), kReturnTracepoint, call_exit_link_,
                                 failure);
                    }) &&
         AttachBest(plan, failure, [&] {
           return Run(AssembleCallEntry(plan), kEntryTracepoint, call_entry_link_, failure);
         });
}

bool Tracer::MakeProbeMaps(const Options& options, ProgramPlan& plan) {
  if (plan.call_probes != 0) {
    // Not one that forgets the oldest: it may be the call that is told next.
    calls_ = CreateMap({BPF_MAP_TYPE_HASH, 8, sizeof(PendingCall), options.threads}, "tapio_calls");
    if (!calls_.valid()) return false;
    plan.calls = calls_.get();
  }
  const bool has_texts = (options.probes & Bit(Probe::kExec)) != 0 && plan.process.has_value();
  if (has_texts || plan.call_probes != 0) {
    scratch_ = CreateMap({BPF_MAP_TYPE_PERCPU_ARRAY, 4, kScratchBytes, 1}, "tapio_scratch");
    if (!scratch_.valid()) return false;
    plan.scratch = scratch_.get();
  }
  if (!plan.process.has_value()) return true;
  if ((options.probes & Bit(Probe::kExit)) != 0 && !plan.process->group_dead) {
    ended_ = CreateMap({BPF_MAP_TYPE_LRU_HASH, 16, 8, Notes()}, "tapio_ended");
    if (!ended_.valid()) return false;
    plan.ended = ended_.get();
  }
  return true;
}

bool Tracer::AttachAll(const Options& options, ProgramPlan& plan, Failure& failure) {
  if (plan.identity.layout.has_value() && WantsExecs(options)) {
    execs_ = CreateMap({BPF_MAP_TYPE_LRU_HASH, 8, 8, Notes()}, "tapio_execs");
    if (!execs_.valid()) {
      failure = {Step::kCreateMap, errno};
      return false;
    }
    plan.execs = execs_.get();
    // First, so that no exit comes without its note.
    if (!Run(AssembleExecNote(plan), kExecTracepoint, exec_link_, failure)) return false;
  }
  for (std::uint32_t probe = 0; probe < kProbes; ++probe) {
    if (((options.probes & ~kCallProbes) >> probe & 1) == 0) continue;
    if (!Attach(static_cast<Probe>(probe), plan, failure)) {
      failure.detail = probe + 1;
      return false;
    }
  }
  if (plan.call_probes == 0 || AttachCalls(plan, failure)) return true;
  std::uint32_t first = 0;
  while ((plan.call_probes >> first & 1) == 0) ++first;
  failure.detail = first + 1;
  return false;
}

std::unique_ptr<Tracer> Tracer::Open(const Options& options, Failure& failure) {
  failure = {};
  std::unique_ptr<Tracer> tracer(new Tracer);
  if (!tracer->MakeMaps(options)) {
    failure = {Step::kCreateMap, errno};
    return nullptr;
  }
  auto identity = FindIdentity(failure);
  if (!identity.has_value()) return nullptr;
  ProgramPlan plan;
  plan.ring = tracer->ring_.get();
  plan.lost = tracer->lost_.get();
  plan.pids = tracer->pids_.get();
  plan.uids = tracer->uids_.get();
  plan.comms = tracer->comms_.get();
  plan.others = tracer->others_.get();
  plan.paths = tracer->paths_.get();
  plan.ports = tracer->ports_.get();
  plan.syscalls = tracer->syscalls_.get();
  plan.call_probes = options.probes & kCallProbes;
  plan.keep_below = options.keep_below;
  plan.identity = *identity;
  if (identity->layout.has_value()) {
    plan.process = OwnProcessLayout();
    plan.sockets = OwnSocketLayout();
  }
  if (!tracer->MakeProbeMaps(options, plan)) {
    failure = {Step::kCreateMap, errno};
    return nullptr;
  }
  tracer->record_bytes_ = CommonBytes(options.probes);
  if (!tracer->AttachAll(options, plan, failure)) return nullptr;
  failure = {};
  return tracer;
}

void Tracer::Detach() {
  for (UniqueFd& link : links_) link.Reset();
  call_entry_link_.Reset();
  call_exit_link_.Reset();
  call_end_link_.Reset();
  exec_link_.Reset();
}

const std::vector<std::uint64_t>& Tracer::Lost() {
  std::vector<std::uint64_t> now(CpuNumbers());
  if (!LookUpAll(lost_.get(), now)) return lost_counts_;
  // The system's files may know of fewer CPUs than there are.
  const auto last = std::find_if(now.rbegin(), now.rend(), [](std::uint64_t n) { return n != 0; });
  now.resize(
      std::max<std::size_t>(static_cast<std::size_t>(now.rend() - last), lost_counts_.size()));
  lost_counts_ = std::move(now);
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
