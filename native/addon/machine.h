// Constants of the machine that Node does not tell.
#ifndef TAPIO_ADDON_MACHINE_H_
#define TAPIO_ADDON_MACHINE_H_

#include <napi.h>

namespace tapio::addon {

// machineConstants(): [pageBytes, ticksPerSecond]
Napi::Value MachineConstants(const Napi::CallbackInfo& info);

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_MACHINE_H_
