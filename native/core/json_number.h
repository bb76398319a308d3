// A number in a JSON text, and whether JavaScript keeps its digits.
#ifndef TAPIO_CORE_JSON_NUMBER_H_
#define TAPIO_CORE_JSON_NUMBER_H_

#include <cstddef>
#include <cstdint>

namespace tapio {

// Says what JavaScript would make of a number: by the rule of `survives` in
// lib/event/kept-digits.ts, without making it.
struct JsonNumber {
  enum class Kind {
    kInvalid,  // no number of JSON
    kUnknown,  // only JavaScript can tell
    kLost,     // its digits are others when it is written again, or it is beyond all doubles
    kKept,
    kInteger,  // kept, up to 2^53 - 1
  };

  Kind kind;
  const char16_t* end = nullptr;
  std::uint64_t bits = 0;  // of an integer, in two's complement

  // Of the text from `at` on. What stands behind it must be another character, as a zero is.
  static JsonNumber Read(const char16_t* at) {
    const bool negative = *at == u'-';
    if (negative) ++at;
    const char16_t* const digits = at;
    if (!IsDigit(*at)) return {Kind::kInvalid, at};
    std::uint64_t value = 0;
    while (IsDigit(*at)) value = value * 10 + static_cast<std::uint64_t>(*at++ - u'0');
    const std::ptrdiff_t count = at - digits;
    if (*digits == u'0' && count > 1) return {Kind::kInvalid, at};
    if (count > kManyDigits) return {Kind::kUnknown, at};
    if (*at != u'.' && *at != u'e' && *at != u'E')
      return {OfInteger(digits, count, negative, value), at, negative ? ~value + 1 : value};
    Kind kind = Kind::kKept;
    if (*at == u'.') {
      const char16_t* const fraction = ++at;
      if (!IsDigit(*at)) return {Kind::kInvalid, at};
      while (IsDigit(*at)) ++at;
      if (!negative) kind = OfFraction(digits, count, at - fraction);
    }
    if (*at == u'e' || *at == u'E') {
      kind = Kind::kKept;
      ++at;
      if (*at == u'+' || *at == u'-') ++at;
      const char16_t* const exponent = at;
      while (IsDigit(*at)) ++at;
      if (at == exponent) return {Kind::kInvalid, at};
      if (at - exponent > 2) return {Kind::kUnknown, at};
    }
    return {kind, at};
  }

 private:
  static bool IsDigit(char16_t unit) { return unit >= u'0' && unit <= u'9'; }

  // Of a number that may be beyond all doubles with an exponent of two digits, as an exponent of
  // more may make any number.
  static constexpr std::ptrdiff_t kManyDigits = 200;
  // JavaScript writes so many digits at most, and zeros behind them.
  static constexpr std::ptrdiff_t kMostSignificant = 17;

  static Kind OfInteger(const char16_t* digits, std::ptrdiff_t count, bool negative,
                        std::uint64_t value) {
    // Digits of the largest integer below which a double holds all, and of what is below 2^64.
    constexpr std::ptrdiff_t kExactDigits = 16;
    constexpr std::uint64_t kLargestExact = 9007199254740991;
    constexpr std::ptrdiff_t kMostDigits = 19;
    if (count <= kExactDigits) {
      if (value <= kLargestExact) return negative && value == 0 ? Kind::kKept : Kind::kInteger;
      // Here doubles are two apart.
      return value % 2 == 0 ? Kind::kKept : Kind::kLost;
    }
    if (count <= kMostDigits && IsAlone(value)) return Kind::kKept;
    const char16_t* significant = digits + count;
    while (significant[-1] == u'0') --significant;
    return significant - digits <= kMostSignificant ? Kind::kUnknown : Kind::kLost;
  }

  // Whether no other integer with as many zeros at its end is the same double.
  static bool IsAlone(std::uint64_t value) {
    std::uint64_t unit = 1;
    for (std::uint64_t rest = value; rest % 10 == 0; rest /= 10) unit *= 10;
    std::uint64_t apart = 1;
    for (std::uint64_t top = value >> 53; top != 0; top >>= 1) apart *= 2;
    return unit > apart;
  }

  // Only a time since the epoch, in seconds, milliseconds or microseconds, is asked. Doubles of its
  // size are further apart than two times of kMostSignificant digits, and nearer than of fewer.
  static Kind OfFraction(const char16_t* digits, std::ptrdiff_t whole, std::ptrdiff_t fraction) {
    if (*digits != u'1' && *digits != u'2') return Kind::kKept;
    if (whole != 10 && whole != 13 && whole != 16) return Kind::kKept;
    if (whole + fraction <= kMostSignificant) return Kind::kKept;
    const char16_t* end = digits + whole + 1 + fraction;
    while (end[-1] == u'0') --end;
    const std::ptrdiff_t significant = end - digits - 1;
    if (significant == kMostSignificant) return Kind::kUnknown;
    return significant > kMostSignificant ? Kind::kLost : Kind::kKept;
  }
};

}  // namespace tapio

#endif  // TAPIO_CORE_JSON_NUMBER_H_
