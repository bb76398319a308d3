#include "core/wake.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "check.h"
#include "core/ring_set.h"

using namespace std::chrono_literals;
using tapio::ParkingLot;
using tapio::RingSet;
using tapio::Sleeper;
using tapio::TakeResult;
using tapio::TakeStatus;
using tapio::ThreadSleeper;
using tapio::test::Multiplier;
using tapio::test::Random;

namespace {

// Longer than anything that is going to happen.
constexpr auto kForever = 60s;

class Recorder final : public Sleeper {
 public:
  Recorder(std::vector<int>& log, int name) : log_(log), name_(name) {}
  void Wake() override { log_.push_back(name_); }

 private:
  std::vector<int>& log_;
  const int name_;
};

struct Recorders {
  std::vector<int> log;
  std::deque<Recorder> sleepers;
  ParkingLot lot;

  explicit Recorders(int count) {
    for (int i = 0; i < count; ++i) sleepers.emplace_back(log, i);
  }
  void ParkAll() {
    for (Recorder& sleeper : sleepers) lot.Park(sleeper);
  }
};

void Pause(Random& random) {
  if (random.OneIn(8)) {
    std::this_thread::yield();
    return;
  }
  for (std::uint32_t i = random.Below(400); i != 0; --i) {
    std::atomic_signal_fence(std::memory_order_seq_cst);  // keeps the loop, orders nothing
  }
}

}  // namespace

TEST(WakesInTheOrderOfParking) {
  Recorders all(5);
  CHECK(!all.lot.HasSleepers());
  all.lot.WakeOne();
  all.lot.WakeAll();
  CHECK(all.log.empty());
  all.ParkAll();
  all.lot.Park(all.sleepers[0]);  // parked already: keeps its place
  CHECK(all.lot.HasSleepers());
  all.lot.WakeOne();
  all.lot.WakeOne();
  CHECK(all.log == std::vector<int>({0, 1}));
  all.lot.Park(all.sleepers[0]);
  all.lot.WakeAll();
  CHECK(all.log == std::vector<int>({0, 1, 2, 3, 4, 0}));
  CHECK(!all.lot.HasSleepers());
}

TEST(UnparkTellsWhetherItWasInTime) {
  Recorders all(4);
  CHECK(!all.lot.Unpark(all.sleepers[0]));
  all.ParkAll();
  CHECK(all.lot.Unpark(all.sleepers[1]));  // from the middle
  CHECK(!all.lot.Unpark(all.sleepers[1]));
  CHECK(all.lot.Unpark(all.sleepers[3]));  // the last
  CHECK(all.lot.Unpark(all.sleepers[0]));  // the first
  all.lot.WakeOne();
  CHECK(!all.lot.Unpark(all.sleepers[2]));
  CHECK(!all.lot.HasSleepers());
  CHECK(all.log == std::vector<int>({2}));
  all.ParkAll();
  all.lot.WakeAll();
  CHECK(all.log == std::vector<int>({2, 0, 1, 2, 3}));
}

TEST(ThreadSleeperEndsByWakeOrByTime) {
  ParkingLot lot;
  ThreadSleeper late;
  const auto since = std::chrono::steady_clock::now();
  CHECK(!late.WaitFor(5ms));
  CHECK(std::chrono::steady_clock::now() - since >= 5ms);
  CHECK(!late.WaitFor(0ns));

  ThreadSleeper before;
  lot.Park(before);
  lot.WakeOne();
  CHECK(before.WaitFor(0ns) || before.WaitFor(kForever));

  ThreadSleeper during;
  lot.Park(during);
  std::thread waker([&] {
    std::this_thread::yield();
    lot.WakeOne();
  });
  CHECK(during.WaitFor(kForever));
  CHECK(!lot.Unpark(during));
  waker.join();
}

// Sleepers live on the stack of a thread that comes and goes while others wake: each wake reaches a
// sleeper exactly once, and none after Unpark has returned.
TEST(UnparkAgainstWake) {
  class Counter final : public Sleeper {
   public:
    void Wake() override { ++wakes; }
    int wakes = 0;  // written under the lot's lock, read after Unpark
  };
  constexpr int kThreads = 2;
  const auto rounds = static_cast<int>(50'000 * Multiplier());
  ParkingLot lot;
  std::atomic<int> running{kThreads};
  std::atomic<std::uint64_t> in_time{0};
  std::atomic<std::uint64_t> woken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random(static_cast<std::uint64_t>(t));
      for (int i = 0; i < rounds; ++i) {
        Counter sleeper;
        lot.Park(sleeper);
        Pause(random);
        const bool unparked = lot.Unpark(sleeper);
        CHECK_EQ(sleeper.wakes, unparked ? 0 : 1);
        (unparked ? in_time : woken).fetch_add(1);
      }
      running.fetch_sub(1);
    });
  }
  Random random(9);
  while (running.load() != 0) {
    Pause(random);
    if (random.OneIn(4)) {
      lot.WakeAll();
    } else {
      lot.WakeOne();
    }
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(!lot.HasSleepers());
  std::printf("  unparked in time %llu, woken before %llu\n",
              static_cast<unsigned long long>(in_time.load()),
              static_cast<unsigned long long>(woken.load()));
  CHECK(in_time.load() > 0);
  CHECK(woken.load() > 0);
}

namespace {

// Producers and consumers that sleep for want of room and of records, as the addon's blocking calls
// do, at random times. A wake-up that gets lost leaves somebody asleep for ever.
struct Sleepless {
  std::unique_ptr<RingSet> rings;
  std::atomic<std::uint64_t> put{0};
  std::atomic<std::uint64_t> taken{0};
  std::atomic<std::uint64_t> consumer_sleeps{0};
  std::atomic<std::uint64_t> producer_sleeps{0};
  std::atomic<std::uint64_t> imminent{0};

  void Sleep(const RingSet::Lane& lane, ParkingLot& lot, bool for_room) {
    ThreadSleeper sleeper;
    lot.Park(sleeper);
    const bool no_need = rings->closed() ? for_room || rings->drained() || rings->HasRecord()
                                         : (for_room ? rings->HasRoom(lane, sizeof(std::uint64_t))
                                                     : rings->HasRecord());
    if (!no_need) {
      // Claimed and not yet published: its producer may have looked for sleepers before we parked.
      if (!for_room && rings->size() != 0) {
        imminent.fetch_add(1);
        sleeper.WaitFor(50us);
      } else {
        (for_room ? producer_sleeps : consumer_sleeps).fetch_add(1);
        CHECK(sleeper.WaitFor(kForever));
      }
    }
    lot.Unpark(sleeper);
  }

  void Produce(std::uint64_t stream, int records, std::uint32_t level) {
    Random random(stream);
    RingSet::Lane* lane = rings->Attach(level);
    for (int i = 0; i < records; ++i) {
      const std::uint64_t record = random.Next();
      while (rings->Put(*lane, &record, sizeof record, RingSet::OnFull::kTryAgain) !=
             tapio::PutStatus::kStored) {
        Sleep(*lane, rings->room(), true);
      }
      put.fetch_add(1);
      Pause(random);
    }
    rings->Detach(lane);
  }

  void Consume(std::uint64_t stream) {
    Random random(stream);
    RingSet::Lane* lane = rings->Attach();
    for (;;) {
      std::uint64_t target[8];
      std::uint32_t sizes[8];
      const TakeResult result = rings->TakeBatch(*lane, reinterpret_cast<std::uint8_t*>(target),
                                                 sizeof target, sizes, 1 + random.Below(8), 8);
      if (result.status == TakeStatus::kDrained) break;
      taken.fetch_add(result.count);
      if (result.count == 0) Sleep(*lane, rings->records(), false);
      if (random.OneIn(4)) Pause(random);
    }
    rings->Detach(lane);
  }
};

}  // namespace

TEST(NoWakeUpIsLost) {
  constexpr int kProducers = 2;
  constexpr int kConsumers = 3;
  const auto records = static_cast<int>(400 * Multiplier());
  std::uint64_t consumer_sleeps = 0;
  std::uint64_t producer_sleeps = 0;
  std::uint64_t imminent = 0;
  for (int round = 0; round < 40; ++round) {
    // One ring, rings of CPUs, rings of levels.
    RingSet::Config config{round % 3 == 0 ? 1U : 2U, 2, round % 3 == 1 ? 2U : 0U, 128, 112, 0};
    if (round % 3 == 2) {
      config.levels = 2;
      config.level_slots = {2, 2};
      config.turn_every = round % 2 == 0 ? 0 : 3;
    }
    Sleepless run;
    run.rings = RingSet::Create(config);
    REQUIRE(run.rings != nullptr);
    std::vector<std::thread> consumers;
    std::vector<std::thread> producers;
    const auto stream = static_cast<std::uint64_t>(round) * 16;
    for (std::uint64_t i = 0; i < kConsumers; ++i) {
      consumers.emplace_back([&run, stream, i] { run.Consume(stream + i); });
    }
    for (std::uint64_t i = 0; i < kProducers; ++i) {
      producers.emplace_back([&run, stream, i, records] {
        run.Produce(stream + 8 + i, records, static_cast<std::uint32_t>(i));
      });
    }
    for (std::thread& thread : producers) thread.join();
    run.rings->Close();
    for (std::thread& thread : consumers) thread.join();
    CHECK_EQ(run.put.load(), static_cast<std::uint64_t>(kProducers * records));
    CHECK_EQ(run.taken.load(), run.put.load());
    consumer_sleeps += run.consumer_sleeps;
    producer_sleeps += run.producer_sleeps;
    imminent += run.imminent;
  }
  std::printf("  consumers slept %llu times, producers %llu, record imminent %llu\n",
              static_cast<unsigned long long>(consumer_sleeps),
              static_cast<unsigned long long>(producer_sleeps),
              static_cast<unsigned long long>(imminent));
  CHECK(consumer_sleeps > 0);
  CHECK(producer_sleeps > 0);
}
