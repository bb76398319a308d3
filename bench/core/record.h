// The records that go through the rings, and the check that none is lost, torn or doubled.
#ifndef TAPIO_BENCH_CORE_RECORD_H_
#define TAPIO_BENCH_CORE_RECORD_H_

#include <cstddef>
#include <cstdint>

namespace tapio::bench {

// Its first word names the producer (top byte) and the record; the others repeat it.
template <std::size_t kBytes>
struct Record {
  static_assert(kBytes % 8 == 0);
  std::uint64_t words[kBytes / 8];
};

template <std::size_t kBytes>
void Fill(Record<kBytes>& record, std::uint64_t producer, std::uint64_t sequence) {
  // First and last are enough to show a torn record, and filling all would be timed as well.
  record.words[0] = (producer << 56) | sequence;
  record.words[kBytes / 8 - 1] = record.words[0];
}

// What one consumer has seen. Threads: its own, until it has ended.
struct Tally {
  static constexpr std::size_t kProducers = 64;
  std::uint64_t next[kProducers] = {};  // one above the last sequence of each producer
  std::uint64_t sum = 0;
  std::uint64_t count = 0;
  bool torn = false;
  bool out_of_order = false;

  template <std::size_t kBytes>
  void Add(const Record<kBytes>& record) {
    const std::uint64_t word = record.words[0];
    const std::uint64_t producer = word >> 56;
    const std::uint64_t sequence = word & ((std::uint64_t{1} << 56) - 1);
    torn |= record.words[kBytes / 8 - 1] != word || producer >= kProducers;
    out_of_order |= sequence < next[producer % kProducers];
    next[producer % kProducers] = sequence + 1;
    sum += sequence;
    ++count;
  }
};

}  // namespace tapio::bench

#endif  // TAPIO_BENCH_CORE_RECORD_H_
