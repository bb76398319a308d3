// Parking and waking: threads that wait for a change another thread makes.
#ifndef TAPIO_CORE_WAKE_H_
#define TAPIO_CORE_WAKE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#else
#include <condition_variable>
#endif

#include "cache_line.h"

namespace tapio {

// Somebody who sleeps until woken. Wake is called by any thread, under the lot's lock: it must be
// short and must not call the lot.
class Sleeper {
 public:
  virtual void Wake() = 0;

 protected:
  ~Sleeper() = default;

 private:
  friend class ParkingLot;
  Sleeper* next_ = nullptr;
  Sleeper* previous_ = nullptr;
  bool parked_ = false;
};

// The queue of those who wait for one condition ("there is a record", "there is room").
//
// Threads: any, for every method. A Sleeper is parked in one lot at a time.
// Guarantees: no lost wake-up, and sleepers are woken in the order they parked. With nobody parked,
//   a change costs its maker one load of a line that does not move.
// Memory: sleepers belong to the caller and must be unparked before they go away.
//
// Protocol (Dekker's): the maker of a change first makes it by a sequentially consistent
// read-modify-write, then loads `parked`. A sleeper first raises `parked`, likewise, then looks
// whether the change is there. In the single order of those four operations one of the two comes
// second and sees the other, so a sleeper must always look again *after* Park, and Unpark itself if
// it found something. The ring's claim and its move of `head` are the read-modify-writes.
class ParkingLot {
 public:
  void Park(Sleeper& sleeper) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (sleeper.parked_) return;
    sleeper.parked_ = true;
    sleeper.previous_ = last_;
    sleeper.next_ = nullptr;
    (last_ != nullptr ? last_->next_ : first_) = &sleeper;
    last_ = &sleeper;
    parked_.fetch_add(1, std::memory_order_seq_cst);  // pairs with the load in WakeOne
  }

  // False when the sleeper has been woken already, or never parked. Once this returns, Wake is
  // not running and will not be called.
  bool Unpark(Sleeper& sleeper) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return Remove(sleeper);
  }

  bool HasSleepers() const { return parked_.load(std::memory_order_seq_cst) != 0; }

  // Called after a change. Wakes the one who has waited longest. A woken sleeper that leaves some
  // of the change behind, or goes away, must call WakeOne in turn.
  void WakeOne() {
    if (HasSleepers()) WakeFirst();
  }

  void WakeAll() {
    const std::lock_guard<std::mutex> lock(mutex_);
    while (first_ != nullptr) {
      Sleeper& sleeper = *first_;
      Remove(sleeper);
      sleeper.Wake();
    }
  }

 private:
  void WakeFirst() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (first_ == nullptr) return;
    Sleeper& sleeper = *first_;
    Remove(sleeper);
    sleeper.Wake();
  }

  bool Remove(Sleeper& sleeper) {
    if (!sleeper.parked_) return false;
    sleeper.parked_ = false;
    (sleeper.previous_ != nullptr ? sleeper.previous_->next_ : first_) = sleeper.next_;
    (sleeper.next_ != nullptr ? sleeper.next_->previous_ : last_) = sleeper.previous_;
    parked_.fetch_sub(1, std::memory_order_seq_cst);
    return true;
  }

  // Read by every put and take, written only when somebody parks or is woken: alone on its line.
  alignas(kCacheLine) std::atomic<std::uint32_t> parked_{0};
  alignas(kCacheLine) std::mutex mutex_;
  Sleeper* first_ = nullptr;
  Sleeper* last_ = nullptr;
};

// A sleeper that blocks its thread.
class ThreadSleeper final : public Sleeper {
 public:
  void Wake() override {
#if defined(__linux__)
    woken_.store(1, std::memory_order_release);  // pairs with the acquire in WaitFor
    syscall(SYS_futex, &woken_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
#else
    const std::lock_guard<std::mutex> lock(mutex_);
    woken_ = true;
    condition_.notify_one();
#endif
  }

  // Blocks until woken or `limit` has passed, by the monotonic clock. True when woken.
  bool WaitFor(std::chrono::nanoseconds limit) {
#if defined(__linux__)
    const auto end = std::chrono::steady_clock::now() + limit;
    while (woken_.load(std::memory_order_acquire) == 0) {
      const auto rest = end - std::chrono::steady_clock::now();
      if (rest <= std::chrono::nanoseconds::zero()) return false;
      const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(rest).count();
      timespec timeout{};
      timeout.tv_sec = static_cast<time_t>(count / 1'000'000'000);
      timeout.tv_nsec = static_cast<long>(count % 1'000'000'000);
      syscall(SYS_futex, &woken_, FUTEX_WAIT_PRIVATE, 0, &timeout, nullptr, 0);
    }
    return true;
#else
    std::unique_lock<std::mutex> lock(mutex_);
    return condition_.wait_for(lock, limit, [this] { return woken_; });
#endif
  }

 private:
#if defined(__linux__)
  std::atomic<std::uint32_t> woken_{0};
#else
  std::mutex mutex_;
  std::condition_variable condition_;
  bool woken_ = false;
#endif
};

}  // namespace tapio

#endif  // TAPIO_CORE_WAKE_H_
