// Times of the kernel's clocks, on clocks that tests set, stall and put to sleep.
#include "kernel/epoch_clock.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>

#include "check.h"
#include "kernel/clock_shift.h"

using tapio::kernel::ClockOffsets;
using tapio::kernel::Clocks;
using tapio::kernel::ClockShift;
using tapio::kernel::EpochClock;
using tapio::kernel::KernelClocks;
using tapio::test::Random;

namespace {

constexpr std::int64_t kMicro = 1'000;
constexpr std::int64_t kMilli = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kEpoch = 1'700'000'000 * kSecond;  // at boot

// Each reading takes 40 ns. Before the n-th one from now the thread may be kept from running.
class FakeClocks final : public Clocks {
 public:
  std::int64_t Now(clockid_t clock) override {
    const auto stall = stalls_.find(reads_++);
    Pass(stall == stalls_.end() ? 40 : stall->second);
    return clock == CLOCK_MONOTONIC  ? monotonic_
           : clock == CLOCK_BOOTTIME ? boottime()
                                     : boottime() + epoch_;
  }
  void StallBefore(int read, std::int64_t time) { stalls_[reads_ + read] = time; }
  void Pass(std::int64_t time) { monotonic_ += time; }
  void SleepMachine(std::int64_t time) { slept_ += time; }
  void SetClock(std::int64_t by) { epoch_ += by; }

  std::int64_t monotonic() const { return monotonic_; }
  std::int64_t boottime() const { return monotonic_ + slept_; }
  std::int64_t now() const { return boottime() + epoch_; }

 private:
  int reads_ = 0;
  std::map<int, std::int64_t> stalls_;
  std::int64_t monotonic_ = 5000 * kSecond;
  std::int64_t slept_ = 700 * kSecond;
  std::int64_t epoch_ = kEpoch;
};

constexpr int kReads = 5;  // of one measurement

std::int64_t Error(const ClockOffsets& offsets, const FakeClocks& clocks) {
  const auto wrong = [&](std::int64_t told) { return std::abs(told - clocks.now()); };
  return std::max(wrong(offsets.FromMonotonic(static_cast<std::uint64_t>(clocks.monotonic()))),
                  wrong(offsets.FromBoottime(static_cast<std::uint64_t>(clocks.boottime()))));
}

bool Near(const std::optional<ClockShift>& a, const ClockShift& b) {
  return a.has_value() && std::abs(a->monotonic - b.monotonic) < kMilli &&
         std::abs(a->boottime - b.boottime) < kMilli;
}
bool Same(const std::optional<ClockShift>& a, const std::optional<ClockShift>& b) {
  return a.has_value() && b.has_value() && a->monotonic == b->monotonic &&
         a->boottime == b->boottime;
}

// Runs `holds` in a process of a new time namespace, or in the process that made one for its
// children, and checks that it returns true. False, and errno, where no namespace can be made.
template <typename Holds>
bool InTimeNamespace(const ClockShift& shift, Holds holds, bool inside = true) {
  const auto child = [](auto run) {
    std::fflush(nullptr);
    const pid_t pid = fork();
    if (pid == 0) _exit(run());
    int status = 0;
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
  };
  const int code = child([&] {
    if (unshare(CLONE_NEWTIME) != 0) return errno + 1;
    std::FILE* file = std::fopen("/proc/self/timens_offsets", "w");
    if (file == nullptr) return errno + 1;
    const auto write = [file](const char* clock, std::int64_t offset) {
      const std::int64_t rest = (offset % kSecond + kSecond) % kSecond;
      std::fprintf(file, "%s %" PRId64 " %" PRId64 "\n", clock, (offset - rest) / kSecond, rest);
    };
    write("monotonic", shift.monotonic);
    write("boottime", shift.boottime);
    if (std::fclose(file) != 0) return errno + 1;
    const auto run = [&] { return holds() ? 0 : 1; };
    return inside ? child(run) : run();
  });
  CHECK(code != 1);
  errno = code - 1;
  return code <= 1;
}

}  // namespace

TEST(AnUndisturbedMeasurementIsExact) {
  FakeClocks clocks;
  EpochClock epoch(clocks);
  const ClockOffsets offsets = epoch.Measure();
  CHECK(Error(offsets, clocks) <= 100);
  CHECK(clocks.now() - offsets.now < kMilli);
}

TEST(AStallAnywhereInTheFirstMeasurementDoesNoHarm) {
  for (int read = 0; read < kReads; ++read) {
    FakeClocks clocks;
    EpochClock epoch(clocks);
    clocks.StallBefore(read, 500 * kMilli);
    CHECK(Error(epoch.Measure(), clocks) <= 100);
  }
}

TEST(AStallInEveryLaterMeasurementChangesNothing) {
  for (int read = 0; read < kReads; ++read) {
    FakeClocks clocks;
    EpochClock epoch(clocks);
    const ClockOffsets first = epoch.Measure();
    for (int i = 0; i < 20; ++i) {
      clocks.StallBefore(read, 500 * kMilli);
      const ClockOffsets again = epoch.Measure();
      CHECK_EQ(again.monotonic, first.monotonic);
      CHECK_EQ(again.boottime, first.boottime);
    }
  }
}

TEST(StallsInAllTriesAreMadeGoodLater) {
  FakeClocks clocks;
  EpochClock epoch(clocks);
  for (int read = 0; read < 8 * kReads; ++read) clocks.StallBefore(read, 3 * kMilli);
  CHECK(Error(epoch.Measure(), clocks) <= 6 * kMilli);
  CHECK(Error(epoch.Measure(), clocks) <= 100);
}

TEST(TheOffsetsStandStillHoweverLongReadingsTake) {
  FakeClocks clocks;
  EpochClock epoch(clocks);
  Random random;
  const ClockOffsets first = epoch.Measure();
  for (int i = 0; i < 2000; ++i) {
    clocks.Pass(random.Below(100'000'000));
    for (int read = 0; read < kReads; ++read)
      clocks.StallBefore(read, random.OneIn(50) ? random.Below(900'000'000) : random.Below(300));
    const ClockOffsets again = epoch.Measure();
    CHECK_EQ(again.monotonic, first.monotonic);
    CHECK_EQ(again.boottime, first.boottime);
  }
}

TEST(AClockThatIsSetIsFollowed) {
  for (const std::int64_t by : {-3600 * kSecond, -kMilli, 20 * kMicro, kSecond, 86400 * kSecond}) {
    FakeClocks clocks;
    EpochClock epoch(clocks);
    epoch.Measure();
    clocks.SetClock(by);
    CHECK(Error(epoch.Measure(), clocks) <= 100);
    // It is no sleep: what is older is told by the new clock, too.
    const auto before = static_cast<std::uint64_t>(clocks.monotonic() - 60 * kSecond);
    CHECK(std::abs(epoch.Measure().FromMonotonic(before) + 60 * kSecond - clocks.now()) <= kMilli);
  }
}

TEST(WhatHappenedBeforeASleepOfTheMachineIsToldAsOfThen) {
  FakeClocks clocks;
  EpochClock epoch(clocks);
  epoch.Measure();
  clocks.Pass(kMilli);
  const std::int64_t monotonic = clocks.monotonic();
  const std::int64_t boottime = clocks.boottime();
  const std::int64_t then = clocks.now();
  // Everybody is frozen before the clocks stop, and until some time after they go on.
  clocks.Pass(300 * kMilli);
  clocks.SleepMachine(8 * 3600 * kSecond);
  clocks.Pass(300 * kMilli);
  const ClockOffsets offsets = epoch.Measure();
  CHECK(Error(offsets, clocks) <= 100);
  CHECK(std::abs(offsets.FromMonotonic(static_cast<std::uint64_t>(monotonic)) - then) <= 100);
  CHECK(std::abs(offsets.FromBoottime(static_cast<std::uint64_t>(boottime)) - then) <= 100);
  // And still after the next measurements.
  const ClockOffsets later = epoch.Measure();
  CHECK_EQ(later.FromMonotonic(static_cast<std::uint64_t>(monotonic)),
           offsets.FromMonotonic(static_cast<std::uint64_t>(monotonic)));
}

TEST(ASleepInTheMiddleOfAMeasurement) {
  // Falls asleep at one of the readings.
  class Sleepy final : public Clocks {
   public:
    Sleepy(FakeClocks& clocks, int at) : clocks_(clocks), left_(at) {}
    std::int64_t Now(clockid_t clock) override {
      if (left_-- == 0) clocks_.SleepMachine(3600 * kSecond);
      return clocks_.Now(clock);
    }

   private:
    FakeClocks& clocks_;
    int left_;
  };
  for (int at = 0; at < 2 * kReads; ++at) {
    FakeClocks fake;
    Sleepy sleepy(fake, at);
    EpochClock sleeping(sleepy);
    sleeping.Measure();
    sleeping.Measure();
    CHECK(Error(sleeping.Measure(), fake) <= 100);
  }
}

TEST(NumbersThatAreNoTimesDoNoHarm) {
  FakeClocks clocks;
  const ClockOffsets offsets = EpochClock(clocks).Measure();
  CHECK_EQ(offsets.FromMonotonic(UINT64_MAX / 2), 0);
  CHECK(offsets.FromMonotonic(0) > 0);
  CHECK_EQ(ClockOffsets::FromRealtime(UINT64_MAX), 0);
}

TEST(TheNamespaceIsTakenOffTheClocks) {
  KernelClocks here({0, 0});
  KernelClocks there({-100'000 * kSecond, 3 * kSecond});
  CHECK(std::abs(there.Now(CLOCK_MONOTONIC) - here.Now(CLOCK_MONOTONIC) - 100'000 * kSecond) <
        kSecond);
  CHECK(std::abs(here.Now(CLOCK_BOOTTIME) - there.Now(CLOCK_BOOTTIME) - 3 * kSecond) < kSecond);
  CHECK(std::abs(here.Now(CLOCK_REALTIME) - there.Now(CLOCK_REALTIME)) < kSecond);
}

TEST(TheKernelTellsTheSameShiftAsProc) {
  const auto measured = tapio::kernel::MeasureClockShift();
  if (!measured.has_value()) {
    std::printf("  skipped: the kernel runs no program for this process, errno %d\n", errno);
    return;
  }
  CHECK(Same(measured, tapio::kernel::FindClockShift()));
  for (const ClockShift& shift :
       {ClockShift{-100 * kSecond, 100'000 * kSecond}, ClockShift{1'500 * kMilli, -kSecond / 4}}) {
    if (!InTimeNamespace(shift, [&] {
          const auto found = tapio::kernel::FindClockShift();
          const auto again = tapio::kernel::MeasureClockShift();
          return Same(found, shift) && Near(again, shift);
        }))
      std::printf("  skipped: no time namespace can be made here, errno %d\n", errno);
  }
}

TEST(AThreadWhoseChildrenGetAnotherTimeNamespaceKeepsItsOwn) {
  if (!tapio::kernel::MeasureClockShift().has_value()) return;
  InTimeNamespace(
      {kSecond, kSecond}, [] { return Same(tapio::kernel::FindClockShift(), ClockShift{}); },
      false);
}
