// Random ids for events: 32 hex digits each.
#ifndef TAPIO_KERNEL_EVENT_ID_H_
#define TAPIO_KERNEL_EVENT_ID_H_

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <random>

namespace tapio::kernel {

namespace hex {
using Pair = std::array<char, 2>;
constexpr std::array<Pair, 256> AllPairs() {
  constexpr char kDigit[] = "0123456789abcdef";
  std::array<Pair, 256> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {kDigit[i >> 4], kDigit[i & 15]};
  return pairs;
}
inline constexpr std::array<Pair, 256> kPairs = AllPairs();
}  // namespace hex

// xoshiro256++, seeded by the system: no coordination, and no two threads in the same sequence.
// Threads: one.
class EventIds {
 public:
  static constexpr std::size_t kDigits = 32;

  EventIds() {
    std::random_device system;
    for (auto& word : state_) word = (std::uint64_t{system()} << 32) | system();
  }

  // Writes kDigits lower-case hex digits.
  void Write(std::uint8_t* target) {
    WriteHex(Next(), target);
    WriteHex(Next(), target + kDigits / 2);
  }

 private:
  std::uint64_t Next() {
    auto& s = state_;
    const std::uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
    const std::uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = std::rotl(s[3], 45);
    return result;
  }

  static void WriteHex(std::uint64_t value, std::uint8_t* target) {
    for (int i = 0; i < 8; ++i, value >>= 8) {
      std::memcpy(target + std::size_t{2} * static_cast<std::size_t>(i),
                  hex::kPairs[value & 0xff].data(), 2);
    }
  }

  std::array<std::uint64_t, 4> state_;
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_EVENT_ID_H_
