// The lanes of a set of rings, and what they count.
#ifndef TAPIO_CORE_LANES_H_
#define TAPIO_CORE_LANES_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "level_order.h"
#include "ring.h"
#include "ring_round.h"
#include "room_queues.h"

namespace tapio {

// A thread's entry to a set of rings. Used by one thread at a time.
class SetLane {
 private:
  friend class RingSet;
  friend class Lanes;
  std::unique_ptr<Ring::Lane[]> rings_;  // the CPUs' rings, then the overflow ring
  bool seated_ = false;
  std::uint32_t home_ = 0;  // the ring it puts into
  RingRound round_;
  LevelOrder order_;
  std::uint32_t dropped_ = 0;  // records that gave way to a put and were not told of
  RoomQueues::Waiter waiter_;
};

struct RingStats {
  std::uint64_t capacity, size, write_index, read_index;
  std::uint64_t puts, gets, rejected, discarded, high_watermark;
  bool closed;
};

// Threads: any. Guarantees: what a lane counted stays in the sums when it has left.
// Memory: the rings must outlive the lanes; a lane is freed when it is removed.
class Lanes {
 public:
  explicit Lanes(const std::vector<std::unique_ptr<Ring>>& rings)
      : rings_(rings), left_(std::make_unique<Ring::Lane[]>(rings.size())) {}

  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  // The first Ring::kSeats lanes at a time put wait-free, later ones lock-free.
  SetLane* Add(std::uint32_t home) {
    const std::lock_guard<std::mutex> lock(mutex_);
    lanes_.push_back(std::make_unique<SetLane>());
    SetLane* lane = lanes_.back().get();
    lane->home_ = home;
    lane->seated_ = seats_taken_ < Ring::kSeats;
    if (lane->seated_) ++seats_taken_;
    lane->rings_ = std::make_unique<Ring::Lane[]>(rings_.size());
    for (std::size_t i = 0; i < rings_.size(); ++i)
      rings_[i]->InitLane(lane->rings_[i], lane->seated_);
    return lane;
  }

  // No call on this lane may be running.
  void Remove(SetLane* lane) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (lane->seated_) --seats_taken_;
    for (std::size_t i = 0; i < rings_.size(); ++i) AddCounts(left_[i], lane->rings_[i]);
    lanes_.remove_if([lane](const std::unique_ptr<SetLane>& each) { return each.get() == lane; });
  }

  // Counts records that were taken from a ring and will not be delivered.
  void CountDiscarded(std::uint32_t ring, std::uint64_t count) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Ring::Lane lost;
    lost.discarded.store(count, std::memory_order_relaxed);
    AddCounts(left_[ring], lost);
  }

  // Of a ring, and of what all lanes counted there.
  RingStats Stats(std::uint32_t index) {
    const Ring& ring = *rings_[index];
    RingStats stats{};
    stats.closed = ring.closed();
    Ring::Lane sum;
    SumCounts(index, sum);
    stats.puts = sum.puts.load(std::memory_order_relaxed);
    stats.gets = sum.gets.load(std::memory_order_relaxed);
    stats.rejected = sum.rejected.load(std::memory_order_relaxed);
    stats.discarded = sum.discarded.load(std::memory_order_relaxed);
    stats.high_watermark = sum.high_watermark.load(std::memory_order_relaxed);
    stats.capacity = ring.capacity();
    stats.read_index = ring.read_index();
    stats.size = std::min(ring.write_index() - stats.read_index, stats.capacity);
    stats.write_index = stats.read_index + stats.size;
    return stats;
  }

 private:
  void SumCounts(std::uint32_t ring, Ring::Lane& sum) {
    const std::lock_guard<std::mutex> lock(mutex_);
    AddCounts(sum, left_[ring]);
    for (const auto& lane : lanes_) AddCounts(sum, lane->rings_[ring]);
  }

  static void AddCounts(Ring::Lane& sum, const Ring::Lane& lane) {
    const auto add = [](auto& to, const auto& from) {
      to.store(to.load(std::memory_order_relaxed) + from.load(std::memory_order_relaxed),
               std::memory_order_relaxed);
    };
    add(sum.puts, lane.puts);
    add(sum.gets, lane.gets);
    add(sum.rejected, lane.rejected);
    add(sum.discarded, lane.discarded);
    sum.high_watermark.store(std::max(sum.high_watermark.load(std::memory_order_relaxed),
                                      lane.high_watermark.load(std::memory_order_relaxed)),
                             std::memory_order_relaxed);
  }

  const std::vector<std::unique_ptr<Ring>>& rings_;
  std::mutex mutex_;
  std::list<std::unique_ptr<SetLane>> lanes_;
  std::unique_ptr<Ring::Lane[]> left_;  // counts of the lanes that have left, of each ring
  std::uint32_t seats_taken_ = 0;
};

}  // namespace tapio

#endif  // TAPIO_CORE_LANES_H_
