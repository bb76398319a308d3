// A ring with its memory, for tests.
#ifndef TAPIO_TEST_CORE_TEST_RING_H_
#define TAPIO_TEST_CORE_TEST_RING_H_

#include <cstdint>

#include "core/cache_line.h"
#include "core/memory.h"
#include "core/ring.h"

namespace tapio::test {

template <typename R = Ring>
class TestRing {
 public:
  explicit TestRing(std::uint64_t capacity, std::uint32_t payload = 112, std::uint64_t start = 0)
      : geometry_{capacity,
                  static_cast<std::uint32_t>(AlignUp(R::kHeaderSize + payload, kCacheLine)),
                  payload, start},
        memory_(Memory::Allocate(R::BytesFor(geometry_))),
        ring_(geometry_, memory_.data()) {}

  R* operator->() { return &ring_; }
  R& operator*() { return ring_; }
  std::uint64_t slots() const { return geometry_.capacity + R::kSeats; }

 private:
  typename R::Geometry geometry_;
  Memory memory_;
  R ring_;
};

template <typename R = Ring>
struct TestLane : R::Lane {
  explicit TestLane(TestRing<R>& ring, bool is_seated = true) { ring->InitLane(*this, is_seated); }
};

}  // namespace tapio::test

#endif  // TAPIO_TEST_CORE_TEST_RING_H_
