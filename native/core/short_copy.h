// Copies of texts, most of which are short.
#ifndef TAPIO_CORE_SHORT_COPY_H_
#define TAPIO_CORE_SHORT_COPY_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tapio {

// From kBytes to twice as many: its two ends, which may overlap.
template <std::size_t kBytes>
void CopyEnds(std::string_view text, std::uint8_t* to) {
  std::memcpy(to, text.data(), kBytes);
  std::memcpy(to + text.size() - kBytes, text.data() + text.size() - kBytes, kBytes);
}

// A call of memcpy costs more than what most texts are.
inline void CopyText(std::string_view text, std::uint8_t* to) {
  if (text.size() > 32) {
    std::memcpy(to, text.data(), text.size());
  } else if (text.size() >= 16) {
    CopyEnds<16>(text, to);
  } else if (text.size() >= 8) {
    CopyEnds<8>(text, to);
  } else if (text.size() >= 4) {
    CopyEnds<4>(text, to);
  } else {
    for (const char c : text) *to++ = static_cast<std::uint8_t>(c);
  }
}

}  // namespace tapio

#endif  // TAPIO_CORE_SHORT_COPY_H_
