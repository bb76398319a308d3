// Which CPU runs this thread, which CPUs may, and pinning.
#ifndef TAPIO_CORE_CPU_H_
#define TAPIO_CORE_CPU_H_

#include <cerrno>
#include <cstdint>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#include <unistd.h>
#elif defined(_WIN32)
#include <windows.h>
#endif

namespace tapio {

// The number of the CPU that runs the caller; a hint, as the thread may move at any moment. glibc
// reads it from the thread's rseq area where the kernel keeps one (about 3 ns), else from the vDSO.
// Where the platform cannot tell, each thread gets a number of its own, so that per-CPU rings
// become per-thread rings.
inline std::uint32_t CurrentCpu() {
#if defined(__linux__)
  const int cpu = sched_getcpu();
  return cpu < 0 ? 0 : static_cast<std::uint32_t>(cpu);
#elif defined(_WIN32)
  return GetCurrentProcessorNumber();
#else
  return static_cast<std::uint32_t>(std::hash<std::thread::id>{}(std::this_thread::get_id()));
#endif
}

// How many CPU numbers this machine can have, those not online now included, so that a ring for
// each of them still fits after a CPU came online.
inline std::uint32_t ConfiguredCpus() {
#if defined(__linux__)
  const long count = sysconf(_SC_NPROCESSORS_CONF);
  if (count > 0) return static_cast<std::uint32_t>(count);
#endif
  const unsigned count_hint = std::thread::hardware_concurrency();
  return count_hint == 0 ? 1 : count_hint;
}

#if defined(__linux__)

// A set of CPU numbers of any size; the kernel may know more CPUs than CPU_SETSIZE.
class CpuSet {
 public:
  CpuSet() : bits_((ConfiguredCpus() + 1023) / 1024 * 1024 / 64) {}

  // Affinity of a thread, 0: the caller. False, with errno, if the kernel refuses.
  bool ReadFrom(pid_t thread) {
    for (;;) {
      if (sched_getaffinity(thread, bytes(), native()) == 0) return true;
      if (errno != EINVAL || bits_.size() > 4096) return false;
      bits_.assign(bits_.size() * 2, 0);  // the kernel's set is longer
    }
  }
  bool ApplyTo(pid_t thread) const { return sched_setaffinity(thread, bytes(), native()) == 0; }

  void Add(std::uint32_t cpu) { bits_[cpu / 64] |= std::uint64_t{1} << (cpu % 64); }
  bool Has(std::uint32_t cpu) const {
    return cpu / 64 < bits_.size() && (bits_[cpu / 64] >> (cpu % 64) & 1) != 0;
  }
  std::uint32_t limit() const { return static_cast<std::uint32_t>(bits_.size() * 64); }

 private:
  std::size_t bytes() const { return bits_.size() * sizeof(bits_[0]); }
  cpu_set_t* native() { return reinterpret_cast<cpu_set_t*>(bits_.data()); }
  const cpu_set_t* native() const { return reinterpret_cast<const cpu_set_t*>(bits_.data()); }

  std::vector<std::uint64_t> bits_;
};

#endif

}  // namespace tapio

#endif  // TAPIO_CORE_CPU_H_
