#include "loop_signal.h"

#include <cstdint>

#if defined(__linux__)
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#endif

namespace tapio::addon {

#if defined(__linux__)

bool LoopSignal::Open(uv_loop_t* loop, void (*on_signal)(void*), void* data) {
  fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd_ < 0) return false;
  if (uv_poll_init(loop, &handle_, fd_) != 0) {
    close(fd_);
    return false;
  }
  on_signal_ = on_signal;
  data_ = data;
  edge_triggered_ = false;
  handle_.data = this;
  uv_poll_start(&handle_, UV_READABLE, [](uv_poll_t* handle, int, int) {
    static_cast<LoopSignal*>(handle->data)->OnReadable();
  });
  Unref();
  return true;
}

// A handle of libuv is level-triggered: whoever is called must read the counter, a seventh of what
// a wake costs, or is called again at once. Edge-triggered, each write to an eventfd is one event,
// and nobody need read. libuv cannot be asked for that, but leaves a descriptor that it watches
// as it is; it has added it to its epoll once it calls us.
void LoopSignal::OnReadable() {
  if (!edge_triggered_) {
    std::uint64_t count;
    [[maybe_unused]] const ssize_t size = read(fd_, &count, sizeof count);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.fd = fd_;  // by which libuv knows the handle
    edge_triggered_ = epoll_ctl(uv_backend_fd(handle_.loop), EPOLL_CTL_MOD, fd_, &event) == 0;
  }
  on_signal_(data_);
}

void LoopSignal::Send() {
  constexpr std::uint64_t kOne = 1;
  [[maybe_unused]] const ssize_t size = write(fd_, &kOne, sizeof kOne);
}

void LoopSignal::Close(void (*closed)(void*), void* data) {
  closed_ = closed;
  data_ = data;
  uv_close(handle(), [](uv_handle_t* handle) {
    auto* self = static_cast<LoopSignal*>(handle->data);
    close(self->fd_);
    self->closed_(self->data_);
  });
}

#else

bool LoopSignal::Open(uv_loop_t* loop, void (*on_signal)(void*), void* data) {
  const auto signalled = [](uv_async_t* handle) {
    auto* self = static_cast<LoopSignal*>(handle->data);
    self->on_signal_(self->data_);
  };
  if (uv_async_init(loop, &handle_, signalled) != 0) return false;
  on_signal_ = on_signal;
  data_ = data;
  handle_.data = this;
  Unref();
  return true;
}

void LoopSignal::Send() { uv_async_send(&handle_); }

void LoopSignal::Close(void (*closed)(void*), void* data) {
  closed_ = closed;
  data_ = data;
  uv_close(handle(), [](uv_handle_t* handle) {
    auto* self = static_cast<LoopSignal*>(handle->data);
    self->closed_(self->data_);
  });
}

#endif

}  // namespace tapio::addon
