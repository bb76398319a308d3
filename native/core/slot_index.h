// Ticket modulo slot count for a count that is no power of two, by two multiplications.
#ifndef TAPIO_CORE_SLOT_INDEX_H_
#define TAPIO_CORE_SLOT_INDEX_H_

#include <bit>
#include <cstdint>

namespace tapio {

// A ring has capacity + slack slots. Rounding that up to a power of two would double its memory,
// and a 64-bit division costs as much as the rest of a put. This is the classic division by an
// invariant (Granlund and Montgomery, "Division by Invariant Integers using Multiplication", 1994,
// theorem 4.2): with l = ceil(log2 n) and m = floor(2^(63+l) / n) + 1, floor(t / n) = m * t /
// 2^(63+l).
//
// Exact for every ticket below 2^63 and every count from 1 to 2^32.
class SlotIndex {
 public:
  SlotIndex() : SlotIndex(1) {}
  explicit SlotIndex(std::uint64_t count) : count_(count) {
    const auto l = static_cast<int>(std::bit_width(count - 1));
    shift_ = l - 1;
    if (l == 0) {
      multiplier_ = 0;  // count 1: every index is 0, whatever the quotient
      shift_ = 0;
      return;
    }
    const auto numerator = static_cast<Wide>(1) << (63 + l);
    multiplier_ = static_cast<std::uint64_t>(numerator / count + 1);
  }

  std::uint64_t operator()(std::uint64_t ticket) const {
    if (count_ == 1) return 0;
    const auto quotient =
        static_cast<std::uint64_t>((static_cast<Wide>(multiplier_) * ticket) >> 64) >> shift_;
    return ticket - quotient * count_;
  }

  std::uint64_t count() const { return count_; }

 private:
  __extension__ using Wide = unsigned __int128;

  std::uint64_t count_;
  std::uint64_t multiplier_ = 0;
  int shift_ = 0;
};

}  // namespace tapio

#endif  // TAPIO_CORE_SLOT_INDEX_H_
