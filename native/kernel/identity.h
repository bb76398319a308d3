// Who this thread is to the kernel.
#ifndef TAPIO_KERNEL_IDENTITY_H_
#define TAPIO_KERNEL_IDENTITY_H_

#include <cstdint>
#include <optional>

#include "failure.h"
#include "task_layout.h"

namespace tapio::kernel {

// Numbers of processes and threads are those of the initial pid namespace, where each has one.
struct Identity {
  std::uint32_t pid = 0;
  // Of our own pid namespace; 0: the initial one.
  std::uint32_t level = 0;
  std::uint64_t pid_namespace = 0;  // its address in the kernel
  // From the start of a thread's stack to its struct pt_regs, on every thread of this kernel.
  std::int32_t registers = 0;
  // Where to look in a thread; absent when the kernel's types are not told, or told wrongly.
  std::optional<TaskLayout> layout;
};

// Finds it out by a program that meets this very thread: no file is trusted, neither /proc nor the
// kernel's types. nullopt, and why, when the kernel refuses, or when this is a pid namespace and
// its numbers cannot be read. Found once for the process; threads: any.
std::optional<Identity> FindIdentity(Failure& failure);

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_IDENTITY_H_
