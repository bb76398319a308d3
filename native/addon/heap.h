// The heap of the C library, where it lets us say how it is kept.
#ifndef TAPIO_ADDON_HEAP_H_
#define TAPIO_ADDON_HEAP_H_

#include <node_api.h>

namespace tapio::addon {

// spareHeap(): void; from now on less of what was freed is kept, at the cost of speed, in the whole
// process. For glibc; nothing elsewhere. Sources: malloc/arena.c and malloc/malloc.c of glibc 2.36
napi_value SpareHeap(napi_env env, napi_callback_info info);

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_HEAP_H_
