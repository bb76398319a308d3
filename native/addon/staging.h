// The memory that one buffer instance shares with its JavaScript side.
//
// Hot calls take no arguments and return nothing: operands and results lie here, which is several
// times cheaper than passing them through Node-API. TypeScript allocates the ArrayBuffer and
// mirrors this layout in lib/buffers/staging.ts; a change here is a change there.
//
//   0                         32-bit words, see Word
//   kPutSizesOffset           kMaxBatch sizes of the records of a batch to put
//   kTakeSizesOffset          kMaxBatch sizes of the records of a batch taken
//   kDataOffset               records to put, 8-byte aligned starts; put_bytes long
//   kDataOffset + put_bytes   records taken, 8-byte aligned starts; the rest of the buffer
#ifndef TAPIO_ADDON_STAGING_H_
#define TAPIO_ADDON_STAGING_H_

#include <cstddef>
#include <cstdint>

namespace tapio::addon {

// Index of a 32-bit word. "in" is written by TypeScript before a call, "out" by the call.
enum Word : std::size_t {
  kStatus = 0,  // out: 0, or one of the negative codes below
  kSize = 1,    // in: size of the record to put; out: size of the record taken, or slots in use
  kCount = 2,   // in: records to put, or most records to take; out: records put or taken
  kOnFull = 3,  // in: RingSet::OnFull
  kRing = 4,    // in: ring to take from, or kAllRings
  kMore = 5,    // out: 1 if a batch ended for lack of count or space, not of records
  kCursor = 6,  // in, out: 64-bit ticket where a peek goes on
  kEnd = 8,     // in: 64-bit ticket where a peek ends
};

inline constexpr std::uint32_t kAllRings = 0xffffffff;
inline constexpr std::size_t kMaxBatch = 64;
inline constexpr std::size_t kPutSizesOffset = 64;
inline constexpr std::size_t kTakeSizesOffset = kPutSizesOffset + kMaxBatch * 4;
inline constexpr std::size_t kDataOffset = kTakeSizesOffset + kMaxBatch * 4;
inline constexpr std::size_t kAlignment = 8;

static_assert(kDataOffset % kAlignment == 0, "records start aligned");

// Of kStatus, beside the values of PutStatus and TakeStatus.
inline constexpr std::int32_t kReleased = -4;  // the instance has let go of its buffer

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_STAGING_H_
