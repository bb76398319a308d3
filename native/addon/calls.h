// The calls on a buffer instance.
#ifndef TAPIO_ADDON_CALLS_H_
#define TAPIO_ADDON_CALLS_H_

#include <node_api.h>

#include "environment.h"

namespace tapio::addon {

// Adds them to the exports. Their TypeScript twin is InstanceCalls in lib/binding.ts.
bool ExportCalls(napi_env env, napi_value exports, Environment* environment);

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_CALLS_H_
