// A thread of this process that is none of Node's.
#ifndef TAPIO_KERNEL_THREAD_H_
#define TAPIO_KERNEL_THREAD_H_

namespace tapio::kernel {

// Starts a detached thread with all signals blocked: they are for the threads of the program.
// Returns 0 or an errno; std::thread would throw. `name`: at most 15 characters.
int StartThread(const char* name, void (*run)(void*), void* argument);

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_THREAD_H_
