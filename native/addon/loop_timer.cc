#include "loop_timer.h"

#if defined(__linux__)
#include <sys/timerfd.h>
#endif

namespace tapio::addon {

void LoopTimer::Set(std::uint64_t due_ns) {
  if (set_for_ns_ != 0 && set_for_ns_ <= due_ns) return;
  set_for_ns_ = due_ns;
  const std::uint64_t now = uv_hrtime();
  const std::uint64_t rest = due_ns > now ? due_ns - now : 1;
#if defined(__linux__)
  itimerspec spec{};
  spec.it_value.tv_sec = static_cast<time_t>(rest / 1'000'000'000);
  spec.it_value.tv_nsec = static_cast<long>(rest % 1'000'000'000);
  // Also forgets an expiry that has not been reported yet.
  timerfd_settime(timer_.fd(), 0, &spec, nullptr);
#else
  const auto on_due = [](uv_timer_t* timer) { static_cast<LoopTimer*>(timer->data)->OnDue(); };
  uv_timer_start(&timer_, on_due, (rest + 999'999) / 1'000'000, 0);
#endif
}

bool LoopTimer::OnDue() {
  set_for_ns_ = 0;
  return on_due_(data_);
}

#if defined(__linux__)

bool LoopTimer::Open(uv_loop_t* loop, bool (*on_due)(void*), void* data) {
  set_for_ns_ = 0;
  on_due_ = on_due;
  data_ = data;
  const auto fired = [](void* self) { return static_cast<LoopTimer*>(self)->OnDue(); };
  const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  return timer_.Open(loop, fd, fired, this);
}

void LoopTimer::Close(void (*closed)(void*), void* data) { timer_.Close(closed, data); }

#else

bool LoopTimer::Open(uv_loop_t* loop, bool (*on_due)(void*), void* data) {
  if (uv_timer_init(loop, &timer_) != 0) return false;
  set_for_ns_ = 0;
  on_due_ = on_due;
  data_ = data;
  timer_.data = this;
  uv_unref(reinterpret_cast<uv_handle_t*>(&timer_));
  return true;
}

void LoopTimer::Close(void (*closed)(void*), void* data) {
  closed_ = closed;
  data_ = data;
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), [](uv_handle_t* handle) {
    auto* self = static_cast<LoopTimer*>(handle->data);
    self->closed_(self->data_);
  });
}

#endif

}  // namespace tapio::addon
