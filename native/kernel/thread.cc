#if defined(__linux__)

#include "thread.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>

#include <cerrno>
#include <memory>
#include <new>

// Since glibc 2.32 and 2.34 the linker would take versions of them that older systems do not have;
// see scripts/check-binary.mjs.
#if defined(TAPIO_ANY_LIBC)
// Linked with no library, a reference has no version.
#elif defined(__GLIBC__) && defined(__x86_64__)
__asm__(".symver pthread_create, pthread_create@GLIBC_2.2.5");
__asm__(".symver pthread_sigmask, pthread_sigmask@GLIBC_2.2.5");
#elif defined(__GLIBC__) && defined(__aarch64__)
__asm__(".symver pthread_create, pthread_create@GLIBC_2.17");
__asm__(".symver pthread_sigmask, pthread_sigmask@GLIBC_2.17");
#endif

namespace tapio::kernel {

namespace {

struct Task {
  const char* name;
  void (*run)(void*);
  void* argument;
};

void* RunTask(void* data) {
  const std::unique_ptr<Task> task(static_cast<Task*>(data));
  prctl(PR_SET_NAME, task->name);
  task->run(task->argument);
  return nullptr;
}

}  // namespace

int StartThread(const char* name, void (*run)(void*), void* argument) {
  auto* task = new (std::nothrow) Task{name, run, argument};
  if (task == nullptr) return ENOMEM;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // A thread inherits the mask of its maker.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, RunTask, task);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (error != 0) delete task;
  return error;
}

}  // namespace tapio::kernel

#endif
