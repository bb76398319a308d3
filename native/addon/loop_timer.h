// A timer of an event loop, finer than the milliseconds of the loop's own.
#ifndef TAPIO_ADDON_LOOP_TIMER_H_
#define TAPIO_ADDON_LOOP_TIMER_H_

#include <uv.h>

#include <cstdint>

#include "loop_descriptor.h"

namespace tapio::addon {

// Calls back at a time by uv_hrtime, or somewhat later: where the loop watches no descriptors, by
// up to a millisecond. Does not keep the loop alive. The callback says whether
// anything was due: it may come too early, and each time all that was set is forgotten, so it sets
// what is still to come.
//
// Threads: that of the loop. Memory: its owner's; Close must have called back before it is freed.
class LoopTimer {
 public:
  LoopTimer() = default;
  LoopTimer(const LoopTimer&) = delete;
  LoopTimer& operator=(const LoopTimer&) = delete;

  // By a descriptor that the loop watches, where that is possible and finer, else by uv_timer.
  // False if the loop refuses; then there is nothing to close.
  bool Open(uv_loop_t* loop, bool by_descriptor, bool (*on_due)(void*), void* data);
  void Close(void (*closed)(void*), void* data);

  // Of several times that are set before it calls back, the earliest counts.
  void Set(std::uint64_t due_ns);

 private:
  bool OnDue();

  std::uint64_t set_for_ns_ = 0;  // 0: not set
  bool (*on_due_)(void*) = nullptr;
  void* data_ = nullptr;
  LoopDescriptor descriptor_;  // not open: the timer is used
  uv_timer_t timer_{};
  void (*closed_)(void*) = nullptr;
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_LOOP_TIMER_H_
