// What the addon keeps for each environment: the main thread's or a worker's.
#ifndef TAPIO_ADDON_ENVIRONMENT_H_
#define TAPIO_ADDON_ENVIRONMENT_H_

#include <node_api.h>

#include <cstdint>
#include <unordered_set>

#include "kernel_sources.h"
#include "wake_port.h"

namespace tapio::addon {

class Attachment;

// Threads: its environment's.
// Guarantees: however the environment ends (return, exit, throw, terminate, out of memory), the
//   cleanup hook lets go of every buffer, and stops every kernel source, before the event loop
//   closes.
// Memory: freed by the cleanup hook when the wake port has closed.
class Environment {
 public:
  // Installs itself as the environment's instance data. nullptr if Node refuses.
  static Environment* Create(napi_env env);
  static Environment* Of(napi_env env);

  WakePort& port() { return port_; }
  KernelSources& kernel_sources() { return kernel_sources_; }
  std::uint32_t NextToken() { return next_token_++; }

  void Add(Attachment* attachment) { attachments_.insert(attachment); }
  void Remove(Attachment* attachment) { attachments_.erase(attachment); }

 private:
  explicit Environment(napi_env env) : port_(env) {}
  static void CleanUp(napi_async_cleanup_hook_handle handle, void* data);

  WakePort port_;
  KernelSources kernel_sources_;
  std::unordered_set<Attachment*> attachments_;
  std::uint32_t next_token_ = 0;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_ENVIRONMENT_H_
