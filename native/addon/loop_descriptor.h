// A descriptor that counts (an eventfd, a timerfd), watched by an event loop. Linux only: anywhere
// else it does not open.
#ifndef TAPIO_ADDON_LOOP_DESCRIPTOR_H_
#define TAPIO_ADDON_LOOP_DESCRIPTOR_H_

#include <uv.h>

#include <cstdint>

namespace tapio::addon {

// Calls back whenever the descriptor's counter rises; nobody has to read the counter. The callback
// says whether it had anything to do.
//
// Threads: Raise may be called by any, while open; everything else by that of the loop.
//   Does not keep the loop alive unless Ref says so.
// Memory: its owner's; Close must have called back before it is freed. Owns the descriptor.
class LoopDescriptor {
 public:
  LoopDescriptor() = default;
  LoopDescriptor(const LoopDescriptor&) = delete;
  LoopDescriptor& operator=(const LoopDescriptor&) = delete;

  // Whose counter rises by Raise, or at the time that SetTimer tells. False if the system has no
  // descriptor left, or the loop refuses it; then there is nothing to close. Only where
  // Runtime::watches_descriptors.
  bool OpenCounter(uv_loop_t* loop, bool (*on_rise)(void*), void* data);
  bool OpenTimer(uv_loop_t* loop, bool (*on_rise)(void*), void* data);
  bool is_open() const { return fd_ >= 0; }
  void Close(void (*closed)(void*), void* data);

  void Ref() { uv_ref(handle()); }
  void Unref() { uv_unref(handle()); }

  void Raise();
  // In so many nanoseconds, at least 1. Also forgets an expiry that has not been reported yet.
  void SetTimer(std::uint64_t rest_ns);

 private:
  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&poll_); }
  bool Open(uv_loop_t* loop, int fd, bool (*on_rise)(void*), void* data);
  void OnReadable();

  uv_poll_t poll_{};
  int fd_ = -1;
  bool edge_triggered_ = false;
  bool (*on_rise_)(void*) = nullptr;
  void (*closed_)(void*) = nullptr;
  void* data_ = nullptr;
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_LOOP_DESCRIPTOR_H_
