// What the model-checked scenarios of the ring have in common.
#ifndef TAPIO_TEST_CORE_RING_SCENARIO_H_
#define TAPIO_TEST_CORE_RING_SCENARIO_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>

#include "relacy_platform.h"

namespace tapio::test {

inline constexpr std::uint32_t kPayload = 16;
inline constexpr std::uint64_t kMaxWords = 4;
inline constexpr std::uint32_t kIdsOfOne = 8;  // records of one producer, at most

// A record's id tells its producer and its place; word i of record id holds (id + 1) * 16 + i.
//
// A scenario: its threads' operations, and what must hold of their answers and at the end.
template <typename Derived, unsigned kThreads, std::uint64_t kCapacity, std::uint32_t kSeats>
class Scenario : public rl::test_suite<Derived, kThreads> {
 public:
  using R = BasicRing<RelacyPlatform<kSeats>>;

  Scenario() {
    for (auto& each : copies) each.Clear();
    for (Slot& slot : slots_) {
      slot.header.sequence.store(0, std::memory_order::relaxed);
      slot.header.size.store(0, std::memory_order::relaxed);
      for (Word& word : slot.words) word.value.store(0, std::memory_order::relaxed);
    }
    const typename R::Geometry geometry{kCapacity, sizeof(Slot), kPayload};
    ring_ = std::construct_at(reinterpret_cast<R*>(storage), geometry, slots_.data());
    for (unsigned i = 0; i <= kThreads; ++i) ring_->InitLane(lanes_[i], i < kSeats);
  }
  ~Scenario() { std::destroy_at(ring_); }

  void after() {
    while (Take(kThreads).status == TakeStatus::kTaken) continue;
    std::uint64_t stored = 0;
    for (std::uint32_t id = 0; id < kIds; ++id) {
      RL_ASSERT(!taken_[id] || stored_[id]);
      if (stored_[id]) ++stored;
    }
    RL_ASSERT(stored == takes_ + discards_);
    RL_ASSERT(ring_->size() == 0);
    RL_ASSERT(!ring_->HasRecord());
    std::uint64_t puts = 0;
    std::uint64_t gets = 0;
    for (auto& lane : lanes_) {
      puts += lane.puts.load();
      gets += lane.gets.load();
    }
    RL_ASSERT(puts == stored && gets == takes_);
    if (ring_->closed()) RL_ASSERT(ring_->drained());
  }

 protected:
  R& ring() { return *ring_; }
  typename R::Lane& lane(unsigned thread) { return lanes_[thread]; }

  static std::uint32_t Id(unsigned thread, unsigned place) { return thread * kIdsOfOne + place; }

  PutStatus Put(unsigned thread, unsigned place, std::uint32_t words = 1) {
    const std::uint32_t id = Id(thread, place);
    std::uint64_t data[kMaxWords];
    Fill(data, id, words);
    const PutStatus status = ring_->Put(lanes_[thread], data, words * 8);
    if (status == PutStatus::kStored) stored_[id] = true;
    return status;
  }

  // By whoever has reserved.
  PutStatus PutReserved(unsigned thread, unsigned place, std::uint32_t words) {
    const std::uint32_t id = Id(thread, place);
    std::uint64_t data[kMaxWords];
    Fill(data, id, words);
    const PutStatus status =
        ring_->PutReserved(lanes_[thread], reinterpret_cast<const std::uint8_t*>(data), words * 8);
    if (status == PutStatus::kStored) stored_[id] = true;
    return status;
  }

  // Records `place`, `place` + 1, ... of these many words each.
  std::uint32_t PutBatch(unsigned thread, unsigned place,
                         std::initializer_list<std::uint32_t> words) {
    std::uint64_t data[kIdsOfOne * kMaxWords];
    std::uint32_t sizes[kIdsOfOne];
    std::uint64_t* at = data;
    std::uint32_t count = 0;
    for (std::uint32_t each : words) {
      Fill(at, Id(thread, place + count), each);
      sizes[count++] = each * 8;
      at += each;
    }
    const PutResult result = ring_->PutBatch(
        lanes_[thread], reinterpret_cast<const std::uint8_t*>(data), sizes, count, 8);
    for (std::uint32_t i = 0; i < result.count; ++i) stored_[Id(thread, place + i)] = true;
    RL_ASSERT((result.status == PutStatus::kStored) == (result.count == count));
    return result.count;
  }

  TakeResult Take(unsigned thread, std::uint64_t limit = kMaxWords * 8) {
    std::uint64_t target[kMaxWords];
    const TakeResult result = ring_->Take(lanes_[thread], target, limit);
    if (result.status == TakeStatus::kTaken) {
      MyCopies().Keep(result.bytes / 8);
      Accept(thread, target, result.bytes);
    }
    Judge(result.status);
    return result;
  }

  TakeResult TakeBatch(unsigned thread, std::uint32_t max) {
    std::uint64_t target[kIdsOfOne * kMaxWords];
    std::uint32_t sizes[kIdsOfOne];
    const TakeResult result =
        ring_->TakeBatch(lanes_[thread], reinterpret_cast<std::uint8_t*>(target), sizeof target,
                         sizes, max, 8, R::kNoEnd);
    if (result.status == TakeStatus::kTaken) {
      MyCopies().Keep(result.bytes / 8);
      const std::uint64_t* at = target;
      for (std::uint32_t i = 0; i < result.count; ++i) {
        Accept(thread, at, sizes[i]);
        at += sizes[i] / 8;
      }
    }
    Judge(result.status);
    return result;
  }

  void Peek(std::uint64_t& cursor) {
    std::uint64_t target[kMaxWords];
    std::uint32_t size;
    const TakeResult result = ring_->PeekBatch(cursor, reinterpret_cast<std::uint8_t*>(target),
                                               sizeof target, &size, 1, 8, R::kNoEnd);
    if (result.status != TakeStatus::kTaken) return;
    MyCopies().Keep(result.bytes / 8);
    RL_ASSERT(size == result.bytes);
    IdOf(target, size);
  }

  void Discard(unsigned thread) {
    if (ring_->DiscardOne(lanes_[thread])) ++discards_;
  }
  void Clear(unsigned thread) { discards_ += ring_->Clear(lanes_[thread]); }

 private:
  struct Slot {
    typename R::SlotHeader header;
    Word words[kPayload / 8];
  };

  static constexpr std::uint32_t kIds = (kThreads + 1) * kIdsOfOne;

  static void Fill(std::uint64_t* data, std::uint32_t id, std::uint32_t words) {
    for (std::uint32_t i = 0; i < words; ++i) data[i] = (id + 1) * 16 + i;
  }

  static std::uint32_t IdOf(const std::uint64_t* record, std::uint64_t bytes) {
    RL_ASSERT(bytes != 0 && bytes % 8 == 0);
    RL_ASSERT(record[0] >= 16 && record[0] / 16 <= kIds);
    for (std::uint64_t i = 0; i < bytes / 8; ++i) RL_ASSERT(record[i] == record[0] + i);
    return static_cast<std::uint32_t>(record[0] / 16 - 1);
  }

  void Accept(unsigned thread, const std::uint64_t* record, std::uint64_t bytes) {
    const std::uint32_t id = IdOf(record, bytes);
    RL_ASSERT(!taken_[id]);
    taken_[id] = true;
    ++takes_;
    std::uint32_t& next = next_[thread][id / kIdsOfOne];
    RL_ASSERT(id % kIdsOfOne >= next);
    next = id % kIdsOfOne + 1;
    RL_ASSERT(!drained_);
  }

  void Judge(TakeStatus status) {
    if (status == TakeStatus::kDrained) {
      drained_ = true;
      RL_ASSERT(ring_->closed());
    }
  }

  alignas(R) static inline std::byte storage[sizeof(R)];

  std::array<Slot, kCapacity + kSeats> slots_;
  R* ring_;
  std::array<typename R::Lane, kThreads + 1> lanes_;
  std::array<bool, kIds> stored_{};
  std::array<bool, kIds> taken_{};
  std::uint64_t takes_ = 0;
  std::uint64_t discards_ = 0;
  bool drained_ = false;
  std::array<std::array<std::uint32_t, kThreads + 1>, kThreads + 1> next_{};
};

}  // namespace tapio::test

#endif  // TAPIO_TEST_CORE_RING_SCENARIO_H_
