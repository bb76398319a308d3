// The embedded tracer on the real kernel. Skips, and says why, where the kernel does not permit it.
#include "kernel/source.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "check.h"
#include "kernel/pending_call.h"

using tapio::RingSet;
using tapio::kernel::Failure;
using tapio::kernel::Outlet;
using tapio::kernel::Probe;
using tapio::kernel::RecordMapper;
using tapio::kernel::Source;
using tapio::kernel::Step;
using tapio::kernel::Tracer;
using tapio::kernel::TracerRecord;
using tapio::kernel::UniqueFd;

namespace {

bool Permitted() {
  static const Failure failure = tapio::kernel::ProbeTracing();
  static const bool told = [] {
    if (failure.step != Step::kNone)
      std::printf("  skipped: step %u, errno %d (%s)\n", static_cast<unsigned>(failure.step),
                  failure.error, std::strerror(failure.error));
    return true;
  }();
  return told && failure.step == Step::kNone;
}

#define NEEDS_KERNEL \
  if (!Permitted()) return

std::size_t CountEntries(const char* folder) {
  const std::filesystem::directory_iterator entries(folder);
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}
// True as soon as the condition holds, false if it does not within a minute.
template <typename Condition>
bool Await(const Condition& condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// What a thread held is gone when the kernel has buried it, soon after its end.
std::size_t CountEntriesAfterThreads(const char* folder, std::size_t wanted) {
  Await([&] { return CountEntries(folder) <= wanted; });
  return CountEntries(folder);
}
std::size_t CountMappings() {
  std::ifstream file("/proc/self/maps");
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line);) ++lines;
  return lines;
}
// Programs of this tracer in the kernel, of all processes.
std::size_t CountPrograms() {
  std::size_t count = 0;
  bpf_attr attributes{};
  while (syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &attributes, sizeof attributes) == 0) {
    const std::uint32_t id = attributes.next_id;
    bpf_attr open{};
    open.prog_id = id;
    const UniqueFd program(
        static_cast<int>(syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &open, sizeof open)));
    bpf_prog_info info{};
    bpf_attr ask{};
    ask.info.bpf_fd = static_cast<std::uint32_t>(program.get());
    ask.info.info_len = sizeof info;
    ask.info.info = reinterpret_cast<std::uint64_t>(&info);
    if (program.valid() && syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &ask, sizeof ask) == 0 &&
        std::strcmp(info.name, "tapio_tracer") == 0)
      ++count;
    attributes = {};
    attributes.start_id = id;
  }
  return count;
}

bool HasSourceThread() {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "comm");
    std::string name;
    if (std::getline(file, name) && name == "tapio-kernel") return true;
  }
  return false;
}

// The thread of a source is detached, and may still be leaving after a stop. The child of a fork at
// that moment could make no threads under ThreadSanitizer.
pid_t ForkAlone() {
  CHECK(Await([] { return !HasSourceThread(); }));
  return fork();
}

// A process that makes system calls when told to, as fast as it can, or so many in a millisecond.
class Caller {
 public:
  explicit Caller(std::uint32_t calls, std::uint32_t per_millisecond = 0) {
    if (pipe(go_) != 0) std::abort();
    pid_ = ForkAlone();
    if (pid_ == 0) {
      char byte;
      if (read(go_[0], &byte, 1) != 1) _exit(1);
      for (std::uint32_t i = 0; i < calls; ++i) {
        if (per_millisecond != 0 && i % per_millisecond == 0) usleep(1000);
        syscall(SYS_getppid);
      }
      _exit(0);
    }
  }
  ~Caller() {
    close(go_[0]);
    close(go_[1]);
  }
  std::uint32_t pid() const { return static_cast<std::uint32_t>(pid_); }
  void RunToEnd() {
    CHECK_EQ(write(go_[1], "x", 1), 1);
    int status = 0;
    CHECK_EQ(waitpid(pid_, &status, 0), pid_);
    CHECK_EQ(status, 0);
  }

 private:
  int go_[2];
  pid_t pid_;
};

// A process of many threads that wait for connections until it is told to end or is killed.
class Acceptors {
 public:
  explicit Acceptors(std::uint32_t threads) : threads_(threads) {
    if (pipe(begin_) != 0 || pipe(end_) != 0) std::abort();
    pid_ = ForkAlone();
    if (pid_ == 0) Live();
  }
  ~Acceptors() {
    for (const int fd : {begin_[0], begin_[1], end_[0], end_[1]}) close(fd);
  }
  std::uint32_t pid() const { return static_cast<std::uint32_t>(pid_); }
  // Returns when all of them wait.
  void Begin() {
    CHECK_EQ(write(begin_[1], "x", 1), 1);
    Await([this] { return CountWaiting() == threads_; });
    CHECK_EQ(CountWaiting(), threads_);
  }
  void End() {
    CHECK_EQ(write(end_[1], "x", 1), 1);
    Bury();
  }
  void Kill() {
    kill(pid_, SIGKILL);
    Bury();
  }

 private:
  [[noreturn]] void Live() {
    const int server = socket(AF_INET, SOCK_STREAM, 0);
    char byte;
    if (listen(server, 1) != 0 || read(begin_[0], &byte, 1) != 1) _exit(1);
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < threads_; ++i)
      threads.emplace_back([server] { syscall(SYS_accept, server, nullptr, nullptr); });
    if (read(end_[0], &byte, 1) != 1) _exit(1);
    shutdown(server, SHUT_RDWR);
    for (std::thread& thread : threads) thread.join();
    _exit(0);
  }
  std::size_t CountWaiting() const {
    const std::string accept = std::to_string(SYS_accept);
    std::size_t count = 0;
    for (const auto& task :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task")) {
      std::ifstream file(task.path() / "syscall");
      std::string number;
      file >> number;
      if (number == accept) ++count;
    }
    return count;
  }
  void Bury() const {
    int status = 0;
    CHECK_EQ(waitpid(pid_, &status, 0), pid_);
  }

  const std::uint32_t threads_;
  int begin_[2];
  int end_[2];
  pid_t pid_;
};

std::shared_ptr<RingSet> Rings(std::uint64_t slots, std::uint32_t rings = 1,
                               std::uint64_t overflow = 0) {
  return RingSet::Create({rings, slots, overflow, 128, 112, 0});
}

std::shared_ptr<Source> Trace(const std::shared_ptr<RingSet>& rings, Outlet::Policy policy,
                              const Tracer::Options& options, Source::Pace pace = {1000, 1000}) {
  Failure failure;
  auto tracer = Tracer::Open(options, failure);
  if (!CHECK(tracer != nullptr)) return nullptr;
  auto source = Source::Make(std::move(tracer), {}, nullptr, {rings, policy, 112}, pace, failure);
  return CHECK(source != nullptr && source->Start(failure)) ? source : nullptr;
}

Tracer::Options GetppidOf(std::uint32_t pid, std::uint32_t ring_bytes) {
  return {1U << static_cast<unsigned>(Probe::kSyscall), ring_bytes, 0, {pid}, true,
          {static_cast<std::uint32_t>(SYS_getppid)}};
}

std::uint64_t Sum(const std::vector<std::uint64_t>& numbers) {
  std::uint64_t sum = 0;
  for (const std::uint64_t number : numbers) sum += number;
  return sum;
}

// A stop delivers for a bounded time only, which a sanitizer makes too short.
void WaitForCaptured(Source& source, std::uint64_t count) {
  CHECK(Await([&] { return source.counts().captured >= count || Sum(source.Lost()) != 0; }));
}

// One map of each kind that programs use.
struct EveryMap {
  UniqueFd ring = tapio::kernel::CreateMap({BPF_MAP_TYPE_RINGBUF, 0, 0, 4096}, "ring");
  UniqueFd lost = tapio::kernel::CreateMap({BPF_MAP_TYPE_ARRAY, 4, 8, 64}, "lost");
  UniqueFd numbers = tapio::kernel::CreateMap({BPF_MAP_TYPE_HASH, 4, 4, 8}, "numbers");
  UniqueFd comms = tapio::kernel::CreateMap({BPF_MAP_TYPE_HASH, 16, 4, 8}, "comms");
  UniqueFd paths = tapio::kernel::CreateMap(
      {BPF_MAP_TYPE_LPM_TRIE, sizeof(tapio::kernel::PathPrefix), 4, 8}, "paths");
  UniqueFd syscalls = tapio::kernel::CreateMap(
      {BPF_MAP_TYPE_ARRAY, 4, 4, 2 * tapio::kernel::kSyscallNumbers}, "syscalls");
  UniqueFd scratch = tapio::kernel::CreateMap(
      {BPF_MAP_TYPE_PERCPU_ARRAY, 4, tapio::kernel::kScratchBytes, 1}, "scratch");
  UniqueFd execs = tapio::kernel::CreateMap({BPF_MAP_TYPE_LRU_HASH, 8, 8, 1024}, "execs");
  UniqueFd ended = tapio::kernel::CreateMap({BPF_MAP_TYPE_LRU_HASH, 16, 8, 1024}, "ended");
  UniqueFd calls = tapio::kernel::CreateMap(
      {BPF_MAP_TYPE_HASH, 8, sizeof(tapio::kernel::PendingCall), 1024}, "calls");
};

constexpr std::uint32_t kVariants = 64;

// Each of the six bits chooses some parts, so that any two parts meet, and miss each other.
tapio::kernel::ProgramPlan PlanOf(std::uint32_t variant, const EveryMap& maps) {
  const auto has = [variant](std::uint32_t bit) { return (variant >> bit & 1) != 0; };
  const auto if_has = [](bool wanted, const UniqueFd& map) { return wanted ? map.get() : -1; };
  tapio::kernel::ProgramPlan plan;
  plan.ring = maps.ring.get();
  plan.lost = maps.lost.get();
  plan.scratch = maps.scratch.get();
  plan.calls = maps.calls.get();
  plan.pids = if_has(has(0), maps.numbers);
  plan.uids = if_has(has(2), maps.numbers);
  plan.comms = if_has(has(5), maps.comms);
  plan.others = if_has(has(3), maps.numbers);
  plan.paths = if_has(has(0), maps.paths);
  plan.ports = if_has(has(2), maps.numbers);
  plan.syscalls = if_has(has(1), maps.syscalls);
  plan.keep_below = has(2) ? 1000 : 0;
  plan.group_dead = has(3) != has(0);
  plan.cgroups = has(1) != has(5);
  plan.identity.pid = 1;
  plan.identity.pid_namespace = 0xffff'8880'1234'5678;
  plan.identity.registers = 16216;
  if (has(4)) plan.identity.layout = tapio::kernel::OwnTaskLayout();
  if (!plan.identity.layout.has_value()) return plan;
  plan.identity.level = has(3) ? 2 : 0;
  plan.direct = has(5);
  plan.execs = if_has(has(2), maps.execs);
  if (has(1)) plan.process = tapio::kernel::OwnProcessLayout();
  if (has(0)) plan.sockets = tapio::kernel::OwnSocketLayout();
  plan.ended = if_has(plan.process.has_value() && has(2), maps.ended);
  return plan;
}

}  // namespace

// What this kernel, or the namespace of this process, does not ask for is loaded all the same.
TEST(TheVerifierTakesEveryVariant) {
  NEEDS_KERNEL;
  const EveryMap maps;
  const auto takes = [](const std::vector<bpf_insn>& code) {
    return !code.empty() && tapio::kernel::LoadProgram(code, "tapio_variant").valid();
  };
  for (std::uint32_t variant = 0; variant < kVariants; ++variant) {
    auto plan = PlanOf(variant, maps);
    for (const Probe probe :
         {Probe::kSyscall, Probe::kSyscallEnter, Probe::kExec, Probe::kExit, Probe::kFork})
      CHECK(takes(tapio::kernel::AssembleProbe(probe, plan)));
    if (plan.execs >= 0) CHECK(takes(tapio::kernel::AssembleExecNote(plan)));
    for (std::uint32_t some = 1; some < 8; ++some) {
      plan.call_probes = some << static_cast<unsigned>(Probe::kOpen);
      CHECK(takes(tapio::kernel::AssembleCallEntry(plan)));
      CHECK(takes(tapio::kernel::AssembleCallExit(plan)));
      CHECK(takes(tapio::kernel::AssembleCallEnd(plan)));
    }
  }
}

TEST(EveryCallOnce) {
  NEEDS_KERNEL;
  constexpr std::uint32_t kCalls = 20'000;
  Caller caller(kCalls);
  const auto rings = Rings(32768);
  const auto source = Trace(rings, Outlet::Policy::kReject, GetppidOf(caller.pid(), 1 << 22));
  REQUIRE(source != nullptr);
  caller.RunToEnd();
  WaitForCaptured(*source, kCalls);
  source->Stop();
  const Source::Counts counts = source->counts();
  CHECK_EQ(counts.captured, kCalls);
  CHECK_EQ(counts.delivered, kCalls);
  CHECK_EQ(Sum(source->Lost()), 0);
  CHECK(counts.end == Source::End::kStopped);

  RingSet::Lane* lane = rings->Attach();
  TracerRecord record;
  std::uint64_t last = 0;
  for (std::uint32_t i = 0; i < kCalls; ++i) {
    REQUIRE_EQ(rings->Take(*lane, &record, sizeof record).bytes, sizeof record);
    CHECK_EQ(record.pid, caller.pid());
    CHECK_EQ(record.tid, caller.pid());
    CHECK_EQ(record.syscall, SYS_getppid);
    CHECK_EQ(record.return_value, getpid());
    CHECK(record.time_ns >= last);
    last = record.time_ns;
  }
  rings->Detach(lane);
}

TEST(TinyRingsAddUp) {
  NEEDS_KERNEL;
  constexpr std::uint32_t kCalls = 50'000;
  for (const auto policy : {Outlet::Policy::kReject, Outlet::Policy::kDropOldest}) {
    Caller caller(kCalls);
    const auto rings = Rings(16);
    const auto source = Trace(rings, policy, GetppidOf(caller.pid(), 4096));
    REQUIRE(source != nullptr);
    caller.RunToEnd();
    source->Stop();
    const Source::Counts counts = source->counts();
    const std::uint64_t lost = Sum(source->Lost());
    CHECK(lost > 0);
    CHECK(counts.captured > 0);
    CHECK_EQ(counts.captured + lost, kCalls);
    CHECK_EQ(counts.delivered + counts.dropped, counts.captured);
    const RingSet::RingStats stats = rings->Stats(0);
    CHECK_EQ(stats.puts, counts.delivered);
    CHECK_EQ(stats.rejected, counts.dropped);
    CHECK_EQ(stats.size + stats.discarded, counts.delivered);
    CHECK(policy == Outlet::Policy::kReject ? counts.dropped > 0 : stats.discarded > 0);
  }
}

Tracer::Options AcceptsOf(std::vector<std::uint32_t> pids, std::uint32_t threads) {
  Tracer::Options options{
      1U << static_cast<unsigned>(Probe::kAccept), 1 << 18, 0, std::move(pids), false, {}};
  options.threads = threads;
  return options;
}

TEST(CallsOfMoreThreadsThanThereIsRoomForAreLostAndCounted) {
  NEEDS_KERNEL;
  constexpr std::uint32_t kThreads = 150;
  constexpr std::uint32_t kRoom = 100;
  Acceptors acceptors(kThreads);
  const auto source =
      Trace(Rings(1024), Outlet::Policy::kReject, AcceptsOf({acceptors.pid()}, kRoom));
  REQUIRE(source != nullptr);
  acceptors.Begin();
  acceptors.End();
  WaitForCaptured(*source, kRoom);
  source->Stop();
  CHECK_EQ(source->counts().captured, kRoom);
  CHECK_EQ(Sum(source->Lost()), kThreads - kRoom);
}

TEST(AThreadThatIsKilledInACallLeavesItsRoom) {
  NEEDS_KERNEL;
  constexpr std::uint32_t kThreads = 50;
  Acceptors killed(kThreads);
  Acceptors ended(kThreads);
  const auto source =
      Trace(Rings(1024), Outlet::Policy::kReject, AcceptsOf({killed.pid(), ended.pid()}, kThreads));
  REQUIRE(source != nullptr);
  killed.Begin();
  killed.Kill();
  ended.Begin();
  ended.End();
  WaitForCaptured(*source, 2 * kThreads);
  source->Stop();
  CHECK_EQ(source->counts().captured, 2 * kThreads);
  CHECK_EQ(Sum(source->Lost()), 0);
}

TEST(BlockingLosesInTheKernelOnly) {
  NEEDS_KERNEL;
  constexpr std::uint32_t kCalls = 20'000;
  Caller caller(kCalls);
  const auto rings = Rings(16);
  const auto source = Trace(rings, Outlet::Policy::kBlock, GetppidOf(caller.pid(), 4096));
  REQUIRE(source != nullptr);
  std::atomic<bool> over{false};
  std::uint64_t taken = 0;
  std::thread consumer([&] {
    RingSet::Lane* lane = rings->Attach();
    TracerRecord record;
    for (;;) {
      const bool last = over.load();
      if (rings->Take(*lane, &record, sizeof record).status == tapio::TakeStatus::kTaken) {
        ++taken;
      } else if (last) {
        break;
      } else {
        std::this_thread::yield();
      }
    }
    rings->Detach(lane);
  });
  caller.RunToEnd();
  // A stop does not wait for room, so all must be out of the kernel before it.
  CHECK(Await([&] { return source->counts().delivered + Sum(source->Lost()) >= kCalls; }));
  source->Stop();
  over.store(true);
  consumer.join();
  const Source::Counts counts = source->counts();
  CHECK_EQ(counts.dropped, 0);
  CHECK_EQ(taken, counts.delivered);
  CHECK_EQ(counts.captured + Sum(source->Lost()), kCalls);
}

TEST(AStopDoesNotWaitForRoom) {
  NEEDS_KERNEL;
  Caller caller(1000);
  const auto rings = Rings(16);
  const auto source = Trace(rings, Outlet::Policy::kBlock, GetppidOf(caller.pid(), 1 << 20));
  REQUIRE(source != nullptr);
  caller.RunToEnd();
  const auto since = std::chrono::steady_clock::now();
  source->Stop();
  // Nobody makes room, so that one which waits would not end.
  CHECK(std::chrono::steady_clock::now() - since < std::chrono::seconds(5));
  const Source::Counts counts = source->counts();
  CHECK_EQ(counts.captured, 1000);
  CHECK_EQ(counts.delivered, 16);
  CHECK_EQ(counts.dropped, 984);
}

// The ring buffer has room for 3640 records, so a reader that slept for the interval would lose 4
// of
// 5. It is full after 73 ms: on a busy machine a reader may have to wait longer for its turn.
TEST(NothingIsLostInAnIntervalThatIsLongerThanTheRoomLasts) {
  NEEDS_KERNEL;
  constexpr std::uint32_t kCalls = 60'000;
  std::uint64_t fewest = kCalls;
  for (int i = 0; i < 3 && fewest != 0; ++i) {
    Caller caller(kCalls, 50);
    const auto rings = Rings(65536);
    const auto source =
        Trace(rings, Outlet::Policy::kReject, GetppidOf(caller.pid(), 1 << 18), {400'000, 1000});
    REQUIRE(source != nullptr);
    caller.RunToEnd();
    WaitForCaptured(*source, kCalls);
    source->Stop();
    const std::uint64_t lost = Sum(source->Lost());
    CHECK_EQ(source->counts().delivered + lost, kCalls);
    fewest = std::min(fewest, lost);
  }
  CHECK_EQ(fewest, 0);
}

// One record wakes the reader, and another one ends the interval: then it listens again.
TEST(AnIntervalWithNothingToGatherCostsFewLooks) {
  NEEDS_KERNEL;
  const auto rings = Rings(65536);
  Caller caller(1);
  const auto source =
      Trace(rings, Outlet::Policy::kReject, GetppidOf(caller.pid(), 1 << 16), {100'000, 1000});
  REQUIRE(source != nullptr);
  caller.RunToEnd();
  CHECK(Await([&] { return source->counts().captured != 0; }));
  const std::uint64_t before = source->counts().wakes;
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  // It looks every 50 ms, whether its target is closed.
  CHECK(source->counts().wakes - before < 20);
  source->Stop();
}

TEST(AStopOfALongBacklogIsBoundedAndCountsAllOfIt) {
  NEEDS_KERNEL;
  constexpr std::uint32_t kCalls = 1'500'000;
  auto fastest = std::chrono::steady_clock::duration::max();
  // On a busy machine a stop may have to wait for its turn.
  for (int i = 0; i < 3 && fastest >= std::chrono::milliseconds(100); ++i) {
    Caller caller(kCalls);
    const auto rings = Rings(16);
    const auto source = Trace(rings, Outlet::Policy::kBlock, GetppidOf(caller.pid(), 1 << 27));
    REQUIRE(source != nullptr);
    caller.RunToEnd();
    const auto since = std::chrono::steady_clock::now();
    source->Stop();
    fastest = std::min(fastest, std::chrono::steady_clock::now() - since);
    CHECK(Await([&] { return source->Stop(), source->counts().end != Source::End::kRunning; }));
    const Source::Counts counts = source->counts();
    CHECK_EQ(counts.captured, kCalls);
    CHECK_EQ(counts.delivered, 16);
    CHECK_EQ(counts.dropped, kCalls - 16);
    CHECK_EQ(Sum(source->Lost()), 0);
  }
  CHECK(fastest < std::chrono::milliseconds(100));
}

TEST(EachCpuHasItsRing) {
  NEEDS_KERNEL;
  Caller caller(1000);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(1 % tapio::ConfiguredCpus(), &one);
  REQUIRE_EQ(sched_setaffinity(static_cast<pid_t>(caller.pid()), sizeof one, &one), 0);
  const auto rings = Rings(4096, tapio::ConfiguredCpus(), 64);
  tapio::SymbolTable symbols;
  tapio::kernel::MapperPlan plan;
  plan.cpu = offsetof(TracerRecord, cpu);
  plan.limit = 112;
  plan.shapes.push_back({std::vector<std::uint8_t>(64), 32, {}});
  Failure failure;
  auto tracer = Tracer::Open(GetppidOf(caller.pid(), 1 << 20), failure);
  REQUIRE(tracer != nullptr);
  const auto source =
      Source::Make(std::move(tracer), {}, std::make_unique<RecordMapper>(std::move(plan), symbols),
                   {rings, Outlet::Policy::kReject, 112}, {1000, 1000}, failure);
  REQUIRE(source != nullptr && source->Start(failure));
  caller.RunToEnd();
  WaitForCaptured(*source, 1000);
  source->Stop();
  CHECK_EQ(rings->Stats(1 % tapio::ConfiguredCpus()).puts, 1000);
}

TEST(AClosedTargetEndsItAndFreesEverything) {
  NEEDS_KERNEL;
  const std::size_t files = CountEntries("/proc/self/fd");
  const auto rings = Rings(16);
  const auto source = Trace(rings, Outlet::Policy::kReject,
                            {1U << static_cast<unsigned>(Probe::kExec), 4096, 0, {}, false, {}});
  REQUIRE(source != nullptr);
  CHECK(CountEntries("/proc/self/fd") > files);
  rings->Close();
  CHECK(Await([&] { return source->counts().end != Source::End::kRunning; }));
  CHECK(source->counts().end == Source::End::kTargetClosed);
  CHECK_EQ(CountEntries("/proc/self/fd"), files);
  CHECK_EQ(rings.use_count(), 1);
  source->Stop();
}

TEST(NothingIsLeftOfManyStartsAndStops) {
  NEEDS_KERNEL;
  const Tracer::Options all{0xf, 1 << 16, 0, {}, false, {}};
  const auto rings = Rings(64);
  // The first start brings what stays: the allocator's memory, a cached stack.
  for (int i = 0; i < 5; ++i) Trace(rings, Outlet::Policy::kReject, all)->Stop();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const std::size_t files = CountEntries("/proc/self/fd");
  const std::size_t mappings = CountMappings();
  const std::size_t threads = CountEntries("/proc/self/task");
  {
    const auto running = Trace(rings, Outlet::Policy::kReject, all);
    CHECK(CountPrograms() >= 4);
    running->Stop();
  }
  for (int i = 0; i < 200; ++i) {
    const auto source = Trace(rings, Outlet::Policy::kReject, all);
    REQUIRE(source != nullptr);
    source->Stop();
  }
  CHECK_EQ(CountEntriesAfterThreads("/proc/self/task", threads), threads);
  CHECK_EQ(CountEntriesAfterThreads("/proc/self/fd", files), files);
  // One left behind by each would be 200; sanitizers map for themselves.
  CHECK(CountMappings() < mappings + 50);
  // The kernel frees programs a moment later. Another process may trace meanwhile.
  std::size_t programs = CountPrograms();
  for (int i = 0; i < 100 && programs >= 200; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    programs = CountPrograms();
  }
  CHECK(programs < 200);
}
