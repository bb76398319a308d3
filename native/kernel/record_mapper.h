// Makes encoded events of a kernel program's records.
#ifndef TAPIO_KERNEL_RECORD_MAPPER_H_
#define TAPIO_KERNEL_RECORD_MAPPER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "clock_offsets.h"
#include "details.h"
#include "event_id.h"
#include "name_cache.h"

namespace tapio::kernel {

// Offsets that are not there.
inline constexpr std::uint32_t kNowhere = 0xffffffff;

// One change of a template. The numbers are those of lib/kernel/mapping.ts, which makes them: where
// a field lies in an encoded event is known there only, from the event codec.
struct Operation {
  enum class Kind : std::uint32_t {
    kMonotonic,  // CLOCK_MONOTONIC ns -> 64 bits of epoch time
    kBoottime,   // likewise CLOCK_BOOTTIME
    kRealtime,   // epoch time already
    kNow,        // no source: the time of reading
    kUnsigned,   // integer -> 32 bits; absent when out of range
    kSigned,     // likewise, signed
    kName,      // integer -> reference of a name of the table; absent when it is the number of none
    kText,      // text up to a NUL -> reference and text
    kInterned,  // the same, by id where it recurs
    kDecimal,   // integer -> reference and its decimal digits
    kLiteral,   // no source: `extra` is an offset into the literals
    // Of what a DetailReader finds: `source` is a Detail. What is absent leaves no room in the
    // event.
    kDetailText,    // text -> reference
    kDetailNumber,  // integer -> 32 bits
    kDetailPair,    // text -> value of a map, whose count of pairs is at `presence`; the key before
                    // it is a text of `source_size` literals at `extra`, or none of that
    kDetailPart,    // `extra` bytes that go away, and what is in them, when there is no Detail of
                    // those whose bits `source` has
    kDetailFixed,   // integer -> 32 bits, which stay
  };
  Kind kind;
  std::uint32_t source;       // byte of the record
  std::uint32_t source_size;  // 1, 2, 4 or 8 bytes, or those of the text
  std::uint32_t source_signed;
  std::uint32_t target;         // byte of the event
  std::uint32_t presence;       // byte of the word with the field's presence bit, or kNowhere
  std::uint32_t presence_mask;  // the bit
  std::uint32_t extra;
};
static_assert(sizeof(Operation) == 32, "eight words, as TypeScript packs them");

struct Shape {
  std::vector<std::uint8_t> event;  // an encoded event, to be patched; its first text is the id
  std::uint32_t id = 0;             // byte of the id
  // In the order of their references in the event, which is the order of texts in a bundle.
  std::vector<Operation> operations;
};

// The name of a number: interned, or bytes of the literals.
struct Name {
  std::uint32_t id;
  std::uint32_t offset;
  std::uint32_t size;
};

struct MapperPlan {
  std::uint32_t kind = kNowhere;   // byte of the record: 32 bits that choose a shape
  std::uint32_t cpu = kNowhere;    // byte of the record: 32 bits, the CPU's number
  std::uint32_t latin1_units = 0;  // byte of the event: how many characters the bundle has
  std::uint32_t text_start = 0;    // byte of the event: where its texts begin
  std::uint32_t limit = 0;         // bytes the target takes at most
  std::vector<Shape> shapes;
  std::vector<Name> names;
  std::string literals;
};

// Threads: one.
// Guarantees: reads inside the record only; writes at most max_event() bytes, which is never more
//   than the target takes.
// Memory: its own; Map allocates nothing once it has met the longest text of UTF-16.
class RecordMapper {
 public:
  enum class Outcome { kMapped, kMalformed, kTooLarge, kLeftOut };

  // `details`: of the records whose shapes ask for them.
  RecordMapper(MapperPlan plan, SymbolTable& symbols,
               std::unique_ptr<DetailReader> details = nullptr);

  std::uint32_t max_event() const { return max_event_; }
  bool has_cpu() const { return plan_.cpu != kNowhere; }
  // Whether records tell times of clocks whose offsets must be known.
  bool reads_kernel_clocks() const;

  void Tell(const ClockOffsets& clocks) { clocks_ = clocks; }

  // The CPU that a record tells of; 0 where it tells none.
  std::uint32_t CpuOf(const std::uint8_t* record, std::uint32_t size) const;
  // `bytes` receives the length of the event.
  Outcome Map(const std::uint8_t* record, std::uint32_t size, std::uint8_t* target,
              std::uint32_t& bytes);

 private:
  void Apply(const Operation& operation, const std::uint8_t* record, std::uint8_t* event);
  void PatchNumber(const Operation& operation, const std::uint8_t* record, std::uint8_t* event);
  void PatchName(const Operation& operation, const std::uint8_t* record, std::uint8_t* event);
  static void MakeAbsent(const Operation& operation, std::uint8_t* event);
  void ApplyDetail(const Operation& operation, std::uint8_t* event);
  void PatchPair(const Operation& operation, std::uint8_t* event);
  void PatchReference(std::uint32_t target, std::string_view text, std::uint8_t* event);
  void LeaveOut(std::uint32_t at, std::uint32_t bytes);
  void CloseGaps(std::uint8_t* event);
  bool TakeRoom(std::size_t bytes);
  void PatchText(std::uint32_t target, std::string_view text, std::uint8_t* event);

  const MapperPlan plan_;
  std::vector<bool> has_details_;            // of each shape
  std::vector<std::uint32_t> least_record_;  // of each shape: bytes its operations read
  std::uint32_t max_event_ = 0;
  ClockOffsets clocks_;
  EventIds ids_;
  const std::unique_ptr<DetailReader> details_;
  struct Gap {
    std::uint32_t at, bytes;
  };
  std::vector<Gap> gaps_;  // in the event being made
  NameCache names_;
  std::uint32_t end_ = 0;   // of the event being made, behind its Latin-1 bundle
  std::uint32_t room_ = 0;  // what it may still grow by, both bundles together
  bool fits_ = true;
  std::vector<char16_t> utf16_;  // its bundle of UTF-16
  std::vector<char16_t> scratch_;
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_RECORD_MAPPER_H_
