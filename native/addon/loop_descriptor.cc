#if defined(__linux__)

#include "loop_descriptor.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <cstdint>

namespace tapio::addon {

bool LoopDescriptor::Open(uv_loop_t* loop, int fd, void (*on_rise)(void*), void* data) {
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
  uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* poll, int, int) {
    static_cast<LoopDescriptor*>(poll->data)->OnReadable();
  });
  Unref();
  return true;
}

// libuv watches level-triggered: who is called must read the counter, or is called again at once,
// and that system call is a tenth of a wake. Edge-triggered, each rise is one event, read or not.
// libuv cannot be asked for that, but leaves alone what it has once added to its epoll; and that is
// so when it calls back.
void LoopDescriptor::OnReadable() {
  if (!edge_triggered_) {
    std::uint64_t count;
    [[maybe_unused]] const ssize_t size = read(fd_, &count, sizeof count);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.fd = fd_;  // by which libuv knows the handle
    edge_triggered_ = epoll_ctl(uv_backend_fd(poll_.loop), EPOLL_CTL_MOD, fd_, &event) == 0;
  }
  on_rise_(data_);
}

void LoopDescriptor::Close(void (*closed)(void*), void* data) {
  closed_ = closed;
  data_ = data;
  uv_close(handle(), [](uv_handle_t* handle) {
    auto* self = static_cast<LoopDescriptor*>(handle->data);
    close(self->fd_);
    self->closed_(self->data_);
  });
}

}  // namespace tapio::addon

#endif
