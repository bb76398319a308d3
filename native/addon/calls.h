// The calls on a buffer instance.
#ifndef TAPIO_ADDON_CALLS_H_
#define TAPIO_ADDON_CALLS_H_

#include <node_api.h>

#include <span>

#include "environment.h"

namespace tapio::addon {

struct NamedCall {
  const char* name;
  napi_callback function;
};
using NamedCalls = std::span<const NamedCall>;

// Each set is a file of its own: record_calls.cc and so on.
NamedCalls RecordCalls();
NamedCalls ArrayCalls();
NamedCalls WaitCalls();
NamedCalls StateCalls();

// Adds them all to the exports. Their TypeScript twin is InstanceCalls in lib/binding.ts.
bool ExportCalls(napi_env env, napi_value exports, Environment* environment);

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_CALLS_H_
