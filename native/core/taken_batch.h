// Records of several rings, taken as one batch.
#ifndef TAPIO_CORE_TAKEN_BATCH_H_
#define TAPIO_CORE_TAKEN_BATCH_H_

#include <cstddef>
#include <cstdint>

#include "cache_line.h"
#include "ring.h"

namespace tapio {

// Threads: one. Memory: target and sizes are the caller's.
class TakenBatch {
 public:
  // Room for `max` records, each aligned, in `limit` bytes.
  TakenBatch(std::uint8_t* target, std::uint64_t limit, std::uint32_t* sizes, std::uint32_t max,
             std::size_t alignment)
      : target_(target), limit_(limit), sizes_(sizes), max_(max), alignment_(alignment) {}

  std::uint32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::uint32_t max() const { return max_; }

  // As Ring::TakeBatch: up to `count` records, fewer than fill this up, behind those that are here.
  TakeResult Add(Ring& ring, Ring::Lane& lane, std::uint32_t count, std::uint64_t end) {
    const std::uint64_t start = AlignUp(bytes_, alignment_);
    if (start > limit_) return {TakeStatus::kTargetTooSmall, 0, 0, true};
    const TakeResult result = ring.TakeBatch(lane, target_ + start, limit_ - start, sizes_ + count_,
                                             count, alignment_, end);
    if (result.status == TakeStatus::kTaken) {
      count_ += result.count;
      bytes_ = static_cast<std::uint32_t>(start) + result.bytes;
    }
    return result;
  }

  // What the whole take answers.
  TakeResult Taken(bool more) const { return {TakeStatus::kTaken, count_, bytes_, more}; }

 private:
  std::uint8_t* const target_;
  const std::uint64_t limit_;
  std::uint32_t* const sizes_;
  const std::uint32_t max_;
  const std::size_t alignment_;
  std::uint32_t count_ = 0;
  std::uint32_t bytes_ = 0;
};

}  // namespace tapio

#endif  // TAPIO_CORE_TAKEN_BATCH_H_
