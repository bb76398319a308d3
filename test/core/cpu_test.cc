#include "core/cpu.h"

#include <thread>

#include "check.h"

using tapio::ConfiguredCpus;
using tapio::CpuSet;
using tapio::CurrentCpu;

// On a thread of its own, so that the others keep their affinity.
TEST(PinnedThreadRunsOnItsCpu) {
  std::thread([] {
    CpuSet allowed;
    REQUIRE(allowed.ReadFrom(0));
    std::uint32_t seen = 0;
    for (std::uint32_t cpu = 0; cpu < allowed.limit(); ++cpu) {
      if (!allowed.Has(cpu)) continue;
      CpuSet one;
      one.Add(cpu);
      REQUIRE(one.ApplyTo(0));
      CHECK_EQ(CurrentCpu(), cpu);
      CHECK(cpu < ConfiguredCpus());
      CpuSet read;
      REQUIRE(read.ReadFrom(0));
      for (std::uint32_t other = 0; other < read.limit(); ++other) {
        CHECK_EQ(read.Has(other), other == cpu);
      }
      ++seen;
    }
    CHECK(seen != 0);
    CHECK(seen <= ConfiguredCpus());
  }).join();
}

TEST(BeyondTheSet) {
  const CpuSet set;
  CHECK(!set.Has(0));
  CHECK(!set.Has(set.limit()));
  CHECK(!set.Has(UINT32_MAX));
}

TEST(EmptySetIsRefused) { CHECK(!CpuSet().ApplyTo(0)); }

TEST(UnknownThread) {
  CpuSet set;
  CHECK(!set.ReadFrom(0x7fffffff));
}
