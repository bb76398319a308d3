#include "core/ring_set.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "check.h"
#include "core/cpu.h"

using tapio::CpuSet;
using tapio::ParkingLot;
using tapio::PutResult;
using tapio::PutStatus;
using tapio::Ring;
using tapio::RingSet;
using tapio::Sleeper;
using tapio::TakeResult;
using tapio::TakeStatus;
using tapio::test::Random;
using OnFull = tapio::RingSet::OnFull;

namespace {

class CountingSleeper final : public Sleeper {
 public:
  void Wake() override { ++wakes; }
  int wakes = 0;
};

std::vector<std::uint32_t> AllowedCpus() {
  CpuSet set;
  std::vector<std::uint32_t> cpus;
  if (!set.ReadFrom(0)) return cpus;
  for (std::uint32_t cpu = 0; cpu < set.limit(); ++cpu) {
    if (set.Has(cpu)) cpus.push_back(cpu);
  }
  return cpus;
}

bool PinTo(std::uint32_t cpu) {
  CpuSet one;
  one.Add(cpu);
  return one.ApplyTo(0);
}

// Runs the test on one CPU, so that its home ring stays the same.
class Pinned {
 public:
  Pinned() : cpus_(AllowedCpus()) { CHECK(!cpus_.empty() && PinTo(cpus_[0])); }
  ~Pinned() {
    CpuSet all;
    for (std::uint32_t cpu : cpus_) all.Add(cpu);
    all.ApplyTo(0);
  }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

  std::uint32_t home(std::uint32_t rings) const { return cpus_[0] % rings; }

 private:
  const std::vector<std::uint32_t> cpus_;
};

std::unique_ptr<RingSet> Create(std::uint32_t rings, std::uint64_t slots,
                                std::uint64_t overflow_slots) {
  return RingSet::Create({rings, slots, overflow_slots, 128, 16, 0});
}

// A set of four levels and a lane for each.
struct Levels {
  explicit Levels(const std::array<std::uint64_t, 4>& slots, std::uint32_t turn_every = 0) {
    RingSet::Config config{4, 0, 0, 128, 16, 0};
    config.levels = 4;
    config.level_slots = slots;
    config.turn_every = turn_every;
    set = RingSet::Create(config);
    REQUIRE(set != nullptr);
    for (std::uint32_t level = 0; level < 4; ++level) lanes[level] = set->Attach(level);
  }
  std::unique_ptr<RingSet> set;
  std::array<RingSet::Lane*, 4> lanes{};
};

PutStatus Put(RingSet& set, RingSet::Lane* lane, const std::string& text,
              OnFull on_full = OnFull::kRefuse) {
  return set.Put(*lane, text.data(), static_cast<std::uint32_t>(text.size()), on_full);
}

PutResult PutBatch(RingSet& set, RingSet::Lane* lane, const std::vector<std::string>& records,
                   OnFull on_full = OnFull::kRefuse) {
  std::string data;
  std::vector<std::uint32_t> sizes;
  for (const std::string& record : records) {
    data += record;
    sizes.push_back(static_cast<std::uint32_t>(record.size()));
  }
  return set.PutBatch(*lane, reinterpret_cast<const std::uint8_t*>(data.data()), sizes.data(),
                      static_cast<std::uint32_t>(sizes.size()), 1, on_full);
}

std::string Take(RingSet& set, RingSet::Lane* lane) {
  std::string target(256, '?');
  const TakeResult result = set.Take(*lane, target.data(), target.size());
  if (result.status == TakeStatus::kEmpty) return "(empty)";
  if (result.status == TakeStatus::kDrained) return "(drained)";
  if (result.status == TakeStatus::kTargetTooSmall) return "(too small)";
  target.resize(result.bytes);
  return target;
}

std::vector<std::string> Split(const TakeResult& result, const std::string& target,
                               const std::vector<std::uint32_t>& sizes) {
  std::vector<std::string> records;
  std::size_t start = 0;
  for (std::uint32_t i = 0; i < result.count; ++i) {
    records.push_back(target.substr(start, sizes[i]));
    start += sizes[i];
  }
  if (result.status == TakeStatus::kTaken) CHECK_EQ(result.bytes, start);
  return records;
}

std::vector<std::string> TakeBatch(RingSet& set, RingSet::Lane* lane, std::uint32_t max,
                                   std::size_t limit = 4096) {
  std::string target(limit, '?');
  std::vector<std::uint32_t> sizes(max);
  return Split(set.TakeBatch(*lane, reinterpret_cast<std::uint8_t*>(target.data()), limit,
                             sizes.data(), max, 1),
               target, sizes);
}

std::vector<std::string> TakeFrom(RingSet& set, RingSet::Lane* lane, std::uint32_t ring) {
  std::string target(4096, '?');
  std::vector<std::uint32_t> sizes(64);
  return Split(set.TakeBatchFrom(*lane, ring, reinterpret_cast<std::uint8_t*>(target.data()),
                                 target.size(), sizes.data(), 64, 1),
               target, sizes);
}

using Records = std::vector<std::string>;

}  // namespace

TEST(GeometryAndRefusal) {
  const auto set = Create(3, 10, 5);
  REQUIRE(set != nullptr);
  CHECK_EQ(set->ring_count(), 3U);
  CHECK_EQ(set->total_rings(), 4U);
  CHECK(set->has_overflow());
  CHECK_EQ(set->ring(2).capacity(), 10U);
  CHECK_EQ(set->ring(3).capacity(), 5U);
  CHECK_EQ(set->memory_size(), (3 * (10 + Ring::kSeats) + 5 + Ring::kSeats) * 128);
  CHECK(Create(1, (std::uint64_t{1} << 31) + 1, 0) == nullptr);
  CHECK(Create(1, 1, std::uint64_t{1} << 40) == nullptr);
  CHECK(RingSet::Create({65536, std::uint64_t{1} << 31, 0, 1 << 20, 16, 0}) == nullptr);
}

TEST(EachCpuHasItsRing) {
  std::thread([] {
    const std::vector<std::uint32_t> cpus = AllowedCpus();
    REQUIRE(!cpus.empty());
    // One ring for each, more rings than CPUs, and fewer.
    const std::uint32_t highest = cpus.back();
    for (std::uint32_t rings : {highest + 1, highest + 3, highest == 0 ? 1 : highest, 1U}) {
      const auto set = Create(rings, 64, 8);
      RingSet::Lane* lane = set->Attach();
      std::vector<std::uint64_t> expected(rings);
      for (std::uint32_t cpu : cpus) {
        REQUIRE(PinTo(cpu));
        CHECK_EQ(Put(*set, lane, "x"), PutStatus::kStored);
        CHECK_EQ(PutBatch(*set, lane, {"y", "z"}).count, 2U);
        expected[cpu % rings] += 3;
      }
      for (std::uint32_t ring = 0; ring < rings; ++ring) {
        CHECK_EQ(set->Stats(ring).puts, expected[ring]);
        CHECK_EQ(set->Stats(ring).size, expected[ring]);
      }
      CHECK_EQ(set->Stats(rings).puts, 0U);
      CHECK_EQ(set->size(), 3 * cpus.size());
    }
  }).join();
}

TEST(FullGoesToOverflowThenIsRefused) {
  const Pinned pinned;
  const auto set = Create(2, 3, 2);
  const std::uint32_t home = pinned.home(2);
  RingSet::Lane* lane = set->Attach();
  for (const char* text : {"1", "2", "3", "4", "5"}) {
    CHECK(set->HasRoom(*lane, 8));
    CHECK_EQ(Put(*set, lane, text), PutStatus::kStored);
  }
  CHECK(!set->HasRoom(*lane, 8));
  CHECK_EQ(Put(*set, lane, "6"), PutStatus::kFull);
  CHECK_EQ(set->Stats(home).puts, 3U);
  CHECK_EQ(set->Stats(2).puts, 2U);
  CHECK_EQ(set->Stats(1 - home).puts, 0U);
  // The home ring refused 4, 5 and 6; the overflow ring refused 6, and with it the set.
  CHECK_EQ(set->Stats(home).rejected, 3U);
  CHECK_EQ(set->Stats(2).rejected, 1U);
  CHECK(TakeFrom(*set, lane, home) == Records({"1", "2", "3"}));
  CHECK(TakeFrom(*set, lane, 2) == Records({"4", "5"}));
}

TEST(RoomForARecordOfSeveralSlots) {
  const Pinned pinned;
  const auto set = Create(1, 4, 0);
  RingSet::Lane* lane = set->Attach();
  const std::uint32_t slot = set->config().payload;
  for (const char* text : {"1", "2"}) CHECK_EQ(Put(*set, lane, text), PutStatus::kStored);
  CHECK(set->HasRoom(*lane, 2 * slot));
  CHECK(!set->HasRoom(*lane, 2 * slot + 1));
}

TEST(BatchGoesToOverflowThenIsRefused) {
  const Pinned pinned;
  const auto set = Create(1, 3, 3);
  RingSet::Lane* lane = set->Attach();
  const PutResult result = PutBatch(*set, lane, {"1", "2", std::string(30, 'x'), "4", "5", "6"});
  CHECK_EQ(result.status, PutStatus::kFull);
  CHECK_EQ(result.count, 4U);  // the span of two slots does not fit behind "2"
  CHECK_EQ(set->Stats(0).puts, 2U);
  CHECK_EQ(set->Stats(1).puts, 2U);
  CHECK_EQ(set->Stats(0).rejected, 4U);
  CHECK_EQ(set->Stats(1).rejected, 2U);
  CHECK(TakeFrom(*set, lane, 0) == Records({"1", "2"}));
  CHECK(TakeFrom(*set, lane, 1) == Records({std::string(30, 'x'), "4"}));
}

TEST(TryAgainCountsNothing) {
  const Pinned pinned;
  for (std::uint64_t overflow : {0U, 1U}) {
    const auto set = Create(1, 1, overflow);
    RingSet::Lane* lane = set->Attach();
    for (std::uint64_t i = 0; i <= overflow; ++i)
      CHECK_EQ(Put(*set, lane, "x"), PutStatus::kStored);
    const std::uint64_t before = set->Stats(0).rejected;
    CHECK_EQ(before, overflow);
    for (int i = 0; i < 10; ++i) {
      CHECK_EQ(Put(*set, lane, "y", OnFull::kTryAgain), PutStatus::kFull);
      CHECK_EQ(PutBatch(*set, lane, {"y", "z"}, OnFull::kTryAgain).count, 0U);
    }
    CHECK_EQ(set->Stats(0).rejected, before);
    if (overflow != 0) CHECK_EQ(set->Stats(1).rejected, 0U);
    set->CountRejected(*lane, 2);
    CHECK_EQ(set->Stats(0).rejected, before + 2);
    if (overflow != 0) CHECK_EQ(set->Stats(1).rejected, 2U);
  }
}

TEST(DropOldest) {
  const Pinned pinned;
  const auto set = Create(1, 4, 0);
  RingSet::Lane* lane = set->Attach();
  for (char c = 'a'; c < 'k'; ++c) {
    CHECK_EQ(Put(*set, lane, std::string(1, c), OnFull::kDropOldest), PutStatus::kStored);
  }
  CHECK_EQ(set->Stats(0).discarded, 6U);
  CHECK_EQ(set->Stats(0).rejected, 0U);
  const PutResult batch = PutBatch(*set, lane, {"k", "l", "m", "n", "o", "p"}, OnFull::kDropOldest);
  CHECK_EQ(batch.status, PutStatus::kStored);
  CHECK_EQ(batch.count, 6U);
  CHECK(TakeBatch(*set, lane, 64) == Records({"m", "n", "o", "p"}));
  CHECK_EQ(Put(*set, lane, std::string(60, 's'), OnFull::kDropOldest), PutStatus::kStored);
  CHECK_EQ(Put(*set, lane, std::string(20, 't'), OnFull::kDropOldest), PutStatus::kStored);
  CHECK_EQ(Put(*set, lane, "u", OnFull::kDropOldest), PutStatus::kStored);
  CHECK_EQ(Put(*set, lane, std::string(20, 'v'), OnFull::kDropOldest), PutStatus::kStored);
  CHECK(TakeBatch(*set, lane, 64) == Records({"u", std::string(20, 'v')}));
  const RingSet::RingStats stats = set->Stats(0);
  CHECK_EQ(stats.puts, stats.gets + stats.discarded);
}

TEST(DropOldestBehindOverflow) {
  const Pinned pinned;
  const auto set = Create(1, 2, 4);
  RingSet::Lane* lane = set->Attach();
  for (char c = 'a'; c < 'i'; ++c) {
    CHECK_EQ(Put(*set, lane, std::string(1, c), OnFull::kDropOldest), PutStatus::kStored);
  }
  CHECK(TakeFrom(*set, lane, 0) == Records({"g", "h"}));
  CHECK(TakeFrom(*set, lane, 1) == Records({"c", "d", "e", "f"}));
  CHECK_EQ(set->Stats(0).discarded, 2U);
  // Too long for the CPU's ring: makes room in the overflow ring.
  for (char c = 'a'; c < 'e'; ++c) {
    CHECK_EQ(Put(*set, lane, std::string(40, c), OnFull::kDropOldest), PutStatus::kStored);
  }
  CHECK(TakeFrom(*set, lane, 1) == Records({std::string(40, 'd')}));
  CHECK_EQ(set->Stats(1).discarded, 3U);
}

TEST(SweepVisitsRingsInTurn) {
  std::thread([] {
    const std::vector<std::uint32_t> cpus = AllowedCpus();
    if (cpus.size() < 2) {
      std::printf("  one CPU only: nothing to sweep\n");
      return;
    }
    const std::uint32_t low = cpus[0];
    const std::uint32_t high = cpus[1];
    const auto set = Create(high + 1, 8, 8);
    RingSet::Lane* lane = set->Attach();
    const auto put = [&](std::uint32_t cpu, const Records& records) {
      return PinTo(cpu) && PutBatch(*set, lane, records).count == records.size();
    };
    REQUIRE(put(high, {"h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8", "o1", "o2"}));
    REQUIRE(put(low, {"l1", "l2", "l3"}));
    // Rings by number, the overflow ring last, each call going on where the one before stopped.
    CHECK(TakeBatch(*set, lane, 2) == Records({"l1", "l2"}));
    REQUIRE(put(low, {"l4", "l5"}));
    // The visit to the low ring ends at what it held when it began.
    CHECK(TakeBatch(*set, lane, 4) == Records({"l3", "h1", "h2", "h3"}));
    CHECK(Take(*set, lane) == "h4");
    CHECK(TakeBatch(*set, lane, 64) == Records({"h5", "h6", "h7", "h8", "o1", "o2"}));
    CHECK(TakeBatch(*set, lane, 64) == Records({"l4", "l5"}));
    CHECK(TakeBatch(*set, lane, 64).empty());
    // Each lane sweeps for itself.
    REQUIRE(put(low, {"l6"}));
    REQUIRE(put(high, {"h9"}));
    RingSet::Lane* other = set->Attach();
    CHECK(Take(*set, other) == "l6");
    CHECK(Take(*set, other) == "h9");
    CHECK(Take(*set, other) == "(empty)");
    // A busy ring does not keep the others waiting.
    REQUIRE(put(high, {"quiet"}));
    Records taken;
    for (int i = 0; i < 40; ++i) {
      REQUIRE(put(low, {"busy"}));
      taken.push_back(Take(*set, other));
      if (taken.back() == "quiet") break;
    }
    CHECK(taken.back() == "quiet");
    CHECK(taken.size() <= 10);
  }).join();
}

TEST(SweepKeepsWhatDoesNotFit) {
  const Pinned pinned;
  const auto set = Create(1, 8, 8);
  RingSet::Lane* lane = set->Attach();
  CHECK_EQ(PutBatch(*set, lane, {"1234", "12345678"}).count, 2U);
  CHECK(TakeBatch(*set, lane, 64, 3).empty());
  CHECK(TakeBatch(*set, lane, 64, 11) == Records({"1234"}));
  std::uint8_t target[7];
  std::uint32_t size;
  const TakeResult result = set->TakeBatch(*lane, target, sizeof target, &size, 1, 1);
  CHECK_EQ(result.status, TakeStatus::kTargetTooSmall);
  CHECK_EQ(result.bytes, 8U);
  CHECK(Take(*set, lane) == "12345678");
}

TEST(CloseDrainsEveryRing) {
  const Pinned pinned;
  const auto set = Create(2, 2, 2);
  RingSet::Lane* lane = set->Attach();
  for (const char* text : {"1", "2", "3"}) CHECK_EQ(Put(*set, lane, text), PutStatus::kStored);
  CHECK(!set->closed());
  set->Close();
  CHECK(set->closed() && !set->drained());
  CHECK_EQ(Put(*set, lane, "late"), PutStatus::kClosed);
  CHECK_EQ(Put(*set, lane, "late", OnFull::kDropOldest), PutStatus::kClosed);
  CHECK_EQ(PutBatch(*set, lane, {"late", "later"}).status, PutStatus::kClosed);
  for (std::uint32_t ring = 0; ring < 3; ++ring) {
    CHECK(set->Stats(ring).closed);
    CHECK_EQ(set->Stats(ring).rejected, ring == pinned.home(2) ? 1U : 0U);  // "3", by its home
  }
  CHECK(Take(*set, lane) == "1");
  CHECK(Take(*set, lane) == "2");
  CHECK(Take(*set, lane) == "3");
  CHECK(set->drained());
  CHECK(Take(*set, lane) == "(drained)");
  CHECK(TakeBatch(*set, lane, 4).empty());
}

TEST(StatsStayAfterDetach) {
  const Pinned pinned;
  const auto set = Create(1, 4, 0);
  RingSet::Lane* first = set->Attach();
  for (int i = 0; i < 6; ++i) Put(*set, first, "x");
  set->Detach(first);
  RingSet::Lane* second = set->Attach();
  CHECK(Take(*set, second) == "x");
  CHECK_EQ(Put(*set, second, "y"), PutStatus::kStored);
  set->Clear(*second);
  for (const bool detached : {false, true}) {
    if (detached) set->Detach(second);
    const RingSet::RingStats stats = set->Stats(0);
    CHECK_EQ(stats.capacity, 4U);
    CHECK_EQ(stats.puts, 5U);
    CHECK_EQ(stats.gets, 1U);
    CHECK_EQ(stats.rejected, 2U);
    CHECK_EQ(stats.discarded, 4U);
    CHECK_EQ(stats.high_watermark, 4U);
    CHECK_EQ(stats.size, 0U);
    CHECK_EQ(stats.write_index, 5U);
    CHECK_EQ(stats.read_index, 5U);
    CHECK(!stats.closed);
  }
}

TEST(MoreLanesThanSeats) {
  const Pinned pinned;
  const auto set = Create(1, 8, 0);
  for (int round = 0; round < 3; ++round) {
    std::vector<RingSet::Lane*> lanes;
    for (std::uint32_t i = 0; i < Ring::kSeats + 8; ++i) lanes.push_back(set->Attach());
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      CHECK_EQ(Put(*set, lanes[i], std::to_string(i)), PutStatus::kStored);
      CHECK(Take(*set, lanes[lanes.size() - 1 - i]) == std::to_string(i));
    }
    for (RingSet::Lane* lane : lanes) set->Detach(lane);
  }
  CHECK_EQ(set->Stats(0).puts, 3U * (Ring::kSeats + 8));
  CHECK_EQ(set->Stats(0).gets, 3U * (Ring::kSeats + 8));
}

TEST(PeekAtOneRing) {
  const Pinned pinned;
  const auto set = Create(1, 4, 4);
  RingSet::Lane* lane = set->Attach();
  for (const char* text : {"1", "2", "3", "4", "5"}) Put(*set, lane, text);
  for (const auto& [ring, expected] : {std::pair<std::uint32_t, Records>{0, {"1", "2", "3", "4"}},
                                       std::pair<std::uint32_t, Records>{1, {"5"}}}) {
    std::uint64_t cursor = 0;
    std::string target(64, '?');
    std::vector<std::uint32_t> sizes(8);
    CHECK(Split(set->PeekBatch(ring, cursor, reinterpret_cast<std::uint8_t*>(target.data()),
                               target.size(), sizes.data(), 8, 1, set->Stats(ring).write_index),
                target, sizes) == expected);
  }
  CHECK_EQ(set->size(), 5U);
}

TEST(PutWakesOneWhoWaitsForRecords) {
  const Pinned pinned;
  const auto set = Create(1, 4, 2);
  RingSet::Lane* lane = set->Attach();
  CountingSleeper a, b, c;
  for (CountingSleeper* sleeper : {&a, &b, &c}) set->records().Park(*sleeper);
  CHECK_EQ(Put(*set, lane, "1"), PutStatus::kStored);
  CHECK(a.wakes == 1 && b.wakes == 0);
  CHECK_EQ(PutBatch(*set, lane, {"2", "3", "4"}).count, 3U);
  CHECK(b.wakes == 1 && c.wakes == 0);
  CHECK_EQ(Put(*set, lane, "5"), PutStatus::kStored);  // into the overflow ring
  CHECK_EQ(c.wakes, 1);
  CHECK_EQ(Put(*set, lane, "6"), PutStatus::kStored);
  set->records().Park(a);
  CHECK_EQ(Put(*set, lane, "7"), PutStatus::kFull);
  CHECK_EQ(a.wakes, 1);
  CHECK_EQ(Put(*set, lane, "8", OnFull::kDropOldest), PutStatus::kStored);
  CHECK_EQ(a.wakes, 2);
}

TEST(TakePassesTheWakeOn) {
  const Pinned pinned;
  for (std::uint64_t overflow : {0U, 4U}) {
    const auto set = Create(1, 4, overflow);
    RingSet::Lane* lane = set->Attach();
    CHECK_EQ(PutBatch(*set, lane, {"1", "2", "3"}).count, 3U);
    CountingSleeper a, b;
    set->records().Park(a);
    set->records().Park(b);
    CHECK(Take(*set, lane) == "1");
    CHECK(a.wakes == 1 && b.wakes == 0);  // two are left
    CHECK(TakeBatch(*set, lane, 2) == Records({"2", "3"}));
    CHECK_EQ(b.wakes, 0);  // none is left
    CHECK_EQ(PutBatch(*set, lane, {"4"}).count, 1U);
    CHECK_EQ(b.wakes, 1);
    set->records().Park(a);
    set->records().Park(b);
    CHECK_EQ(PutBatch(*set, lane, {"5"}).count, 1U);
    CHECK(TakeFrom(*set, lane, 0) == Records({"4", "5"}));
    CHECK(a.wakes == 2 && b.wakes == 1);
    set->records().Unpark(b);
  }
}

TEST(TakeAndClearWakeThoseWhoWaitForRoom) {
  const Pinned pinned;
  const auto set = Create(1, 2, 0);
  RingSet::Lane* lane = set->Attach();
  CHECK_EQ(PutBatch(*set, lane, {"1", "2"}).count, 2U);
  CountingSleeper a, b;
  set->room().Park(a);
  set->room().Park(b);
  CHECK(Take(*set, lane) == "1");
  CHECK(a.wakes == 1 && b.wakes == 1);  // all, as the room may do for several
  set->room().Park(a);
  set->Clear(*lane);
  CHECK_EQ(a.wakes, 2);
  set->room().Park(a);
  CHECK_EQ(TakeBatch(*set, lane, 4).size(), 0U);
  CHECK_EQ(a.wakes, 2);  // nothing was taken
  set->room().Unpark(a);
}

TEST(CloseWakesEverybody) {
  const Pinned pinned;
  const auto set = Create(1, 2, 0);
  CountingSleeper record, room, second;
  set->records().Park(record);
  set->room().Park(room);
  set->Close();
  CHECK(record.wakes == 1 && room.wakes == 1);

  // Parked after the close, before the last record was taken: the taker brings the news.
  const auto other = Create(1, 2, 0);
  RingSet::Lane* other_lane = other->Attach();
  CHECK_EQ(Put(*other, other_lane, "last"), PutStatus::kStored);
  other->Close();
  other->records().Park(record);
  other->records().Park(second);
  CHECK(Take(*other, other_lane) == "last");
  CHECK(record.wakes == 2 && second.wakes == 1);
}

TEST(LevelsHaveRingsOfTheirOwnSizeAndNobodyElses) {
  Levels levels({1, 2, 4, 8});
  for (std::uint32_t level = 0; level < 4; ++level) {
    const std::uint64_t slots = std::uint64_t{1} << level;
    CHECK_EQ(levels.set->ring(level).capacity(), slots);
    for (std::uint64_t i = 0; i < slots; ++i) {
      CHECK(levels.set->HasRoom(*levels.lanes[level], 8));
      CHECK_EQ(Put(*levels.set, levels.lanes[level], "x"), PutStatus::kStored);
    }
    CHECK(!levels.set->HasRoom(*levels.lanes[level], 8));
    CHECK_EQ(Put(*levels.set, levels.lanes[level], "y"), PutStatus::kFull);
    CHECK_EQ(Put(*levels.set, levels.lanes[level], "z", OnFull::kDropOldest), PutStatus::kStored);
    const RingSet::RingStats stats = levels.set->Stats(level);
    CHECK_EQ(stats.puts, slots + 1);
    CHECK_EQ(stats.rejected, 1U);
    CHECK_EQ(stats.discarded, 1U);
  }
}

TEST(TheMostUrgentLevelComesFirst) {
  Levels levels({8, 8, 8, 8});
  RingSet::Lane* taker = levels.set->Attach();
  CHECK(Take(*levels.set, taker) == "(empty)");
  CHECK_EQ(PutBatch(*levels.set, levels.lanes[3], {"d1", "d2", "d3"}).count, 3U);
  CHECK_EQ(PutBatch(*levels.set, levels.lanes[1], {"b1", "b2"}).count, 2U);
  CHECK(Take(*levels.set, taker) == "b1");
  CHECK_EQ(PutBatch(*levels.set, levels.lanes[0], {"a1", "a2"}).count, 2U);
  CHECK_EQ(PutBatch(*levels.set, levels.lanes[2], {"c1"}).count, 1U);
  CHECK(TakeBatch(*levels.set, taker, 4) == Records({"a1", "a2", "b2", "c1"}));
  CHECK_EQ(PutBatch(*levels.set, levels.lanes[0], {"a3"}).count, 1U);
  // As much as has space, and no record of a later level in its stead.
  CHECK(TakeBatch(*levels.set, taker, 9, 3) == Records({"a3"}));
  CHECK(TakeBatch(*levels.set, taker, 9, 1).empty());
  CHECK(TakeBatch(*levels.set, taker, 9) == Records({"d1", "d2", "d3"}));
  levels.set->Close();
  CHECK(Take(*levels.set, taker) == "(drained)");
}

TEST(RoomIsKeptForARecordThatWaitsForSeveralSlots) {
  const auto set = Create(1, 8, 0);
  RingSet::Lane* waiting = set->Attach();
  RingSet::Lane* other = set->Attach();
  const std::string large(4 * 16, 'L');
  for (int i = 0; i < 8; ++i) CHECK_EQ(Put(*set, other, "s"), PutStatus::kStored);
  CHECK_EQ(Put(*set, waiting, large, OnFull::kReserve), PutStatus::kFull);
  for (int taken = 1; taken < 4; ++taken) {
    CHECK(Take(*set, other) == "s");
    CHECK_EQ(Put(*set, other, "s"), PutStatus::kFull);
    CHECK_EQ(PutBatch(*set, other, {"s", "s"}).count, 0U);
    CHECK(!set->HasRoom(*other, 1));
    CHECK_EQ(Put(*set, waiting, large, OnFull::kReserve), PutStatus::kFull);
    CHECK_EQ(set->Stats(0).size, static_cast<std::uint64_t>(8 - taken));
  }
  CHECK(Take(*set, other) == "s");
  CHECK(set->HasRoom(*waiting, static_cast<std::uint32_t>(large.size())));
  // What is left beside the reserved slots is for everybody.
  CHECK(Take(*set, other) == "s");
  CHECK_EQ(PutBatch(*set, other, {"b", "c"}).count, 1U);
  CHECK_EQ(Put(*set, waiting, large, OnFull::kReserve), PutStatus::kStored);
  CHECK_EQ(Put(*set, other, "x"), PutStatus::kFull);
  CHECK(TakeBatch(*set, other, 64) == Records({"s", "s", "s", "b", large}));
  CHECK_EQ(Put(*set, other, "x"), PutStatus::kStored);
  CHECK_EQ(set->Stats(0).puts, 11U);
}

TEST(OneReservesAtATimeAndAnEndedReservationIsForTheNext) {
  const auto set = Create(1, 2, 0);
  RingSet::Lane* first = set->Attach();
  RingSet::Lane* second = set->Attach();
  CHECK_EQ(PutBatch(*set, first, {"1", "2"}).count, 2U);
  CountingSleeper sleeper;
  CHECK_EQ(Put(*set, first, "f", OnFull::kReserve), PutStatus::kFull);
  CHECK_EQ(Put(*set, second, "g", OnFull::kReserve), PutStatus::kFull);
  CHECK(Take(*set, first) == "1");
  CHECK_EQ(Put(*set, second, "g", OnFull::kReserve), PutStatus::kFull);
  set->room().Park(sleeper);
  set->Unreserve(*first);
  CHECK_EQ(sleeper.wakes, 1);
  CHECK_EQ(Put(*set, second, "g", OnFull::kReserve), PutStatus::kStored);
  // A lane that goes takes its reservation along.
  CHECK_EQ(Put(*set, first, "f", OnFull::kReserve), PutStatus::kFull);
  set->Detach(first);
  CHECK(Take(*set, second) == "2");
  CHECK_EQ(Put(*set, second, "h"), PutStatus::kStored);
  CHECK(Take(*set, second) == "g");
  CHECK(Take(*set, second) == "h");
  CHECK(Take(*set, second) == "(empty)");
}

TEST(ThoseWhoWaitForRoomAreServedInTurn) {
  const auto set = Create(1, 2, 0);
  RingSet::Lane* first = set->Attach();
  RingSet::Lane* second = set->Attach();
  CHECK_EQ(PutBatch(*set, first, {"1", "2"}).count, 2U);
  CHECK_EQ(Put(*set, first, "f", OnFull::kReserve), PutStatus::kFull);
  CHECK_EQ(Put(*set, second, std::string(32, 'g'), OnFull::kReserve), PutStatus::kFull);
  CHECK(Take(*set, first) == "1");
  CHECK_EQ(Put(*set, first, "f", OnFull::kReserve), PutStatus::kStored);
  // Its next record has its place behind the other's, however often it asks.
  for (const char* taken : {"2", "f"}) {
    CHECK_EQ(Put(*set, first, "h", OnFull::kReserve), PutStatus::kFull);
    CHECK(Take(*set, first) == taken);
  }
  CHECK_EQ(Put(*set, first, "h", OnFull::kReserve), PutStatus::kFull);
  CHECK_EQ(Put(*set, second, std::string(32, 'g'), OnFull::kReserve), PutStatus::kStored);
  CHECK_EQ(Take(*set, first).size(), 32U);
  CHECK_EQ(set->ring(0).reserved_slots(), 1U);
  // Beside the room that is kept for it.
  CHECK_EQ(Put(*set, first, "h", OnFull::kReserve), PutStatus::kStored);
  set->Unreserve(*first);
  CHECK_EQ(set->ring(0).reserved_slots(), 0U);
}

TEST(WhoDoesNotComeForItsRoomIsPassedOver) {
  const auto set = Create(1, 2, 0);
  RingSet::Lane* stalled = set->Attach();
  RingSet::Lane* other = set->Attach();
  const std::string large(32, 'L');
  CHECK_EQ(PutBatch(*set, other, {"1", "2"}).count, 2U);
  CHECK_EQ(Put(*set, stalled, large, OnFull::kReserve), PutStatus::kFull);
  CHECK(Take(*set, other) == "1");
  // There is no room for it yet: it keeps its place.
  set->PassOverWhoDoesNotCome();
  CHECK_EQ(Put(*set, other, "3"), PutStatus::kFull);
  CHECK(Take(*set, other) == "2");
  CountingSleeper sleeper;
  set->room().Park(sleeper);
  set->PassOverWhoDoesNotCome();
  CHECK_EQ(sleeper.wakes, 1);
  CHECK_EQ(Put(*set, other, "3"), PutStatus::kStored);
  // It may ask again.
  CHECK_EQ(Put(*set, stalled, large, OnFull::kReserve), PutStatus::kFull);
  CHECK_EQ(Put(*set, other, "4"), PutStatus::kFull);
  CHECK(Take(*set, other) == "3");
  CHECK_EQ(Put(*set, stalled, large, OnFull::kReserve), PutStatus::kStored);
}

// Two threads that wait for room for large records, two that try small ones, one that passes over
// whoever does not come, and one that takes: every record that was stored comes out, and those who
// wait are served although the others never stop.
TEST(ThoseWhoWaitAreServedBesideThoseWhoTry) {
  constexpr int kLarge = 5000;
  const auto set = Create(1, 4, 0);
  std::atomic<int> waiting{2};
  std::atomic<std::uint64_t> small{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&, slots = 2 + 2 * i] {
      RingSet::Lane* lane = set->Attach();
      const std::string record(static_cast<std::size_t>(16 * slots), 'L');
      for (int n = 0; n < kLarge; ++n) {
        while (Put(*set, lane, record, OnFull::kReserve) != PutStatus::kStored)
          std::this_thread::yield();
        set->Unreserve(*lane);
      }
      set->Detach(lane);
      --waiting;
    });
    threads.emplace_back([&] {
      RingSet::Lane* lane = set->Attach();
      while (waiting != 0) {
        if (Put(*set, lane, "s", OnFull::kTryAgain) == PutStatus::kStored)
          ++small;
        else
          std::this_thread::yield();
      }
      set->Detach(lane);
    });
  }
  threads.emplace_back([&] {
    while (waiting != 0) {
      set->PassOverWhoDoesNotCome();
      std::this_thread::yield();
    }
  });
  RingSet::Lane* taker = set->Attach();
  std::uint64_t large_taken = 0;
  std::uint64_t small_taken = 0;
  for (bool last = false;;) {
    const std::string record = Take(*set, taker);
    if (record == "s") {
      ++small_taken;
    } else if (record != "(empty)") {
      CHECK(record == std::string(record.size(), 'L'));
      ++large_taken;
    } else if (last) {
      break;
    } else if (waiting == 0) {
      for (std::thread& thread : threads) thread.join();
      last = true;
    } else {
      std::this_thread::yield();
    }
  }
  CHECK_EQ(large_taken, 2U * kLarge);
  CHECK_EQ(small_taken, small.load());
  CHECK_EQ(set->ring(0).reserved_slots(), 0U);
}

TEST(ARecordThatNoRingCanHoldReservesNothing) {
  const auto set = Create(1, 2, 0);
  RingSet::Lane* lane = set->Attach();
  CHECK_EQ(Put(*set, lane, std::string(48, 'x'), OnFull::kReserve), PutStatus::kFull);
  CHECK_EQ(Put(*set, lane, "1"), PutStatus::kStored);
}

TEST(AReservationEndsWithTheRingOrWhereTheOldestGiveWay) {
  for (const bool close : {false, true}) {
    const auto set = Create(1, 2, 0);
    RingSet::Lane* waiting = set->Attach();
    RingSet::Lane* other = set->Attach();
    CHECK_EQ(PutBatch(*set, other, {"1", "2"}).count, 2U);
    CHECK_EQ(Put(*set, waiting, std::string(32, 'w'), OnFull::kReserve), PutStatus::kFull);
    if (close) {
      set->Close();
      CHECK_EQ(Put(*set, waiting, std::string(32, 'w'), OnFull::kReserve), PutStatus::kClosed);
      CHECK_EQ(Put(*set, other, "3"), PutStatus::kClosed);
    } else {
      CHECK_EQ(Put(*set, other, "3", OnFull::kDropOldest), PutStatus::kStored);
      CHECK(Take(*set, other) == "2");
    }
    CHECK_EQ(set->Stats(0).write_index, close ? 2U : 3U);
    while (Take(*set, other).size() == 1) continue;
    CHECK(Take(*set, other) == (close ? "(drained)" : "(empty)"));
  }
}

TEST(APerCpuSetReservesInTheOverflowRing) {
  const Pinned pinned;
  const auto set = Create(4, 2, 4);
  RingSet::Lane* waiting = set->Attach();
  RingSet::Lane* other = set->Attach();
  for (int i = 0; i < 6; ++i) CHECK_EQ(Put(*set, other, "s"), PutStatus::kStored);
  const std::string large(48, 'L');
  CHECK_EQ(Put(*set, waiting, large, OnFull::kReserve), PutStatus::kFull);
  std::string target(64, '?');
  std::uint32_t size;
  const auto take = [&](std::uint32_t ring) {
    return set->TakeBatchFrom(*other, ring, reinterpret_cast<std::uint8_t*>(target.data()), 64,
                              &size, 1, 1);
  };
  for (int i = 0; i < 3; ++i) {
    CHECK_EQ(Put(*set, waiting, large, OnFull::kReserve), PutStatus::kFull);
    CHECK_EQ(take(4).count, 1U);
    CHECK_EQ(Put(*set, other, "s"), PutStatus::kFull);
  }
  CHECK_EQ(Put(*set, waiting, large, OnFull::kReserve), PutStatus::kStored);
  CHECK_EQ(take(pinned.home(4)).count, 1U);
  CHECK_EQ(Put(*set, other, "s"), PutStatus::kStored);
}

TEST(OneOfSoManyGoesToTheOtherLevelsInTurn) {
  for (std::uint32_t chunk : {1U, 2U, 5U, 64U}) {
    Levels levels({64, 64, 64, 64}, 4);
    RingSet::Lane* taker = levels.set->Attach();
    for (int i = 0; i < 40; ++i)
      CHECK_EQ(Put(*levels.set, levels.lanes[0], "a"), PutStatus::kStored);
    for (const char* text : {"b", "b"})
      CHECK_EQ(Put(*levels.set, levels.lanes[1], text), PutStatus::kStored);
    for (const char* text : {"d", "d", "d"}) {
      CHECK_EQ(Put(*levels.set, levels.lanes[3], text), PutStatus::kStored);
    }
    std::string order;
    while (order.size() < 45) {
      for (const std::string& text : TakeBatch(*levels.set, taker, chunk)) order += text;
    }
    CHECK(order == "aaabaaadaaabaaadaaadaaaaaaaaaaaaaaaaaaaaaaaaa");
  }
}

TEST(OneSleeperHearsOfEveryLevel) {
  Levels levels({2, 2, 2, 2});
  CountingSleeper sleeper;
  for (int level = 0; level < 4; ++level) {
    levels.set->records().Park(sleeper);
    CHECK_EQ(Put(*levels.set, levels.lanes[static_cast<std::size_t>(level)], "x"),
             PutStatus::kStored);
    CHECK_EQ(sleeper.wakes, level + 1);
  }
}
