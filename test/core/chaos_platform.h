// The ring's platform with seeded stops at the places where a thread may be overtaken.
#ifndef TAPIO_TEST_CORE_CHAOS_PLATFORM_H_
#define TAPIO_TEST_CORE_CHAOS_PLATFORM_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <thread>

#include "check.h"
#include "core/ring.h"

namespace tapio::test {

// What one thread met; each thread's own.
struct Chaos {
  std::optional<Random> random;   // none: no stops
  std::uint32_t one_stop_in = 1;  // places passed
  std::uint64_t lost_claims = 0;  // exchanges of `tail` that failed
  std::uint64_t lost_takes = 0;   // exchanges of `head` that failed, so that a copy was void

  void MaybeStop() {
    if (random && random->OneIn(one_stop_in)) std::this_thread::yield();
  }
};

inline thread_local Chaos chaos;

// Preempts producers between check and claim and between claim and publication, and consumers while
// they copy and before they move `head`. Few seats, so that the slack is used up.
struct ChaosPlatform : NativePlatform {
  static constexpr std::uint32_t kSeats = 4;

  template <typename T>
  class Atomic {
   public:
    Atomic() = default;
    explicit Atomic(T value) : value_(value) {}
    T load(std::memory_order order = std::memory_order_seq_cst) const { return value_.load(order); }
    void store(T value, std::memory_order order) { value_.store(value, order); }
    T fetch_add(T value, std::memory_order order) {
      chaos.MaybeStop();
      return value_.fetch_add(value, order);
    }
    T fetch_or(T value, std::memory_order order) { return value_.fetch_or(value, order); }
    bool compare_exchange_weak(T& expected, T value, std::memory_order success,
                               std::memory_order failure) {
      chaos.MaybeStop();
      const bool done = value_.compare_exchange_weak(expected, value, success, failure);
      if (!done) ++chaos.lost_claims;
      return done;
    }
    bool compare_exchange_strong(T& expected, T value, std::memory_order success,
                                 std::memory_order failure) {
      chaos.MaybeStop();
      const bool done = value_.compare_exchange_strong(expected, value, success, failure);
      if (!done) ++chaos.lost_takes;
      return done;
    }

   private:
    std::atomic<T> value_;
  };

  static void CopyIn(void* slot, const void* source, std::size_t size) {
    const std::size_t half = size / 16 * 8;
    chaos.MaybeStop();
    NativePlatform::CopyIn(slot, source, half);
    chaos.MaybeStop();
    NativePlatform::CopyIn(static_cast<std::uint8_t*>(slot) + half,
                           static_cast<const std::uint8_t*>(source) + half, size - half);
  }
  static void CopyOut(void* target, const void* slot, std::size_t size) {
    const std::size_t half = size / 16 * 8;
    NativePlatform::CopyOut(target, slot, half);
    chaos.MaybeStop();
    NativePlatform::CopyOut(static_cast<std::uint8_t*>(target) + half,
                            static_cast<const std::uint8_t*>(slot) + half, size - half);
  }
};

}  // namespace tapio::test

#endif  // TAPIO_TEST_CORE_CHAOS_PLATFORM_H_
