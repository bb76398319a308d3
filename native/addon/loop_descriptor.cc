#include "loop_descriptor.h"

#if defined(__linux__)
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

// A runtime that lacks a function must be able to load the addon all the same: Deno has no
// uv_backend_fd.
#pragma weak uv_backend_fd
#pragma weak uv_poll_init
#pragma weak uv_poll_start
#endif

namespace tapio::addon {

#if defined(__linux__)

bool LoopDescriptor::OpenCounter(uv_loop_t* loop, bool (*on_rise)(void*), void* data) {
  return Open(loop, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), on_rise, data);
}

bool LoopDescriptor::OpenTimer(uv_loop_t* loop, bool (*on_rise)(void*), void* data) {
  return Open(loop, timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), on_rise, data);
}

// Takes over `fd`, also when it fails: if fd is negative, or the loop refuses it.
bool LoopDescriptor::Open(uv_loop_t* loop, int fd, bool (*on_rise)(void*), void* data) {
  if (fd < 0) return false;
  if (uv_poll_init(loop, &poll_, fd) != 0) {
    close(fd);
    return false;
  }
  fd_ = fd;
  edge_triggered_ = false;
  on_rise_ = on_rise;
  data_ = data;
  poll_.data = this;
  // Cannot fail: it only notes what is to be added before the loop polls next.
  uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* poll, int, int) {
    static_cast<LoopDescriptor*>(poll->data)->OnReadable();
  });
  Unref();
  return true;
}

// libuv watches level-triggered: who is called must read the counter, or is called again at once,
// and that system call is a tenth of a wake. Edge-triggered, each write and each expiry is one
// event, whatever the counter. libuv cannot be asked for that, but changes its entry in the epoll
// only for a handle that is started or stopped, so the first call back, when it has been added,
// changes it for good. It reads first, or the change itself would report this rise once more; a
// rise in between is reported, as the change looks again. Where the change fails, or something has
// undone it, which a call for nothing tells, the next call reads and changes again.
void LoopDescriptor::OnReadable() {
  if (!edge_triggered_) {
    std::uint64_t count;
    [[maybe_unused]] const ssize_t size = read(fd_, &count, sizeof count);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.fd = fd_;  // by which libuv knows the handle
    edge_triggered_ = epoll_ctl(uv_backend_fd(poll_.loop), EPOLL_CTL_MOD, fd_, &event) == 0;
  }
  if (!on_rise_(data_)) edge_triggered_ = false;
}

void LoopDescriptor::Raise() {
  constexpr std::uint64_t kOne = 1;
  [[maybe_unused]] const ssize_t size = write(fd_, &kOne, sizeof kOne);
}

void LoopDescriptor::SetTimer(std::uint64_t rest_ns) {
  itimerspec spec{};
  spec.it_value.tv_sec = static_cast<time_t>(rest_ns / 1'000'000'000);
  spec.it_value.tv_nsec = static_cast<long>(rest_ns % 1'000'000'000);
  timerfd_settime(fd_, 0, &spec, nullptr);
}

void LoopDescriptor::Close(void (*closed)(void*), void* data) {
  closed_ = closed;
  data_ = data;
  uv_close(handle(), [](uv_handle_t* handle) {
    auto* self = static_cast<LoopDescriptor*>(handle->data);
    close(self->fd_);
    self->fd_ = -1;
    self->closed_(self->data_);
  });
}

#else

bool LoopDescriptor::OpenCounter(uv_loop_t*, bool (*)(void*), void*) { return false; }
bool LoopDescriptor::OpenTimer(uv_loop_t*, bool (*)(void*), void*) { return false; }
void LoopDescriptor::Close(void (*)(void*), void*) {}
void LoopDescriptor::Raise() {}
void LoopDescriptor::SetTimer(std::uint64_t) {}

#endif

}  // namespace tapio::addon
