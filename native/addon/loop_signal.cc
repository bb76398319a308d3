#include "loop_signal.h"

#if defined(__linux__)
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#endif

namespace tapio::addon {

#if defined(__linux__)

bool LoopSignal::Open(uv_loop_t* loop, bool (*on_signal)(void*), void* data) {
  return event_.Open(loop, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), on_signal, data);
}

void LoopSignal::Close(void (*closed)(void*), void* data) { event_.Close(closed, data); }
void LoopSignal::Ref() { event_.Ref(); }
void LoopSignal::Unref() { event_.Unref(); }

void LoopSignal::Send() {
  constexpr std::uint64_t kOne = 1;
  [[maybe_unused]] const ssize_t size = write(event_.fd(), &kOne, sizeof kOne);
}

#else

bool LoopSignal::Open(uv_loop_t* loop, bool (*on_signal)(void*), void* data) {
  const auto signalled = [](uv_async_t* async) {
    auto* self = static_cast<LoopSignal*>(async->data);
    self->on_signal_(self->data_);
  };
  if (uv_async_init(loop, &async_, signalled) != 0) return false;
  on_signal_ = on_signal;
  data_ = data;
  async_.data = this;
  Unref();
  return true;
}

void LoopSignal::Close(void (*closed)(void*), void* data) {
  closed_ = closed;
  data_ = data;
  uv_close(handle(), [](uv_handle_t* handle) {
    auto* self = static_cast<LoopSignal*>(handle->data);
    self->closed_(self->data_);
  });
}

void LoopSignal::Ref() { uv_ref(handle()); }
void LoopSignal::Unref() { uv_unref(handle()); }
void LoopSignal::Send() { uv_async_send(&async_); }

#endif

}  // namespace tapio::addon
