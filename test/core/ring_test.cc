// What one thread can see of a ring.
#include "core/ring.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "check.h"
#include "test_ring.h"

using tapio::kCacheLine;
using tapio::PutResult;
using tapio::PutStatus;
using tapio::Ring;
using tapio::TakeResult;
using tapio::TakeStatus;
using tapio::test::TestLane;
using tapio::test::TestRing;

namespace {

constexpr std::uint64_t kNoEnd = (std::uint64_t{1} << 62) - 1;
constexpr std::uint64_t kStarts[] = {0, 1, (std::uint64_t{1} << 32) - 5, std::uint64_t{1} << 60};
constexpr std::uint64_t kCapacities[] = {1, 2, 3, 4, 64, 1000, 1024};

// Bytes that tell the record and the position apart.
std::string Text(std::uint64_t number, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(number * 31 + i * 7 + 1);
  return text;
}

PutStatus Put(TestRing<>& ring, Ring::Lane& lane, const std::string& text) {
  return ring->Put(lane, text.data(), static_cast<std::uint32_t>(text.size()));
}

// The record taken, or the status in brackets.
std::string Take(TestRing<>& ring, Ring::Lane& lane) {
  std::string target(4096, '?');
  const TakeResult result = ring->Take(lane, target.data(), target.size());
  switch (result.status) {
    case TakeStatus::kTaken:
      CHECK_EQ(result.count, 1U);
      target.resize(result.bytes);
      return target;
    case TakeStatus::kEmpty:
      return "(empty)";
    case TakeStatus::kDrained:
      return "(drained)";
    case TakeStatus::kTargetTooSmall:
      return "(too small)";
  }
  return "(unknown)";
}

struct Batch {
  TakeResult result;
  std::vector<std::string> records;
};

Batch Unpack(TakeResult result, const std::vector<std::uint8_t>& target,
             const std::vector<std::uint32_t>& sizes, std::size_t alignment) {
  Batch batch{result, {}};
  std::size_t start = 0;
  for (std::uint32_t i = 0; i < result.count; ++i) {
    batch.records.emplace_back(reinterpret_cast<const char*>(target.data()) + start, sizes[i]);
    start += i + 1 == result.count ? sizes[i] : tapio::AlignUp(sizes[i], alignment);
  }
  if (result.status == TakeStatus::kTaken) CHECK_EQ(result.bytes, start);
  return batch;
}

Batch TakeBatch(TestRing<>& ring, Ring::Lane& lane, std::size_t limit, std::uint32_t max,
                std::size_t alignment = 8, std::uint64_t end = kNoEnd) {
  std::vector<std::uint8_t> target(limit);
  std::vector<std::uint32_t> sizes(max);
  const TakeResult result =
      ring->TakeBatch(lane, target.data(), limit, sizes.data(), max, alignment, end);
  return Unpack(result, target, sizes, alignment);
}

Batch PeekBatch(TestRing<>& ring, std::uint64_t& cursor, std::size_t limit, std::uint32_t max,
                std::uint64_t end = kNoEnd) {
  std::vector<std::uint8_t> target(limit);
  std::vector<std::uint32_t> sizes(max);
  const TakeResult result =
      ring->PeekBatch(cursor, target.data(), limit, sizes.data(), max, 8, end);
  return Unpack(result, target, sizes, 8);
}

PutResult PutBatch(TestRing<>& ring, Ring::Lane& lane, const std::vector<std::string>& records,
                   std::size_t alignment = 8) {
  std::string data;
  std::vector<std::uint32_t> sizes;
  for (const std::string& record : records) {
    data.resize(tapio::AlignUp(data.size(), alignment));
    data += record;
    sizes.push_back(static_cast<std::uint32_t>(record.size()));
  }
  return ring->PutBatch(lane, reinterpret_cast<const std::uint8_t*>(data.data()), sizes.data(),
                        static_cast<std::uint32_t>(sizes.size()), alignment);
}

std::uint64_t Read(const std::atomic<std::uint64_t>& counter) { return counter.load(); }

}  // namespace

TEST(ExactCapacityAndFifoOverManyLaps) {
  for (std::uint64_t start : kStarts) {
    for (std::uint64_t capacity : kCapacities) {
      for (bool seated : {true, false}) {
        TestRing<> ring(capacity, 112, start);
        TestLane<> lane(ring, seated);
        CHECK_EQ(ring->capacity(), capacity);
        CHECK_EQ(ring->write_index(), start);
        CHECK_EQ(ring->read_index(), start);
        std::uint64_t put = 0;
        std::uint64_t taken = 0;
        while (taken < 3 * ring.slots()) {
          while (put - taken < capacity) {
            CHECK_EQ(ring->size(), put - taken);
            REQUIRE_EQ(Put(ring, lane, Text(put, put % 113)), PutStatus::kStored);
            ++put;
          }
          CHECK_EQ(Put(ring, lane, "refused"), PutStatus::kFull);
          CHECK_EQ(ring->size(), capacity);
          const std::uint64_t leave = taken % 2 == 0 ? 0 : capacity / 2;
          while (put - taken > leave) {
            CHECK(ring->HasRecord());
            REQUIRE(Take(ring, lane) == Text(taken, taken % 113));
            ++taken;
          }
          if (leave == 0) {
            CHECK(Take(ring, lane) == "(empty)");
            CHECK(!ring->HasRecord());
          }
          CHECK_EQ(ring->write_index(), start + put);
          CHECK_EQ(ring->read_index(), start + taken);
        }
        CHECK_EQ(Read(lane.puts), put);
        CHECK_EQ(Read(lane.gets), taken);
        CHECK_EQ(Read(lane.high_watermark), capacity);
        CHECK_EQ(Read(lane.rejected), 0U);
        CHECK_EQ(Read(lane.discarded), 0U);
      }
    }
  }
}

TEST(EverySizeOfOneSlot) {
  for (std::uint32_t payload : {0U, 1U, 7U, 8U, 16U, 112U, 240U, 4080U}) {
    TestRing<> ring(4, payload);
    TestLane<> lane(ring);
    for (std::uint32_t size = 0; size <= payload; ++size) {
      REQUIRE_EQ(Put(ring, lane, Text(size, size)), PutStatus::kStored);
      CHECK_EQ(ring->size(), 1U);
      REQUIRE(Take(ring, lane) == Text(size, size));
    }
    if (payload == 0) CHECK_EQ(Put(ring, lane, ""), PutStatus::kStored);
  }
}

TEST(SpansOfEveryLengthAtEveryPlace) {
  constexpr std::uint32_t kPayload = 16;
  for (bool seated : {true, false}) {
    TestRing<> ring(7, kPayload);
    TestLane<> lane(ring, seated);
    // A short record between spans shifts the place, so that each length crosses the physical end.
    for (std::uint64_t i = 0; ring->write_index() < 40 * ring.slots(); ++i) {
      const std::size_t size = 1 + i * 5 % (7 * kPayload);
      CHECK(ring->CanHold(size));
      REQUIRE_EQ(Put(ring, lane, Text(i, size)), PutStatus::kStored);
      CHECK_EQ(ring->size(), (size + kPayload - 1) / kPayload);
      REQUIRE(Take(ring, lane) == Text(i, size));
      CHECK_EQ(ring->size(), 0U);
    }
  }
}

TEST(SpansNeedTheirSlots) {
  TestRing<> ring(4, 16);
  TestLane<> lane(ring);
  CHECK_EQ(ring->SlotsFor(0), 1U);
  CHECK_EQ(ring->SlotsFor(16), 1U);
  CHECK_EQ(ring->SlotsFor(17), 2U);
  CHECK_EQ(ring->SlotsFor(64), 4U);
  CHECK(ring->CanHold(64) && !ring->CanHold(65));
  CHECK_EQ(Put(ring, lane, Text(0, 65)), PutStatus::kFull);
  CHECK_EQ(Put(ring, lane, Text(1, 64)), PutStatus::kStored);
  CHECK_EQ(Put(ring, lane, ""), PutStatus::kFull);
  CHECK(Take(ring, lane) == Text(1, 64));
  CHECK_EQ(Put(ring, lane, Text(2, 33)), PutStatus::kStored);
  CHECK_EQ(Put(ring, lane, Text(3, 17)), PutStatus::kFull);
  CHECK_EQ(Put(ring, lane, Text(4, 16)), PutStatus::kStored);
  CHECK_EQ(Put(ring, lane, ""), PutStatus::kFull);
  CHECK_EQ(ring->size(), 4U);
  CHECK(Take(ring, lane) == Text(2, 33));
  CHECK(Take(ring, lane) == Text(4, 16));
}

TEST(BatchWithPartialRoom) {
  for (bool seated : {true, false}) {
    TestRing<> ring(4, 16);
    TestLane<> lane(ring, seated);
    CHECK_EQ(Put(ring, lane, "a"), PutStatus::kStored);
    const PutResult first = PutBatch(ring, lane, {"b", Text(1, 20), "d", "e"});
    CHECK_EQ(first.status, PutStatus::kFull);
    CHECK_EQ(first.count, 2U);  // a slot for b, two for the span
    const PutResult second = PutBatch(ring, lane, {"d", "e"});
    CHECK_EQ(second.status, PutStatus::kFull);
    CHECK_EQ(second.count, 0U);
    CHECK(Take(ring, lane) == "a");
    // A batch keeps its order: nothing overtakes a record that does not fit.
    const PutResult third = PutBatch(ring, lane, {Text(2, 20), "f"});
    CHECK_EQ(third.status, PutStatus::kFull);
    CHECK_EQ(third.count, 0U);
    const PutResult fourth = PutBatch(ring, lane, {"g"});
    CHECK_EQ(fourth.status, PutStatus::kStored);
    CHECK_EQ(fourth.count, 1U);
    CHECK(Take(ring, lane) == "b");
    CHECK(Take(ring, lane) == Text(1, 20));
    CHECK(Take(ring, lane) == "g");
    CHECK(Take(ring, lane) == "(empty)");
    CHECK_EQ(Read(lane.puts), 4U);
    CHECK_EQ(Read(lane.gets), 4U);
    CHECK_EQ(Read(lane.high_watermark), 4U);
  }
}

TEST(BatchAlignments) {
  for (std::size_t alignment : {1U, 2U, 8U, 64U}) {
    TestRing<> ring(64, 48);
    TestLane<> lane(ring);
    for (int lap = 0; lap < 10; ++lap) {
      std::vector<std::string> records;
      for (std::size_t i = 0; i < 20; ++i) records.push_back(Text(i, (i * 13) % 100));
      REQUIRE_EQ(PutBatch(ring, lane, records, alignment).status, PutStatus::kStored);
      const Batch batch = TakeBatch(ring, lane, 4096, 64, alignment);
      CHECK_EQ(batch.result.status, TakeStatus::kTaken);
      CHECK(batch.records == records);
    }
  }
}

TEST(EmptyBatch) {
  TestRing<> ring(4);
  TestLane<> lane(ring);
  const PutResult open = PutBatch(ring, lane, {});
  CHECK_EQ(open.status, PutStatus::kStored);
  CHECK_EQ(open.count, 0U);
  CHECK_EQ(Read(lane.high_watermark), 0U);
  ring->Close();
  CHECK_EQ(PutBatch(ring, lane, {}).count, 0U);
  CHECK_EQ(Read(lane.high_watermark), 0U);
  CHECK_EQ(Read(lane.puts), 0U);
}

TEST(TakeBatchStopsAtItsLimits) {
  TestRing<> ring(8, 16);
  TestLane<> lane(ring);
  REQUIRE_EQ(PutBatch(ring, lane, {"1", "22", "333", "4444", "55555"}).count, 5U);
  CHECK(TakeBatch(ring, lane, 4096, 2).records == std::vector<std::string>({"1", "22"}));
  // 8 aligned bytes for "333", 3 left for "4444".
  CHECK(TakeBatch(ring, lane, 11, 9).records == std::vector<std::string>({"333"}));
  const Batch none = TakeBatch(ring, lane, 3, 9);
  CHECK_EQ(none.result.status, TakeStatus::kTargetTooSmall);
  CHECK_EQ(none.result.count, 0U);
  CHECK_EQ(none.result.bytes, 4U);
  const std::uint64_t end = ring->read_index() + 1;
  CHECK(TakeBatch(ring, lane, 4096, 9, 8, end).records == std::vector<std::string>({"4444"}));
  CHECK_EQ(TakeBatch(ring, lane, 4096, 9, 8, end).result.status, TakeStatus::kEmpty);
  CHECK(TakeBatch(ring, lane, 5, 9).records == std::vector<std::string>({"55555"}));
  CHECK_EQ(TakeBatch(ring, lane, 0, 9).result.status, TakeStatus::kEmpty);
  CHECK_EQ(Read(lane.gets), 5U);
}

TEST(TargetTooSmallKeepsTheRecord) {
  TestRing<> ring(8, 16);
  TestLane<> lane(ring);
  for (std::uint32_t size : {1U, 16U, 17U, 64U}) {
    REQUIRE_EQ(Put(ring, lane, Text(size, size)), PutStatus::kStored);
    std::vector<std::uint8_t> target(size - 1);
    for (int again = 0; again < 2; ++again) {
      const TakeResult result = ring->Take(lane, target.data(), target.size());
      CHECK_EQ(result.status, TakeStatus::kTargetTooSmall);
      CHECK_EQ(result.count, 0U);
      CHECK_EQ(result.bytes, size);
    }
    std::uint64_t cursor = 0;
    CHECK_EQ(PeekBatch(ring, cursor, size - 1, 1).result.status, TakeStatus::kTargetTooSmall);
    CHECK_EQ(PeekBatch(ring, cursor, size - 1, 1).result.bytes, size);
    CHECK(Take(ring, lane) == Text(size, size));
  }
  CHECK_EQ(Read(lane.gets), 4U);
}

TEST(CloseRefusesPutsAndDrainsOnce) {
  for (std::uint64_t start : kStarts) {
    TestRing<> ring(8, 16, start);
    TestLane<> lane(ring);
    TestLane<> unseated(ring, false);
    REQUIRE_EQ(PutBatch(ring, lane, {"a", Text(1, 40), "c"}).count, 3U);
    CHECK(!ring->closed() && !ring->drained());
    ring->Close();
    ring->Close();
    CHECK(ring->closed() && !ring->drained());
    for (int i = 0; i < 100; ++i) {
      CHECK_EQ(Put(ring, lane, "late"), PutStatus::kClosed);
      CHECK_EQ(Put(ring, lane, Text(0, 40)), PutStatus::kClosed);
      CHECK_EQ(Put(ring, unseated, "late"), PutStatus::kClosed);
      const PutResult batch = PutBatch(ring, lane, {"late", "later"});
      CHECK_EQ(batch.status, PutStatus::kClosed);
      CHECK_EQ(batch.count, 0U);
    }
    CHECK_EQ(ring->write_index(), start + 5);
    CHECK_EQ(ring->size(), 5U);
    CHECK(Take(ring, lane) == "a");
    CHECK(Take(ring, unseated) == Text(1, 40));
    CHECK(ring->HasRecord() && !ring->drained());
    CHECK(Take(ring, lane) == "c");
    CHECK(ring->drained());
    CHECK(!ring->HasRecord());
    CHECK(Take(ring, lane) == "(drained)");
    CHECK(Take(ring, unseated) == "(drained)");
    CHECK_EQ(TakeBatch(ring, lane, 64, 4).result.status, TakeStatus::kDrained);
    CHECK_EQ(ring->size(), 0U);
    CHECK_EQ(Read(lane.puts), 3U);
    CHECK_EQ(Read(lane.gets) + Read(unseated.gets), 3U);
  }
}

TEST(CloseOfAFullRingAndOfAnEmptyOne) {
  TestRing<> full(2);
  TestLane<> lane(full);
  REQUIRE_EQ(PutBatch(full, lane, {"a", "b"}).count, 2U);
  full->Close();
  CHECK_EQ(Put(full, lane, "c"), PutStatus::kClosed);
  CHECK(Take(full, lane) == "a");
  CHECK_EQ(Put(full, lane, "c"), PutStatus::kClosed);
  CHECK_EQ(full->Clear(lane), 1U);
  CHECK(Take(full, lane) == "(drained)");

  TestRing<> empty(2);
  TestLane<> other(empty);
  empty->Close();
  CHECK(empty->drained());
  CHECK(Take(empty, other) == "(drained)");
  CHECK_EQ(empty->Clear(other), 0U);
}

TEST(ClearAndDiscard) {
  for (std::uint64_t start : kStarts) {
    TestRing<> ring(8, 16, start);
    TestLane<> lane(ring);
    CHECK_EQ(ring->Clear(lane), 0U);
    CHECK(!ring->DiscardOne(lane));
    REQUIRE_EQ(PutBatch(ring, lane, {"a", Text(1, 40), "c", "d"}).count, 4U);
    CHECK(ring->DiscardOne(lane));
    CHECK_EQ(ring->size(), 5U);
    CHECK(ring->DiscardOne(lane));
    CHECK_EQ(ring->size(), 2U);
    CHECK(Take(ring, lane) == "c");
    REQUIRE_EQ(PutBatch(ring, lane, {Text(2, 80)}).count, 1U);
    CHECK_EQ(ring->Clear(lane), 2U);
    CHECK_EQ(ring->size(), 0U);
    CHECK(Take(ring, lane) == "(empty)");
    CHECK_EQ(Read(lane.discarded), 4U);
    CHECK_EQ(Read(lane.gets), 1U);
    REQUIRE_EQ(PutBatch(ring, lane, std::vector<std::string>(8, "x")).count, 8U);
    CHECK_EQ(ring->Clear(lane), 8U);
  }
}

TEST(PeekLeavesEverything) {
  for (std::uint64_t start : kStarts) {
    TestRing<> ring(8, 16, start);
    TestLane<> lane(ring);
    std::uint64_t cursor = 0;  // older than the first ticket: moves up to it
    CHECK_EQ(PeekBatch(ring, cursor, 4096, 4).result.status, TakeStatus::kEmpty);
    CHECK_EQ(cursor, start);
    const std::vector<std::string> records{"a", Text(1, 40), "c", "d", Text(4, 17)};
    REQUIRE_EQ(PutBatch(ring, lane, records).count, 5U);
    for (int again = 0; again < 3; ++again) {
      cursor = start;
      CHECK(PeekBatch(ring, cursor, 4096, 16).records == records);
      CHECK_EQ(cursor, ring->write_index());
      CHECK_EQ(PeekBatch(ring, cursor, 4096, 16).result.status, TakeStatus::kEmpty);
    }
    cursor = start;
    CHECK(PeekBatch(ring, cursor, 4096, 2).records == std::vector<std::string>({"a", Text(1, 40)}));
    CHECK_EQ(cursor, start + 4);
    CHECK(PeekBatch(ring, cursor, 4096, 16, start + 5).records == std::vector<std::string>({"c"}));
    CHECK_EQ(PeekBatch(ring, cursor, 4096, 16, start + 5).result.status, TakeStatus::kEmpty);
    CHECK(Take(ring, lane) == "a");
    cursor = start;  // what was taken is skipped
    CHECK(PeekBatch(ring, cursor, 4096, 1).records == std::vector<std::string>({Text(1, 40)}));
    CHECK_EQ(ring->size(), 7U);
    CHECK_EQ(Read(lane.gets), 1U);
  }
}

TEST(LanesCountForThemselves) {
  TestRing<> ring(4);
  TestLane<> a(ring);
  TestLane<> b(ring, false);
  CHECK_EQ(Put(ring, a, "1"), PutStatus::kStored);
  CHECK_EQ(Put(ring, b, "2"), PutStatus::kStored);
  CHECK_EQ(Put(ring, b, "3"), PutStatus::kStored);
  CHECK_EQ(Read(a.high_watermark), 1U);
  CHECK_EQ(Read(b.high_watermark), 3U);
  CHECK(Take(ring, a) == "1");
  CHECK(ring->DiscardOne(b));
  Ring::CountRejected(a, 5);
  CHECK_EQ(Put(ring, a, "4"), PutStatus::kStored);
  CHECK_EQ(Read(a.high_watermark), 2U);
  CHECK_EQ(Read(a.puts), 2U);
  CHECK_EQ(Read(b.puts), 2U);
  CHECK_EQ(Read(a.gets), 1U);
  CHECK_EQ(Read(b.discarded), 1U);
  CHECK_EQ(Read(a.rejected), 5U);
  CHECK_EQ(Read(b.rejected), 0U);
}

TEST(LayoutOfASlot) {
  CHECK_EQ(Ring::kHeaderSize, 16U);
  const Ring::Geometry geometry{10, 256, 240};
  CHECK_EQ(Ring::BytesFor(geometry), (10 + Ring::kSeats) * 256);
  CHECK_EQ(alignof(Ring), kCacheLine);
}
