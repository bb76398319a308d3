// An encoded event (docs/event-format.md), from its first word to its last character.
#ifndef TAPIO_CORE_ENCODED_EVENT_H_
#define TAPIO_CORE_ENCODED_EVENT_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tapio {

// Goes over the words and the texts once, in their order.
//
// Threads: one.
// Guarantees: whatever the bytes, none is read that is not the event's, as long as `Word` and
//   `Long` are asked for words of the header, or that have been passed.
// Memory: the caller's.
class EncodedEvent {
 public:
  // Words of the root header.
  static constexpr std::size_t kBitsWord = 2;
  static constexpr std::size_t kTextStartWord = 3;
  static constexpr std::size_t kLatin1UnitsWord = 4;
  static constexpr std::size_t kRefsWord = 5;
  static constexpr std::size_t kHeaderWords = 8;
  // Of references.
  static constexpr std::uint32_t kBundled = 1U << 31;
  static constexpr std::uint32_t kUtf16 = 1U << 30;
  static constexpr std::uint32_t kUnits = kUtf16 - 1;

  // Stands before the first reference. False: it is none.
  [[gnu::always_inline]] bool Open(const std::uint8_t* event, std::size_t size) {
    event_ = event;
    if (size < kHeaderWords * 4) return false;
    text_start_ = Word(kTextStartWord);
    const std::size_t latin1 = Word(kLatin1UnitsWord);
    if (text_start_ < kHeaderWords * 4 || text_start_ > size || latin1 > size - text_start_)
      return false;
    words_ = text_start_ / 4;
    word_ = kRefsWord;
    has_raw_ = false;
    latin1_ = Characters(text_start_, latin1);
    utf16_ = event + text_start_ + latin1;
    utf16_end_ = event + size;
    return true;
  }

  // What is left of the texts that are Latin-1.
  std::string_view latin1() const { return latin1_; }
  // In bytes.
  std::size_t text_start() const { return text_start_; }
  // The next one.
  std::size_t word() const { return word_; }

  // False: the event has fewer.
  [[gnu::always_inline]] bool Pass(std::size_t words) {
    if (words > words_ - word_) return false;
    word_ += words;
    return true;
  }

  // Passes a count, and tells it. False: it is not there, or so many entries of so many words are
  // not.
  [[gnu::always_inline]] bool PassCount(std::size_t words_each, std::size_t& count) {
    const std::size_t at = word_;
    if (!Pass(1)) return false;
    count = Word(at);
    return count <= (words_ - word_) / words_each;
  }

  [[gnu::always_inline]] std::uint32_t Word(std::size_t word) const {
    std::uint32_t value;
    std::memcpy(&value, event_ + word * 4, sizeof value);
    return value;
  }

  std::uint64_t Long(std::size_t word) const {
    std::uint64_t value;
    std::memcpy(&value, event_ + word * 4, sizeof value);
    return value;
  }

  [[gnu::always_inline]] bool TakeLatin1(std::size_t units, std::string_view& text) {
    if (units > latin1_.size()) return false;
    text = latin1_.substr(0, units);
    latin1_.remove_prefix(units);
    return true;
  }

  // UTF-16, which may lie anywhere.
  [[gnu::always_inline]] bool TakeUtf16(std::size_t units, const std::uint8_t*& text) {
    if (units > static_cast<std::size_t>(utf16_end_ - utf16_) / 2) return false;
    text = utf16_;
    utf16_ += 2 * units;
    return true;
  }

  // The bytes between the words, of which the last has been passed, and the text.
  std::string_view TakeRaw() {
    has_raw_ = true;
    return Characters(word_ * 4, text_start_ - word_ * 4);
  }

  bool IsUsedUp() const {
    const bool words_are = has_raw_ ? word_ <= words_ : word_ == words_;
    return words_are && latin1_.empty() && utf16_ == utf16_end_;
  }

 private:
  std::string_view Characters(std::size_t at, std::size_t size) const {
    return {reinterpret_cast<const char*>(event_) + at, size};
  }

  const std::uint8_t* event_ = nullptr;
  std::size_t text_start_ = 0;
  std::size_t words_ = 0;  // before the text
  std::size_t word_ = 0;
  bool has_raw_ = false;
  std::string_view latin1_;  // what is left of the bundles
  const std::uint8_t* utf16_ = nullptr;
  const std::uint8_t* utf16_end_ = nullptr;
};

}  // namespace tapio

#endif  // TAPIO_CORE_ENCODED_EVENT_H_
