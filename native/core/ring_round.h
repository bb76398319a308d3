// Taking from many rings in turn.
#ifndef TAPIO_CORE_RING_ROUND_H_
#define TAPIO_CORE_RING_ROUND_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "ring.h"
#include "taken_batch.h"

namespace tapio {

// A lane's way through the rings of a set: each in turn, the last one last.
//
// Threads: one. Guarantees: a take that cannot have everything is continued by the next one where
//   it stopped. Each visit to a ring ends at what was there when it began, so that a busy ring
//   cannot keep the others waiting.
class RingRound {
 public:
  // `lanes`: one for each ring.
  TakeResult Take(const std::vector<std::unique_ptr<Ring>>& rings, Ring::Lane* lanes,
                  TakenBatch& batch) {
    const auto count = static_cast<std::uint32_t>(rings.size());
    bool drained = true;
    const bool continued = visiting_ || at_ != 0;
    // One round through all rings, and the rest of the ring where the last call stopped.
    for (std::uint32_t visits = 0; visits <= count; ++visits) {
      Ring& ring = *rings[at_];
      if (!visiting_) {
        end_ = ring.write_index();
        visiting_ = true;
      }
      const TakeResult result = batch.Add(ring, lanes[at_], batch.max() - batch.count(), end_);
      if (result.more) return batch.empty() ? result : batch.Taken(true);
      drained = drained && result.status == TakeStatus::kDrained;
      visiting_ = false;
      at_ = at_ + 1 == count ? 0 : at_ + 1;
      if (at_ == 0 && !batch.empty()) return batch.Taken(continued);
    }
    if (!batch.empty()) return batch.Taken(true);
    return {drained ? TakeStatus::kDrained : TakeStatus::kEmpty, 0, 0, false};
  }

 private:
  std::uint32_t at_ = 0;   // the ring where the next take goes on
  std::uint64_t end_ = 0;  // and up to which ticket of that ring
  bool visiting_ = false;
};

}  // namespace tapio

#endif  // TAPIO_CORE_RING_ROUND_H_
