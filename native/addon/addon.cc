// The export table. Its TypeScript twin is NativeBinding in lib/binding.ts.
#include <napi.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "attachment.h"
#include "calls.h"
#include "cpus.h"
#include "environment.h"
#include "event_forms.h"
#include "heap.h"
#include "host.h"
#include "interface.h"
#include "keep_loaded.h"
#include "kernel_sources.h"
#include "projections.h"
#include "registry.h"
#include "symbols.h"
#include "values.h"

namespace tapio::addon {
namespace {

// createBuffer(config: Float64Array): Attached | undefined
// undefined: the memory cannot be had. The numbers of `config`, then the traits:
enum ConfigIndex : std::size_t {
  kLayout,  // see Layout
  kSlots,
  kOverflowSlots,
  kStride,
  kPayload,
  kStart,
  kWakeIntervalMicros,
  kTurnEvery,   // of kLevels
  kLevelSlots,  // of kLevels, one number for each
  kFirstTrait = kLevelSlots + RingSet::kMaxLevels,
};

// Mirrors `LAYOUTS` in lib/binding.ts.
enum Layout : std::uint32_t { kOneRing, kRingPerCpu, kRingPerLevel };

std::uint32_t RingsOf(std::uint32_t layout) {
  if (layout == kRingPerCpu) return ConfiguredCpus();
  return layout == kRingPerLevel ? RingSet::kMaxLevels : 1;
}

napi_value CreateBuffer(napi_env env, napi_callback_info info) {
  const Arguments<1> argv(env, info);
  const auto config = ElementsOf<double>(env, argv[0]);
  if (config.count < kFirstTrait) return nullptr;
  const auto number = [&](std::size_t i) { return static_cast<std::uint64_t>(config.data[i]); };
  const auto number32 = [&](ConfigIndex i) { return static_cast<std::uint32_t>(config.data[i]); };
  RingSet::Config set{};
  const std::uint32_t layout = number32(kLayout);
  set.rings = RingsOf(layout);
  set.slots = number(kSlots);
  set.overflow_slots = number(kOverflowSlots);
  set.stride = number32(kStride);
  set.payload = number32(kPayload);
  set.start = number(kStart);
  if (layout == kRingPerLevel) {
    set.levels = RingSet::kMaxLevels;
    set.turn_every = number32(kTurnEvery);
    for (std::size_t i = 0; i < set.levels; ++i) set.level_slots[i] = number(kLevelSlots + i);
  }
  Traits traits{};
  std::copy_n(config.data + kFirstTrait, std::min(config.count - kFirstTrait, traits.size()),
              traits.begin());
  std::unique_ptr<RingSet> rings = RingSet::Create(set);
  if (rings == nullptr) return nullptr;
  SharedBuffer* buffer = Registry::Instance().Add(std::move(rings), traits);
  return Attachment::Create(env, buffer, number32(kWakeIntervalMicros), 0, true);
}

SharedBuffer* FindBuffer(napi_env env, napi_value id_value, std::uint64_t& id, bool& lossless) {
  id = 0;
  lossless = false;
  napi_get_value_bigint_uint64(env, id_value, &id, &lossless);
  return lossless ? Registry::Instance().Find(id) : nullptr;
}

// bufferTraits(id: bigint): number[] | boolean; false: the buffer is gone, true: it never was
napi_value BufferTraits(napi_env env, napi_callback_info info) {
  const Arguments<1> argv(env, info);
  std::uint64_t id;
  bool lossless;
  SharedBuffer* buffer = FindBuffer(env, argv[0], id, lossless);
  if (buffer == nullptr) return Boolean(env, !lossless || !Registry::Instance().Issued(id));
  const napi_value traits = NumberArray(env, buffer->traits);
  Registry::Instance().Release(buffer);
  return traits;
}

// attachBuffer(id: bigint, wakeIntervalMicros: number, level: number): Attached | undefined;
// undefined: the buffer has gone meanwhile
napi_value AttachBuffer(napi_env env, napi_callback_info info) {
  const Arguments<3> argv(env, info);
  std::uint64_t id;
  bool lossless;
  SharedBuffer* buffer = FindBuffer(env, argv[0], id, lossless);
  if (buffer == nullptr) return nullptr;
  const std::uint32_t wake_interval_micros = Uint32Of(env, argv[1]);
  const std::uint32_t level = Uint32Of(env, argv[2]);
  return Attachment::Create(env, buffer, wake_interval_micros, level, false);
}

// returnRecord(id: bigint, level: number, record: Uint8Array): boolean; false: there is no room,
// the buffer is closed or gone
napi_value ReturnRecord(napi_env env, napi_callback_info info) {
  const Arguments<3> argv(env, info);
  std::uint64_t id;
  bool lossless;
  SharedBuffer* buffer = FindBuffer(env, argv[0], id, lossless);
  if (buffer == nullptr) return Boolean(env, false);
  const std::uint32_t level = Uint32Of(env, argv[1]);
  const auto record = ElementsOf<std::uint8_t>(env, argv[2]);
  RingSet& rings = *buffer->rings;
  RingSet::Lane* const lane = rings.Attach(level);
  const PutStatus status = rings.Put(*lane, record.data, static_cast<std::uint32_t>(record.count),
                                     RingSet::OnFull::kTryAgain);
  rings.Detach(lane);
  Registry::Instance().Release(buffer);
  return Boolean(env, status == PutStatus::kStored);
}

// countDiscarded(id: bigint, ring: number, count: number): void; nothing if the buffer is gone
napi_value CountDiscarded(napi_env env, napi_callback_info info) {
  const Arguments<3> argv(env, info);
  std::uint64_t id;
  bool lossless;
  SharedBuffer* buffer = FindBuffer(env, argv[0], id, lossless);
  if (buffer == nullptr) return nullptr;
  const std::uint32_t ring = Uint32Of(env, argv[1]);
  const std::uint32_t count = Uint32Of(env, argv[2]);
  if (ring < buffer->rings->total_rings()) buffer->rings->CountDiscarded(ring, count);
  Registry::Instance().Release(buffer);
  return nullptr;
}

// onWake(dispatcher: (token: number) => void): void
napi_value OnWake(napi_env env, napi_callback_info info) {
  const Arguments<1> argv(env, info);
  Environment::Of(env)->port().SetDispatcher(argv[0]);
  return nullptr;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  KeepLoaded();
  Environment* environment = Environment::Create(env, exports);
  // What is returned without `interface` is refused by lib/binary/. No error is made for it: where
  // the thread is being terminated, a call that was under way has left its termination as a pending
  // exception, on top of which another one aborts the process. What node-addon-api throws below
  // takes the pending one's place; NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS lets it go where nothing
  // can be thrown any more.
  if (environment == nullptr || !ExportCalls(env, exports, environment)) return exports;
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  const auto add_raw = [&](const char* name, napi_callback function) {
    napi_value value;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, function, nullptr, &value) == napi_ok) {
      napi_set_named_property(env, exports, name, value);
    }
  };
  add_raw("createBuffer", CreateBuffer);
  add_raw("bufferTraits", BufferTraits);
  add_raw("attachBuffer", AttachBuffer);
  add_raw("returnRecord", ReturnRecord);
  add_raw("countDiscarded", CountDiscarded);
  add_raw("onWake", OnWake);
  add_raw("startTracer", KernelSources::StartTracer);
  add_raw("startRing", KernelSources::StartRing);
  add_raw("stopKernelSource", KernelSources::StopSource);
  add_raw("kernelSourceStats", KernelSources::SourceStats);
  add_raw("probeTracing", KernelSources::ProbeTracing);
  add_raw("compileShape", Projections::CompileShape);
  add_raw("bootTime", BootTime);
  add_raw("threadCpuTime", ThreadCpuTime);
  add_raw("kernelUnits", KernelUnits);
  add_raw("tcpOpeners", TcpOpeners);
  add_raw("spareHeap", SpareHeap);
  exports.Set("interface", Napi::Number::New(env, kInterface));
  add("internString", InternString);
  add("internedString", InternedString);
  add("currentCPU", CurrentCpuNumber);
  add("availableCPUs", AvailableCpus);
  add("pinThread", PinThread);
  add("unpinThread", UnpinThread);
  add("rseqActive", RseqActive);
  return exports;
}

}  // namespace
}  // namespace tapio::addon

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  return tapio::addon::Init(env, exports);
}
NODE_API_MODULE(tapio_performance, Init)
