// The forms of encoded events that leave the process, for one environment.
#ifndef TAPIO_ADDON_EVENT_FORMS_H_
#define TAPIO_ADDON_EVENT_FORMS_H_

#include <node_api.h>

#include <memory>

#include "core/event_packer.h"
#include "core/self_contained_writer.h"
#include "core/wire_packer.h"
#include "core/wire_writer.h"

namespace tapio::addon {

// Threads: its environment's.
// Memory: the writers, until the environment ends. What is written lies in JavaScript's.
class EventForms {
 public:
  // compileEventPlan(steps: Int32Array, records: Int32Array, header: Uint8Array): void
  static napi_value Compile(napi_env env, napi_callback_info info);
  // packWire(events: Uint8Array, at: number, sizes: Uint32Array, first: number, count: number,
  // out: Uint8Array, outAt: number, most: number, ends: Uint32Array, told: Uint32Array): void
  static napi_value PackWire(napi_env env, napi_callback_info info);
  // packSelfContained(events: Uint8Array, at: number, sizes: Uint32Array, first: number, count:
  // number, out: Uint8Array, outAt: number, outEnd: number, told: Uint32Array): void
  static napi_value PackSelfContained(napi_env env, napi_callback_info info);

 private:
  std::unique_ptr<WireWriter> wire_;
  std::unique_ptr<WirePacker> wire_packer_;
  std::unique_ptr<SelfContainedWriter> self_contained_;
  std::unique_ptr<EventPacker> packer_;
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_EVENT_FORMS_H_
