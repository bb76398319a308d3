#include "core/slot_index.h"

#include <initializer_list>

#include "check.h"

using tapio::SlotIndex;
using tapio::test::Random;

namespace {

constexpr std::uint64_t kLastTicket = (std::uint64_t{1} << 63) - 1;

void CheckAround(const SlotIndex& index, std::uint64_t ticket) {
  for (std::uint64_t t = ticket < 3 ? 0 : ticket - 3; t <= kLastTicket && t <= ticket + 3; ++t) {
    CHECK_EQ(index(t), t % index.count());
  }
}

// Multiples of the count are where a quotient that is off by one shows.
void CheckCount(std::uint64_t count, Random& random) {
  const SlotIndex index(count);
  CHECK_EQ(index.count(), count);
  for (int bit = 0; bit < 63; ++bit) {
    CheckAround(index, std::uint64_t{1} << bit);
    CheckAround(index, (std::uint64_t{1} << bit) / count * count);
  }
  CheckAround(index, kLastTicket);
  CheckAround(index, kLastTicket / count * count);
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t ticket = random.Next() >> (1 + random.Below(62));
    CheckAround(index, ticket);
    CheckAround(index, ticket / count * count);
  }
}

}  // namespace

TEST(EverySmallCount) {
  Random random(1);
  for (std::uint64_t count = 1; count <= 1100; ++count) CheckCount(count, random);
}

TEST(CountsAroundPowersOfTwo) {
  Random random(2);
  for (int bit = 11; bit <= 32; ++bit) {
    const std::uint64_t power = std::uint64_t{1} << bit;
    for (std::uint64_t count : {power - 1, power, power + 1, power + 64}) {
      if (count <= std::uint64_t{1} << 32) CheckCount(count, random);
    }
  }
}

TEST(RandomCounts) {
  Random random(3);
  for (int i = 0; i < 1000; ++i) CheckCount(1 + (random.Next() >> (32 + random.Below(31))), random);
}

TEST(FirstTicketsInOrder) {
  for (std::uint64_t count : {1U, 2U, 3U, 65U, 66U, 68U, 1088U}) {
    const SlotIndex index(count);
    std::uint64_t expected = 0;
    for (std::uint64_t ticket = 0; ticket < 5 * count + 10; ++ticket) {
      CHECK_EQ(index(ticket), expected);
      expected = expected + 1 == count ? 0 : expected + 1;
    }
  }
}
