#include "host.h"

#include <algorithm>
#include <array>
#include <limits>

#include "../kernel/socket_diag.h"
#include "values.h"

#if defined(__linux__)
#include <time.h>
#include <unistd.h>
#endif

namespace tapio::addon {

namespace {

napi_value Number(napi_env env, double number) {
  napi_value result = nullptr;
  napi_create_double(env, number, &result);
  return result;
}

#if defined(__linux__)
double Milliseconds(clockid_t clock) {
  timespec time;
  if (clock_gettime(clock, &time) != 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}
#endif

}  // namespace

#if defined(__linux__)

napi_value BootTime(napi_env env, napi_callback_info) {
  return Number(env, Milliseconds(CLOCK_BOOTTIME));
}

napi_value ThreadCpuTime(napi_env env, napi_callback_info) {
  return Number(env, Milliseconds(CLOCK_THREAD_CPUTIME_ID));
}

napi_value KernelUnits(napi_env env, napi_callback_info) {
  return NumberArray(env, std::array{sysconf(_SC_PAGESIZE), sysconf(_SC_CLK_TCK)});
}

#else

napi_value BootTime(napi_env env, napi_callback_info) {
  return Number(env, std::numeric_limits<double>::quiet_NaN());
}

napi_value ThreadCpuTime(napi_env env, napi_callback_info info) { return BootTime(env, info); }

napi_value KernelUnits(napi_env env, napi_callback_info) {
  return NumberArray(env, std::array{4096, 100});
}

#endif

napi_value TcpOpeners(napi_env env, napi_callback_info info) {
  const Arguments<2> argv(env, info);
  const auto ends = ElementsOf<const kernel::TcpEnd>(env, argv[0]);
  const auto openers = ElementsOf<kernel::Opener>(env, argv[1]);
  // The count is one of bytes.
  const std::size_t count = std::min(ends.count / sizeof(kernel::TcpEnd), openers.count);
  if (count > 0) kernel::FindOpeners(ends.data, count, openers.data);
  return nullptr;
}

}  // namespace tapio::addon
