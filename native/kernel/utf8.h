// Text from the kernel, which may be any bytes.
#ifndef TAPIO_KERNEL_UTF8_H_
#define TAPIO_KERNEL_UTF8_H_

#include <cstdint>
#include <string_view>
#include <vector>

namespace tapio::kernel {

inline bool IsAscii(std::string_view text) {
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0x80) != 0) return false;
  }
  return true;
}

// Appends the text as UTF-16. What is no UTF-8 (overlong forms and surrogates included) becomes
// U+FFFD, one for each byte. Never more units than bytes.
inline void DecodeUtf8(std::string_view text, std::vector<char16_t>& target) {
  constexpr std::uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const std::uint32_t first = byte(i);
    const std::size_t more = first < 0x80   ? 0
                             : first < 0xc0 ? 4
                             : first < 0xe0 ? 1
                             : first < 0xf0 ? 2
                             : first < 0xf8 ? 3
                                            : 4;
    std::uint32_t code = more == 0 ? first : first & (0x3fU >> more);
    bool valid = more < 4 && i + more < text.size();
    for (std::size_t k = 1; valid && k <= more; ++k) {
      valid = (byte(i + k) & 0xc0) == 0x80;
      code = (code << 6) | (byte(i + k) & 0x3fU);
    }
    valid = valid && code >= kLeast[more] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    if (!valid) {
      target.push_back(u'\uFFFD');
      ++i;
      continue;
    }
    if (code < 0x10000) {
      target.push_back(static_cast<char16_t>(code));
    } else {
      target.push_back(static_cast<char16_t>(0xd800 + ((code - 0x10000) >> 10)));
      target.push_back(static_cast<char16_t>(0xdc00 + ((code - 0x10000) & 0x3ff)));
    }
    i += more + 1;
  }
}

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_UTF8_H_
