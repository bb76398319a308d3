#include "kernel/ring_reader.h"

#include <algorithm>
#include <deque>
#include <thread>
#include <vector>

#include "check.h"
#include "fake_kernel_ring.h"

using tapio::kernel::RingReader;
using tapio::test::FakeKernelRing;
using tapio::test::Random;
using Rest = RingReader::Rest;

namespace {

std::vector<std::uint8_t> Pattern(std::uint32_t n, std::uint32_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (std::uint32_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(n * 31 + i);
  return bytes;
}

// What a reader visits, up to the newest record.
struct Reading {
  explicit Reading(RingReader& reader) {
    rest = reader.Drain(reader.end(), [this](const std::uint8_t* data, std::uint32_t size) {
      records.emplace_back(data, data + size);
    });
  }
  std::vector<std::vector<std::uint8_t>> records;
  Rest rest;
};

std::uint8_t* Write(FakeKernelRing& ring, std::uint32_t n, std::uint32_t size) {
  std::uint8_t* data = ring.Reserve(size);
  if (data == nullptr) return nullptr;
  const auto pattern = Pattern(n, size);
  std::copy(pattern.begin(), pattern.end(), data);
  return data;
}

}  // namespace

TEST(AnEmptyRing) {
  FakeKernelRing ring;
  RingReader reader(ring.memory());
  const Reading reading(reader);
  CHECK(reading.rest == Rest::kNothing);
  CHECK_EQ(reading.records.size(), 0);
}

TEST(RecordsOfAnySizeOnce) {
  FakeKernelRing ring;
  RingReader reader(ring.memory());
  for (std::uint32_t size : {0, 1, 7, 8, 9, 100, 2000})
    FakeKernelRing::Submit(Write(ring, size, size));
  const Reading reading(reader);
  CHECK(reading.rest == Rest::kNothing);
  REQUIRE_EQ(reading.records.size(), 7);
  for (const auto& record : reading.records) {
    const auto size = static_cast<std::uint32_t>(record.size());
    CHECK(record == Pattern(size, size));
  }
  CHECK_EQ(ring.consumer(), reader.end());
  CHECK_EQ(Reading(reader).records.size(), 0);
}

TEST(ABusyRecordStopsAndComesLater) {
  FakeKernelRing ring;
  RingReader reader(ring.memory());
  FakeKernelRing::Submit(Write(ring, 1, 10));
  std::uint8_t* busy = Write(ring, 2, 10);
  FakeKernelRing::Submit(Write(ring, 3, 10));
  const Reading first(reader);
  CHECK(first.rest == Rest::kBusy);
  REQUIRE_EQ(first.records.size(), 1);
  CHECK(first.records[0] == Pattern(1, 10));
  CHECK_EQ(ring.consumer(), 24);
  FakeKernelRing::Submit(busy);
  const Reading second(reader);
  CHECK(second.rest == Rest::kNothing);
  REQUIRE_EQ(second.records.size(), 2);
  CHECK(second.records[0] == Pattern(2, 10));
  CHECK(second.records[1] == Pattern(3, 10));
}

TEST(ADiscardedRecordIsSkipped) {
  FakeKernelRing ring;
  RingReader reader(ring.memory());
  FakeKernelRing::Discard(Write(ring, 1, 10));
  FakeKernelRing::Submit(Write(ring, 2, 11));
  FakeKernelRing::Discard(Write(ring, 3, 12));
  const Reading reading(reader);
  CHECK(reading.rest == Rest::kNothing);
  REQUIRE_EQ(reading.records.size(), 1);
  CHECK(reading.records[0] == Pattern(2, 11));
  CHECK_EQ(ring.consumer(), reader.end());
}

TEST(ARecordThatWrapsAroundComesWhole) {
  FakeKernelRing ring;
  RingReader reader(ring.memory());
  FakeKernelRing::Submit(Write(ring, 1, 4000));
  CHECK_EQ(Reading(reader).records.size(), 1);
  // Begins 88 bytes before the end of the data.
  FakeKernelRing::Submit(Write(ring, 2, 3000));
  const Reading reading(reader);
  REQUIRE_EQ(reading.records.size(), 1);
  CHECK(reading.records[0] == Pattern(2, 3000));
}

TEST(ARecordThatFillsTheRing) {
  FakeKernelRing ring;
  RingReader reader(ring.memory());
  FakeKernelRing::Submit(Write(ring, 1, FakeKernelRing::kSize - 8));
  CHECK(ring.Reserve(0) == nullptr);
  const Reading reading(reader);
  REQUIRE_EQ(reading.records.size(), 1);
  CHECK(reading.records[0] == Pattern(1, FakeKernelRing::kSize - 8));
  CHECK(ring.Reserve(0) != nullptr);
}

TEST(RoomComesBackBeforeTheEndOfALongDrain) {
  FakeKernelRing ring;
  RingReader reader(ring.memory());
  for (std::uint32_t n = 0; n < 200; ++n) FakeKernelRing::Submit(Write(ring, n, 8));
  std::uint32_t visits = 0;
  reader.Drain(reader.end(), [&](const std::uint8_t*, std::uint32_t) {
    CHECK(ring.consumer() + RingReader::kStep * 16 >= std::uint64_t{visits} * 16);
    ++visits;
  });
  CHECK_EQ(visits, 200);
}

TEST(OnlyUpToTheEndThatWasAskedFor) {
  FakeKernelRing ring;
  RingReader reader(ring.memory());
  FakeKernelRing::Submit(Write(ring, 1, 8));
  const std::uint64_t end = reader.end();
  FakeKernelRing::Submit(Write(ring, 2, 8));
  std::uint32_t visits = 0;
  reader.Drain(end, [&](const std::uint8_t*, std::uint32_t) { ++visits; });
  CHECK_EQ(visits, 1);
  CHECK_EQ(Reading(reader).records.size(), 1);
}

TEST(ADrainIsLeftBetweenTwoSteps) {
  FakeKernelRing ring;
  RingReader reader(ring.memory());
  for (std::uint32_t n = 0; n < 200; ++n) FakeKernelRing::Submit(Write(ring, n, 8));
  std::uint32_t visits = 0;
  const auto count = [&](const std::uint8_t*, std::uint32_t) { ++visits; };
  const auto leave = [&] { return visits >= 100; };
  CHECK(reader.Drain(reader.end(), count, leave) == Rest::kLeft);
  CHECK_EQ(visits, 2 * RingReader::kStep);
  CHECK_EQ(ring.consumer(), reader.position());
  CHECK(reader.Drain(reader.end(), count) == Rest::kNothing);
  CHECK_EQ(visits, 200);
}

TEST(GarbageLengthsAreRefusedForGood) {
  constexpr std::uint32_t kLengths[] = {9,    17,   24,         100,        4088,
                                        4096, 4097, 0x3fffffff, 0x3ffffff8, 0x20000000};
  for (const std::uint32_t length : kLengths) {
    for (const std::uint32_t flag : {std::uint32_t{0}, RingReader::kDiscardBit}) {
      FakeKernelRing ring;
      RingReader reader(ring.memory());
      FakeKernelRing::Submit(Write(ring, 1, 8));
      std::uint8_t* garbage = Write(ring, 2, 8);
      FakeKernelRing::SetHeader(garbage, length | flag);
      const Reading reading(reader);
      CHECK(reading.rest == Rest::kCorrupt);
      CHECK_EQ(reading.records.size(), 1);
      // Whoever reads the ring next does not see that record again.
      CHECK_EQ(ring.consumer(), 16);
      FakeKernelRing::SetHeader(garbage, 8);
      const Reading again(reader);
      CHECK(again.rest == Rest::kCorrupt);
      CHECK_EQ(again.records.size(), 0);
    }
  }
}

TEST(ImpossiblePositionsAreRefused) {
  FakeKernelRing ring;
  RingReader reader(ring.memory());
  FakeKernelRing::Submit(Write(ring, 1, 8));
  ring.set_producer(FakeKernelRing::kSize + 8);
  const Reading reading(reader);
  CHECK(reading.rest == Rest::kCorrupt);
  CHECK_EQ(reading.records.size(), 0);
}

TEST(AnotherReaderIsNoticed) {
  FakeKernelRing ring;
  RingReader reader(ring.memory());
  FakeKernelRing::Submit(Write(ring, 1, 8));
  ring.set_consumer(16);
  const Reading reading(reader);
  CHECK(reading.rest == Rest::kCorrupt);
  CHECK_EQ(reading.records.size(), 0);
}

// Against a plain queue, from the middle of a ring's life and across 2^32 and 2^64.
TEST(RandomHistories) {
  Random random;
  std::uint64_t wraps = 0;
  std::uint64_t busy_seen = 0;
  for (const std::uint64_t start :
       {std::uint64_t{0}, (std::uint64_t{1} << 32) - 4096, std::uint64_t{0} - 8192}) {
    FakeKernelRing ring(start);
    RingReader reader(ring.memory());
    struct Pending {
      std::uint32_t n, size;
      std::uint8_t* data;
      int state;  // 0 busy, 1 submitted, 2 discarded
    };
    std::deque<Pending> model;
    std::uint32_t n = 0;
    for (int step = 0; step < 20'000; ++step) {
      const std::uint32_t size = random.Below(random.OneIn(8) ? 1500 : 120);
      const std::uint64_t before = reader.end();
      if (std::uint8_t* data = Write(ring, ++n, size)) {
        model.push_back({n, size, data, 0});
        if ((before & 4095) > (reader.end() & 4095)) ++wraps;
      }
      for (auto& record : model) {
        if (record.state != 0 || !random.OneIn(3)) continue;
        record.state = random.OneIn(4) ? 2 : 1;
        record.state == 1 ? FakeKernelRing::Submit(record.data)
                          : FakeKernelRing::Discard(record.data);
      }
      if (!random.OneIn(3)) continue;
      const Reading reading(reader);
      std::size_t at = 0;
      while (!model.empty() && model.front().state != 0) {
        if (model.front().state == 1) {
          REQUIRE(at < reading.records.size());
          REQUIRE(reading.records[at++] == Pattern(model.front().n, model.front().size));
        }
        model.pop_front();
      }
      REQUIRE_EQ(at, reading.records.size());
      REQUIRE(reading.rest == (model.empty() ? Rest::kNothing : Rest::kBusy));
      if (!model.empty()) ++busy_seen;
    }
  }
  CHECK(wraps > 100);
  CHECK(busy_seen > 100);
}

// A producer on another thread; ThreadSanitizer watches the order of its stores and our loads.
TEST(AProducerBesideIt) {
  FakeKernelRing ring;
  RingReader reader(ring.memory());
  const auto count = static_cast<std::uint32_t>(200'000 * tapio::test::Multiplier());
  std::thread producer([&] {
    Random random(1);
    for (std::uint32_t n = 0; n < count;) {
      std::uint8_t* data = Write(ring, n, 8 + random.Below(60));
      if (data == nullptr) {
        std::this_thread::yield();
        continue;
      }
      std::memcpy(data, &n, sizeof n);
      FakeKernelRing::Submit(data);
      ++n;
    }
  });
  std::uint32_t expected = 0;
  while (expected < count) {
    const Rest rest = reader.Drain(reader.end(), [&](const std::uint8_t* data, std::uint32_t size) {
      std::uint32_t n;
      std::memcpy(&n, data, sizeof n);
      CHECK_EQ(n, expected);
      for (std::uint32_t i = sizeof n; i < size; ++i)
        CHECK_EQ(data[i], static_cast<std::uint8_t>(n * 31 + i));
      ++expected;
    });
    if (!CHECK(rest != Rest::kCorrupt)) break;
    std::this_thread::yield();
  }
  producer.join();
}
