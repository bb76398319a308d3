#include "cpus.h"

#include <cerrno>
#include <mutex>

#include "../core/cpu.h"

#if defined(__linux__)
#include <dlfcn.h>
// Since glibc 2.34 the linker would take a version of it that older systems do not have; see
// scripts/check-binary.mjs.
#if defined(TAPIO_ANY_LIBC)
// Linked with no library, a reference has no version.
#elif defined(__GLIBC__) && defined(__x86_64__)
__asm__(".symver dlsym, dlsym@GLIBC_2.2.5");
#elif defined(__GLIBC__) && defined(__aarch64__)
__asm__(".symver dlsym, dlsym@GLIBC_2.17");
#endif
#endif

namespace tapio::addon {

#if defined(__linux__)

namespace {

// The CPUs of the process: those of its main thread, for as long as nobody has pinned a thread
// here. The first pin freezes them, as it might be the main thread's own.
class ProcessCpus {
 public:
  CpuSet Get() {
    const std::lock_guard<std::mutex> lock(mutex_);
    Refresh();
    return cpus_;
  }
  CpuSet Freeze() {
    const std::lock_guard<std::mutex> lock(mutex_);
    Refresh();
    frozen_ = true;
    return cpus_;
  }

 private:
  void Refresh() {
    if (!frozen_) cpus_.ReadFrom(getpid());
  }

  std::mutex mutex_;
  CpuSet cpus_;
  bool frozen_ = false;
};

ProcessCpus& Cpus() {
  static ProcessCpus* const cpus = new ProcessCpus;
  return *cpus;
}

Napi::Value Outcome(Napi::Env env, bool done) { return Napi::Number::New(env, done ? 0 : errno); }

}  // namespace

Napi::Value AvailableCpus(const Napi::CallbackInfo& info) {
  const CpuSet cpus = Cpus().Get();
  Napi::Array result = Napi::Array::New(info.Env());
  for (std::uint32_t cpu = 0; cpu < cpus.limit(); ++cpu) {
    if (cpus.Has(cpu)) result.Set(result.Length(), Napi::Number::New(info.Env(), cpu));
  }
  return result;
}

Napi::Value PinThread(const Napi::CallbackInfo& info) {
  const std::uint32_t cpu = info[0].As<Napi::Number>().Uint32Value();
  CpuSet one;
  if (cpu >= one.limit() || !Cpus().Freeze().Has(cpu)) {
    return Napi::Number::New(info.Env(), EINVAL);
  }
  one.Add(cpu);
  return Outcome(info.Env(), one.ApplyTo(0));
}

Napi::Value UnpinThread(const Napi::CallbackInfo& info) {
  return Outcome(info.Env(), Cpus().Freeze().ApplyTo(0));
}

#else

Napi::Value AvailableCpus(const Napi::CallbackInfo& info) {
  Napi::Array result = Napi::Array::New(info.Env());
  for (std::uint32_t cpu = 0; cpu < ConfiguredCpus(); ++cpu) {
    result.Set(cpu, Napi::Number::New(info.Env(), cpu));
  }
  return result;
}

Napi::Value PinThread(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), -1); }
Napi::Value UnpinThread(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), -1);
}

#endif

Napi::Value CurrentCpuNumber(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), CurrentCpu());
}

Napi::Value RseqActive(const Napi::CallbackInfo& info) {
  const unsigned* size = nullptr;
#if defined(__linux__)
  // glibc from 2.35 on; zero where the kernel has none, or the library was told not to use it.
  size = static_cast<const unsigned*>(dlsym(RTLD_DEFAULT, "__rseq_size"));
#endif
  return Napi::Boolean::New(info.Env(), size != nullptr && *size != 0);
}

}  // namespace tapio::addon
