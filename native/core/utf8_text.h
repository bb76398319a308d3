// UTF-8, and the two forms that texts have in memory: Latin-1 and UTF-16.
#ifndef TAPIO_CORE_UTF8_TEXT_H_
#define TAPIO_CORE_UTF8_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace tapio {

inline bool IsAscii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t i = 0;
  std::uint64_t any = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, text.data() + i, 8);
    any |= eight;
  }
  for (; i < text.size(); ++i) any |= static_cast<std::uint8_t>(text[i]);
  return (any & kHighBits) == 0;
}

inline std::size_t Utf8SizeOfLatin1(std::string_view text) {
  std::size_t size = text.size();
  for (const char c : text) size += static_cast<std::uint8_t>(c) >> 7;
  return size;
}

// Returns the byte behind the last.
inline std::uint8_t* WriteLatin1AsUtf8(std::string_view text, std::uint8_t* to) {
  for (const char c : text) {
    const auto unit = static_cast<std::uint8_t>(c);
    if (unit >= 0x80) *to++ = static_cast<std::uint8_t>(0xc0 | (unit >> 6));
    *to++ = unit < 0x80 ? unit : static_cast<std::uint8_t>(0x80 | (unit & 0x3f));
  }
  return to;
}

// Calls `each` with every character of UTF-16 in the byte order of the machine, which may lie
// anywhere; half of a pair is U+FFFD.
template <typename Each>
void ForEachCharacter(const std::uint8_t* units, std::size_t count, Each each) {
  const auto unit_at = [&](std::size_t i) {
    char16_t unit;
    std::memcpy(&unit, units + 2 * i, sizeof unit);
    return static_cast<std::uint32_t>(unit);
  };
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t unit = unit_at(i);
    if (unit < 0xd800 || unit >= 0xe000) {
      each(unit);
      continue;
    }
    const std::uint32_t next = unit < 0xdc00 && i + 1 < count ? unit_at(i + 1) : 0;
    if (next < 0xdc00 || next >= 0xe000) {
      each(0xfffdU);
      continue;
    }
    each(0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00));
    ++i;
  }
}

inline std::size_t Utf8SizeOfUtf16(const std::uint8_t* units, std::size_t count) {
  std::size_t size = 0;
  ForEachCharacter(units, count, [&](std::uint32_t code) {
    size += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  });
  return size;
}

// Returns the byte behind the last.
inline std::uint8_t* WriteUtf16AsUtf8(const std::uint8_t* units, std::size_t count,
                                      std::uint8_t* to) {
  const auto put = [&](std::uint32_t byte) { *to++ = static_cast<std::uint8_t>(byte); };
  ForEachCharacter(units, count, [&](std::uint32_t code) {
    if (code < 0x80) return put(code);
    if (code < 0x800) {
      put(0xc0 | (code >> 6));
    } else if (code < 0x10000) {
      put(0xe0 | (code >> 12));
      put(0x80 | ((code >> 6) & 0x3f));
    } else {
      put(0xf0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3f));
      put(0x80 | ((code >> 6) & 0x3f));
    }
    put(0x80 | (code & 0x3f));
  });
  return to;
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

}  // namespace tapio

#endif  // TAPIO_CORE_UTF8_TEXT_H_
