// What the runtime of an environment can do of what Node can.
#ifndef TAPIO_ADDON_RUNTIME_H_
#define TAPIO_ADDON_RUNTIME_H_

#include <node_api.h>

namespace tapio::addon {

// Told by what the process says it is. That a function is there proves nothing: Bun exports every
// name of libuv, and most of them end the process.
struct Runtime {
  // uv_poll, and the loop's epoll behind it, which is Linux's. Where it is false: uv_async and
  // uv_timer.
  bool watches_descriptors = false;
  // napi_make_callback, which Node needs to run promises and process.nextTick after a callback.
  // Where it is false: napi_call_function.
  bool makes_callbacks = false;
  // Waits at its end until an asynchronous cleanup hook has been removed.
  bool waits_for_cleanup = false;

  static Runtime Of(napi_env env);
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_RUNTIME_H_
