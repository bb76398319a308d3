// A ring for one producer and one consumer, each with a remembered view of the other's index.
#ifndef TAPIO_BENCH_CORE_SPSC_RING_H_
#define TAPIO_BENCH_CORE_SPSC_RING_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace tapio::bench {

// Threads: one that puts, one that takes. Full and empty: false.
template <typename T>
class SpscRing {
 public:
  // `capacity` is a power of two.
  explicit SpscRing(std::size_t capacity)
      : capacity_(capacity), slots_(std::make_unique<T[]>(capacity)) {}

  bool TryPut(const T& value) {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ == capacity_) {
      head_seen_ = head_.load(std::memory_order_acquire);  // pairs with TryTake's release
      if (tail - head_seen_ == capacity_) return false;
    }
    slots_[tail & (capacity_ - 1)] = value;
    tail_.store(tail + 1, std::memory_order_release);  // pairs with TryTake's acquire
    return true;
  }

  bool TryTake(T& value) {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);  // pairs with TryPut's release
      if (head == tail_seen_) return false;
    }
    value = slots_[head & (capacity_ - 1)];
    head_.store(head + 1, std::memory_order_release);  // pairs with TryPut's acquire
    return true;
  }

 private:
  const std::uint64_t capacity_;
  const std::unique_ptr<T[]> slots_;
  alignas(128) std::atomic<std::uint64_t> tail_{0};
  std::uint64_t head_seen_ = 0;  // the producer's
  alignas(128) std::atomic<std::uint64_t> head_{0};
  std::uint64_t tail_seen_ = 0;  // the consumer's
};

}  // namespace tapio::bench

#endif  // TAPIO_BENCH_CORE_SPSC_RING_H_
