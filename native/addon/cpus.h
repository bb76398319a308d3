// The functions about CPUs and pinning.
#ifndef TAPIO_ADDON_CPUS_H_
#define TAPIO_ADDON_CPUS_H_

#include <napi.h>

namespace tapio::addon {

// currentCPU(): number
Napi::Value CurrentCpuNumber(const Napi::CallbackInfo& info);
// availableCPUs(): number[]
Napi::Value AvailableCpus(const Napi::CallbackInfo& info);
// pinThread(cpu: number): number; 0, or an errno, or -1 where the platform cannot
Napi::Value PinThread(const Napi::CallbackInfo& info);
// unpinThread(): number; as pinThread
Napi::Value UnpinThread(const Napi::CallbackInfo& info);

// rseqActive(): boolean; whether the C library tells the CPU's number from its rseq area
Napi::Value RseqActive(const Napi::CallbackInfo& info);

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_CPUS_H_
