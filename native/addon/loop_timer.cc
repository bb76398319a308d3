#include "loop_timer.h"

namespace tapio::addon {

bool LoopTimer::Open(uv_loop_t* loop, bool by_descriptor, bool (*on_due)(void*), void* data) {
  set_for_ns_ = 0;
  on_due_ = on_due;
  data_ = data;
  if (by_descriptor) {
    const auto fired = [](void* self) { return static_cast<LoopTimer*>(self)->OnDue(); };
    return descriptor_.OpenTimer(loop, fired, this);
  }
  if (uv_timer_init(loop, &timer_) != 0) return false;
  timer_.data = this;
  uv_unref(reinterpret_cast<uv_handle_t*>(&timer_));
  return true;
}

void LoopTimer::Close(void (*closed)(void*), void* data) {
  if (descriptor_.is_open()) {
    descriptor_.Close(closed, data);
    return;
  }
  closed_ = closed;
  data_ = data;
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), [](uv_handle_t* handle) {
    auto* self = static_cast<LoopTimer*>(handle->data);
    self->closed_(self->data_);
  });
}

void LoopTimer::Set(std::uint64_t due_ns) {
  if (set_for_ns_ != 0 && set_for_ns_ <= due_ns) return;
  set_for_ns_ = due_ns;
  const std::uint64_t now = uv_hrtime();
  const std::uint64_t rest = due_ns > now ? due_ns - now : 1;
  if (descriptor_.is_open()) {
    descriptor_.SetTimer(rest);
    return;
  }
  const auto on_due = [](uv_timer_t* timer) { static_cast<LoopTimer*>(timer->data)->OnDue(); };
  uv_timer_start(&timer_, on_due, (rest + 999'999) / 1'000'000, 0);
}

bool LoopTimer::OnDue() {
  set_for_ns_ = 0;
  return on_due_(data_);
}

}  // namespace tapio::addon
