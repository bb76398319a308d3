// What every call on a buffer instance begins with.
#ifndef TAPIO_ADDON_CALL_H_
#define TAPIO_ADDON_CALL_H_

#include <node_api.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "attachment.h"
#include "environment.h"
#include "values.h"

namespace tapio::addon {

// One call, on the instance that the control selects.
//
// Guarantees: no call throws or runs JavaScript, and those on the hot path allocate nothing. One on
//   an instance that has let go does nothing and leaves kReleased.
struct Call {
  Call(napi_env env, napi_callback_info info) : Call(DataOf(env, info)) {}

  bool released() const { return attachment == nullptr; }
  template <typename Status>
  void Answer(Status status) const {
    environment->Status() = static_cast<std::int32_t>(status);
  }

  Environment* environment;
  Attachment* attachment = nullptr;  // nullptr when there is nothing to work on
  RingSet* rings = nullptr;

 protected:
  explicit Call(void* data) {
    environment = static_cast<Environment*>(data);
    Attachment* selected = environment->Selected();
    if (selected == nullptr || selected->released()) {
      environment->Status() = kReleased;
      return;
    }
    environment->Status() = 0;
    attachment = selected;
    rings = &selected->rings();
  }
};

template <std::size_t kMost>
struct CallWith : private Arguments<kMost>, Call {
  CallWith(napi_env call_env, napi_callback_info info)
      : Arguments<kMost>(call_env, info), Call(this->data()), env(call_env) {}

  napi_value Value(std::size_t argument) const { return (*this)[argument]; }
  bool Flag(std::size_t argument) const {
    bool flag = false;
    napi_get_value_bool(env, (*this)[argument], &flag);
    return flag;
  }
  std::uint32_t Uint(std::size_t argument) const { return Uint32Of(env, (*this)[argument]); }
  std::int64_t Latin1(std::size_t argument, std::uint8_t* target, std::size_t room) const {
    return CopyLatin1<kMaxText>(env, (*this)[argument], target, room);
  }
  // Copies the first kCount arguments, which are texts, one after the other; returns their
  // characters, or -1 if one is not Latin-1 or too long.
  std::int64_t Latin1(std::uint8_t* target, std::size_t room) const {
    const auto texts = std::min<std::size_t>(environment->Uint(kCount), kMost);
    std::size_t units = 0;
    for (std::size_t i = 0; i < texts; ++i) {
      const std::int64_t more = Latin1(i, target + units, room - units);
      if (more < 0) return -1;
      units += static_cast<std::size_t>(more);
    }
    return static_cast<std::int64_t>(units);
  }
  double Number(std::size_t argument) const {
    double number = 0;
    napi_get_value_double(env, (*this)[argument], &number);
    return number;
  }
  template <typename T>
  Elements<T> Array(std::size_t argument) const {
    return ElementsOf<T>(env, (*this)[argument]);
  }

  const napi_env env;
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_CALL_H_
