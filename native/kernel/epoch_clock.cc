#if defined(__linux__)

#include "epoch_clock.h"

namespace tapio::kernel {

namespace {

// By how much bounds may miss: what clocks of two CPUs differ by.
constexpr std::int64_t kSlackNs = 1000;
// How often a first or changed offset is measured, for one reading that was not interrupted.
constexpr int kTries = 8;

}  // namespace

bool EpochClock::Offset::Explains(const Bounds& bounds) const {
  return bounds_.width() >= 0 && value() >= bounds.low - kSlackNs &&
         value() <= bounds.high + kSlackNs;
}

// What is known well does not move: times on both sides of the move might change places.
void EpochClock::Offset::Refine(const Bounds& bounds) {
  if (bounds_.width() > 2 * kSlackNs && bounds.width() < bounds_.width() / 2) bounds_ = bounds;
}

EpochClock::Reading EpochClock::Read() {
  const std::int64_t monotonic = clocks_.Now(CLOCK_MONOTONIC);
  const std::int64_t boottime = clocks_.Now(CLOCK_BOOTTIME);
  const std::int64_t now = clocks_.Now(CLOCK_REALTIME);
  const std::int64_t boottime_after = clocks_.Now(CLOCK_BOOTTIME);
  const std::int64_t monotonic_after = clocks_.Now(CLOCK_MONOTONIC);
  return {monotonic_after,
          now,
          {now - boottime_after, now - boottime},
          {boottime_after - monotonic_after, boottime - monotonic}};
}

ClockOffsets EpochClock::Measure() {
  const Reading reading = Read();
  if (epoch_.Explains(reading.epoch) && slept_.Explains(reading.slept)) {
    epoch_.Refine(reading.epoch);
    slept_.Refine(reading.slept);
  } else {
    MeasureAnew(reading);
  }
  last_monotonic_ = reading.monotonic;
  return {epoch_.value() + slept_.value(), epoch_.value(), reading.now, slept_at_,
          epoch_.value() + slept_before_};
}

void EpochClock::MeasureAnew(const Reading& first) {
  Bounds epoch = first.epoch;
  Bounds slept = first.slept;
  for (int tries = 1; tries < kTries; ++tries) {
    const Reading again = Read();
    if (again.epoch.width() < epoch.width()) epoch = again.epoch;
    // Bounds cross when the machine slept between the two.
    const bool crossed = slept.width() < 0;
    if (again.slept.width() >= 0 && (crossed || again.slept.width() < slept.width()))
      slept = again.slept;
  }
  if (!epoch_.Explains(epoch)) epoch_.Set(epoch);
  if (slept_.Explains(slept)) return;
  // Everybody is frozen for a while before and after a sleep, so what was recorded near the last
  // measurement is from before, and what was recorded near this one from after.
  slept_before_ = slept_.value();
  if (measured_) slept_at_ = last_monotonic_ + (first.monotonic - last_monotonic_) / 2;
  slept_.Set(slept);
  measured_ = true;
}

}  // namespace tapio::kernel

#endif
