// A running kernel source: from a ring buffer of the kernel into a ring set, on a thread of its
// own.
#ifndef TAPIO_KERNEL_SOURCE_H_
#define TAPIO_KERNEL_SOURCE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "../core/ring_set.h"
#include "../core/wake.h"
#include "bpf.h"
#include "clock_shift.h"
#include "epoch_clock.h"
#include "failure.h"
#include "outlet.h"
#include "pin_watch.h"
#include "record_mapper.h"
#include "ring_mapping.h"
#include "tracer.h"

namespace tapio::kernel {

// Threads: any, for every method; Start once.
// Guarantees: every record that a tracer's ring buffer had is delivered, dropped, malformed or too
//   large, and counted so; what was not read of another program's stays there. The thread runs no
//   foreign code.
// Full: see Outlet; while it waits or is slow, the ring buffer fills and the kernel loses records.
// Closed: a closed target ends it within kLook.
// Memory: the thread holds the source; at its end it frees every descriptor and mapping, and lets
//   go of the target.
class Source : public std::enable_shared_from_this<Source> {
 public:
  struct Target {
    std::shared_ptr<RingSet> rings;
    Outlet::Policy policy;
    std::uint32_t max_record;  // bytes
  };
  struct Pace {
    // After the reader was woken, records gather this long before it looks again, as long as the
    // ring buffer has room.
    std::uint32_t interval_micros;
    // The reader looks at least this often, for programs that do not wake it.
    std::uint32_t longest_wait_ms;
  };
  // The ring buffer of another program.
  struct Origin {
    UniqueFd ring;
    std::string path;  // where it is pinned; empty: it came by descriptor
    bool follow;       // what is pinned there later
  };
  enum class End : std::uint32_t { kRunning, kStopped, kTargetClosed, kCorrupt, kReplaced };
  struct Counts {
    std::uint64_t captured, delivered, dropped, malformed, too_large, wakes, followed;
    End end;
  };

  // One of `tracer` and `origin` is given. Without a mapper, records travel as they are.
  static std::shared_ptr<Source> Make(std::unique_ptr<Tracer> tracer, Origin origin,
                                      std::unique_ptr<RecordMapper> mapper, Target target,
                                      Pace pace, Failure& failure);

  bool Start(Failure& failure);
  // Makes the thread end, and does not wait.
  void Ask();
  // Returns when the thread has ended: what the kernel had written is delivered or counted as
  // dropped. Within 100 ms in any case: `end` is kRunning after it in the one case that the thread
  // was not let run for that long.
  void Stop();

  Counts counts();
  // Events the kernel lost, by CPU; empty for a foreign ring buffer.
  std::vector<std::uint64_t> Lost();

 private:
  Source() = default;

  enum class Progress { kReading, kCounted, kReleased };

  static void Run(void* self);
  void Loop();
  void WaitFor(Progress progress, std::chrono::milliseconds limit);
  template <typename Leave>
  RingReader::Rest Drain(std::uint64_t end, Leave&& leave);
  void Take(const std::uint8_t* record, std::uint32_t size);
  void Wait(RingReader::Rest rest, std::uint64_t drained);
  void Gather();
  std::int64_t NextLook(std::uint64_t size) const;
  void Sleep(bool for_records, std::int64_t nanoseconds);
  bool Replaced();
  bool Follow(UniqueFd successor);
  bool DrainTheRest();
  void Finish(End end);

  bool asked() const { return stop_.load(std::memory_order_relaxed); }
  int ring() const { return tracer_ != nullptr ? tracer_->ring() : origin_.ring.get(); }

  // What the thread works with; freed at its end.
  std::unique_ptr<RingMapping> mapping_;
  std::optional<RingReader> reader_;
  // Bytes a millisecond that came between the last two looks at the fill; 0: not known, or none.
  std::uint64_t fill_rate_ = 0;
  std::unique_ptr<RecordMapper> mapper_;
  std::optional<KernelClocks> clocks_;
  std::optional<EpochClock> epoch_clock_;
  std::optional<PinWatch> pin_;
  Origin origin_{};
  Target target_{};
  Pace pace_{};

  std::mutex mutex_;
  ParkingLot ended_;  // those in Stop
  // Under the mutex, as other threads look at them.
  std::unique_ptr<Tracer> tracer_;
  std::optional<Outlet> outlet_;
  UniqueFd signal_;
  std::vector<std::uint64_t> lost_;
  // The end is told when all is freed, or after a Stop that cannot wait for that.
  End end_ = End::kStopped;
  End ending_ = End::kStopped;
  Progress progress_ = Progress::kReading;
  std::uint64_t delivered_ = 0;  // of the outlet, once it is gone
  std::uint64_t dropped_ = 0;

  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> captured_{0};
  std::atomic<std::uint64_t> malformed_{0};
  std::atomic<std::uint64_t> too_large_{0};
  std::atomic<std::uint64_t> wakes_{0};
  std::atomic<std::uint64_t> followed_{0};
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_SOURCE_H_
