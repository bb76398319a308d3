// How far this process's clocks are from those that programs in the kernel read.
#ifndef TAPIO_KERNEL_CLOCK_SHIFT_H_
#define TAPIO_KERNEL_CLOCK_SHIFT_H_

#include <cstdint>
#include <optional>

#include "epoch_clock.h"

namespace tapio::kernel {

// Nanoseconds that the time namespace of this process adds. It stays the same for the life of a
// process with threads.
struct ClockShift {
  std::int64_t monotonic = 0;
  std::int64_t boottime = 0;
};

// As /proc tells; without it, as a program in the kernel tells. nullopt, and errno, when neither
// can be asked. Threads: any.
std::optional<ClockShift> FindClockShift();

// The second way alone.
std::optional<ClockShift> MeasureClockShift();

// The clocks as the kernel's programs read them.
class KernelClocks final : public Clocks {
 public:
  explicit KernelClocks(ClockShift shift) : shift_(shift) {}
  std::int64_t Now(clockid_t clock) override;

 private:
  const ClockShift shift_;
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_CLOCK_SHIFT_H_
