// Node unmaps an addon when the last environment that loaded it ends, and the registry of shared
// buffers must not go with it.
#ifndef TAPIO_ADDON_KEEP_LOADED_H_
#define TAPIO_ADDON_KEEP_LOADED_H_

namespace tapio::addon {

// Idempotent. On Linux the linker's nodelete does it, from the beginning.
void KeepLoaded();

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_KEEP_LOADED_H_
