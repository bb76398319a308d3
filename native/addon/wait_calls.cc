// Sleeping until there is a record, or room for one.
#include "calls.h"

#include <algorithm>
#include <chrono>

#include "attachment.h"
#include "call.h"
#include "values.h"

namespace tapio::addon {

namespace {

// Longest native wait. A worker can be terminated, and a process exit, only between native calls.
constexpr std::chrono::milliseconds kLongestBlock{20};

// How long a blocked thread waits before it looks again for a record that is claimed but
// unpublished.
constexpr std::chrono::microseconds kImminent{50};

// startWait(forRoom: boolean, gathers: boolean): true if there is nothing to wait for; false: the
// dispatcher will be called; undefined: the event loop refuses. Who waits for room must try once
// more after this call.
napi_value StartWait(napi_env env, napi_callback_info info) {
  const CallWith<2> call(env, info);
  if (call.released()) return Boolean(env, true);
  if (!call.environment->port().Open()) return nullptr;
  return Boolean(env, call.attachment->sleeper(call.Flag(0)).Start(call.Flag(1)));
}

// stopWait(forRoom: boolean)
napi_value StopWait(napi_env env, napi_callback_info info) {
  const CallWith<1> call(env, info);
  if (!call.released()) call.attachment->sleeper(call.Flag(0)).Stop();
  return nullptr;
}

// hasSleepers(): boolean; whether anybody is parked for a record
napi_value HasSleepers(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  return Boolean(env, !call.released() && call.rings->records().HasSleepers());
}

napi_value PassWakeOn(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.released()) call.rings->PassWakeOn();
  return nullptr;
}

// block(milliseconds: number, forRoom: boolean, size: number): blocks this thread until there may
// be a record (or room), for a bounded time at most. The caller looks itself what became true.
napi_value Block(napi_env env, napi_callback_info info) {
  const CallWith<3> call(env, info);
  if (call.released()) return nullptr;
  const double milliseconds = call.Number(0);
  const bool for_room = call.Flag(1);
  RingSet& rings = *call.rings;
  ParkingLot& lot = for_room ? rings.room() : rings.records();
  std::chrono::nanoseconds limit = kLongestBlock;
  if (milliseconds < 20) {
    limit = std::chrono::nanoseconds(static_cast<std::int64_t>(std::max(milliseconds, 0.0) * 1e6));
  }
  ThreadSleeper sleeper;
  lot.Park(sleeper);
  // The second look that the parking protocol asks for.
  const bool no_need =
      rings.closed()
          ? for_room || rings.drained() || rings.HasRecord()
          : (for_room ? rings.HasRoom(call.attachment->lane(), call.Uint(2)) : rings.HasRecord());
  bool in_vain = false;
  if (!no_need) {
    const bool imminent = !for_room && rings.size() != 0;
    const bool woken =
        sleeper.WaitFor(imminent ? std::min<std::chrono::nanoseconds>(limit, kImminent) : limit);
    in_vain = !woken && !imminent && limit == kLongestBlock;
  }
  lot.Unpark(sleeper);
  if (in_vain) {
    // Nothing that waits for this thread or for another that stands still may keep it waiting.
    call.environment->Unreserve();
    rings.PassOverWhoDoesNotCome();
  }
  return nullptr;
}

}  // namespace

NamedCalls WaitCalls() {
  static constexpr NamedCall kCalls[] = {
      {"startWait", StartWait},   {"stopWait", StopWait}, {"hasSleepers", HasSleepers},
      {"passWakeOn", PassWakeOn}, {"block", Block},
  };
  return kCalls;
}

}  // namespace tapio::addon
