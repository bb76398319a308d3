// The forms of encoded events that leave the process, for one environment.
#ifndef TAPIO_ADDON_EVENT_FORMS_H_
#define TAPIO_ADDON_EVENT_FORMS_H_

#include <node_api.h>

#include "core/self_contained_writer.h"
#include "core/unified_event_plan.h"
#include "core/wire_writer.h"

namespace tapio::addon {

// Threads: its environment's.
// Memory: what its writers keep of interned texts, until the environment ends. What is written lies
//   in JavaScript's.
class EventForms {
 public:
  EventForms();

  // packWire(events: Uint8Array, at: number, sizes: Uint32Array, first: number, count: number,
  // out: Uint8Array, outAt: number, most: number, ends: Uint32Array, told: Uint32Array): void
  static napi_value PackWire(napi_env env, napi_callback_info info);
  // packSelfContained(events: Uint8Array, at: number, sizes: Uint32Array, first: number, count:
  // number, header: Uint8Array, out: Uint8Array, outAt: number, outEnd: number, told: Uint32Array):
  // void
  static napi_value PackSelfContained(napi_env env, napi_callback_info info);

 private:
  WireWriter<kUnifiedEventPlan> wire_;
  SelfContainedWriter self_contained_;
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_EVENT_FORMS_H_
