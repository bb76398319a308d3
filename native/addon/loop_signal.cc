#include "loop_signal.h"

namespace tapio::addon {

bool LoopSignal::Open(uv_loop_t* loop, bool by_descriptor, bool (*on_signal)(void*), void* data) {
  if (by_descriptor) return event_.OpenCounter(loop, on_signal, data);
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
  if (event_.is_open()) {
    event_.Close(closed, data);
    return;
  }
  closed_ = closed;
  data_ = data;
  uv_close(handle(), [](uv_handle_t* handle) {
    auto* self = static_cast<LoopSignal*>(handle->data);
    self->closed_(self->data_);
  });
}

void LoopSignal::Ref() {
  if (event_.is_open()) {
    event_.Ref();
  } else {
    uv_ref(handle());
  }
}

void LoopSignal::Unref() {
  if (event_.is_open()) {
    event_.Unref();
  } else {
    uv_unref(handle());
  }
}

void LoopSignal::Send() {
  if (event_.is_open()) {
    event_.Raise();
  } else {
    uv_async_send(&async_);
  }
}

}  // namespace tapio::addon
