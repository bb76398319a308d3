// What an instance tells about its buffer, and its end.
#include "calls.h"

#include <algorithm>
#include <iterator>

#include "attachment.h"
#include "call.h"
#include "values.h"

namespace tapio::addon {

namespace {

napi_value Size(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.released())
    call.environment->Uint(kSize) = static_cast<std::uint32_t>(call.rings->size());
  return nullptr;
}

// stats(ring: number, target: Float64Array): the numbers of RingSet::RingStats, in its order.
// Leaves the ring's bounds in kCursor and kEnd, for Peek.
napi_value Stats(napi_env env, napi_callback_info info) {
  const CallWith<2> call(env, info);
  if (call.released()) return nullptr;
  const std::uint32_t ring = call.Uint(0);
  const auto target = call.Array<double>(1);
  if (ring >= call.rings->total_rings()) return nullptr;
  const RingSet::RingStats stats = call.rings->Stats(ring);
  const double numbers[] = {
      static_cast<double>(stats.capacity),       static_cast<double>(stats.size),
      static_cast<double>(stats.write_index),    static_cast<double>(stats.read_index),
      static_cast<double>(stats.puts),           static_cast<double>(stats.gets),
      static_cast<double>(stats.rejected),       static_cast<double>(stats.discarded),
      static_cast<double>(stats.high_watermark), stats.closed ? 1.0 : 0.0};
  std::copy_n(numbers, std::min(std::size(numbers), target.count), target.data);
  call.environment->Ticket(kCursor) = stats.read_index;
  call.environment->Ticket(kEnd) = stats.write_index;
  return nullptr;
}

// countRejected(count: number)
napi_value CountRejected(napi_env env, napi_callback_info info) {
  const CallWith<1> call(env, info);
  if (!call.released()) call.rings->CountRejected(call.attachment->lane(), call.Uint(0));
  return nullptr;
}

napi_value Clear(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.released()) call.rings->Clear(call.attachment->lane());
  return nullptr;
}

napi_value Close(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.released()) call.rings->Close();
  return nullptr;
}

napi_value Closed(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  return Boolean(env, call.released() || call.rings->closed());
}

napi_value Drained(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  return Boolean(env, call.released() || call.rings->drained());
}

napi_value HasRecord(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  return Boolean(env, !call.released() && call.rings->HasRecord());
}

napi_value Release(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.released()) call.attachment->LetGo();
  return nullptr;
}

}  // namespace

NamedCalls StateCalls() {
  static constexpr NamedCall kCalls[] = {
      {"size", Size},       {"stats", Stats},         {"countRejected", CountRejected},
      {"clear", Clear},     {"close", Close},         {"closed", Closed},
      {"drained", Drained}, {"hasRecord", HasRecord}, {"release", Release},
  };
  return kCalls;
}

}  // namespace tapio::addon
