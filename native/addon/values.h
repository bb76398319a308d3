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

// What a function is called with: kCount arguments, undefined where there are fewer, and the data
// it was made with.
template <std::size_t kCount>
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) {
    std::size_t count = kCount;
    napi_get_cb_info(env, info, &count, values_, nullptr, &data_);
  }

  napi_value operator[](std::size_t argument) const { return values_[argument]; }
  const napi_value* values() const { return values_; }
  void* data() const { return data_; }

 private:
  napi_value values_[kCount];
  void* data_ = nullptr;
};

inline void* DataOf(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  return data;
}

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

// Copies kCount characters, which the compiler turns into vectors; returns them or-ed together.
template <std::size_t kCount>
char16_t ToLatin1(const char16_t* units, std::uint8_t* target) {
  char16_t any = 0;
  for (std::size_t k = 0; k < kCount; ++k) {
    any = static_cast<char16_t>(any | units[k]);
    target[k] = static_cast<std::uint8_t>(units[k]);
  }
  return any;
}

// At least kCount characters, in blocks of kCount; the last one overlaps the one before it, as no
// byte behind the text may be written.
template <std::size_t kCount>
char16_t ToLatin1InBlocks(const char16_t* units, std::size_t count, std::uint8_t* target) {
  const std::size_t last = count - kCount;
  char16_t any = ToLatin1<kCount>(units + last, target + last);
  for (std::size_t i = 0; i < last; i += kCount) {
    any = static_cast<char16_t>(any | ToLatin1<kCount>(units + i, target + i));
  }
  return any;
}

// Copies a text to `target`, one byte for each character, and returns how many. -1: it is not
// Latin-1, or longer than kMost or `room`. Writes nothing else.
template <std::size_t kMost>
std::int64_t CopyLatin1(napi_env env, napi_value text, std::uint8_t* target, std::size_t room) {
  char16_t units[kMost + 2];  // more than allowed, to see what is too long
  std::size_t count = 0;
  if (napi_get_value_string_utf16(env, text, units, kMost + 2, &count) != napi_ok) return -1;
  if (count > kMost || count > room) return -1;
  char16_t any = 0;
  if (count >= 16) {
    any = ToLatin1InBlocks<16>(units, count, target);
  } else if (count >= 4) {
    any = ToLatin1InBlocks<4>(units, count, target);
  } else {
    for (std::size_t i = 0; i < count; ++i)
      any = static_cast<char16_t>(any | ToLatin1<1>(units + i, target + i));
  }
  return any > 0xff ? -1 : static_cast<std::int64_t>(count);
}

inline std::uint32_t Uint32Of(napi_env env, napi_value value) {
  std::uint32_t number = 0;
  napi_get_value_uint32(env, value, &number);
  return number;
}

inline napi_value Boolean(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

inline napi_value Latin1String(napi_env env, const std::uint8_t* text, std::size_t size) {
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
