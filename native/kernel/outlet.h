// The way of records into a ring set, in batches.
#ifndef TAPIO_KERNEL_OUTLET_H_
#define TAPIO_KERNEL_OUTLET_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "../core/ring_set.h"

namespace tapio::kernel {

// Gathers records for each ring of a set and puts them with one claim.
//
// Threads: one; the counts may be read by any.
// Guarantees: every record that was committed is counted, once, as delivered or dropped, by the end
//   of the Flush behind it.
// Full: as the policy says; under kBlock it waits, in slices, until `stop` is set.
// Closed: everything is dropped.
// Memory: one batch for each ring that was ever used: up to 64 records, and 256 KiB or one record.
class Outlet {
 public:
  enum class Policy : std::uint32_t { kReject, kDropOldest, kBlock };  // as POLICIES in lib/buffers

  // `by_cpu`: records say which CPU's ring they belong to; else they go where this thread runs.
  Outlet(RingSet& rings, Policy policy, std::uint32_t max_record, bool by_cpu,
         const std::atomic<bool>& stop)
      : rings_(rings),
        lane_(rings.Attach()),
        policy_(policy),
        record_room_(AlignUp(max_record, kAlignment)),
        batch_room_(std::max(record_room_, std::min(record_room_ * kBatch, kBatchBytes))),
        by_cpu_(by_cpu && rings.ring_count() > 1),
        stop_(stop),
        batches_(by_cpu_ ? rings.ring_count() : 1) {}
  ~Outlet() { rings_.Detach(lane_); }
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

  // Room for one record of up to max_record bytes; then Commit, or not.
  std::uint8_t* Room(std::uint32_t cpu) {
    Batch& batch = BatchOf(cpu);
    if (batch.bytes.empty()) batch.bytes.resize(batch_room_);
    if (batch.count == kBatch || batch_room_ - batch.used < record_room_) Flush(batch, cpu);
    return batch.bytes.data() + batch.used;
  }
  void Commit(std::uint32_t cpu, std::uint32_t bytes) {
    Batch& batch = BatchOf(cpu);
    batch.cpu = cpu;
    batch.sizes[batch.count++] = bytes;
    batch.used += AlignUp(bytes, kAlignment);
  }
  void Flush() {
    for (Batch& batch : batches_) {
      if (batch.count != 0) Flush(batch, batch.cpu);
    }
  }

  // Records that there was no time for.
  void Drop(std::uint64_t count) { Count(dropped_, count); }

  bool closed() const { return rings_.closed(); }
  std::uint64_t delivered() const { return delivered_.load(std::memory_order_relaxed); }
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t kBatch = 64;
  // Unless a single record is longer.
  static constexpr std::uint64_t kBatchBytes = std::uint64_t{256} << 10;
  static constexpr std::size_t kAlignment = 8;
  // How long one wait for room lasts at most: how long `stop` may go unnoticed.
  static constexpr std::chrono::milliseconds kSlice{10};

  struct Batch {
    std::vector<std::uint8_t> bytes;
    std::uint64_t used = 0;
    std::uint32_t count = 0;
    std::uint32_t cpu = 0;
    std::uint32_t sizes[kBatch] = {};
  };

  Batch& BatchOf(std::uint32_t cpu) { return batches_[by_cpu_ ? cpu % batches_.size() : 0]; }

  void Flush(Batch& batch, std::uint32_t cpu) {
    const std::uint32_t target = by_cpu_ ? cpu : RingSet::kRunningCpu;
    std::uint32_t stored = 0;
    std::uint64_t offset = 0;
    for (;;) {
      const bool wait = policy_ == Policy::kBlock && !stop_.load(std::memory_order_relaxed);
      const auto on_full = policy_ == Policy::kDropOldest ? RingSet::OnFull::kDropOldest
                           : wait                         ? RingSet::OnFull::kTryAgain
                                                          : RingSet::OnFull::kRefuse;
      const PutResult result =
          rings_.PutBatch(*lane_, batch.bytes.data() + offset, batch.sizes + stored,
                          batch.count - stored, kAlignment, on_full, target);
      for (std::uint32_t i = 0; i < result.count; ++i)
        offset += AlignUp(batch.sizes[stored + i], kAlignment);
      stored += result.count;
      if (result.status != PutStatus::kFull || !wait) break;
      WaitForRoom(batch.sizes[stored], target);
    }
    Count(delivered_, stored);
    Count(dropped_, batch.count - stored);
    batch.count = 0;
    batch.used = 0;
  }

  void WaitForRoom(std::uint32_t size, std::uint32_t cpu) {
    ThreadSleeper sleeper;
    rings_.room().Park(sleeper);
    // The second look that the parking protocol asks for.
    const bool in_vain =
        !rings_.closed() && !rings_.HasRoom(*lane_, size, cpu) && !sleeper.WaitFor(kSlice);
    rings_.room().Unpark(sleeper);
    if (in_vain) rings_.PassOverWhoDoesNotCome();
  }

  static void Count(std::atomic<std::uint64_t>& counter, std::uint64_t by) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  RingSet& rings_;
  RingSet::Lane* const lane_;
  const Policy policy_;
  const std::uint64_t record_room_;
  const std::uint64_t batch_room_;
  const bool by_cpu_;
  const std::atomic<bool>& stop_;
  std::vector<Batch> batches_;
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_OUTLET_H_
