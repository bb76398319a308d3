#include "core/memory.h"

#include <cstdint>
#include <utility>

#include "check.h"

using tapio::kCacheLine;
using tapio::Memory;

TEST(ZeroedAndAligned) {
  for (std::size_t size : {1U, 4096U, 100'000U, 1U << 24}) {
    const Memory memory = Memory::Allocate(size);
    REQUIRE(memory.data() != nullptr);
    CHECK_EQ(memory.size(), size);
    CHECK_EQ(reinterpret_cast<std::uintptr_t>(memory.data()) % kCacheLine, 0U);
    for (std::size_t i = 0; i < size; i += 997) CHECK_EQ(memory.data()[i], 0);
    CHECK_EQ(memory.data()[size - 1], 0);
    memory.data()[size - 1] = 1;
  }
}

TEST(RefusalIsAnEmptyMemory) {
  for (std::size_t size :
       {std::size_t{0}, SIZE_MAX, std::size_t{PTRDIFF_MAX}, std::size_t{1} << 62}) {
    const Memory memory = Memory::Allocate(size);
    CHECK(memory.data() == nullptr);
    CHECK_EQ(memory.size(), 0U);
  }
}

TEST(MovesAndNeverFreesTwice) {
  Memory a = Memory::Allocate(4096);
  std::uint8_t* data = a.data();
  Memory b = std::move(a);
  CHECK(b.data() == data && b.size() == 4096);
  Memory c = Memory::Allocate(8192);
  c = std::move(b);
  CHECK(c.data() == data && c.size() == 4096);
  c.data()[4095] = 7;
}
