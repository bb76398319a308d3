// Sizes and alignments that keep threads off each other's cache lines.
#ifndef TAPIO_CORE_CACHE_LINE_H_
#define TAPIO_CORE_CACHE_LINE_H_

#include <cstddef>
#include <cstdint>

namespace tapio {

// Twice the 64-byte line of x86-64 and most arm64: their prefetchers fetch lines in pairs, and some
// arm64 parts have 128-byte lines.
inline constexpr std::size_t kCacheLine = 128;

// Asks for the lines of `size` bytes as a store would, and does not wait for them. A hint: `memory`
// need not be valid.
inline void FetchForWriting(const std::uint8_t* memory, std::size_t size) {
  constexpr std::size_t kLine = 64;
  for (std::size_t i = 0; i < size; i += kLine) {
#if defined(__x86_64__) && defined(__GNUC__)
    // The builtin would fetch for reading unless told that all processors of the target know this
    // instruction; those that do not, take it for none.
    asm volatile("prefetchw %0" : : "m"(memory[i]));
#else
    __builtin_prefetch(memory + i, 1);
#endif
  }
}

constexpr bool IsPowerOfTwo(std::uint64_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}

// `alignment` must be a power of two, and value + alignment must not overflow.
constexpr std::uint64_t AlignUp(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

}  // namespace tapio

#endif  // TAPIO_CORE_CACHE_LINE_H_
