// One ring, one for each CPU with an overflow ring behind them, or one for each level of urgency:
// shared between threads.
#ifndef TAPIO_CORE_RING_SET_H_
#define TAPIO_CORE_RING_SET_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "cache_line.h"
#include "cpu.h"
#include "lanes.h"
#include "memory.h"
#include "ring.h"
#include "room_queues.h"
#include "taken_batch.h"
#include "wake.h"

namespace tapio {

// What all buffers are made of: RingBuffer and EventBuffer are sets of one ring, the per-CPU
// buffers have a ring for each CPU and one for overflow, PriorityBuffer has one for each level.
//
// Threads: any, each through a Lane of its own (Attach).
// Guarantees: those of Ring for each ring. The CPU number is a hint that may be wrong by the time
//   it is used, so every ring is a full MPMC ring and a wrong hint costs only time. Order is per
//   ring; nothing is promised across rings.
// Full: a put goes to the ring of its CPU, then to the overflow ring, then is refused and counted.
//   With levels it goes to the ring of its lane's level and nowhere else.
// Closed: as Ring; everybody who waits is woken.
// Memory: one block for all rings, freed with the set; lanes are freed by Detach.
class RingSet {
 public:
  static constexpr std::uint32_t kMaxLevels = 4;

  struct Config {
    std::uint32_t rings;           // 1, or one for each CPU number or level
    std::uint64_t slots;           // of each ring; with levels see below
    std::uint64_t overflow_slots;  // 0: no overflow ring
    std::uint32_t stride;          // as Ring::Geometry
    std::uint32_t payload;
    std::uint64_t start;
    // 0, or the number of rings: a take then starts with ring 0, the most urgent, every time.
    std::uint32_t levels = 0;
    std::array<std::uint64_t, kMaxLevels> level_slots{};
    // One record of so many goes to the levels behind the first, in turn; 0: strictly by level.
    std::uint32_t turn_every = 0;
  };

  using Lane = SetLane;

  using RingStats = tapio::RingStats;

  // nullptr when the memory cannot be had.
  static std::unique_ptr<RingSet> Create(const Config& config) {
    // Sizes are validated where they come from; this bound only keeps the sum below exact.
    constexpr std::uint64_t kMaxSlots = std::uint64_t{1} << 31;
    std::uint64_t bytes = 0;
    for (const std::uint64_t slots : SlotsOf(config)) {
      if (slots > kMaxSlots) return nullptr;
      bytes += Ring::BytesFor({slots, config.stride, config.payload, config.start});
    }
    Memory memory = Memory::Allocate(bytes);
    if (memory.data() == nullptr) return nullptr;
    return std::unique_ptr<RingSet>(new (std::nothrow) RingSet(config, std::move(memory)));
  }

  RingSet(const RingSet&) = delete;
  RingSet& operator=(const RingSet&) = delete;

  const Config& config() const { return config_; }
  std::uint32_t ring_count() const { return config_.rings; }
  bool has_overflow() const { return config_.overflow_slots != 0; }
  std::size_t memory_size() const { return memory_.size(); }
  // The CPUs' rings, then the overflow ring where there is one.
  std::uint32_t total_rings() const { return static_cast<std::uint32_t>(rings_.size()); }
  const Ring& ring(std::uint32_t index) const { return *rings_[index]; }

  ParkingLot& records() { return records_; }  // those who wait for a record
  ParkingLot& room() { return room_; }        // those who wait for room

  // `level` is where the lane puts, in a set that has levels.
  Lane* Attach(std::uint32_t level = 0) {
    if (config_.levels != 0) return lanes_.Add(std::min(level, config_.levels - 1));
    return lanes_.Add(ring_count() == 1 ? 0 : kByCpu);
  }

  // The lane's counts stay in the statistics. No call on this lane may be running.
  void Detach(Lane* lane) {
    Unreserve(*lane);
    lanes_.Remove(lane);
  }

  // What becomes of a record that finds no room.
  enum class OnFull {
    kRefuse,      // refused and counted
    kTryAgain,    // refused and not counted, as the caller will try again
    kDropOldest,  // stored in place of the oldest records of its CPU's ring, which are counted
    // One record alone: refused and not counted, but it has a place in a queue from now on, and
    // room is kept for the first of those. The caller tries again with kReserve whenever it is
    // woken, and calls Unreserve when the record is stored, perhaps beside that room, or given up.
    kReserve,
  };

  PutStatus Put(Lane& lane, const void* data, std::uint32_t size, OnFull on_full) {
    const std::uint32_t home = HomeRing(lane);
    const PutStatus status = rings_[home]->Put(lane.rings_[home], data, size);
    if (status == PutStatus::kFull) [[unlikely]] {
      return PutBatch(lane, static_cast<const std::uint8_t*>(data), &size, 1, 1, on_full).status;
    }
    if (status == PutStatus::kStored) {
      records_.WakeOne();
      rings_[home]->ExpectPut(lane.rings_[home], size);
    }
    return status;
  }

  // For `cpu`: the CPU that runs the call.
  static constexpr std::uint32_t kRunningCpu = 0xffffffff;

  // As Ring::PutBatch: to the ring of a CPU, the rest to the overflow ring. Who puts for other
  // CPUs, as a reader of the kernel's records does, says which.
  PutResult PutBatch(Lane& lane, const std::uint8_t* data, const std::uint32_t* sizes,
                     std::uint32_t count, std::size_t alignment, OnFull on_full,
                     std::uint32_t cpu = kRunningCpu) {
    PutResult total{PutStatus::kStored, 0};
    for (;;) {
      const std::uint32_t home = RingOf(lane, cpu);
      PutResult result = PutInto(lane, home, data, sizes, count, alignment);
      total.count += result.count;
      if (result.status == PutStatus::kFull) [[unlikely]] {
        Advance(data, sizes, count, result.count, alignment);
        if (has_overflow()) {
          result = PutInto(lane, ring_count(), data, sizes, count, alignment);
          total.count += result.count;
          Ring::CountRejected(lane.rings_[home], result.count);
          Advance(data, sizes, count, result.count, alignment);
        }
        if (result.status == PutStatus::kFull && on_full == OnFull::kDropOldest &&
            DropOldest(lane, rings_[home]->CanHold(sizes[0]) ? home : ring_count(), sizes[0])) {
          continue;
        }
        if (result.status == PutStatus::kFull && on_full == OnFull::kReserve) {
          result = PutInTurn(lane, home, data, sizes[0]);
          total.count += result.count;
        } else if (result.status == PutStatus::kFull && on_full != OnFull::kTryAgain) {
          CountRejected(lane, count, cpu);
        }
      }
      if (total.count != 0) records_.WakeOne();
      total.status = result.status;
      return total;
    }
  }

  // Ends what a put with kReserve began. Idempotent.
  void Unreserve(Lane& lane) {
    if (queues_.Leave(lane.waiter_)) room_.WakeAll();
  }

  // For a thread that was blocked for long while nobody took anything. Who could have stored its
  // record and did not come, as its thread is busy or blocked, loses its place in the queue, so
  // that nobody waits for that thread.
  void PassOverWhoDoesNotCome() {
    if (queues_.PassOverWhoDoesNotCome()) room_.WakeAll();
  }

  // How many of the oldest records gave way to puts of this lane since the last call.
  static std::uint32_t TakeDropped(Lane& lane) {
    if (lane.dropped_ == 0) [[likely]]
      return 0;
    return std::exchange(lane.dropped_, 0U);
  }

  // For the caller that gives up on records after kTryAgain.
  void CountRejected(Lane& lane, std::uint32_t count, std::uint32_t cpu = kRunningCpu) {
    Ring::CountRejected(lane.rings_[RingOf(lane, cpu)], count);
    if (has_overflow()) Ring::CountRejected(lane.rings_[ring_count()], count);
  }

  // Counts records that were taken from a ring and will not be delivered, as who took them is gone.
  void CountDiscarded(std::uint32_t index, std::uint64_t count) {
    lanes_.CountDiscarded(index, count);
  }

  TakeResult Take(Lane& lane, void* target, std::uint64_t limit) {
    if (total_rings() == 1) {
      const TakeResult result = rings_[0]->Take(lane.rings_[0], target, limit);
      if (result.status != TakeStatus::kTaken) return result;
      return Told({result.status, result.count, result.bytes, true});
    }
    std::uint32_t size;
    return TakeBatch(lane, static_cast<std::uint8_t*>(target), limit, &size, 1, 1);
  }

  // As Ring::TakeBatch, from all rings: by RingRound, or by LevelOrder.
  TakeResult TakeBatch(Lane& lane, std::uint8_t* target, std::uint64_t limit, std::uint32_t* sizes,
                       std::uint32_t max, std::size_t alignment) {
    if (total_rings() == 1) return TakeBatchFrom(lane, 0, target, limit, sizes, max, alignment);
    TakenBatch batch(target, limit, sizes, max, alignment);
    Ring::Lane* const lanes = lane.rings_.get();
    if (config_.levels == 0) return Told(lane.round_.Take(rings_, lanes, batch));
    TakeResult result = lane.order_.Take(rings_, lanes, config_.turn_every, batch);
    if (result.status == TakeStatus::kEmpty && drained()) result.status = TakeStatus::kDrained;
    return Told(result);
  }

  // As TakeBatch, from one ring alone.
  TakeResult TakeBatchFrom(Lane& lane, std::uint32_t index, std::uint8_t* target,
                           std::uint64_t limit, std::uint32_t* sizes, std::uint32_t max,
                           std::size_t alignment) {
    return Told(rings_[index]->TakeBatch(lane.rings_[index], target, limit, sizes, max, alignment,
                                         Ring::kNoEnd));
  }

  TakeResult PeekBatch(std::uint32_t index, std::uint64_t& cursor, std::uint8_t* target,
                       std::uint64_t limit, std::uint32_t* sizes, std::uint32_t max,
                       std::size_t alignment, std::uint64_t end) {
    return rings_[index]->PeekBatch(cursor, target, limit, sizes, max, alignment, end);
  }

  void Clear(Lane& lane) {
    for (std::uint32_t i = 0; i < total_rings(); ++i) rings_[i]->Clear(lane.rings_[i]);
    room_.WakeAll();
    PassWakeOn();
  }

  void Close() {
    for (const auto& ring : rings_) ring->Close();
    records_.WakeAll();
    room_.WakeAll();
  }

  bool closed() const { return rings_.back()->closed(); }

  bool drained() const {
    return std::all_of(rings_.begin(), rings_.end(), [](const auto& r) { return r->drained(); });
  }
  // Slots in use, all rings together.
  std::uint64_t size() const {
    std::uint64_t size = 0;
    for (const auto& ring : rings_) size += ring->size();
    return size;
  }
  // How far the tickets of all rings together have come; of use as a difference alone.
  std::uint64_t written() const {
    std::uint64_t written = 0;
    for (const auto& ring : rings_) written += ring->write_index();
    return written;
  }
  // Slots of the smallest ring.
  std::uint64_t smallest_capacity() const {
    std::uint64_t smallest = UINT64_MAX;
    for (const auto& ring : rings_) smallest = std::min(smallest, ring->capacity());
    return smallest;
  }
  // Whether a take by any thread would find a record now.
  bool HasRecord() const {
    return std::any_of(rings_.begin(), rings_.end(), [](const auto& r) { return r->HasRecord(); });
  }

  // Whether a put of a record of this size by this lane would find room now; `cpu` as for PutBatch.
  bool HasRoom(const Lane& lane, std::uint32_t size, std::uint32_t cpu = kRunningCpu) const {
    const auto has_room = [&](std::uint32_t index) {
      const Ring& ring = *rings_[index];
      const std::uint64_t kept =
          ring.reserved() && !queues_.IsFirst(lane.waiter_, index) ? ring.reserved_slots() : 0;
      return ring.size() + ring.SlotsFor(size) + kept <= ring.capacity();
    };
    return has_room(RingOf(lane, cpu)) || (has_overflow() && has_room(ring_count()));
  }

  // Somebody who was woken for a record leaves it to the next who waits.
  void PassWakeOn() {
    if (!records_.HasSleepers()) return;
    if (HasRecord()) {
      records_.WakeOne();
    } else if (drained()) {
      records_.WakeAll();
    }
  }

  RingStats Stats(std::uint32_t index) { return lanes_.Stats(index); }

 private:
  RingSet(const Config& config, Memory memory)
      : config_(config),
        memory_(std::move(memory)),
        rings_(MakeRings(config, memory_.data())),
        lanes_(rings_),
        queues_(rings_) {}

  static constexpr std::uint32_t kByCpu = 0xffffffff;

  // Of each ring, the overflow ring last.
  static std::vector<std::uint64_t> SlotsOf(const Config& config) {
    std::vector<std::uint64_t> slots(config.rings, config.slots);
    std::copy_n(config.level_slots.begin(), config.levels, slots.begin());
    if (config.overflow_slots != 0) slots.push_back(config.overflow_slots);
    return slots;
  }

  static std::vector<std::unique_ptr<Ring>> MakeRings(const Config& config, std::uint8_t* at) {
    std::vector<std::unique_ptr<Ring>> rings;
    for (const std::uint64_t slots : SlotsOf(config)) {
      const Ring::Geometry geometry{slots, config.stride, config.payload, config.start};
      rings.push_back(std::make_unique<Ring>(geometry, at));
      at += Ring::BytesFor(geometry);
    }
    return rings;
  }

  std::uint32_t HomeRing(const Lane& lane) const {
    return lane.home_ != kByCpu ? lane.home_ : CurrentCpu() % ring_count();
  }

  std::uint32_t RingOf(const Lane& lane, std::uint32_t cpu) const {
    return cpu == kRunningCpu ? HomeRing(lane) : cpu % ring_count();
  }

  PutResult PutInto(Lane& lane, std::uint32_t index, const std::uint8_t* data,
                    const std::uint32_t* sizes, std::uint32_t count, std::size_t alignment) {
    Ring& ring = *rings_[index];
    if (count != 1) return ring.PutBatch(lane.rings_[index], data, sizes, count, alignment);
    const PutStatus status = ring.Put(lane.rings_[index], data, sizes[0]);
    return {status, status == PutStatus::kStored ? 1U : 0U};
  }

  // For a record that found no room in the ring `home`, nor in the overflow ring.
  PutResult PutInTurn(Lane& lane, std::uint32_t home, const std::uint8_t* data,
                      std::uint32_t size) {
    const bool overflows = has_overflow() && rings_[ring_count()]->CanHold(size);
    const RoomQueues::Turn turn = queues_.PutInTurn(lane.waiter_, lane.rings_.get(),
                                                    overflows ? ring_count() : home, data, size);
    if (turn.status != PutStatus::kStored) return {turn.status, 0};
    if (turn.ring != home) Ring::CountRejected(lane.rings_[home], 1);
    room_.WakeAll();  // those who left what was reserved
    return {PutStatus::kStored, 1};
  }

  static void Advance(const std::uint8_t*& data, const std::uint32_t*& sizes, std::uint32_t& count,
                      std::uint32_t by, std::size_t alignment) {
    for (; by != 0; --by, --count) data += AlignUp(*sizes++, alignment);
  }

  // Makes room for one record in a full ring. False if the oldest record is still being written,
  // and stays so for longer than a writer that runs would take: it was preempted, and waiting for
  // it is no use.
  bool DropOldest(Lane& lane, std::uint32_t index, std::uint32_t size) {
    constexpr int kSpins = 100;
    constexpr int kPatience = 2000;
    Ring& ring = *rings_[index];
    // Who has the oldest give way leaves room to nobody. Whoever is first in the queue reserves
    // anew when it looks again.
    ring.Unreserve();
    for (int i = 0; i < kPatience; ++i) {
      if (i >= kSpins) std::this_thread::yield();
      if (ring.DiscardOne(lane.rings_[index])) {
        ++lane.dropped_;
        return true;
      }
      if (ring.size() + ring.SlotsFor(size) <= ring.capacity()) return true;
    }
    return false;
  }

  [[gnu::always_inline]] TakeResult Told(TakeResult result) {
    if (result.status == TakeStatus::kTaken && (room_.HasSleepers() || records_.HasSleepers()))
        [[unlikely]]
      TellSleepers();
    return result;
  }

  // After taking: tells those who wait for room, and passes the wake on.
  void TellSleepers() {
    if (room_.HasSleepers()) room_.WakeAll();
    PassWakeOn();
  }

  const Config config_;
  Memory memory_;
  std::vector<std::unique_ptr<Ring>> rings_;

  ParkingLot records_;
  ParkingLot room_;

  Lanes lanes_;
  RoomQueues queues_;  // of those who wait for room by kReserve
};

}  // namespace tapio

#endif  // TAPIO_CORE_RING_SET_H_
