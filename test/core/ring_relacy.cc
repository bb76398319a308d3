// The ring under the Relacy model checker, over interleavings and over the values that a weak
// memory may return: all of them for the small scenarios, those with few preemptions for the
// middling ones, random ones for all.
//
//   ring_relacy [PART OF A NAME]   MODEL_ITERATIONS: random interleavings of each scenario,
//                                  from the one of number MODEL_FIRST on
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "ring_scenario.h"

using tapio::PutStatus;
using tapio::TakeStatus;
using tapio::test::RelacyAtomic;
using tapio::test::Scenario;

namespace {

// ---- Putting and taking

// Three records through a ring of one slot: every slot is used again.
struct OneToOne : Scenario<OneToOne, 2, 1, 1> {
  void thread(unsigned index) {
    if (index == 0) {
      unsigned place = 0;
      for (int i = 0; i < 5 && place < 3; ++i) {
        if (Put(0, place) == PutStatus::kStored) ++place;
      }
    } else {
      for (int i = 0; i < 4; ++i) Take(1);
    }
  }
};

// Small enough for a full search: the third record goes into the slot of the first.
struct OneToOneSmall : Scenario<OneToOneSmall, 2, 1, 1> {
  void before() { Put(0, 0); }
  void thread(unsigned index) {
    if (index == 0) {
      Put(0, 1);
      Put(0, 2);
    } else {
      Take(1);
      Take(1);
    }
  }
};

struct TwoProducersOnce : Scenario<TwoProducersOnce, 3, 1, 2> {
  void thread(unsigned index) {
    if (index < 2) {
      Put(index, 0);
    } else {
      Take(2);
    }
  }
};

struct TwoConsumersOnce : Scenario<TwoConsumersOnce, 3, 1, 1> {
  void thread(unsigned index) {
    if (index == 0) {
      Put(0, 0);
    } else {
      Take(index);
    }
  }
};

struct TwoProducers : Scenario<TwoProducers, 3, 1, 2> {
  void thread(unsigned index) {
    if (index < 2) {
      for (unsigned place = 0; place < 3; ++place) Put(index, place);
    } else {
      for (int i = 0; i < 5; ++i) Take(2);
    }
  }
};

struct TwoConsumers : Scenario<TwoConsumers, 3, 2, 1> {
  void thread(unsigned index) {
    if (index == 0) {
      for (unsigned place = 0; place < 6; ++place) Put(0, place);
    } else {
      for (int i = 0; i < 3; ++i) Take(index);
    }
  }
};

struct TwoByTwo : Scenario<TwoByTwo, 4, 1, 2> {
  void thread(unsigned index) {
    if (index < 2) {
      for (unsigned place = 0; place < 3; ++place) Put(index, place);
    } else {
      for (int i = 0; i < 3; ++i) Take(index);
    }
  }
};

// A slow producer claims with an old view, behind claims of another that knew more of `head`: it
// may write only because it hears of the reads from those claims.
struct OldView : Scenario<OldView, 2, 1, 2> {
  void thread(unsigned index) {
    if (index == 0) {
      Put(0, 0);
    } else {
      for (unsigned place = 0; place < 4; ++place) {
        Put(1, place);
        Take(1);
      }
    }
  }
};

// The same behind claims of a lane without a seat.
struct OldViewBatch : Scenario<OldViewBatch, 2, 1, 1> {
  void thread(unsigned index) {
    if (index == 0) {
      Put(0, 0);
    } else {
      for (unsigned place = 0; place < 3; ++place) {
        Put(1, place);
        Take(1);
      }
    }
  }
};

// A seat overshoots into the slot that was just taken.
struct JustTaken : Scenario<JustTaken, 3, 1, 1> {
  void thread(unsigned index) {
    if (index == 0) {
      Put(0, 0);
    } else if (index == 1) {
      for (unsigned place = 0; place < 4; ++place) Put(1, place);
    } else {
      for (int i = 0; i < 4; ++i) Take(2);
    }
  }
};

// Two seats overshoot behind a claim by a lane without one: the most slots that are ever in use.
struct SlackAtItsLimit : Scenario<SlackAtItsLimit, 4, 1, 2> {
  void thread(unsigned index) {
    if (index < 2) {
      Put(index, 0);
    } else if (index == 2) {
      Put(2, 0);
      Put(2, 1);
    } else {
      Take(3);
      Take(3);
    }
  }
};

// ---- Batches and records of several slots

struct BatchAndSpan : Scenario<BatchAndSpan, 4, 3, 1> {
  void thread(unsigned index) {
    if (index == 0) {
      Put(0, 0);
      Put(0, 1, 3);
    } else if (index == 1) {
      PutBatch(1, PutBatch(1, 0, {1, 3, 1}), {4});
    } else if (index == 2) {
      for (int i = 0; i < 3; ++i) TakeBatch(2, 2);
    } else {
      Take(3);
      Take(3);
    }
  }
};

struct BatchesOnly : Scenario<BatchesOnly, 3, 2, 1> {
  void thread(unsigned index) {
    if (index == 0) {
      PutBatch(0, PutBatch(0, 0, {1, 1}), {1, 1});
    } else if (index == 1) {
      PutBatch(1, PutBatch(1, 0, {3}), {2, 1});
    } else {
      for (int i = 0; i < 4; ++i) TakeBatch(2, 3);
    }
  }
};

// A taker whose target is too small looks at the size of a slot that is being written anew.
struct SmallTarget : Scenario<SmallTarget, 3, 2, 1> {
  void before() {
    Put(0, 0);
    Put(0, 1);
  }
  void thread(unsigned index) {
    if (index == 0) {
      unsigned place = 2;
      for (int i = 0; i < 3 && place < 4; ++i) {
        if (Put(0, place, place - 1) == PutStatus::kStored) ++place;
      }
    } else if (index == 1) {
      // The fourth record, of two words, is put when two are taken, and is the first when the third
      // is taken as well: not by this thread's only attempt, nor by the other's two.
      RL_ASSERT(Take(1, 8).status != TakeStatus::kTargetTooSmall);
    } else {
      Take(2);
      Take(2);
    }
  }
};

// ---- Clear, discard, peek

struct ClearAndTake : Scenario<ClearAndTake, 3, 2, 1> {
  void thread(unsigned index) {
    if (index == 0) {
      for (unsigned place = 0; place < 4; ++place) Put(0, place);
      Put(0, 4, 3);
    } else if (index == 1) {
      Clear(1);
      Discard(1);
    } else {
      for (int i = 0; i < 3; ++i) Take(2);
    }
  }
};

struct PeekAndTake : Scenario<PeekAndTake, 3, 1, 1> {
  void thread(unsigned index) {
    if (index == 0) {
      for (unsigned place = 0; place < 4; ++place) Put(0, place);
    } else if (index == 1) {
      for (int i = 0; i < 3; ++i) Take(1);
    } else {
      std::uint64_t cursor = 0;
      for (int i = 0; i < 3; ++i) Peek(cursor);
    }
  }
};

// ---- Close

struct CloseAndPut : Scenario<CloseAndPut, 4, 1, 2> {
  void thread(unsigned index) {
    if (index < 2) {
      bool closed = false;
      for (unsigned place = 0; place < 2; ++place) {
        const PutStatus status = Put(index, place);
        RL_ASSERT(!closed || status == PutStatus::kClosed);
        closed = status == PutStatus::kClosed;
      }
    } else if (index == 2) {
      this->ring().Close();
      RL_ASSERT(Put(2, 0) == PutStatus::kClosed);
    } else {
      for (int i = 0; i < 4; ++i) Take(3);
    }
  }
};

struct CloseSmall : Scenario<CloseSmall, 3, 1, 1> {
  void thread(unsigned index) {
    if (index == 0) {
      Put(0, 0);
    } else if (index == 1) {
      this->ring().Close();
    } else {
      Take(2);
    }
  }
};

// ---- Reserved room

// The reservation begins and ends while two seats put, one of them with an old view: they and the
// record of two slots share the ring and the slack.
struct ReserveAndPut : Scenario<ReserveAndPut, 4, 2, 2> {
  void thread(unsigned index) {
    if (index < 2) {
      Put(index, 0);
      Put(index, 1);
    } else if (index == 2) {
      this->ring().Reserve(kTwoSlots);
      for (int i = 0; i < 2; ++i) {
        if (PutReserved(2, 0, 3) == PutStatus::kStored) break;
      }
      this->ring().Unreserve();
    } else {
      for (int i = 0; i < 3; ++i) Take(3);
    }
  }
  static constexpr std::uint32_t kTwoSlots = 24;
};

// Once who reserved is known to have done so, puts leave the slots alone, all but one that each
// seat may have claimed for before; and what it waits for comes.
struct ReservedIsLeft : Scenario<ReservedIsLeft, 3, 2, 1> {
  void before() {
    Put(2, 0);
    Put(2, 1);
    this->ring().Reserve(24);
  }
  void thread(unsigned index) {
    if (index == 0) {
      for (unsigned place = 0; place < 2; ++place) RL_ASSERT(Put(0, place) == PutStatus::kFull);
    } else if (index == 1) {
      RL_ASSERT(PutBatch(1, 0, {1}) == 0);
    } else {
      Take(2);
      RL_ASSERT(PutReserved(2, 2, 3) == PutStatus::kFull);
      Take(2);
      RL_ASSERT(PutReserved(2, 2, 3) == PutStatus::kStored);
    }
  }
};

// With the mark in it, `tail` at the close is as good.
struct ReserveAndClose : Scenario<ReserveAndClose, 4, 2, 1> {
  void thread(unsigned index) {
    if (index == 0) {
      Put(0, 0);
      Put(0, 1);
    } else if (index == 1) {
      this->ring().Reserve(24);
      const PutStatus status = PutReserved(1, 0, 3);
      if (status == PutStatus::kClosed) RL_ASSERT(this->ring().closed());
      this->ring().Unreserve();
    } else if (index == 2) {
      this->ring().Close();
      RL_ASSERT(Put(2, 0) == PutStatus::kClosed);
    } else {
      for (int i = 0; i < 3; ++i) Take(3);
    }
  }
};

// ---- Parking (wake.h): who parks sees the change, or who makes it sees somebody parked.

template <typename Derived, unsigned kThreads>
struct Parking : Scenario<Derived, kThreads, 1, 1> {
  void Park() { parked.fetch_add(1, std::memory_order::seq_cst); }
  bool HasSleepers() { return parked.load(std::memory_order::seq_cst) != 0; }
  // What somebody who waits for a record looks at once it has parked.
  bool NoSleep() {
    return this->ring().HasRecord() || this->ring().drained() || this->ring().size() != 0;
  }

  RelacyAtomic<std::uint32_t> parked{0};
  bool woken = false;
  bool awake = false;
};

template <typename Derived>
struct ParkForRecord : Parking<Derived, 2> {
  void thread(unsigned index) {
    if (index == 0) {
      static_cast<Derived*>(this)->Store();
      this->woken = this->HasSleepers();
    } else {
      this->Park();
      this->awake = this->NoSleep();
    }
  }
  void after() {
    RL_ASSERT(this->woken || this->awake);
    Parking<Derived, 2>::after();
  }
};

struct ParkForPut : ParkForRecord<ParkForPut> {
  void Store() { RL_ASSERT(this->Put(0, 0) == PutStatus::kStored); }
};

struct ParkForBatch : ParkForRecord<ParkForBatch> {
  void Store() { RL_ASSERT(this->PutBatch(0, 0, {1}) == 1); }
};

// The news that nothing will ever come, brought by who takes the last record: to somebody who knows
// of the close (by the lock under which it wakes) and not of the record's publication.
struct ParkForDrain : Parking<ParkForDrain, 4> {
  void thread(unsigned index) {
    if (index == 0) {
      Put(0, 0);
      if (HasSleepers()) woken = true;
    } else if (index == 1) {
      this->ring().Close();
      has_closed.store(1, std::memory_order::release);
    } else if (index == 2) {
      for (int i = 0; i < 3; ++i) {
        if (Take(2).status == TakeStatus::kTaken && HasSleepers()) woken = true;
      }
    } else if (has_closed.load(std::memory_order::acquire) != 0) {
      Park();
      sleeps = !NoSleep();
    }
  }
  void after() {
    RL_ASSERT(!sleeps || woken);
    Parking<ParkForDrain, 4>::after();
  }

  RelacyAtomic<std::uint32_t> has_closed{0};
  bool sleeps = false;
};

template <typename Derived>
struct ParkForRoom : Parking<Derived, 3> {
  void before() { this->Put(2, 0); }
  void thread(unsigned index) {
    if (index == 0) {
      static_cast<Derived*>(this)->Free();
      this->woken = this->HasSleepers();
    } else if (index == 1) {
      this->Park();
      this->awake = this->Put(1, 0) == PutStatus::kStored;
    }
  }
  void after() {
    RL_ASSERT(this->woken || this->awake);
    Parking<Derived, 3>::after();
  }
};

struct ParkForTake : ParkForRoom<ParkForTake> {
  void Free() { RL_ASSERT(this->Take(0).status == TakeStatus::kTaken); }
};

struct ParkForDiscard : ParkForRoom<ParkForDiscard> {
  void Free() { this->Discard(0); }
};

// Who parks for room that is kept hears of the reservation's end: it parks after WakeAll had the
// lock, and knows what came before, or is woken.
struct ParkForUnreserve : Scenario<ParkForUnreserve, 2, 1, 1> {
  void before() { this->ring().Reserve(8); }
  void thread(unsigned index) {
    if (index == 0) {
      this->ring().Unreserve();
      woken = lot.fetch_add(1, std::memory_order::acq_rel) == kParked;
    } else if (lot.fetch_add(kParked, std::memory_order::acq_rel) != 0) {
      RL_ASSERT(Put(1, 0) == PutStatus::kStored);
    } else {
      sleeps = true;
    }
  }
  void after() {
    RL_ASSERT(woken == sleeps);
    Scenario<ParkForUnreserve, 2, 1, 1>::after();
  }

  static constexpr std::uint32_t kParked = 2;
  RelacyAtomic<std::uint32_t> lot{0};  // what the lock guards, and the order of who had it
  bool woken = false;
  bool sleeps = false;
};

// ---- Running them

std::string_view only;
std::uint64_t iterations = 200'000;
// Relacy numbers the random interleavings, and a number is always the same one.
std::uint64_t first_iteration = 0;
bool failed = false;
int passed = 0;
std::uint64_t total = 0;

// A failure is run again, to print what every thread did.
template <typename S, typename Scheduler>
void Run(const char* name, rl::scheduler_type_e type, double share, unsigned bound = 0) {
  if (failed || std::string_view(name).find(only) == std::string_view::npos) return;
  // The others begin at their beginning, and end.
  if (type != rl::sched_random && first_iteration > 0) return;
  const auto scaled = [share](std::uint64_t count) {
    return static_cast<rl::iteration_t>(static_cast<double>(count) * share);
  };
  std::ostream nowhere(nullptr);
  rl::ostringstream state;
  rl::test_params parameters;
  parameters.search_type = type;
  parameters.context_bound = bound;
  parameters.iteration_count = scaled(first_iteration + iterations);
  if (first_iteration > 0) parameters.initial_state = std::to_string(scaled(first_iteration));
  parameters.output_stream = &std::cerr;
  parameters.progress_stream = &nowhere;
  const auto since = std::chrono::steady_clock::now();
  failed = rl::run_test<S, Scheduler>(parameters, state, false) != rl::test_result_success;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - since;
  const auto count = static_cast<std::uint64_t>(parameters.stop_iteration) -
                     static_cast<std::uint64_t>(scaled(first_iteration));
  std::printf("%-16s %-7s %9llu interleavings %6.1f s  %s\n", name,
              type == rl::sched_full     ? "all"
              : type == rl::sched_random ? "random"
                                         : "bounded",
              static_cast<unsigned long long>(count), took.count(), failed ? "FAILED" : "ok");
  std::fflush(stdout);
  total += count;
  if (!failed) {
    ++passed;
    return;
  }
  parameters.initial_state = state.str();
  parameters.collect_history = true;
  rl::run_test<S, Scheduler>(parameters, state, true);
}

template <typename S>
void RunRandom(const char* name, double share) {
  Run<S, rl::random_scheduler<S::params::thread_count>>(name, rl::sched_random, share);
}
template <typename S>
void RunAll(const char* name) {
  Run<S, rl::full_search_scheduler<S::params::thread_count>>(name, rl::sched_full, 1e6);
}

// Every interleaving with at most `bound` switches away from a thread that could go on: finds what
// needs one thread to sleep for long, which random switches hardly ever let happen.
template <typename S>
void RunBounded(const char* name, unsigned bound) {
  Run<S, rl::context_bound_scheduler<S::params::thread_count>>(name, rl::sched_bound, 1e6, bound);
}

#define BOUNDED(scenario, bound) RunBounded<scenario>(#scenario, bound)
#define RANDOM(scenario, share) RunRandom<scenario>(#scenario, share)
#define ALL(scenario) RunAll<scenario>(#scenario)

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) only = argv[1];
  if (const char* text = std::getenv("MODEL_ITERATIONS")) {
    iterations = std::strtoull(text, nullptr, 0);
  }
  if (const char* text = std::getenv("MODEL_FIRST")) {
    first_iteration = std::strtoull(text, nullptr, 0);
  }
#if defined(SCENARIO) && defined(BOUND)
  BOUNDED(SCENARIO, BOUND);
#elif defined(SCENARIO)
  RANDOM(SCENARIO, 1);
#else
  ALL(ParkForPut);
  ALL(ParkForBatch);
  ALL(ParkForTake);
  ALL(ParkForDiscard);
  ALL(OneToOneSmall);
  ALL(CloseSmall);
  ALL(ParkForUnreserve);
  BOUNDED(OneToOne, 4);
  BOUNDED(TwoProducersOnce, 4);
  BOUNDED(TwoConsumersOnce, 4);
  BOUNDED(TwoByTwo, 1);
  BOUNDED(OldView, 3);
  BOUNDED(OldViewBatch, 3);
  BOUNDED(JustTaken, 2);
  BOUNDED(SlackAtItsLimit, 1);
  BOUNDED(PeekAndTake, 2);
  BOUNDED(CloseAndPut, 1);
  BOUNDED(ReservedIsLeft, 2);
  BOUNDED(ReserveAndPut, 1);
  BOUNDED(ReserveAndClose, 1);
  RANDOM(ParkForDrain, 1);
  RANDOM(SmallTarget, 2);
  RANDOM(OneToOne, 1);
  RANDOM(TwoProducers, 2);
  RANDOM(TwoConsumers, 2);
  RANDOM(TwoByTwo, 3);
  RANDOM(JustTaken, 2);
  RANDOM(SlackAtItsLimit, 2);
  RANDOM(BatchAndSpan, 2);
  RANDOM(BatchesOnly, 1);
  RANDOM(ClearAndTake, 1);
  RANDOM(PeekAndTake, 2);
  RANDOM(CloseAndPut, 2);
  RANDOM(ReservedIsLeft, 1);
  RANDOM(ReserveAndPut, 2);
  RANDOM(ReserveAndClose, 2);
#endif
  std::printf("ring_relacy: %llu interleavings, %d passed, %d failed\n",
              static_cast<unsigned long long>(total), passed, failed ? 1 : 0);
  return failed ? 1 : 0;
}
