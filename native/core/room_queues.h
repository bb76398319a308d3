// Those who wait for room in the rings of a set, in the order they began to.
#ifndef TAPIO_CORE_ROOM_QUEUES_H_
#define TAPIO_CORE_ROOM_QUEUES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "ring.h"

namespace tapio {

// A queue for each ring of a set. Room is kept in the ring for the first in its queue
// (Ring::Reserve).
//
// Threads: any, each with a Waiter of its own. Only those who wait take the lock.
// Guarantees: who waits for room in a ring gets it in turn, unless it is passed over.
// Full: there is no bound but the number of waiters. Closed: as Ring; a waiter leaves by Leave.
// Memory: the rings must outlive the queues, and a waiter its place.
class RoomQueues {
 public:
  // A lane's part: where it waits, if it does.
  class Waiter {
   private:
    friend class RoomQueues;
    std::uint32_t ring_ = kNone;  // guarded by mutex_
  };

  struct Turn {
    PutStatus status;
    std::uint32_t ring;  // where the record was stored
  };

  explicit RoomQueues(const std::vector<std::unique_ptr<Ring>>& rings)
      : rings_(rings), queues_(rings.size()) {}

  RoomQueues(const RoomQueues&) = delete;
  RoomQueues& operator=(const RoomQueues&) = delete;

  // Takes a place in the queue of the ring `at`, or keeps the place that there is, and puts the
  // record when it is first and there is room. `lanes`: the waiter's, one for each ring.
  Turn PutInTurn(Waiter& waiter, Ring::Lane* lanes, std::uint32_t at, const std::uint8_t* data,
                 std::uint32_t size) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (waiter.ring_ != kNone && !rings_[waiter.ring_]->CanHold(size)) LeaveLocked(waiter);
    if (waiter.ring_ == kNone) {
      if (!rings_[at]->CanHold(size)) return {PutStatus::kFull, at};
      queues_[at].push_back({&waiter, size});
      waiter.ring_ = at;
    } else {
      at = waiter.ring_;
      Find(waiter)->size = size;
    }
    KeepRoom(at);
    if (queues_[at].front().waiter != &waiter) return {PutStatus::kFull, at};
    const PutStatus status = rings_[at]->PutReserved(lanes[at], data, size);
    if (status == PutStatus::kStored) LeaveLocked(waiter);
    return {status, at};
  }

  // False: it had no place.
  bool Leave(Waiter& waiter) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (waiter.ring_ == kNone) return false;
    LeaveLocked(waiter);
    return true;
  }

  // Takes the place of each who is first, could have stored its record, and has not. False: nobody.
  bool PassOverWhoDoesNotCome() {
    const std::lock_guard<std::mutex> lock(mutex_);
    bool passed_over = false;
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      if (queues_[i].empty()) continue;
      const Place first = queues_[i].front();
      if (rings_[i]->size() + rings_[i]->SlotsFor(first.size) > rings_[i]->capacity()) continue;
      LeaveLocked(*first.waiter);
      passed_over = true;
    }
    return passed_over;
  }

  bool IsFirst(const Waiter& waiter, std::uint32_t ring) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return waiter.ring_ == ring && queues_[ring].front().waiter == &waiter;
  }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  struct Place {
    Waiter* waiter;
    std::uint32_t size;  // of the record that waits
  };

  // The following three: with mutex_ held.
  std::vector<Place>::iterator Find(const Waiter& waiter) {
    auto& queue = queues_[waiter.ring_];
    return std::find_if(queue.begin(), queue.end(),
                        [&](const Place& place) { return place.waiter == &waiter; });
  }
  void LeaveLocked(Waiter& waiter) {
    queues_[waiter.ring_].erase(Find(waiter));
    KeepRoom(std::exchange(waiter.ring_, kNone));
  }
  void KeepRoom(std::uint32_t ring) {
    if (queues_[ring].empty()) {
      rings_[ring]->Unreserve();
    } else {
      rings_[ring]->Reserve(queues_[ring].front().size);
    }
  }

  const std::vector<std::unique_ptr<Ring>>& rings_;
  mutable std::mutex mutex_;
  std::vector<std::vector<Place>> queues_;
};

}  // namespace tapio

#endif  // TAPIO_CORE_ROOM_QUEUES_H_
