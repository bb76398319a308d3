// A descriptor that counts (an eventfd, a timerfd), watched by an event loop. Linux only.
#ifndef TAPIO_ADDON_LOOP_DESCRIPTOR_H_
#define TAPIO_ADDON_LOOP_DESCRIPTOR_H_

#include <uv.h>

namespace tapio::addon {

// Calls back whenever the descriptor's counter rises; nobody has to read the counter. The callback
// says whether it had anything to do.
//
// Threads: that of the loop. Does not keep the loop alive unless Ref says so.
// Memory: its owner's; Close must have called back before it is freed. Owns the descriptor.
class LoopDescriptor {
 public:
  LoopDescriptor() = default;
  LoopDescriptor(const LoopDescriptor&) = delete;
  LoopDescriptor& operator=(const LoopDescriptor&) = delete;

  // Takes over `fd`, also when it fails: if fd is negative, or the loop refuses it.
  bool Open(uv_loop_t* loop, int fd, bool (*on_rise)(void*), void* data);
  void Close(void (*closed)(void*), void* data);

  void Ref() { uv_ref(handle()); }
  void Unref() { uv_unref(handle()); }

  int fd() const { return fd_; }

 private:
  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&poll_); }
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
