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

// Appends the text as UTF-16, as TextDecoder decodes it with `ignoreBOM`: each longest start of a
// character that does not go on, and each byte that starts none, becomes one U+FFFD. Never more
// units than bytes.
inline void DecodeUtf8(std::string_view text, std::vector<char16_t>& target) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = byte(i++);
    const unsigned more = first < 0x80                    ? 0
                          : first >= 0xc2 && first < 0xe0 ? 1
                          : first >= 0xe0 && first < 0xf0 ? 2
                          : first >= 0xf0 && first < 0xf5 ? 3
                                                          : 4;
    // The second byte's range is what keeps overlong forms, surrogates and what is beyond Unicode
    // out.
    unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    unsigned left = more;
    std::uint32_t code = more == 0 ? first : first & (0x3fU >> more);
    while (more < 4 && left > 0 && i < text.size() && byte(i) >= least && byte(i) <= most) {
      code = (code << 6) | (byte(i++) & 0x3fU);
      least = 0x80;
      most = 0xbf;
      --left;
    }
    if (left > 0) {
      target.push_back(u'\uFFFD');
    } else if (code < 0x10000) {
      target.push_back(static_cast<char16_t>(code));
    } else {
      target.push_back(static_cast<char16_t>(0xd800 + ((code - 0x10000) >> 10)));
      target.push_back(static_cast<char16_t>(0xdc00 + ((code - 0x10000) & 0x3ff)));
    }
  }
}

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_UTF8_H_
