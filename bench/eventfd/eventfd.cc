// The least an addon can do to wake an event loop from another thread: an eventfd, and a callback.
//
//   open(callback: () => void): number   a descriptor; the callback runs after each send
//   send(descriptor: number): void       in any thread of the process
//
// For one environment at a time each; a measure of what a wake costs under Node, not for use.
#include <node_api.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <uv.h>

#include <cstdint>

namespace {

struct Wakeable {
  napi_env env;
  napi_ref callback;
  napi_async_cleanup_hook_handle cleanup;
  uv_poll_t poll;
  int descriptor;
  bool edge_triggered;
};

void OnReadable(uv_poll_t* poll, int, int) {
  auto* self = static_cast<Wakeable*>(poll->data);
  if (!self->edge_triggered) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.fd = self->descriptor;
    epoll_ctl(uv_backend_fd(poll->loop), EPOLL_CTL_MOD, self->descriptor, &event);
    self->edge_triggered = true;
  }
  napi_handle_scope scope;
  napi_value callback;
  napi_value global;
  napi_open_handle_scope(self->env, &scope);
  napi_get_reference_value(self->env, self->callback, &callback);
  napi_get_global(self->env, &global);
  napi_make_callback(self->env, nullptr, global, callback, 0, nullptr, nullptr);
  napi_close_handle_scope(self->env, scope);
}

void CleanUp(napi_async_cleanup_hook_handle, void* data) {
  uv_close(reinterpret_cast<uv_handle_t*>(&static_cast<Wakeable*>(data)->poll),
           [](uv_handle_t* handle) {
             auto* self = static_cast<Wakeable*>(handle->data);
             close(self->descriptor);
             napi_remove_async_cleanup_hook(self->cleanup);
             delete self;
           });
}

napi_value Open(napi_env env, napi_callback_info info) {
  std::size_t count = 1;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  auto* self = new Wakeable{};
  self->env = env;
  self->descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  napi_create_reference(env, argument, 1, &self->callback);
  uv_loop_t* loop;
  napi_get_uv_event_loop(env, &loop);
  uv_poll_init(loop, &self->poll, self->descriptor);
  self->poll.data = self;
  uv_poll_start(&self->poll, UV_READABLE, OnReadable);
  napi_add_async_cleanup_hook(env, CleanUp, self, &self->cleanup);
  napi_value descriptor;
  napi_create_int32(env, self->descriptor, &descriptor);
  return descriptor;
}

napi_value Send(napi_env env, napi_callback_info info) {
  std::size_t count = 1;
  napi_value argument;
  std::int32_t descriptor;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  napi_get_value_int32(env, argument, &descriptor);
  eventfd_write(descriptor, 1);
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "open", NAPI_AUTO_LENGTH, Open, nullptr, &function);
  napi_set_named_property(env, exports, "open", function);
  napi_create_function(env, "send", NAPI_AUTO_LENGTH, Send, nullptr, &function);
  napi_set_named_property(env, exports, "send", function);
  return exports;
}
