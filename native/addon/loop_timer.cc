#include "loop_timer.h"

#if defined(__linux__)
#include <sys/timerfd.h>
#include <unistd.h>
#endif

namespace tapio::addon {

bool LoopTimer::Open(uv_loop_t* loop, void (*on_due)(void*), void* data) {
#if defined(__linux__)
  fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd_ < 0) return false;
  if (uv_poll_init(loop, &handle_, fd_) != 0) {
    close(fd_);
    return false;
  }
  uv_poll_start(&handle_, UV_READABLE, [](uv_poll_t* handle, int, int) {
    static_cast<LoopTimer*>(handle->data)->OnDue();
  });
#else
  if (uv_timer_init(loop, &handle_) != 0) return false;
#endif
  on_due_ = on_due;
  data_ = data;
  set_for_ns_ = 0;
  handle_.data = this;
  uv_unref(handle());
  return true;
}

void LoopTimer::Close(void (*closed)(void*), void* data) {
  closed_ = closed;
  data_ = data;
  uv_close(handle(), [](uv_handle_t* handle) {
    auto* self = static_cast<LoopTimer*>(handle->data);
#if defined(__linux__)
    close(self->fd_);
#endif
    self->closed_(self->data_);
  });
}

void LoopTimer::Set(std::uint64_t due_ns) {
  if (set_for_ns_ != 0 && set_for_ns_ <= due_ns) return;
  set_for_ns_ = due_ns;
  const std::uint64_t now = uv_hrtime();
  const std::uint64_t rest = due_ns > now ? due_ns - now : 1;
#if defined(__linux__)
  itimerspec spec{};
  spec.it_value.tv_sec = static_cast<time_t>(rest / 1'000'000'000);
  spec.it_value.tv_nsec = static_cast<long>(rest % 1'000'000'000);
  timerfd_settime(fd_, 0, &spec, nullptr);
#else
  const auto on_due = [](uv_timer_t* handle) { static_cast<LoopTimer*>(handle->data)->OnDue(); };
  uv_timer_start(&handle_, on_due, (rest + 999'999) / 1'000'000, 0);
#endif
}

void LoopTimer::OnDue() {
#if defined(__linux__)
  std::uint64_t expirations;
  // An empty read means the timer was set anew after it fired: the next firing will do.
  if (read(fd_, &expirations, sizeof expirations) < 0) return;
#endif
  set_for_ns_ = 0;
  on_due_(data_);
}

}  // namespace tapio::addon
