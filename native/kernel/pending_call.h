// What the tracer's programs keep of a call from its entry to its return.
#ifndef TAPIO_KERNEL_PENDING_CALL_H_
#define TAPIO_KERNEL_PENDING_CALL_H_

#include <cstddef>
#include <cstdint>

#include "tracer_program.h"

namespace tapio::kernel {

// The value of plan.calls, whose key are the thread's ids in the initial namespace.
struct PendingCall {
  std::uint64_t text_at;     // in the program's memory: a path or an address
  std::uint64_t second_at;   // likewise openat2's structure, or the length of accept's address
  std::uint64_t flags;       // of an open
  std::uint32_t probe;       // Probe
  std::int32_t descriptor;   // of a directory or a socket
  std::uint32_t noted;       // see below
  std::uint32_t text_size;   // of an address, as the program says it
  std::uint32_t text_bytes;  // of `text`, a NUL included; 0: to be read when the call returns
  // Text and this are a PathPrefix.
  std::uint32_t prefix_bits;
  char text[sizeof(PathPrefix::text)];
};
static_assert(sizeof(PendingCall) == 48 + sizeof(PathPrefix::text), "no padding");
static_assert(offsetof(PendingCall, text) - offsetof(PendingCall, prefix_bits) ==
              offsetof(PathPrefix, text));

// Bits of `noted`, beside kFlagsNoted.
inline constexpr std::int32_t kChosenNoted = 2;  // its path or port passes the filter

// Bits of a path as a key: any beginning of it is looked for.
inline constexpr std::int32_t kPrefixBits = 8 * sizeof(PathPrefix::text);
// What the verifier takes as the most of an address's length.
inline constexpr std::int32_t kAddressMask = 2 * kMostAddress - 1;

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_PENDING_CALL_H_
