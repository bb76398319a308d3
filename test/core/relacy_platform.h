// The ring's platform for the Relacy model checker.
//
// Every atomic operation is a point where Relacy may switch threads, and every load may return any
// value the memory model allows. What Relacy does not model is a load that a weak processor
// performs after a later store, and that is how a copy out of a slot may come too late. So the
// platform keeps the reads that counted, and whoever overwrites a word must have been told of them
// by a chain of releases and acquires.
#ifndef TAPIO_TEST_CORE_RELACY_PLATFORM_H_
#define TAPIO_TEST_CORE_RELACY_PLATFORM_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/ring.h"

// Last: it gives new meanings to `new`, `delete`, `assert` and the names of memory orders.
#include <relacy/relacy.hpp>
#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free

namespace tapio::test {

constexpr unsigned kMaxThreads = 4;

inline rl::thread_info_base& Self() { return *rl::ctx().threadx_; }

struct Word;

// The words one thread has read out of slots in its current attempt to take. No vector: Relacy owns
// the allocator.
class Copies {
 public:
  void Clear() { count_ = 0; }
  void Add(Word* word, rl::timestamp_t when) {
    RL_ASSERT(count_ < kMost);
    copies_[count_++] = {word, when};
  }
  // To be called as soon as an attempt has succeeded: its last `words` copies counted.
  inline void Keep(std::size_t words);

 private:
  static constexpr std::size_t kMost = 100;
  struct Copy {
    Word* word;
    rl::timestamp_t when;
  };
  Copy copies_[kMost];
  std::size_t count_ = 0;
};

inline Copies copies[kMaxThreads];
inline Copies& MyCopies() { return copies[Self().index_]; }

template <typename T>
class RelacyAtomic {
 public:
  RelacyAtomic() = default;
  explicit RelacyAtomic(T value) : value_(value) {}
  T load(std::memory_order order) const { return value_.load(Order(order), $); }
  void store(T value, std::memory_order order) { value_.store(value, Order(order), $); }
  T fetch_add(T value, std::memory_order order) { return value_.fetch_add(value, Order(order), $); }
  T fetch_or(T value, std::memory_order order) { return value_.fetch_or(value, Order(order), $); }
  T fetch_and(T value, std::memory_order order) { return value_.fetch_and(value, Order(order), $); }
  bool compare_exchange_weak(T& expected, T value, std::memory_order success,
                             std::memory_order failure) {
    return value_.compare_exchange_weak(expected, value, Order(success), $, Order(failure), $);
  }
  bool compare_exchange_strong(T& expected, T value, std::memory_order success,
                               std::memory_order failure) {
    const bool done =
        value_.compare_exchange_strong(expected, value, Order(success), $, Order(failure), $);
    if (!done) MyCopies().Clear();  // what was copied is void
    return done;
  }

 private:
  // The enumerators of both come in the same order.
  static rl::memory_order Order(std::memory_order order) {
    return static_cast<rl::memory_order>(order);
  }

  mutable rl::atomic<T> value_;
};

// Eight bytes of payload, and when each thread last read them for good.
struct Word {
  RelacyAtomic<std::uint64_t> value;
  rl::timestamp_t read_by[kMaxThreads] = {};
};

template <std::uint32_t kSeatCount>
struct RelacyPlatform {
  template <typename T>
  using Atomic = RelacyAtomic<T>;
  template <typename T>
  using Counter = std::atomic<T>;

  static constexpr std::uint32_t kSeats = kSeatCount;

  static void CopyIn(void* slot, const void* source, std::size_t size) {
    auto* word = static_cast<Word*>(slot);
    const auto* from = static_cast<const std::uint8_t*>(source);
    for (; size != 0; size -= 8, from += 8, ++word) {
      for (unsigned thread = 0; thread < kMaxThreads; ++thread) {
        if (word->read_by[thread] == 0) continue;
        RL_ASSERT(Self().acq_rel_order_[thread] >= word->read_by[thread]);
      }
      std::uint64_t value;
      std::memcpy(&value, from, 8);
      word->value.store(value, std::memory_order::relaxed);
    }
  }
  static void CopyOut(void* target, const void* slot, std::size_t size) {
    auto* word = static_cast<Word*>(const_cast<void*>(slot));
    auto* to = static_cast<std::uint8_t*>(target);
    for (; size != 0; size -= 8, to += 8, ++word) {
      const std::uint64_t value = word->value.load(std::memory_order::relaxed);
      std::memcpy(to, &value, 8);
      MyCopies().Add(word, Self().own_acq_rel_order_);
    }
  }
};

inline void Copies::Keep(std::size_t words) {
  RL_ASSERT(count_ >= words);
  for (std::size_t i = count_ - words; i < count_; ++i) {
    copies_[i].word->read_by[Self().index_] = copies_[i].when;
  }
  Clear();
}

}  // namespace tapio::test

#endif  // TAPIO_TEST_CORE_RELACY_PLATFORM_H_
