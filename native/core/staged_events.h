// Encoded events as a take leaves them.
#ifndef TAPIO_CORE_STAGED_EVENTS_H_
#define TAPIO_CORE_STAGED_EVENTS_H_

#include <cstddef>
#include <cstdint>

#include "cache_line.h"

namespace tapio {

// Events that lie behind one another, each aligned, and how long each is. Both lie in memory of
// JavaScript's, where anybody may write.
struct StagedEvents {
  const std::uint8_t* data;
  std::size_t bytes;
  const std::uint32_t* sizes;
  std::size_t count;
  std::size_t alignment;

  struct Walked {
    std::size_t events;  // that `write` took
    std::size_t passed;  // bytes up to the next one
    bool outside;        // the next one does not lie in the memory
  };

  // Calls write(event, size) with each until it returns false.
  template <typename Write>
  Walked Walk(Write write) const {
    Walked walked{0, 0, false};
    for (; walked.events < count; ++walked.events) {
      const std::size_t size = __atomic_load_n(&sizes[walked.events], __ATOMIC_RELAXED);
      const std::size_t at = walked.passed;
      walked.outside = at > bytes || size > bytes - at;
      if (walked.outside || !write(data + at, size)) break;
      walked.passed = AlignUp(at + size, alignment);
    }
    return walked;
  }
};

}  // namespace tapio

#endif  // TAPIO_CORE_STAGED_EVENTS_H_
