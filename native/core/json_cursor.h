// Steps over the strings and spaces of a JSON text, and repairs what is half of a surrogate pair.
#ifndef TAPIO_CORE_JSON_CURSOR_H_
#define TAPIO_CORE_JSON_CURSOR_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tapio {

// Where in a text its reader is. Behind the text stand kPadding zeros, which are part of no JSON:
// nothing here looks for the end.
//
// Threads: one. Memory: the text is its reader's.
class JsonCursor {
 protected:
  // A string is looked at in steps of so many characters at most.
  static constexpr std::size_t kPadding = 8;

  void SkipSpace() {
    while (*at_ == u' ' || *at_ == u'\n' || *at_ == u'\t' || *at_ == u'\r') ++at_;
  }

  static bool IsDigit(char16_t unit) { return unit >= u'0' && unit <= u'9'; }

  // Steps to the next quote, backslash, control or half of a pair: behind the end are zeros, which
  // are controls.
#ifdef __SSE2__
  void StepToSpecial() {
    const auto each = [](char16_t unit) { return _mm_set1_epi16(static_cast<std::int16_t>(unit)); };
    for (;; at_ += 8) {
      const __m128i units = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at_));
      const __m128i quote = _mm_cmpeq_epi16(units, each(u'"'));
      const __m128i backslash = _mm_cmpeq_epi16(units, each(u'\\'));
      const __m128i control = _mm_cmpeq_epi16(_mm_subs_epu16(units, each(0x1f)), each(0));
      const __m128i half = _mm_cmpeq_epi16(_mm_and_si128(units, each(0xf800)), each(0xd800));
      const __m128i special =
          _mm_or_si128(_mm_or_si128(quote, backslash), _mm_or_si128(control, half));
      const auto bytes = static_cast<unsigned>(_mm_movemask_epi8(special));
      if (bytes == 0) continue;
      at_ += std::countr_zero(bytes) / 2;
      return;
    }
  }
#else
  void StepToSpecial() {
    for (;; at_ += 4) {
      std::uint64_t units;
      std::memcpy(&units, at_, sizeof units);
      const std::uint64_t special = Special(units);
      if (special == 0) continue;
      if constexpr (std::endian::native == std::endian::little) {
        at_ += std::countr_zero(special) / 16;
        return;
      }
      while ((Special(*at_) & 0x8000) == 0) ++at_;
      return;
    }
  }

  // Has the top bit of those of four characters set that are one of them. A character above one of
  // them may be a false alarm.
  static std::uint64_t Special(std::uint64_t units) {
    constexpr std::uint64_t kOnes = 0x0001000100010001;
    constexpr std::uint64_t kTops = kOnes << 15;
    const auto zero = [](std::uint64_t lanes) { return (lanes - kOnes) & ~lanes; };
    const std::uint64_t quote = zero(units ^ (kOnes * u'"'));
    const std::uint64_t backslash = zero(units ^ (kOnes * u'\\'));
    const std::uint64_t control = (units - kOnes * 0x20) & ~units;
    const std::uint64_t half = zero((units & (kOnes * 0xf800)) ^ (kOnes * 0xd800));
    return (quote | backslash | control | half) & kTops;
  }
#endif

  // A string from its first quote to behind its last one. False: it is none.
  bool String(bool& escaped) {
    ++at_;
    for (;;) {
      StepToSpecial();
      switch (*at_) {
        case u'"':
          ++at_;
          return true;
        case u'\\':
          escaped = true;
          if (!Escape()) return false;
          break;
        default:
          if (*at_ < 0x20) return false;
          Surrogate();
      }
    }
  }

  // Half of a pair, or both: steps behind it.
  void Surrogate() {
    if (at_[0] < 0xdc00 && (at_[1] & 0xfc00) == 0xdc00) {
      at_ += 2;
      return;
    }
    *at_++ = 0xfffd;
    changed_ = true;
  }

  // The value of four hexadecimal digits, or -1.
  static std::int32_t Hex(const char16_t* digits) {
    std::int32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const char16_t unit = digits[i];
      std::int32_t digit;
      if (IsDigit(unit))
        digit = unit - u'0';
      else if ((unit | 0x20) >= u'a' && (unit | 0x20) <= u'f')
        digit = (unit | 0x20) - u'a' + 10;
      else
        return -1;
      value = value * 16 + digit;
    }
    return value;
  }

  bool Escape() {
    switch (at_[1]) {
      case u'"':
      case u'\\':
      case u'/':
      case u'b':
      case u'f':
      case u'n':
      case u'r':
      case u't':
        at_ += 2;
        return true;
      case u'u':
        break;
      default:
        return false;
    }
    const std::int32_t unit = Hex(at_ + 2);
    if (unit < 0) return false;
    if ((unit & 0xf800) == 0xd800) {
      const bool paired =
          unit < 0xdc00 && at_[6] == u'\\' && at_[7] == u'u' && (Hex(at_ + 8) & ~0x3ff) == 0xdc00;
      if (paired) {
        at_ += 12;
        return true;
      }
      std::copy_n(u"fffd", 4, at_ + 2);
      changed_ = true;
    }
    at_ += 6;
    return true;
  }

  // Appends what the inside of a string, found to be one, says.
  static void Unescape(std::u16string_view text, std::u16string& target) {
    for (;;) {
      const std::size_t escape = text.find(u'\\');
      target += text.substr(0, escape);
      if (escape == text.npos) return;
      std::size_t size = 2;
      switch (text[escape + 1]) {
        case u'b':
          target += u'\b';
          break;
        case u'f':
          target += u'\f';
          break;
        case u'n':
          target += u'\n';
          break;
        case u'r':
          target += u'\r';
          break;
        case u't':
          target += u'\t';
          break;
        case u'u':
          target += static_cast<char16_t>(Hex(text.data() + escape + 2));
          size = 6;
          break;
        default:
          target += text[escape + 1];
      }
      text.remove_prefix(escape + size);
    }
  }

  char16_t* at_ = nullptr;
  // Whether anything was repaired.
  bool changed_ = false;
};

}  // namespace tapio

#endif  // TAPIO_CORE_JSON_CURSOR_H_
