// Numbers in records and events, which lie anywhere.
#ifndef TAPIO_KERNEL_UNALIGNED_H_
#define TAPIO_KERNEL_UNALIGNED_H_

#include <cstdint>
#include <cstring>

namespace tapio::kernel {

template <typename T>
T Read(const std::uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename T>
void Write(std::uint8_t* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_UNALIGNED_H_
