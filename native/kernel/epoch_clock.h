// Measures how far the kernel's clocks are from the time of day.
#ifndef TAPIO_KERNEL_EPOCH_CLOCK_H_
#define TAPIO_KERNEL_EPOCH_CLOCK_H_

#include <time.h>

#include <cstdint>

#include "clock_offsets.h"

namespace tapio::kernel {

// Reads a clock: nanoseconds.
class Clocks {
 public:
  virtual std::int64_t Now(clockid_t clock) = 0;

 protected:
  ~Clocks() = default;
};

// Two clocks cannot be read at one moment, so one is read before and after the other: the offset
// lies between two bounds, however long the thread was kept from running in between. The true
// offset changes only when somebody sets the clock or the machine sleeps; so what was measured well
// stays, until bounds exclude it.
//
// Threads: one.
// Guarantees: a measurement that took long changes nothing, unless there is no better one: the
//   error is at most half the distance of the best bounds. While nobody sets the clock and the
//   machine is awake, the offsets stay the same to the nanosecond, so order is kept.
// Memory: the clocks are the caller's and outlive it.
class EpochClock {
 public:
  explicit EpochClock(Clocks& clocks) : clocks_(clocks) {}

  ClockOffsets Measure();

 private:
  struct Bounds {
    std::int64_t low, high;
    std::int64_t width() const { return high - low; }
  };
  struct Reading {
    std::int64_t monotonic, now;
    Bounds epoch;  // time of day - boottime
    Bounds slept;  // boottime - monotonic
  };
  class Offset {
   public:
    std::int64_t value() const { return bounds_.low + bounds_.width() / 2; }
    bool Explains(const Bounds& bounds) const;
    void Refine(const Bounds& bounds);
    void Set(const Bounds& bounds) { bounds_ = bounds; }

   private:
    Bounds bounds_{0, -1};  // none
  };

  Reading Read();
  void MeasureAnew(const Reading& first);

  Clocks& clocks_;
  Offset epoch_;
  Offset slept_;
  bool measured_ = false;
  std::int64_t last_monotonic_ = 0;
  std::int64_t slept_at_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t slept_before_ = 0;
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_EPOCH_CLOCK_H_
