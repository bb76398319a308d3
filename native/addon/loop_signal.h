// How other threads call back on the thread of an event loop.
#ifndef TAPIO_ADDON_LOOP_SIGNAL_H_
#define TAPIO_ADDON_LOOP_SIGNAL_H_

#include <uv.h>

#include "loop_descriptor.h"

namespace tapio::addon {

// A callback on the thread of an event loop, asked for by any thread.
//
// Threads: Send may be called by any, while open; everything else by the thread of the loop.
// Guarantees: after each Send the callback runs at least once, and sees what its caller did before;
//   several may share one run. Does not keep the loop alive unless Ref says so.
//   The callback says whether it had anything to do; it may run for nothing.
// Memory: its owner's; Close must have called back before it is freed.
class LoopSignal {
 public:
  LoopSignal() = default;
  LoopSignal(const LoopSignal&) = delete;
  LoopSignal& operator=(const LoopSignal&) = delete;

  // By a descriptor that the loop watches, where that is possible and cheaper, else by uv_async.
  // False if the loop refuses; then there is nothing to close.
  bool Open(uv_loop_t* loop, bool by_descriptor, bool (*on_signal)(void*), void* data);
  void Close(void (*closed)(void*), void* data);

  void Ref();
  void Unref();

  void Send();

 private:
  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&async_); }

  LoopDescriptor event_;  // not open: the async is used
  uv_async_t async_{};
  bool (*on_signal_)(void*) = nullptr;
  void (*closed_)(void*) = nullptr;
  void* data_ = nullptr;
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_LOOP_SIGNAL_H_
