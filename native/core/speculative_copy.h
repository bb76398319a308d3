// Copies to and from slots that another thread may be rewriting at the same time.
//
// A reader of the ring copies a slot before it knows whether the slot is still its own, and throws
// the copy away when it is not. memcpy there would be a data race, which the language leaves
// undefined. So the shared side is touched by relaxed atomic words where a sanitizer watches and on
// processors without a tuned version, and elsewhere by moves written in assembly, which the
// compiler can neither tear, repeat nor reason about. Both cost what memcpy costs at 256 bytes
// (8-byte relaxed words cost twice that, hence the assembly).
//
// Ordering is not their business: the ring's sequence store and head exchange order the copies.
#ifndef TAPIO_CORE_SPECULATIVE_COPY_H_
#define TAPIO_CORE_SPECULATIVE_COPY_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define TAPIO_COPY_WORDS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define TAPIO_COPY_WORDS 1
#endif
#endif
#if !defined(TAPIO_COPY_WORDS) && !(defined(__x86_64__) && defined(__GNUC__))
#define TAPIO_COPY_WORDS 1
#endif

namespace tapio {

#if defined(TAPIO_COPY_WORDS)

// `slot` is 8-byte aligned and its memory reaches to the next multiple of 8 beyond size.
inline void CopyIntoSlot(void* slot, const void* source, std::size_t size) {
  auto* to = static_cast<std::uint64_t*>(slot);
  const auto* from = static_cast<const std::uint8_t*>(source);
  for (; size >= 8; size -= 8, from += 8) {
    std::uint64_t word;
    std::memcpy(&word, from, 8);
    __atomic_store_n(to++, word, __ATOMIC_RELAXED);
  }
  if (size != 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, size);
    __atomic_store_n(to, word, __ATOMIC_RELAXED);
  }
}

inline void CopyOutOfSlot(void* target, const void* slot, std::size_t size) {
  auto* to = static_cast<std::uint8_t*>(target);
  const auto* from = static_cast<const std::uint64_t*>(slot);
  for (; size >= 8; size -= 8, to += 8) {
    const std::uint64_t word = __atomic_load_n(from++, __ATOMIC_RELAXED);
    std::memcpy(to, &word, 8);
  }
  if (size != 0) {
    const std::uint64_t word = __atomic_load_n(from, __ATOMIC_RELAXED);
    std::memcpy(to, &word, size);
  }
}

#else

template <typename Word>
inline void MoveWord(void* target, const void* source) {
  Word word;
  asm volatile(
      "mov (%[from]), %[word]\n\t"
      "mov %[word], (%[to])"
      : [word] "=&r"(word)
      : [from] "r"(source), [to] "r"(target)
      : "memory");
}

inline void Move16(void* target, const void* source) {
  asm volatile(
      "movdqu (%[from]), %%xmm0\n\t"
      "movdqu %%xmm0, (%[to])"
      :
      : [from] "r"(source), [to] "r"(target)
      : "xmm0", "memory");
}

// Neither side needs alignment; exactly `size` bytes are read and written. A tail is a move that
// overlaps the one before it. Moves are as wide as they can be: a load that spans two stores just
// made waits until both have left the processor's store buffer, which takes longer than the copy.
inline void OpaqueCopy(void* target, const void* source, std::size_t size) {
  auto* to = static_cast<std::uint8_t*>(target);
  const auto* from = static_cast<const std::uint8_t*>(source);
  if (size >= 16) {
    const std::uint8_t* const last = from + size - 16;
    std::uint8_t* const to_last = to + size - 16;
    for (; size >= 64; size -= 64, from += 64, to += 64) {
      asm volatile(
          "movdqu (%[from]), %%xmm0\n\t"
          "movdqu 16(%[from]), %%xmm1\n\t"
          "movdqu 32(%[from]), %%xmm2\n\t"
          "movdqu 48(%[from]), %%xmm3\n\t"
          "movdqu %%xmm0, (%[to])\n\t"
          "movdqu %%xmm1, 16(%[to])\n\t"
          "movdqu %%xmm2, 32(%[to])\n\t"
          "movdqu %%xmm3, 48(%[to])"
          :
          : [from] "r"(from), [to] "r"(to)
          : "xmm0", "xmm1", "xmm2", "xmm3", "memory");
    }
    for (; size > 16; size -= 16, from += 16, to += 16) Move16(to, from);
    if (size != 0) Move16(to_last, last);
    return;
  }
  if (size >= 8) {
    MoveWord<std::uint64_t>(to, from);
    MoveWord<std::uint64_t>(to + size - 8, from + size - 8);
  } else if (size >= 4) {
    MoveWord<std::uint32_t>(to, from);
    MoveWord<std::uint32_t>(to + size - 4, from + size - 4);
  } else {
    for (; size != 0; --size, ++from, ++to) MoveWord<std::uint8_t>(to, from);
  }
}

inline void CopyIntoSlot(void* slot, const void* source, std::size_t size) {
  OpaqueCopy(slot, source, size);
}
inline void CopyOutOfSlot(void* target, const void* slot, std::size_t size) {
  OpaqueCopy(target, slot, size);
}

#endif

}  // namespace tapio

#endif  // TAPIO_CORE_SPECULATIVE_COPY_H_
