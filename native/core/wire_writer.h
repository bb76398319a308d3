// From encoded events to the protobuf form.
#ifndef TAPIO_CORE_WIRE_WRITER_H_
#define TAPIO_CORE_WIRE_WRITER_H_

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "encoded_event.h"
#include "event_plan.h"
#include "interned_texts.h"
#include "short_copy.h"
#include "symbol_table.h"
#include "utf8_text.h"

namespace tapio {

enum class WireStatus {
  kWritten,
  kNoRoom,       // what was written is void
  kUnknownBits,  // of a record
  kBadValue,     // a number out of its range
  kPastEnd,      // words or text that reach beyond the event, or text that is left over
  kUnknownText,  // an id that was never given out
};

struct WireOutcome {
  WireStatus status;
  std::size_t size;  // written
  std::size_t step;  // of the plan, where something was wrong
};

// Writes an encoded event (docs/event-format.md) as field 1 of a protobuf message, by a plan. Texts
// are never decoded: those of the bundles become UTF-8, interned ones are it.
//
// The plan is a constant, so that each of its steps becomes code of its own, all in one function
// that has the place in the event in registers. A function that takes the event by reference must
// therefore be inlined.
//
// Threads: one at a time; the symbol table may grow meanwhile.
// Guarantees: whatever the bytes, reads only the event and writes only the room that it was given.
// Memory: as InternedTexts.
template <const EventPlan& kPlan>
class WireWriter {
 public:
  explicit WireWriter(const SymbolTable& symbols) : interned_(symbols) {}

  WireOutcome Write(const std::uint8_t* bytes, std::size_t size, std::uint8_t* out,
                    std::size_t room) {
    EncodedEvent event;
    if (!event.Open(bytes, size)) return {Status::kPastEnd, 0, 0};
    status_ = Status::kWritten;
    step_ = kNoStep;
    end_ = out + room;
    ascii_ = IsAscii(event.latin1());
    const std::uint8_t* const end = Event(event, out);
    if (end == nullptr) return {status_, 0, step_ == kNoStep ? 0 : step_};
    return {Status::kWritten, static_cast<std::size_t>(end - out), 0};
  }

 private:
  using Status = WireStatus;

  // What a step writes, but for its texts and parts: a tag of two bytes, and ten.
  static constexpr std::size_t kStepBytes = 16;
  // A text of up to so many bytes is copied with what lies behind it, which costs less than to ask
  // how long it is.
  static constexpr std::size_t kPadding = InternedTexts::kPadding;
  static constexpr std::size_t kNoStep = ~std::size_t{0};
  static constexpr std::uint8_t kEventTag = 0x0a;
  static constexpr std::uint8_t kKeyTag = 0x0a;
  static constexpr std::uint8_t kValueTag = 0x12;

  // What writes takes the byte to write to, and returns the one behind its last; nullptr: it has
  // failed.
  [[gnu::always_inline]] std::uint8_t* Event(EncodedEvent& event, std::uint8_t* to) {
    if (!HasRoom(to, kStepBytes)) return nullptr;
    *to++ = kEventTag;
    std::uint8_t* const content = to + 2;
    to = Fields<0>(event, event.Word(EncodedEvent::kBitsWord), content);
    if (to == nullptr) return nullptr;
    if (event.IsUsedUp()) return Close(content, 2, to);
    step_ = kPlan.records[0].end - 1;
    return Fail(Status::kPastEnd);
  }

  template <std::size_t kRecord>
  [[gnu::always_inline]] std::uint8_t* Fields(EncodedEvent& event, std::uint32_t bits,
                                              std::uint8_t* to) {
    constexpr const EventPlan::Record& kFields = kPlan.records[kRecord];
    if ((bits & ~kFields.bits) != 0) return Fail(Status::kUnknownBits);
    return Steps<kFields.first, kFields.fixed>(
        std::make_index_sequence<kFields.end - kFields.first>{}, event, bits, to);
  }

  template <std::size_t kFirst, bool kFixed, std::size_t... kIndex>
  [[gnu::always_inline]] std::uint8_t* Steps(std::index_sequence<kIndex...>, EncodedEvent& event,
                                             std::uint32_t bits, std::uint8_t* to) {
    static_cast<void>((((to = Step<kFirst + kIndex, kFixed>(event, bits, to)) != nullptr) && ...));
    return to;
  }

  template <std::size_t kIndex, bool kFixed>
  [[gnu::always_inline]] std::uint8_t* Step(EncodedEvent& event, std::uint32_t bits,
                                            std::uint8_t* to) {
    constexpr const EventPlan::Step& kStep = kPlan.steps[kIndex];
    const bool present = kStep.mask == 0 || (bits & kStep.mask) != 0;
    if (!present && !kFixed) return to;
    const std::size_t at = event.word();
    if (!event.Pass(EventPlan::WordsOf(kStep.kind))) {
      to = Fail(Status::kPastEnd);
    } else if (present) {
      to = Field<kIndex>(event, bits, at, to);
    }
    if (to == nullptr && step_ == kNoStep) step_ = kIndex;
    return to;
  }

  template <std::size_t kIndex>
  [[gnu::always_inline]] std::uint8_t* Field(EncodedEvent& event, std::uint32_t bits,
                                             std::size_t at, std::uint8_t* to) {
    using Kind = EventPlan::Kind;
    constexpr const EventPlan::Step& kStep = kPlan.steps[kIndex];
    if (!HasRoom(to, kStepBytes)) return nullptr;
    if constexpr (kStep.kind == Kind::kStrings) return Strings<kStep.tag>(event, to);
    if constexpr (kStep.kind == Kind::kStringMap) return StringMap<kStep.tag>(event, to);
    to = Tag<kStep.tag>(to);
    if constexpr (kStep.kind == Kind::kText) return Text(event, event.Word(at), to);
    if constexpr (kStep.kind == Kind::kUint32) return Varint(event.Word(at), to);
    if constexpr (kStep.kind == Kind::kInt32) {
      const std::uint32_t value = event.Word(at);
      const std::uint32_t sign = value >> 31 != 0 ? ~std::uint32_t{0} : 0;
      return Varint((value << 1) ^ sign, to);
    }
    if constexpr (kStep.kind == Kind::kSafeInteger) return SafeInteger(event.Long(at), to);
    if constexpr (kStep.kind == Kind::kDouble) return Fixed64(event.Long(at), to);
    if constexpr (kStep.kind == Kind::kTimestamp) {
      const std::uint64_t time = event.Long(0);
      return static_cast<std::int64_t>(time) < 0 ? Fail(Status::kBadValue) : Varint(time, to);
    }
    if constexpr (kStep.kind == Kind::kBoolean) return Varint((bits & kStep.extra) != 0, to);
    if constexpr (kStep.kind == Kind::kTrue) return Varint(1, to);
    if constexpr (kStep.kind == Kind::kEnum) {
      const std::uint32_t number = (bits & kStep.mask) >> std::countr_zero(kStep.mask);
      return number > kStep.extra ? Fail(Status::kBadValue) : Varint(number, to);
    }
    if constexpr (kStep.kind == Kind::kSection) {
      const std::size_t word = event.word();
      if (!event.Pass(1)) return Fail(Status::kPastEnd);
      std::uint8_t* const content = to + 1;
      to = Fields<kStep.extra>(event, event.Word(word), content);
      return to == nullptr ? nullptr : Close(content, 1, to);
    }
    if constexpr (kStep.kind == Kind::kBytes) return Bytes(event.TakeRaw(), to);
    static_assert(kStep.kind <= Kind::kBytes);
  }

  template <std::uint32_t kTag>
  [[gnu::always_inline]] std::uint8_t* Strings(EncodedEvent& event, std::uint8_t* to) {
    std::size_t left = 0;
    if (!event.PassCount(1, left)) return Fail(Status::kPastEnd);
    for (; left > 0; --left) {
      if (!HasRoom(to, kStepBytes)) return nullptr;
      to = NextText(event, Tag<kTag>(to));
      if (to == nullptr) return nullptr;
    }
    return to;
  }

  template <std::uint32_t kTag>
  [[gnu::always_inline]] std::uint8_t* StringMap(EncodedEvent& event, std::uint8_t* to) {
    std::size_t left = 0;
    if (!event.PassCount(2, left)) return Fail(Status::kPastEnd);
    for (; left > 0; --left) {
      if (!HasRoom(to, kStepBytes)) return nullptr;
      std::uint8_t* const content = Tag<kTag>(to) + 1;
      *content = kKeyTag;
      to = NextText(event, content + 1);
      if (to == nullptr || !HasRoom(to, kStepBytes)) return nullptr;
      *to++ = kValueTag;
      to = NextText(event, to);
      if (to != nullptr) to = Close(content, 1, to);
      if (to == nullptr) return nullptr;
    }
    return to;
  }

  // A word that is there.
  [[gnu::always_inline]] std::uint8_t* NextText(EncodedEvent& event, std::uint8_t* to) {
    const std::size_t at = event.word();
    event.Pass(1);
    return Text(event, event.Word(at), to);
  }

  [[gnu::always_inline]] std::uint8_t* Text(EncodedEvent& event, std::uint32_t reference,
                                            std::uint8_t* to) {
    if ((reference & EncodedEvent::kBundled) == 0) {
      const std::string_view text = interned_.FindKnown(reference);
      return text.data() != nullptr && text.size() <= kPadding && HasPaddedRoom(to)
                 ? PaddedText(text, to)
                 : InternedText(reference, to);
    }
    const std::size_t units = reference & EncodedEvent::kUnits;
    if ((reference & EncodedEvent::kUtf16) != 0) {
      const std::uint8_t* text = nullptr;
      return event.TakeUtf16(units, text) ? Utf16Text(text, units, to) : Fail(Status::kPastEnd);
    }
    const std::size_t readable = event.latin1().size();
    std::string_view text;
    if (!event.TakeLatin1(units, text)) return Fail(Status::kPastEnd);
    return readable >= kPadding && units <= kPadding && ascii_ && HasPaddedRoom(to)
               ? PaddedText(text, to)
               : Latin1Text(text, to);
  }

  bool HasPaddedRoom(const std::uint8_t* to) const {
    return kPadding + kStepBytes <= static_cast<std::size_t>(end_ - to);
  }

  // kPadding bytes may be read from its start on, and written behind its length.
  [[gnu::always_inline]] static std::uint8_t* PaddedText(std::string_view text, std::uint8_t* to) {
    *to++ = static_cast<std::uint8_t>(text.size());
    std::memcpy(to, text.data(), kPadding);
    return to + text.size();
  }

  [[gnu::noinline]] std::uint8_t* InternedText(std::uint32_t id, std::uint8_t* to) {
    const std::string_view text = interned_.Find(id);
    return text.data() == nullptr ? Fail(Status::kUnknownText) : Bytes(text, to);
  }

  [[gnu::noinline]] std::uint8_t* Latin1Text(std::string_view text, std::uint8_t* to) {
    if (ascii_ || IsAscii(text)) return Bytes(text, to);
    to = Length(Utf8SizeOfLatin1(text), to);
    return to == nullptr ? nullptr : WriteLatin1AsUtf8(text, to);
  }

  [[gnu::noinline]] std::uint8_t* Utf16Text(const std::uint8_t* text, std::size_t units,
                                            std::uint8_t* to) {
    to = Length(Utf8SizeOfUtf16(text, units), to);
    return to == nullptr ? nullptr : WriteUtf16AsUtf8(text, units, to);
  }

  std::uint8_t* SafeInteger(std::uint64_t bits, std::uint8_t* to) {
    constexpr double kMost = 9007199254740991;
    const auto value = std::bit_cast<double>(bits);
    // Also where it is no number.
    if (!(std::fabs(value) <= kMost)) return Fail(Status::kBadValue);
    const auto whole = static_cast<std::int64_t>(value);
    if (static_cast<double>(whole) != value) return Fail(Status::kBadValue);
    return Varint(static_cast<std::uint64_t>(whole), to);
  }

  static std::uint8_t* Fixed64(std::uint64_t value, std::uint8_t* to) {
    static_assert(std::endian::native == std::endian::little);
    std::memcpy(to, &value, sizeof value);
    return to + sizeof value;
  }

  [[gnu::noinline]] std::uint8_t* Bytes(std::string_view bytes, std::uint8_t* to) {
    to = Length(bytes.size(), to);
    if (to == nullptr) return nullptr;
    CopyText(bytes, to);
    return to + bytes.size();
  }

  // Writes it, and sees that there is room for so many bytes behind it, and for the next step's.
  std::uint8_t* Length(std::size_t size, std::uint8_t* to) {
    return HasRoom(to, size + kStepBytes) ? Varint(size, to) : nullptr;
  }

  // Of a message from `content` to `to`, before which so many bytes are free for its length.
  std::uint8_t* Close(std::uint8_t* content, std::size_t length_bytes, std::uint8_t* to) {
    const auto size = static_cast<std::size_t>(to - content);
    const std::size_t wanted = VarintSize(size);
    if (wanted != length_bytes) {
      if (!HasRoom(to, kStepBytes)) return nullptr;
      std::memmove(content - length_bytes + wanted, content, size);
    }
    Varint(size, content - length_bytes);
    return content - length_bytes + wanted + size;
  }

  bool HasRoom(const std::uint8_t* to, std::size_t size) {
    return size <= static_cast<std::size_t>(end_ - to) || Failed(Status::kNoRoom);
  }

  std::nullptr_t Fail(Status status) {
    status_ = status;
    return nullptr;
  }

  bool Failed(Status status) {
    status_ = status;
    return false;
  }

  template <std::uint32_t kTag>
  [[gnu::always_inline]] static std::uint8_t* Tag(std::uint8_t* to) {
    if constexpr (kTag > 0x7f) {
      *to++ = static_cast<std::uint8_t>(kTag | 0x80);
      *to++ = static_cast<std::uint8_t>(kTag >> 7);
    } else {
      *to++ = static_cast<std::uint8_t>(kTag);
    }
    return to;
  }

  static std::uint8_t* Varint(std::uint64_t value, std::uint8_t* to) {
    for (; value > 0x7f; value >>= 7) *to++ = static_cast<std::uint8_t>(value | 0x80);
    *to++ = static_cast<std::uint8_t>(value);
    return to;
  }

  static std::size_t VarintSize(std::size_t value) {
    std::size_t size = 1;
    while ((value >>= 7) != 0) ++size;
    return size;
  }

  InternedTexts interned_;
  bool ascii_ = false;  // every Latin-1 text of the event
  std::uint8_t* end_ = nullptr;
  Status status_ = Status::kWritten;  // why it has failed
  std::size_t step_ = kNoStep;        // that has failed
};

}  // namespace tapio

#endif  // TAPIO_CORE_WIRE_WRITER_H_
