// The memory that native code shares with JavaScript.
//
// Hot calls take no arguments and return nothing: operands and results lie in such memory, which is
// several times cheaper than passing them through Node-API. lib/buffers/staging.ts mirrors this
// layout; a change here is a change there, and test/buffers/staging.test.ts holds them against each
// other.
//
// Control: one for each environment, kControlBytes of words (see Word). One for all instances, as a
//   call whose target and operands are constants to the compiler costs half.
//
// Staging: two regions for each instance, of records to put and of records taken. Each is an
//   ArrayBuffer that JavaScript makes when it is needed, and replaces by a larger one when a record
//   asks for it.
//   0             kMaxBatch sizes of the records of a batch
//   kDataOffset   the records, 8-byte aligned starts; the rest of the region
#ifndef TAPIO_ADDON_STAGING_H_
#define TAPIO_ADDON_STAGING_H_

#include <cstddef>
#include <cstdint>

namespace tapio::addon {

// Index of a 32-bit word of the control. "in" is written by TypeScript before a call, "out" by the
// call.
enum Word : std::size_t {
  kInstance = 0,  // in: the instance that the call is for
  kStatus = 1,    // out: 0, or one of the codes below
  kSize = 2,      // in: size of the record to put; out: size of the record taken, or slots in use
  kCount = 3,     // in: records or texts to put, or most records to take; out: records put or taken
  kOnFull = 4,    // in: RingSet::OnFull
  kRing = 5,      // in: ring to take from; any beyond the last: all of them
  kMore = 6,      // out: 1 if a batch ended for lack of count or space, not of records
  kOffset = 7,    // in: byte of the records taken where a text starts
  kCursor = 8,    // in, out: 64-bit ticket where a peek goes on
  kEnd = 10,      // in: 64-bit ticket where a peek ends
  kDropped = 12,  // out: the oldest records that gave way to a put, left alone where none did
  kTextAt = 16,   // in: kMaxTexts bytes of the records to put, where each of the texts starts
};
inline constexpr std::size_t kControlBytes = 128;
static_assert(kCursor % 2 == 0 && kEnd % 2 == 0, "64-bit words are aligned");

inline constexpr std::size_t kMaxBatch = 64;
inline constexpr std::size_t kDataOffset = kMaxBatch * 4;
inline constexpr std::size_t kAlignment = 8;

static_assert(kDataOffset % kAlignment == 0, "records start aligned");

// Of kStatus, beside the values of PutStatus and TakeStatus.
inline constexpr std::int32_t kReleased = -4;   // the instance has let go of its buffer
inline constexpr std::int32_t kDoneByDrop = 1;  // stored, and kDropped says in whose place
inline constexpr std::int32_t kNotLatin1 = -5;  // a text is not Latin-1, or longer than kMaxText

// Most texts that cross with a call, and most characters of one.
inline constexpr std::size_t kMaxTexts = 8;
inline constexpr std::size_t kMaxText = 4096;
static_assert((kTextAt + kMaxTexts) * 4 <= kControlBytes, "the words are in the control");

// All that native code knows of an encoded event: the words that say at which byte its Latin-1 text
// starts, and how many characters it has.
inline constexpr std::size_t kTextStartWord = 3;
inline constexpr std::size_t kLatin1UnitsWord = 4;
// Most characters that are read in one piece: TEXT_PIECE of lib/event/text-run.ts.
inline constexpr std::size_t kTextPiece = 1024;

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_STAGING_H_
