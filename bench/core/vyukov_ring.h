// The bounded MPMC queue after Dmitry Vyukov's description: a sequence in each cell says whose turn
// it is.
#ifndef TAPIO_BENCH_CORE_VYUKOV_RING_H_
#define TAPIO_BENCH_CORE_VYUKOV_RING_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace tapio::bench {

// Threads: any. Full and empty: false. A thread that stops between its claim and its release holds
// its cell and, one lap later, everybody.
template <typename T>
class VyukovRing {
 public:
  // `capacity` is a power of two.
  explicit VyukovRing(std::size_t capacity) : mask_(capacity - 1), cells_(new Cell[capacity]) {
    for (std::size_t i = 0; i < capacity; ++i) cells_[i].turn.store(i, std::memory_order_relaxed);
  }

  bool TryPut(const T& value) {
    std::uint64_t ticket = tail_.load(std::memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[ticket & mask_];
      // Acquire pairs with the release in TryTake: the cell's old value has been copied out.
      const auto ahead =
          static_cast<std::int64_t>(cell.turn.load(std::memory_order_acquire) - ticket);
      if (ahead < 0) return false;
      if (ahead > 0) {
        ticket = tail_.load(std::memory_order_relaxed);
      } else if (tail_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_relaxed)) {
        cell.value = value;
        cell.turn.store(ticket + 1, std::memory_order_release);  // pairs with TryTake's acquire
        return true;
      }
    }
  }

  bool TryTake(T& value) {
    std::uint64_t ticket = head_.load(std::memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[ticket & mask_];
      // Acquire pairs with the release in TryPut: the value is whole.
      const auto ahead =
          static_cast<std::int64_t>(cell.turn.load(std::memory_order_acquire) - (ticket + 1));
      if (ahead < 0) return false;
      if (ahead > 0) {
        ticket = head_.load(std::memory_order_relaxed);
      } else if (head_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_relaxed)) {
        value = cell.value;
        cell.turn.store(ticket + mask_ + 1, std::memory_order_release);  // pairs with TryPut's
        return true;
      }
    }
  }

 private:
  struct Cell {
    std::atomic<std::uint64_t> turn;
    T value;
  };

  const std::uint64_t mask_;
  const std::unique_ptr<Cell[]> cells_;
  alignas(128) std::atomic<std::uint64_t> tail_{0};
  alignas(128) std::atomic<std::uint64_t> head_{0};
};

}  // namespace tapio::bench

#endif  // TAPIO_BENCH_CORE_VYUKOV_RING_H_
