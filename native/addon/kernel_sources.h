// The kernel sources of one environment, by number, and the functions JavaScript calls on them.
#ifndef TAPIO_ADDON_KERNEL_SOURCES_H_
#define TAPIO_ADDON_KERNEL_SOURCES_H_

#include <node_api.h>

#include <cstdint>
#include <memory>
#include <unordered_map>

namespace tapio::kernel {
class Source;
}

namespace tapio::addon {

// Threads: its environment's; each source has a thread of its own.
// Guarantees: StopAll ends every source and what it holds in the kernel, within 100 ms.
// Memory: a source is kept until it is stopped here, or its environment ends.
class KernelSources {
 public:
  void StopAll();

  // The functions are described in lib/binding.ts. Where there is no Linux kernel each of them
  // answers that the platform cannot.
  static napi_value StartTracer(napi_env env, napi_callback_info info);
  static napi_value StartRing(napi_env env, napi_callback_info info);
  static napi_value StopSource(napi_env env, napi_callback_info info);
  static napi_value SourceStats(napi_env env, napi_callback_info info);
  static napi_value ProbeTracing(napi_env env, napi_callback_info info);

 private:
  static napi_value Report(napi_env env, kernel::Source& source, napi_value numbers);
  static std::shared_ptr<kernel::Source> Find(napi_env env, napi_value number);
  static napi_value Start(napi_env env, const std::shared_ptr<kernel::Source>& source);

  std::unordered_map<std::uint32_t, std::shared_ptr<kernel::Source>> sources_;
  std::uint32_t next_ = 1;
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_KERNEL_SOURCES_H_
