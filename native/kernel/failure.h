// Why something of the kernel could not be had.
#ifndef TAPIO_KERNEL_FAILURE_H_
#define TAPIO_KERNEL_FAILURE_H_

#include <cstdint>

namespace tapio::kernel {

// The step that failed; the order is that of STEPS in lib/kernel/refusal.ts.
enum class Step : std::uint32_t {
  kNone,
  kPlatform,  // no Linux, or a machine whose registers are not known
  kCreateMap,
  kLoadProgram,
  kAttach,
  kOpenRing,  // a pinned path or descriptor that cannot be had
  kNoRing,    // it is no ring buffer
  kMapRing,
  kReadClock,  // how far the clocks here are from the kernel's
  kStartThread,
  kFindSelf,  // the kernel's programs do not see this thread
  kNumbers,   // a pid namespace, whose numbers nothing tells
};

struct Failure {
  Step step = Step::kNone;
  int error = 0;  // errno
  // kLoadProgram, kAttach: 1 + the Probe. kNoRing: the type of the map, 0 when it is no map.
  std::uint32_t detail = 0;
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_FAILURE_H_
