// Taking from rings that are levels of urgency.
#ifndef TAPIO_CORE_LEVEL_ORDER_H_
#define TAPIO_CORE_LEVEL_ORDER_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "ring.h"
#include "taken_batch.h"

namespace tapio {

// A lane's order: the most urgent level, which is ring 0, first, but for those whose turn it is.
//
// Threads: one. Guarantees: one record of `turn_every` is of the levels behind the first, in turn,
//   as long as those have some; 0: strictly by level.
class LevelOrder {
 public:
  // `lanes`: one for each ring.
  TakeResult Take(const std::vector<std::unique_ptr<Ring>>& rings, Ring::Lane* lanes,
                  std::uint32_t turn_every, TakenBatch& batch) {
    const auto levels = static_cast<std::uint32_t>(rings.size());
    TakeResult none{TakeStatus::kEmpty, 0, 0, false};
    // Takes up to `count` records of one level. False: this take ends here, as the next record
    // finds no space or other consumers are faster.
    const auto add = [&](std::uint32_t level, std::uint32_t count) {
      const TakeResult result = batch.Add(*rings[level], lanes[level], count, Ring::kNoEnd);
      if (result.status == TakeStatus::kTargetTooSmall) {
        none = result;
        return false;
      }
      return result.status != TakeStatus::kTaken || !result.more || result.count == count;
    };
    bool fits = true;
    while (fits && batch.count() < batch.max()) {
      const std::uint32_t before = batch.count();
      if (turn_every != 0 && since_turn_ + 1 >= turn_every) {
        since_turn_ = 0;
        for (std::uint32_t i = 1; fits && i < levels && batch.count() == before; ++i) {
          turn_ = turn_ + 1 >= levels ? 1 : turn_ + 1;
          fits = add(turn_, 1);
        }
        if (batch.count() != before) continue;
      }
      std::uint32_t end = batch.max();
      if (turn_every > 1) end = std::min(end, batch.count() + turn_every - 1 - since_turn_);
      for (std::uint32_t level = 0; fits && level < levels && batch.count() < end; ++level)
        fits = add(level, end - batch.count());
      since_turn_ += batch.count() - before;
      if (batch.count() == before) break;
    }
    return batch.empty() ? none : batch.Taken(!fits || batch.count() == batch.max());
  }

 private:
  std::uint32_t since_turn_ = 0;  // records taken by level since one was taken in turn
  std::uint32_t turn_ = 0;        // the level that had the last turn
};

}  // namespace tapio

#endif  // TAPIO_CORE_LEVEL_ORDER_H_
