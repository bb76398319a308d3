// The number of what lib/ and the addon agree on.
#ifndef TAPIO_ADDON_INTERFACE_H_
#define TAPIO_ADDON_INTERFACE_H_

#include <cstdint>

namespace tapio::addon {

// Raise it, here and in lib/binary/interface.ts, with every change of a call, a word or a layout
// that both sides know: a binary of another number is refused, one of the same number is trusted.
inline constexpr std::uint32_t kInterface = 5;

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_INTERFACE_H_
