#include "machine.h"

#if defined(__linux__)
#include <unistd.h>
#endif

#include "values.h"

namespace tapio::addon {

Napi::Value MachineConstants(const Napi::CallbackInfo& info) {
#if defined(__linux__)
  const double numbers[] = {static_cast<double>(sysconf(_SC_PAGESIZE)),
                            static_cast<double>(sysconf(_SC_CLK_TCK))};
#else
  // Who asks has no such kernel.
  const double numbers[] = {4096, 100};
#endif
  return {info.Env(), NumberArray(info.Env(), numbers)};
}

}  // namespace tapio::addon
