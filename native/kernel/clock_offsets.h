// From the kernel's clocks to time since the epoch.
#ifndef TAPIO_KERNEL_CLOCK_OFFSETS_H_
#define TAPIO_KERNEL_CLOCK_OFFSETS_H_

#include <algorithm>
#include <cstdint>
#include <limits>

namespace tapio::kernel {

// What to add to a time of bpf_ktime_get_ns or bpf_ktime_get_boot_ns to have nanoseconds since the
// epoch. The monotonic clock stands still while the machine sleeps, so its offset is another one
// before a sleep than after it.
struct ClockOffsets {
  std::int64_t monotonic = 0;
  std::int64_t boottime = 0;
  std::int64_t now = 0;  // the time of this measurement, since the epoch
  std::int64_t slept_at = std::numeric_limits<std::int64_t>::min();  // by the monotonic clock
  std::int64_t monotonic_before_sleep = 0;

  std::int64_t FromMonotonic(std::uint64_t time) const {
    const bool before = static_cast<std::int64_t>(time) < slept_at;
    return Epoch(time, before ? monotonic_before_sleep : monotonic);
  }
  std::int64_t FromBoottime(std::uint64_t time) const { return Epoch(time, boottime); }
  static std::int64_t FromRealtime(std::uint64_t time) { return Epoch(time, 0); }

 private:
  // Records hold any number at all, so sums wrap around; before the epoch there is no time.
  static std::int64_t Epoch(std::uint64_t time, std::int64_t offset) {
    const auto sum = static_cast<std::int64_t>(time + static_cast<std::uint64_t>(offset));
    return std::max<std::int64_t>(sum, 0);
  }
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_CLOCK_OFFSETS_H_
