#include "runtime.h"

namespace tapio::addon {

Runtime Runtime::Of(napi_env env) {
  napi_value global = nullptr;
  napi_value process = nullptr;
  napi_value versions = nullptr;
  bool is_bun = false;
  bool is_deno = false;
  if (napi_get_global(env, &global) != napi_ok ||
      napi_get_named_property(env, global, "process", &process) != napi_ok ||
      napi_get_named_property(env, process, "versions", &versions) != napi_ok ||
      napi_has_named_property(env, versions, "bun", &is_bun) != napi_ok ||
      napi_has_named_property(env, versions, "deno", &is_deno) != napi_ok) {
    return {};
  }
  Runtime runtime;
#if defined(__linux__)
  runtime.watches_descriptors = !is_bun && !is_deno;
#endif
  // Deno 2.9 dies in both: in the callback, and where the hook is removed.
  runtime.makes_callbacks = !is_deno;
  runtime.waits_for_cleanup = !is_deno;
  return runtime;
}

}  // namespace tapio::addon
