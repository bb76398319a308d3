// What the operating system tells of this host and thread, and Node does not.
#ifndef TAPIO_ADDON_HOST_H_
#define TAPIO_ADDON_HOST_H_

#include <node_api.h>

namespace tapio::addon {

// bootTime(): number; milliseconds since the host started, NaN where there is no such clock
napi_value BootTime(napi_env env, napi_callback_info info);
// threadCpuTime(): number; milliseconds of CPU time of this thread, NaN where there is no such
// clock
napi_value ThreadCpuTime(napi_env env, napi_callback_info info);
// kernelUnits(): [pageSize: number, ticksPerSecond: number]
napi_value KernelUnits(napi_env env, napi_callback_info info);
// tcpOpeners(ends: Uint8Array, openers: Uint8Array): void; 40 bytes for each end, see TcpEnd and
// Opener
napi_value TcpOpeners(napi_env env, napi_callback_info info);

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_HOST_H_
