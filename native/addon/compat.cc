// Keeps the prebuilt binaries loadable on old distributions, and on those with another C library.
//
// The headers of a new libstdc++ refer to symbols that an old one, or an old glibc, does not have,
// and libstdc++ itself to some that musl lacks; one such reference makes the whole addon unloadable
// there. Each definition below satisfies a reference inside the addon. They must stay hidden:
// exported, they could shadow the real ones. Which references exist is measured by
// scripts/check-binary.mjs.

#include <cstddef>  // defines __GLIBC__
#include <cstdint>
#include <cstdlib>

#if defined(__linux__) && defined(__GLIBC__)

#if defined(TAPIO_ANY_LIBC)
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace __gnu_cxx {
// Says what was thrown, for which it takes 60 KB of demangler; nothing here throws.
__attribute__((visibility("hidden"), noreturn)) void __verbose_terminate_handler();
void __verbose_terminate_handler() { std::abort(); }
}  // namespace __gnu_cxx
#endif

extern "C" {

// glibc 2.32. Asked by reference counts: zero means "there may be other threads", always safe.
// NOLINTNEXTLINE(readability-identifier-naming)
__attribute__((visibility("hidden"))) char __libc_single_threaded = 0;

#if defined(TAPIO_ANY_LIBC)

// glibc 2.36. std::random_device asks it. Every kernel that Node 20 runs on has the call, which
// gives so few bytes whole.
__attribute__((visibility("hidden"))) std::uint32_t Arc4Random() __asm__("arc4random");
std::uint32_t Arc4Random() {
  std::uint32_t number = 0;
  while (syscall(SYS_getrandom, &number, sizeof number, 0) != sizeof number) {
  }
  return number;
}

// glibc 2.35. Where the tables for unwinding are; without an answer nothing can be caught.
__attribute__((visibility("hidden"))) int DlFindObject(void*, void*) __asm__("_dl_find_object");
int DlFindObject(void*, void*) { return -1; }

#if defined(__aarch64__)
// glibc only. libgcc asks it which atomic instructions there are; musl has it without underscores.
__attribute__((visibility("hidden"))) unsigned long GetAuxVal(unsigned long type) __asm__(
    "__getauxval");
unsigned long GetAuxVal(unsigned long type) { return getauxval(type); }
#endif

#else

// GLIBCXX 3.4.29. Called by std::allocator for a size beyond the address space. Nothing here
// catches, so throwing would end the process as well.
__attribute__((visibility("hidden"), noreturn)) void ThrowBadArrayNewLength() __asm__(
    "_ZSt28__throw_bad_array_new_lengthv");
void ThrowBadArrayNewLength() { std::abort(); }

#endif
}
#endif
