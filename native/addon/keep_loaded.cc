#include "keep_loaded.h"

#if defined(_WIN32)
#include <windows.h>
#elif defined(__APPLE__)
#include <dlfcn.h>
#endif

namespace tapio::addon {

#if defined(_WIN32)

void KeepLoaded() {
  HMODULE module;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                     reinterpret_cast<LPCWSTR>(&KeepLoaded), &module);
}

#elif defined(__APPLE__)

void KeepLoaded() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&KeepLoaded), &info) != 0)
    dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

#else

void KeepLoaded() {}

#endif

}  // namespace tapio::addon
