// Keeps the prebuilt binary loadable on old distributions.
//
// The headers of a new libstdc++ refer to symbols that an old one, or an old glibc, does not have;
// one such reference makes the whole addon unloadable there. Each definition below satisfies a
// reference inside the addon. They must stay hidden: exported, they could shadow the real ones.
// Which references exist is measured by scripts/check-binary.mjs.

#include <cstddef>  // defines __GLIBC__
#include <cstdlib>

#if defined(__linux__) && defined(__GLIBC__)
extern "C" {

// glibc 2.32. Asked by reference counts: zero means "there may be other threads", always safe.
// NOLINTNEXTLINE(readability-identifier-naming)
__attribute__((visibility("hidden"))) char __libc_single_threaded = 0;

// GLIBCXX 3.4.29. Called by std::allocator for a size beyond the address space. Nothing here
// catches, so throwing would end the process as well.
__attribute__((visibility("hidden"), noreturn)) void ThrowBadArrayNewLength() __asm__(
    "_ZSt28__throw_bad_array_new_lengthv");
void ThrowBadArrayNewLength() { std::abort(); }
}
#endif
