// Making JavaScript values where failure is ordinary.
//
// A worker may be terminated while it is inside a native call. From then on every Node-API call
// that would run the engine fails, and the error that node-addon-api makes of it aborts the
// process. What a worker can be doing when it is terminated therefore checks status codes and gives
// up quietly; nobody is left to see the result.
#ifndef TAPIO_ADDON_VALUES_H_
#define TAPIO_ADDON_VALUES_H_

#include <node_api.h>

#include <cstddef>
#include <cstdint>

namespace tapio::addon {

// The memory of a typed array whose type TypeScript has checked, read at the last moment: a
// detached or shrunk one has no elements.
template <typename T>
struct Elements {
  Elements() = default;
  Elements(napi_env env, napi_value value) {
    void* memory = nullptr;
    std::size_t length = 0;
    if (napi_get_typedarray_info(env, value, nullptr, &length, &memory, nullptr, nullptr) ==
            napi_ok &&
        memory != nullptr) {
      data = static_cast<T*>(memory);
      count = length;
    }
  }
  T* data = nullptr;
  std::size_t count = 0;
};

inline napi_value Boolean(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

inline bool SetNumber(napi_env env, napi_value object, const char* name, double number) {
  napi_value value;
  return napi_create_double(env, number, &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

// nullptr when the environment is going down.
template <typename Numbers>
napi_value NumberArray(napi_env env, const Numbers& numbers) {
  napi_value array;
  if (napi_create_array(env, &array) != napi_ok) return nullptr;
  std::uint32_t index = 0;
  for (const auto number : numbers) {
    napi_value value;
    if (napi_create_double(env, static_cast<double>(number), &value) != napi_ok ||
        napi_set_element(env, array, index++, value) != napi_ok) {
      return nullptr;
    }
  }
  return array;
}

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_VALUES_H_
