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
#include <cstring>

namespace tapio::addon {

// The memory of a typed array whose type TypeScript has checked, read at the last moment: a
// detached or shrunk one has no elements.
template <typename T>
struct Elements {
  T* data = nullptr;
  std::size_t count = 0;
};

template <typename T>
Elements<T> ElementsOf(napi_env env, napi_value array) {
  void* memory = nullptr;
  std::size_t length = 0;
  if (napi_get_typedarray_info(env, array, nullptr, &length, &memory, nullptr, nullptr) !=
          napi_ok ||
      memory == nullptr) {
    return {};
  }
  return {static_cast<T*>(memory), length};
}

// A fixed number of characters, which the compiler turns into vectors.
template <std::size_t kCount>
void Narrow(const char16_t* units, std::uint8_t* target) {
  for (std::size_t k = 0; k < kCount; ++k) target[k] = static_cast<std::uint8_t>(units[k]);
}

// At least kCount characters, in blocks of kCount; the last one overlaps the one before it, as no
// byte behind the text may be written.
template <std::size_t kCount>
void NarrowInBlocks(const char16_t* units, std::size_t count, std::uint8_t* target) {
  for (std::size_t i = 0; i + kCount < count; i += kCount) Narrow<kCount>(units + i, target + i);
  Narrow<kCount>(units + count - kCount, target + count - kCount);
}

// Copies a text to `target`, one byte for each character, and returns how many. -1: it is not
// Latin-1, or longer than kMost or `room`. Writes nothing else.
template <std::size_t kMost>
std::int64_t CopyLatin1(napi_env env, napi_value text, std::uint8_t* target, std::size_t room) {
  char16_t units[kMost + 16];  // more than allowed, to see what is too long
  std::size_t count = 0;
  if (napi_get_value_string_utf16(env, text, units, kMost + 2, &count) != napi_ok) return -1;
  if (count > kMost || count > room) return -1;
  // In blocks of a fixed length, which the compiler turns into vectors; what lies behind the text
  // in the last block is no part of it.
  constexpr std::size_t kBlock = 16;
  std::memset(units + count, 0, kBlock * sizeof(char16_t));
  char16_t all[kBlock] = {};
  for (std::size_t i = 0; i < count; i += kBlock) {
    for (std::size_t k = 0; k < kBlock; ++k) all[k] = static_cast<char16_t>(all[k] | units[i + k]);
  }
  char16_t any = 0;
  for (const char16_t unit : all) any = static_cast<char16_t>(any | unit);
  if (any > 0xff) return -1;
  if (count >= kBlock) {
    NarrowInBlocks<kBlock>(units, count, target);
  } else if (count >= 4) {
    NarrowInBlocks<4>(units, count, target);
  } else {
    for (std::size_t i = 0; i < count; ++i) target[i] = static_cast<std::uint8_t>(units[i]);
  }
  return static_cast<std::int64_t>(count);
}

inline napi_value Boolean(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

inline napi_value Latin1(napi_env env, const std::uint8_t* text, std::size_t size) {
  napi_value result = nullptr;
  napi_create_string_latin1(env, reinterpret_cast<const char*>(text), size, &result);
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
