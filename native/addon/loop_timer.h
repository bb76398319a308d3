// A timer of an event loop, finer than the milliseconds of the loop's own.
#ifndef TAPIO_ADDON_LOOP_TIMER_H_
#define TAPIO_ADDON_LOOP_TIMER_H_

#include <uv.h>

#include <cstdint>

#if defined(__linux__)
#include "loop_descriptor.h"
#endif

namespace tapio::addon {

// Calls back at a time by uv_hrtime, or somewhat later: where the system has no timers as
// descriptors, by up to a millisecond. May call back too early, too. Does not keep the loop alive.
//
// Threads: that of the loop. Memory: its owner's; Close must have called back before it is freed.
class LoopTimer {
 public:
  LoopTimer() = default;
  LoopTimer(const LoopTimer&) = delete;
  LoopTimer& operator=(const LoopTimer&) = delete;

  // False if the loop refuses; then there is nothing to close.
  bool Open(uv_loop_t* loop, void (*on_due)(void*), void* data);
  void Close(void (*closed)(void*), void* data);

  // Of several times that are asked for before it calls back, the earliest counts.
  void Set(std::uint64_t due_ns);

 private:
  void OnDue();

  std::uint64_t set_for_ns_ = 0;  // 0: not set
  void (*on_due_)(void*) = nullptr;
  void* data_ = nullptr;
#if defined(__linux__)
  LoopDescriptor timer_;
#else
  uv_timer_t timer_{};
  void (*closed_)(void*) = nullptr;
#endif
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_LOOP_TIMER_H_
