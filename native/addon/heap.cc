#include "heap.h"

#include <cstddef>  // defines __GLIBC__

// A binary for any C library must not need what musl does not have.
#if defined(__GLIBC__) && !defined(TAPIO_ANY_LIBC)
#define TAPIO_HAS_MALLOPT
#include <malloc.h>
#endif

namespace tapio::addon {

napi_value SpareHeap(napi_env, napi_callback_info) {
#if defined(TAPIO_HAS_MALLOPT)
  // Back to what the thresholds begin with. Once they are set, no freed piece raises them.
  constexpr int kBytes = 128 * 1024;
  // glibc sets words that other threads may read meanwhile, each the old one or the new one.
  // NOLINTBEGIN(concurrency-mt-unsafe)
  // No further arenas, which keep what is freed in them: threads to come share those that are
  // there. glibc heeds it only as long as a process has no more than eight.
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, kBytes);
  mallopt(M_TRIM_THRESHOLD, kBytes);
  // NOLINTEND(concurrency-mt-unsafe)
#endif
  return nullptr;
}

}  // namespace tapio::addon
