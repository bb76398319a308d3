// What a target is given, cut into parts, each in memory of its own size: a sanitizer sees a read
// behind it.
#ifndef TAPIO_TEST_FUZZ_INPUT_H_
#define TAPIO_TEST_FUZZ_INPUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace tapio::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

  // 0 where nothing is left.
  template <typename T>
  T Number() {
    T value{};
    const std::size_t size = std::min(sizeof value, left_);
    if (size > 0) std::memcpy(&value, data_, size);
    Skip(size);
    return value;
  }

  std::vector<std::uint8_t> Bytes(std::size_t most) {
    const std::size_t size = std::min(most, left_);
    std::vector<std::uint8_t> bytes(data_, data_ + size);
    Skip(size);
    return bytes;
  }
  std::vector<std::uint8_t> Rest() { return Bytes(left_); }
  std::size_t left() const { return left_; }

 private:
  void Skip(std::size_t size) {
    data_ += size;
    left_ -= size;
  }

  const std::uint8_t* data_;
  std::size_t left_;
};

// What a target's answer must be; a sanitizer does not see it.
inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "required: %s\n", what);
  std::abort();
}

}  // namespace tapio::fuzz

#endif  // TAPIO_TEST_FUZZ_INPUT_H_
