// What the addon keeps for each environment: the main thread's or a worker's.
#ifndef TAPIO_ADDON_ENVIRONMENT_H_
#define TAPIO_ADDON_ENVIRONMENT_H_

#include <node_api.h>

#include <cstdint>
#include <vector>

#include "event_forms.h"
#include "kernel_sources.h"
#include "projections.h"
#include "staging.h"
#include "wake_port.h"

namespace tapio::addon {

class Attachment;

// Threads: its environment's.
// Guarantees: however the environment ends (return, exit, throw, terminate, out of memory), the
//   cleanup hook lets go of every buffer, and stops every kernel source, before the event loop
//   closes.
// Memory: freed by the cleanup hook when the wake port has closed, which Bun and Deno do not tell
//   at the end of an environment: there it stays if anybody has waited. The control is
//   JavaScript's, kept alive by a reference.
class Environment {
 public:
  // Installs itself as the environment's instance data, and the control as a property of `exports`.
  // nullptr if Node refuses.
  static Environment* Create(napi_env env, napi_value exports);
  static Environment* Of(napi_env env);

  WakePort& port() { return port_; }
  KernelSources& kernel_sources() { return kernel_sources_; }
  Projections& projections() { return projections_; }
  EventForms& event_forms() { return event_forms_; }

  std::int32_t& Status() { return At<std::int32_t>(kStatus); }
  std::uint32_t& Uint(Word word) { return At<std::uint32_t>(word); }
  std::uint64_t& Ticket(Word word) { return At<std::uint64_t>(word); }

  // Gives the attachment the number by which JavaScript selects it; it must be removed before it
  // goes away.
  std::uint32_t Add(Attachment* attachment);
  void Remove(std::uint32_t instance);
  // For a thread that has slept in a native call for long: it cannot use room that is kept for it.
  void Unreserve();
  // The one that JavaScript has selected, or nullptr.
  Attachment* Selected() {
    const std::uint32_t instance = Uint(kInstance);
    return instance < attachments_.size() ? attachments_[instance] : nullptr;
  }

 private:
  Environment(napi_env env, const Runtime& runtime) : port_(env, runtime) {}
  bool AddCleanup(napi_env env, const Runtime& runtime);
  static void CleanUp(void* data);
  bool MakeControl(napi_env env, napi_value exports);
  template <typename T>
  T& At(Word word) {
    return *reinterpret_cast<T*>(control_ + word * 4);
  }

  std::uint8_t* control_ = nullptr;
  WakePort port_;
  KernelSources kernel_sources_;
  Projections projections_{};
  EventForms event_forms_{};
  std::vector<Attachment*> attachments_;  // nullptr where a number is free
  std::vector<std::uint32_t> free_;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;  // of a runtime that waits for it
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_ENVIRONMENT_H_
