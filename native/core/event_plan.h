// Which word of an encoded event is which field, and which field of a protobuf message that is.
#ifndef TAPIO_CORE_EVENT_PLAN_H_
#define TAPIO_CORE_EVENT_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace tapio {

// That of UnifiedEvent is made by scripts/codec-generator/emit-event-plan.mjs, which knows the
// layout and the numbers of the fields; what a plan holds is trusted.
//
// Threads: any number read it. Memory: constants.
struct EventPlan {
  enum class Kind : std::uint8_t {
    kText,
    kUint32,
    kInt32,        // as sint32
    kSafeInteger,  // a double that holds an integer
    kDouble,
    kTimestamp,  // the first two words of the event
    kBoolean,    // `extra`: the bit of its value
    kTrue,       // its presence is its value
    kEnum,       // the number in the bits of `mask`; `extra`: the highest
    kStrings,
    kStringMap,
    kSection,  // `extra`: the number of its record
    kBytes,    // the bytes from the last word to the text
  };

  // Of a field that is there; parts have more.
  static constexpr std::size_t WordsOf(Kind kind) {
    switch (kind) {
      case Kind::kText:
      case Kind::kUint32:
      case Kind::kInt32:
        return 1;
      case Kind::kSafeInteger:
      case Kind::kDouble:
        return 2;
      default:
        return 0;
    }
  }

  // One field. Steps come in the order of the words.
  struct Step {
    Kind kind;
    std::uint32_t tag;   // of protobuf, at most two bytes
    std::uint32_t mask;  // of the record's bits; 0: always there
    std::uint32_t extra;
  };

  // The event itself is record 0, which has its bits in the header; the others begin with them.
  struct Record {
    std::size_t first;  // step
    std::size_t end;
    std::uint32_t bits;  // that are known
    bool fixed;          // what is absent takes room, too
  };

  std::span<const Record> records;
  std::span<const Step> steps;
};

}  // namespace tapio

#endif  // TAPIO_CORE_EVENT_PLAN_H_
