// Notices that another ring buffer was pinned where ours was.
#ifndef TAPIO_KERNEL_PIN_WATCH_H_
#define TAPIO_KERNEL_PIN_WATCH_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "bpf.h"

namespace tapio::kernel {

// The owner of a pinned map that restarts makes a new one and pins it at the same path. The old one
// lives as long as somebody holds it, and stays silent.
//
// Threads: one.
// Guarantees: a path that is empty for a while, or has the same map pinned anew, is no replacement.
class PinWatch {
 public:
  // `ring`: the map that was opened by that path.
  PinWatch(std::string path, int ring);

  // Whether another object is there, looked up every kEvery at most. `successor` is a descriptor of
  // it, or none, when it may not be opened.
  bool Replaced(UniqueFd& successor);

 private:
  static constexpr std::chrono::milliseconds kEvery{200};

  const std::string path_;
  const std::uint32_t map_;  // the kernel's id of it
  std::uint64_t inode_ = 0;  // of the pin; none is 0
  std::chrono::steady_clock::time_point next_look_;
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_PIN_WATCH_H_
