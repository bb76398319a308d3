// How other threads wake the event loop of one environment.
#ifndef TAPIO_ADDON_WAKE_PORT_H_
#define TAPIO_ADDON_WAKE_PORT_H_

#include <node_api.h>
#include <uv.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "../core/ring_set.h"
#include "../core/wake.h"
#include "loop_signal.h"
#include "loop_timer.h"
#include "runtime.h"

namespace tapio::addon {

class WakePort;

// One waiting instance: parked for records, or for room, and told through its event loop.
//
// Threads: Wake may be called by any (by the ParkingLot, under its lock); everything else by the
//   thread of the environment.
// Guarantees: each Start is answered by one call of the environment's dispatcher with this token,
//   unless Stop comes first.
// Moderation: after a wake, the next one comes no sooner than `interval` later. Until then the
//   sleeper is not parked, so producers pay nothing; a timer looks for records. So the first record
//   after an idle time wakes at once, and under load records gather into batches, as network cards
//   moderate their interrupts. Not if records come so fast that they would fill half a ring by
//   then.
class LoopSleeper final : public Sleeper {
 public:
  enum class Condition { kRecord, kRoom };

  LoopSleeper(WakePort& port, RingSet& rings, Condition condition, std::uint32_t token,
              std::uint64_t interval_ns)
      : port_(port),
        rings_(rings),
        condition_(condition),
        token_(token),
        interval_ns_(interval_ns) {}
  ~LoopSleeper() { Stop(); }
  LoopSleeper(const LoopSleeper&) = delete;
  LoopSleeper& operator=(const LoopSleeper&) = delete;

  // True: the condition holds already and nothing was started. `gathers`: for who has just found
  // the rings empty, what has come since then is no reason not to sleep until the next wake is due;
  // without moderation none is, and it makes no difference.
  bool Start(bool gathers);
  void Stop();

  void Wake() override;

 private:
  friend class WakePort;

  ParkingLot& lot() const {
    return condition_ == Condition::kRecord ? rings_.records() : rings_.room();
  }
  bool Holds() const;
  bool Imminent() const;
  bool IsModerated() const;
  void NoteWake();
  // Parks, or schedules another look. True: the condition holds, and nothing was done.
  bool ParkOrDelay();
  void Finish();

  WakePort& port_;
  RingSet& rings_;
  const Condition condition_;
  const std::uint32_t token_;
  const std::uint64_t interval_ns_;
  std::uint64_t last_wake_ns_ = 0;
  std::uint64_t written_at_last_wake_ = 0;
  std::uint64_t due_ns_ = 0;  // when to look again; 0: not scheduled
  bool waiting_ = false;
  bool told_ = false;  // woken, and nothing has come of it yet
  std::atomic<bool> woken_{false};
};

// The event loop's side of all sleepers of one environment.
//
// Threads: Signal by any; everything else by the thread of the environment.
// Guarantees: an open port does not keep the loop alive unless somebody waits.
// Memory: the environment's; Close must have called back before it is freed.
class WakePort {
 public:
  WakePort(napi_env env, const Runtime& runtime) : env_(env), runtime_(runtime) {}
  WakePort(const WakePort&) = delete;
  WakePort& operator=(const WakePort&) = delete;

  // The function that is called with the token of each sleeper whose wait is over.
  void SetDispatcher(napi_value function);
  bool Open();  // idempotent; false if the loop refuses
  void Close(void (*closed)(void*), void* data);

  void Signal() { signal_.Send(); }

  void Add(LoopSleeper* sleeper);
  void Remove(LoopSleeper* sleeper);

 private:
  bool OnSignal();  // whether anybody was woken
  bool OnDue();     // whether anybody was due, with a record or without
  void Call(napi_value receiver, napi_value function, napi_value argument);
  void RethrowUncaught();
  void Dispatch(const std::vector<std::uint32_t>& tokens);
  static void OnPartClosed(void* port);

  const napi_env env_;
  const Runtime runtime_;
  napi_ref dispatcher_ = nullptr;
  std::vector<LoopSleeper*> waiting_;

  bool open_ = false;
  LoopSignal signal_;
  LoopTimer timer_;
  int open_parts_ = 0;  // not closed yet; with open_ false, the rest of a failed Open
  void (*closed_)(void*) = nullptr;
  void* closed_data_ = nullptr;
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_WAKE_PORT_H_
