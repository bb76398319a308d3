// Many threads on one ring: every record whole, once, in its producer's order, and all accounted
// for.
//
// The first wrong record, or a ring that stands still, ends the process: the rest would tell
// nothing. Each run counts how often it met the situations it is meant for, and fails if it missed
// one.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "chaos_platform.h"
#include "check.h"
#include "core/ring.h"
#include "stress_record.h"
#include "test_ring.h"

using tapio::PutResult;
using tapio::PutStatus;
using tapio::Ring;
using tapio::TakeResult;
using tapio::TakeStatus;
using tapio::test::chaos;
using tapio::test::ChaosPlatform;
using tapio::test::kSmallestRecord;
using tapio::test::Multiplier;
using tapio::test::Random;
using tapio::test::ReadRecord;
using tapio::test::RecordHeader;
using tapio::test::TestLane;
using tapio::test::TestRing;
using tapio::test::WriteRecord;

namespace {

constexpr std::uint64_t kNear32 = (std::uint64_t{1} << 32) - 50;
constexpr std::uint64_t kNear60 = (std::uint64_t{1} << 60) - 50;
constexpr std::uint32_t kMaxBatch = 16;

// Sanitizers make each step some ten times slower.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr double kScale = 0.08;
#else
constexpr double kScale = 1.0;
#endif

#define DEMAND(condition) \
  if (!CHECK(condition)) Stop()

[[noreturn]] void Stop() {
  std::fflush(stdout);
  std::_Exit(1);
}

struct Scenario {
  std::uint64_t capacity;
  std::uint64_t start = 0;
  std::uint32_t producers = 4;
  std::uint32_t consumers = 2;
  std::uint64_t records = 100'000;  // of all producers
  std::uint32_t one_stop_in = 0;    // 0: no chaos
  bool batches = true;
  bool spans = true;
  bool discards = false;  // Clear and DiscardOne among the takes
  bool close_early = false;
  std::uint32_t unseated = 0;  // of the producers
};

struct Seen {
  std::uint64_t put, taken, discarded, peeked;
  std::uint64_t full, empty, refused_closed;
  std::uint64_t overshoot, unpublished, lost_claims, lost_takes;

  void Add(const Seen& other) {
    put += other.put, taken += other.taken, discarded += other.discarded, peeked += other.peeked;
    full += other.full, empty += other.empty, refused_closed += other.refused_closed;
    overshoot += other.overshoot, unpublished += other.unpublished;
    lost_claims += other.lost_claims, lost_takes += other.lost_takes;
  }
  void Print() const {
    const auto n = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf(
        "  put %llu, taken %llu, discarded %llu, peeked %llu; full %llu, empty %llu, closed %llu, "
        "overshoot %llu, unpublished %llu, lost claims %llu, lost takes %llu\n",
        n(put), n(taken), n(discarded), n(peeked), n(full), n(empty), n(refused_closed),
        n(overshoot), n(unpublished), n(lost_claims), n(lost_takes));
  }
};

template <typename R>
class Stress {
 public:
  static constexpr std::uint32_t kPayload = 48;

  Stress(const Scenario& scenario, std::uint64_t stream)
      : scenario_(scenario),
        stream_(stream),
        per_producer_(scenario.records / scenario.producers),
        ring_(scenario.capacity, kPayload, scenario.start) {
    for (std::uint32_t i = 0; i < scenario.producers; ++i) {
      taken_.push_back(std::make_unique<std::atomic<std::uint8_t>[]>(per_producer_));
      lanes_.emplace_back(ring_, i >= scenario.unseated);
    }
    for (std::uint32_t i = 0; i < scenario.consumers; ++i) lanes_.emplace_back(ring_, false);
  }

  Seen Run() {
    const std::uint32_t threads = scenario_.producers + scenario_.consumers + 1;
    seen_.resize(threads);
    stored_.resize(scenario_.producers);
    running_ = static_cast<int>(threads);
    running_producers_ = static_cast<int>(scenario_.producers);
    std::vector<std::thread> all;
    for (std::uint32_t i = 0; i < threads; ++i) all.emplace_back([this, i] { Thread(i); });
    if (scenario_.close_early) {
      Random random(stream_ + 99);
      const std::uint64_t at = random.Below(static_cast<std::uint32_t>(per_producer_));
      while (Progress() < at && running_producers_.load() != 0) std::this_thread::yield();
      ring_->Close();
    }
    Watch();
    for (std::thread& thread : all) thread.join();
    return Account();
  }

 private:
  void Thread(std::uint32_t index) {
    Random random(stream_ + index);
    chaos = {};
    if (scenario_.one_stop_in != 0) {
      chaos.random = random;
      chaos.one_stop_in = scenario_.one_stop_in;
    }
    Seen& seen = seen_[index];
    seen = {};
    if (index < scenario_.producers) {
      Produce(index, random, seen);
      if (running_producers_.fetch_sub(1) == 1) ring_->Close();
    } else if (index < scenario_.producers + scenario_.consumers) {
      Consume(index, random, seen);
    } else {
      Peek(random, seen);
    }
    seen.lost_claims = chaos.lost_claims;
    seen.lost_takes = chaos.lost_takes;
    const std::lock_guard<std::mutex> lock(mutex_);
    --running_;
    ended_.notify_one();
  }

  std::uint32_t RandomSize(Random& random) const {
    const std::uint64_t slots =
        scenario_.spans && random.OneIn(4) ? std::min<std::uint64_t>(scenario_.capacity, 4) : 1;
    const auto most = static_cast<std::uint32_t>(slots * kPayload);
    return kSmallestRecord + random.Below(most - kSmallestRecord + 1);
  }

  void Produce(std::uint32_t index, Random& random, Seen& seen) {
    typename R::Lane& lane = lanes_[index];
    std::vector<std::uint8_t> data(kMaxBatch * 4 * kPayload);
    std::uint32_t sizes[kMaxBatch];
    std::uint64_t sequence = 0;
    while (sequence < per_producer_) {
      PutStatus status;
      std::uint32_t stored = 0;
      if (scenario_.batches && random.OneIn(3)) {
        const auto count = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(1 + random.Below(kMaxBatch), per_producer_ - sequence));
        std::size_t at = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
          sizes[i] = RandomSize(random);
          WriteRecord(data.data() + at, index, sequence + i, sizes[i]);
          at += tapio::AlignUp(sizes[i], 8);
        }
        const PutResult result = ring_->PutBatch(lane, data.data(), sizes, count, 8);
        status = result.status;
        stored = result.count;
      } else {
        const std::uint32_t size = RandomSize(random);
        WriteRecord(data.data(), index, sequence, size);
        status = ring_->Put(lane, data.data(), size);
        stored = status == PutStatus::kStored ? 1 : 0;
      }
      sequence += stored;
      if (stored != 0) {
        const std::uint64_t write = ring_->write_index();
        const std::uint64_t read = ring_->read_index();
        if (static_cast<std::int64_t>(write - read) >
            static_cast<std::int64_t>(scenario_.capacity)) {
          ++seen.overshoot;
        }
      }
      if (status == PutStatus::kClosed) {
        ++seen.refused_closed;
        DEMAND(scenario_.close_early && ring_->closed());
        break;
      }
      if (status == PutStatus::kFull) {
        ++seen.full;
        std::this_thread::yield();
      }
    }
    stored_[index] = sequence;
    seen.put = sequence;
  }

  void Consume(std::uint32_t index, Random& random, Seen& seen) {
    typename R::Lane& lane = lanes_[index];
    std::vector<std::uint8_t> target(kMaxBatch * 4 * kPayload);
    std::uint32_t sizes[kMaxBatch];
    std::vector<std::uint64_t> next(scenario_.producers);
    for (;;) {
      if (scenario_.discards && random.OneIn(20)) {
        if (random.OneIn(10)) {
          seen.discarded += ring_->Clear(lane);
        } else if (ring_->DiscardOne(lane)) {
          ++seen.discarded;
        }
      }
      TakeResult result;
      if (scenario_.batches && random.OneIn(2)) {
        result = ring_->TakeBatch(lane, target.data(), target.size(), sizes,
                                  1 + random.Below(kMaxBatch), 8, Ring::kNoEnd);
      } else {
        result = ring_->Take(lane, target.data(), target.size());
        sizes[0] = static_cast<std::uint32_t>(result.bytes);
      }
      if (result.status == TakeStatus::kDrained) return;
      DEMAND(result.status == TakeStatus::kTaken || result.status == TakeStatus::kEmpty);
      if (result.status == TakeStatus::kEmpty) {
        ++seen.empty;
        const std::uint64_t write = ring_->write_index();
        const std::uint64_t read = ring_->read_index();
        if (write > read && !ring_->HasRecord() && ring_->read_index() == read) ++seen.unpublished;
        std::this_thread::yield();
        continue;
      }
      std::size_t at = 0;
      for (std::uint32_t i = 0; i < result.count; ++i) {
        RecordHeader header;
        DEMAND(ReadRecord(target.data() + at, sizes[i], header));
        DEMAND(header.producer < scenario_.producers && header.sequence < per_producer_);
        DEMAND(header.sequence >= next[header.producer]);
        next[header.producer] = header.sequence + 1;
        DEMAND(taken_[header.producer][header.sequence].exchange(1, std::memory_order_relaxed) ==
               0);
        at += tapio::AlignUp(sizes[i], 8);
      }
      seen.taken += result.count;
    }
  }

  // Looks at records until the ring is drained: whole ones, in each producer's order.
  void Peek(Random& random, Seen& seen) {
    std::vector<std::uint8_t> target(kMaxBatch * 4 * kPayload);
    std::uint32_t sizes[kMaxBatch];
    std::vector<std::uint64_t> next(scenario_.producers);
    std::uint64_t cursor = scenario_.start;
    while (!ring_->drained()) {
      const std::uint64_t before = cursor;
      const TakeResult result = ring_->PeekBatch(cursor, target.data(), target.size(), sizes,
                                                 1 + random.Below(kMaxBatch), 8, Ring::kNoEnd);
      DEMAND(cursor >= before);
      DEMAND(result.status == TakeStatus::kTaken || result.status == TakeStatus::kEmpty);
      std::size_t at = 0;
      for (std::uint32_t i = 0; i < result.count; ++i) {
        RecordHeader header;
        DEMAND(ReadRecord(target.data() + at, sizes[i], header));
        DEMAND(header.producer < scenario_.producers && header.sequence < per_producer_);
        DEMAND(header.sequence >= next[header.producer]);
        next[header.producer] = header.sequence + 1;
        at += tapio::AlignUp(sizes[i], 8);
      }
      seen.peeked += result.count;
      std::this_thread::yield();
    }
  }

  std::uint64_t Progress() const {
    std::uint64_t sum = 0;
    for (const auto& lane : lanes_)
      sum += lane.puts.load() + lane.gets.load() + lane.discarded.load();
    return sum;
  }

  void Watch() {
    const char* text = std::getenv("STALL_SECONDS");
    const std::chrono::seconds limit(text != nullptr ? std::atoi(text) : 30);
    std::unique_lock<std::mutex> lock(mutex_);
    while (running_ != 0) {
      const std::uint64_t before = Progress();
      if (ended_.wait_for(lock, limit) == std::cv_status::timeout && Progress() == before) {
        std::fprintf(stderr, "the ring of %llu slots stands still: %llu claimed, %llu taken\n",
                     static_cast<unsigned long long>(scenario_.capacity),
                     static_cast<unsigned long long>(ring_->write_index() - scenario_.start),
                     static_cast<unsigned long long>(ring_->read_index() - scenario_.start));
        Stop();
      }
    }
  }

  Seen Account() {
    Seen total{};
    for (const Seen& seen : seen_) total.Add(seen);
    std::uint64_t puts = 0;
    std::uint64_t gets = 0;
    std::uint64_t discarded = 0;
    for (const auto& lane : lanes_) {
      puts += lane.puts.load();
      gets += lane.gets.load();
      discarded += lane.discarded.load();
    }
    DEMAND(puts == total.put);
    DEMAND(gets == total.taken);
    DEMAND(discarded == total.discarded);
    DEMAND(puts == gets + discarded);
    DEMAND(ring_->drained() && ring_->size() == 0);
    std::uint64_t marked = 0;
    for (std::uint32_t p = 0; p < scenario_.producers; ++p) {
      if (!scenario_.close_early) DEMAND(stored_[p] == per_producer_);
      for (std::uint64_t i = 0; i < per_producer_; ++i) {
        const bool was_taken = taken_[p][i].load(std::memory_order_relaxed) != 0;
        DEMAND(!was_taken || i < stored_[p]);
        DEMAND(was_taken || i >= stored_[p] || scenario_.discards);
        marked += was_taken ? 1 : 0;
      }
    }
    DEMAND(marked == gets);
    return total;
  }

  const Scenario scenario_;
  const std::uint64_t stream_;
  const std::uint64_t per_producer_;
  TestRing<R> ring_;
  std::deque<TestLane<R>> lanes_;
  std::vector<std::unique_ptr<std::atomic<std::uint8_t>[]>> taken_;
  std::vector<std::uint64_t> stored_;
  std::vector<Seen> seen_;
  std::atomic<int> running_producers_{0};
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_ = 0;
};

template <typename R>
Seen RunAll(const std::vector<Scenario>& scenarios, std::uint64_t stream) {
  Seen total{};
  for (Scenario scenario : scenarios) {
    scenario.records = std::max<std::uint64_t>(
        400,
        static_cast<std::uint64_t>(static_cast<double>(scenario.records) * kScale * Multiplier()));
    total.Add(Stress<R>(scenario, stream += 1000).Run());
  }
  total.Print();
  return total;
}

using ChaosRing = tapio::BasicRing<ChaosPlatform>;

}  // namespace

// Small rings, where producers overshoot and consumers lose races all the time.
TEST(SmallRingsUnderChaos) {
  std::vector<Scenario> scenarios;
  for (std::uint64_t start : {std::uint64_t{0}, kNear32, kNear60}) {
    for (std::uint64_t capacity : {1U, 2U, 4U}) {
      scenarios.push_back({capacity, start, 4, 2, 40'000, 20});
      scenarios.push_back({capacity, start, 4, 4, 40'000, 20, true, true, false, false, 2});
    }
  }
  const Seen seen = RunAll<ChaosRing>(scenarios, 1);
  CHECK(seen.full > 0);
  CHECK(seen.empty > 0);
  CHECK(seen.overshoot > 0);
  CHECK(seen.unpublished > 0);
  CHECK(seen.lost_claims > 0);
  CHECK(seen.lost_takes > 0);
  CHECK(seen.peeked > 0);
}

// Every seat at work, and as many producers without one: the slack at its limit.
TEST(AllSeatsOnASmallRing) {
  const std::uint32_t seats = ChaosRing::kSeats;
  const Seen seen = RunAll<ChaosRing>(
      {
          {1, 0, seats, 2, 100'000, 4, false, false},
          {2, kNear32, seats, 4, 100'000, 4, false, false},
          {1, 0, 2 * seats, 3, 100'000, 4, true, true, false, false, seats},
          {2, kNear32, 2 * seats, 3, 100'000, 4, true, true, false, false, seats},
      },
      2);
  CHECK(seen.overshoot > 0);
  CHECK(seen.full > 0);
  CHECK(seen.lost_takes > 0);
}

TEST(DiscardsUnderChaos) {
  std::vector<Scenario> scenarios;
  for (std::uint64_t capacity : {2U, 4U, 1024U}) {
    scenarios.push_back({capacity, kNear32, 4, 3, 100'000, 20, true, true, true});
  }
  const Seen seen = RunAll<ChaosRing>(scenarios, 3);
  CHECK(seen.discarded > 0);
  CHECK(seen.lost_takes > 0);
}

// Many short lives, closed at a random moment.
TEST(CloseRacingPuts) {
  std::vector<Scenario> scenarios;
  for (std::uint32_t i = 0; i < 120; ++i) {
    const std::uint64_t capacity = i % 3 == 0 ? 1024 : 2 + i % 3;
    scenarios.push_back({capacity, i % 2 == 0 ? 0 : kNear32, 4, 2, 4'000, i % 4 == 3 ? 0U : 8U,
                         true, true, i % 5 == 4, true, i % 4});
  }
  const Seen seen = RunAll<ChaosRing>(scenarios, 4);
  CHECK(seen.refused_closed > 0);
  CHECK(seen.taken > 0);
}

// As users run it.
TEST(FullSpeed) {
  std::vector<Scenario> scenarios;
  for (std::uint64_t capacity : {2U, 4U}) {
    scenarios.push_back({capacity, kNear32, 4, 2, 500'000});
    scenarios.push_back({capacity, 0, 4, 4, 500'000, 0, false, false});
  }
  scenarios.push_back({1024, kNear32, 4, 2, 10'000'000});
  scenarios.push_back({1024, 0, 4, 4, 10'000'000, 0, true, true, true});
  scenarios.push_back({1024, 0, 4, 2, 5'000'000, 0, false, false});
  const Seen seen = RunAll<Ring>(scenarios, 5);
  CHECK(seen.full > 0);
  CHECK(seen.empty > 0);
}
