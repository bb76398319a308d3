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

// Writes an encoded event (docs/event-format.md) as field 1 of a protobuf message, by a plan. Texts
// are never decoded: those of the bundles become UTF-8, interned ones are it.
//
// Threads: one at a time; the symbol table may grow meanwhile.
// Guarantees: whatever the bytes, reads only the event and writes only the room that it was given.
// Memory: a view for each id of an interned text that it has met.
class WireWriter {
 public:
  enum class Status {
    kWritten,
    kNoRoom,       // what was written is void
    kUnknownBits,  // of a record
    kBadValue,     // a number out of its range
    kPastEnd,      // words or text that reach beyond the event, or text that is left over
    kUnknownText,  // an id that was never given out
  };

  struct Outcome {
    Status status;
    std::size_t size;  // written
    std::size_t step;  // of the plan, where something was wrong
  };

  WireWriter(EventPlan plan, const SymbolTable& symbols)
      : plan_(std::move(plan)), interned_(symbols) {}

  const EventPlan& plan() const { return plan_; }

  Outcome Write(const std::uint8_t* event, std::size_t size, std::uint8_t* out, std::size_t room) {
    status_ = Status::kPastEnd;
    step_ = 0;
    end_ = out + room;
    const std::uint8_t* const end = event_.Open(event, size) ? Event(out) : nullptr;
    if (end == nullptr) return {status_, 0, step_};
    return {Status::kWritten, static_cast<std::size_t>(end - out), 0};
  }

 private:
  // What a step writes, but for its texts and parts: a tag of two bytes, and ten.
  static constexpr std::size_t kStepBytes = 16;
  static constexpr std::uint8_t kEventTag = 0x0a;
  static constexpr std::uint8_t kKeyTag = 0x0a;
  static constexpr std::uint8_t kValueTag = 0x12;

  // What writes takes the byte to write to, and returns the one behind its last; nullptr: it has
  // failed. (As a member, that pointer would be loaded anew behind every byte.)
  std::uint8_t* Event(std::uint8_t* to) {
    if (!HasRoom(to, kStepBytes)) return nullptr;
    *to++ = kEventTag;
    std::uint8_t* const content = to + 2;
    to = Fields(plan_.records[0], event_.Word(EncodedEvent::kBitsWord), content);
    if (to == nullptr) return nullptr;
    return event_.IsUsedUp() ? Close(content, 2, to) : Fail(Status::kPastEnd);
  }

  std::uint8_t* Fields(const EventPlan::Record& record, std::uint32_t bits, std::uint8_t* to) {
    if ((bits & ~record.bits) != 0) return Fail(Status::kUnknownBits);
    const EventPlan::Step* const first = plan_.steps.data();
    for (const EventPlan::Step* step = first + record.first; step != first + record.end; ++step) {
      const bool present = step->mask == 0 || (bits & step->mask) != 0;
      if (!present && !record.fixed) continue;
      step_ = static_cast<std::size_t>(step - first);
      const std::size_t at = event_.word();
      if (!event_.Pass(EventPlan::WordsOf(step->kind))) return Fail(Status::kPastEnd);
      if (present) to = Field(*step, bits, at, to);
      if (to == nullptr) return nullptr;
    }
    return to;
  }

  // Inlined, as is `Bytes`: as calls they take a sixth of the whole time.
  [[gnu::always_inline]] inline std::uint8_t* Field(const EventPlan::Step& step, std::uint32_t bits,
                                                    std::size_t at, std::uint8_t* to) {
    if (!HasRoom(to, kStepBytes)) return nullptr;
    // Lists write it with each entry.
    if (step.kind != EventPlan::Kind::kStrings && step.kind != EventPlan::Kind::kStringMap)
      to = Varint(step.tag, to);
    switch (step.kind) {
      case EventPlan::Kind::kText:
        return Text(event_.Word(at), to);
      case EventPlan::Kind::kUint32:
        return Varint(event_.Word(at), to);
      case EventPlan::Kind::kInt32: {
        const std::uint32_t value = event_.Word(at);
        const std::uint32_t sign = value >> 31 != 0 ? ~std::uint32_t{0} : 0;
        return Varint((value << 1) ^ sign, to);
      }
      case EventPlan::Kind::kSafeInteger:
        return SafeInteger(at, to);
      case EventPlan::Kind::kDouble:
        return Fixed64(event_.Long(at), to);
      case EventPlan::Kind::kTimestamp:
        if (static_cast<std::int64_t>(event_.Long(0)) < 0) return Fail(Status::kBadValue);
        return Varint(event_.Long(0), to);
      case EventPlan::Kind::kBoolean:
        return Varint((bits & static_cast<std::uint32_t>(step.extra)) != 0 ? 1 : 0, to);
      case EventPlan::Kind::kTrue:
        return Varint(1, to);
      case EventPlan::Kind::kEnum: {
        const std::uint32_t number = (bits & step.mask) >> std::countr_zero(step.mask);
        if (number > static_cast<std::uint32_t>(step.extra)) return Fail(Status::kBadValue);
        return Varint(number, to);
      }
      case EventPlan::Kind::kStrings:
        return Strings(step.tag, to);
      case EventPlan::Kind::kStringMap:
        return StringMap(step.tag, to);
      case EventPlan::Kind::kSection:
        return Section(step, to);
      case EventPlan::Kind::kBytes:
        return Bytes(event_.TakeRaw(), to);
    }
    return Fail(Status::kBadValue);
  }

  std::uint8_t* Section(const EventPlan::Step& step, std::uint8_t* to) {
    const std::size_t at = event_.word();
    if (!event_.Pass(1)) return Fail(Status::kPastEnd);
    std::uint8_t* const content = to + 1;
    to = Fields(plan_.records[static_cast<std::size_t>(step.extra)], event_.Word(at), content);
    return to == nullptr ? nullptr : Close(content, 1, to);
  }

  std::uint8_t* Strings(std::uint32_t tag, std::uint8_t* to) {
    std::size_t left = 0;
    if (!event_.PassCount(1, left)) return Fail(Status::kPastEnd);
    for (; left > 0; --left) {
      if (!HasRoom(to, kStepBytes)) return nullptr;
      to = NextText(Varint(tag, to));
      if (to == nullptr) return nullptr;
    }
    return to;
  }

  std::uint8_t* StringMap(std::uint32_t tag, std::uint8_t* to) {
    std::size_t left = 0;
    if (!event_.PassCount(2, left)) return Fail(Status::kPastEnd);
    for (; left > 0; --left) {
      if (!HasRoom(to, kStepBytes)) return nullptr;
      std::uint8_t* const content = Varint(tag, to) + 1;
      *content = kKeyTag;
      to = NextText(content + 1);
      if (to == nullptr || !HasRoom(to, kStepBytes)) return nullptr;
      *to++ = kValueTag;
      to = NextText(to);
      if (to != nullptr) to = Close(content, 1, to);
      if (to == nullptr) return nullptr;
    }
    return to;
  }

  // A word that is there.
  std::uint8_t* NextText(std::uint8_t* to) {
    const std::size_t at = event_.word();
    event_.Pass(1);
    return Text(event_.Word(at), to);
  }

  std::uint8_t* Text(std::uint32_t reference, std::uint8_t* to) {
    const std::size_t units = reference & EncodedEvent::kUnits;
    if ((reference & EncodedEvent::kBundled) == 0) {
      const std::string_view text = interned_.Find(reference);
      return text.data() == nullptr ? Fail(Status::kUnknownText) : Bytes(text, to);
    }
    return (reference & EncodedEvent::kUtf16) != 0 ? Utf16Text(units, to) : Latin1Text(units, to);
  }

  std::uint8_t* Latin1Text(std::size_t units, std::uint8_t* to) {
    std::string_view text;
    if (!event_.TakeLatin1(units, text)) return Fail(Status::kPastEnd);
    if (IsAscii(text)) return Bytes(text, to);
    to = Length(Utf8SizeOfLatin1(text), to);
    return to == nullptr ? nullptr : WriteLatin1AsUtf8(text, to);
  }

  std::uint8_t* Utf16Text(std::size_t units, std::uint8_t* to) {
    const std::uint8_t* text = nullptr;
    if (!event_.TakeUtf16(units, text)) return Fail(Status::kPastEnd);
    to = Length(Utf8SizeOfUtf16(text, units), to);
    return to == nullptr ? nullptr : WriteUtf16AsUtf8(text, units, to);
  }

  std::uint8_t* SafeInteger(std::size_t at, std::uint8_t* to) {
    constexpr double kMost = 9007199254740991;
    const auto value = std::bit_cast<double>(event_.Long(at));
    // Also where it is no number.
    if (!(std::fabs(value) <= kMost) || std::trunc(value) != value) return Fail(Status::kBadValue);
    return Varint(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)), to);
  }

  static std::uint8_t* Fixed64(std::uint64_t value, std::uint8_t* to) {
    for (int i = 0; i < 8; ++i, value >>= 8) *to++ = static_cast<std::uint8_t>(value);
    return to;
  }

  [[gnu::always_inline]] inline std::uint8_t* Bytes(std::string_view bytes, std::uint8_t* to) {
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

  const EventPlan plan_;
  InternedTexts interned_;
  EncodedEvent event_;
  std::uint8_t* end_ = nullptr;
  Status status_ = Status::kWritten;
  std::size_t step_ = 0;
};

}  // namespace tapio

#endif  // TAPIO_CORE_WIRE_WRITER_H_
