// Encoded events of a small layout, and its plan.
#ifndef TAPIO_TEST_CORE_ENCODED_EVENTS_H_
#define TAPIO_TEST_CORE_ENCODED_EVENTS_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/event_plan.h"
#include "core/staged_events.h"

namespace tapio::test {

using Bytes = std::vector<std::uint8_t>;

inline constexpr std::uint32_t kBundled = 1U << 31;
inline constexpr std::uint32_t kUtf16 = 3U << 30;

// Bits of the root, and of its one section, whose words have fixed places.
enum Bit : std::uint32_t { kSection = 1, kList = 2, kMap = 4, kRaw = 8, kLevel = 0x30 };
enum SectionBit : std::uint32_t { kNumber = 1, kSigned = 2, kWhole = 4, kFlag = 8, kValue = 16 };

inline constexpr EventPlan::Step kSmallSteps[] = {
    {EventPlan::Kind::kText, 0x0a, 0, 0},
    {EventPlan::Kind::kText, 0x12, 0, 0},
    {EventPlan::Kind::kText, 0x1a, 0, 0},
    {EventPlan::Kind::kTimestamp, 0x20, 0, 0},
    {EventPlan::Kind::kSection, 0x2a, kSection, 1},
    {EventPlan::Kind::kEnum, 0x30, kLevel, 2},
    {EventPlan::Kind::kStrings, 0x3a, kList, 0},
    {EventPlan::Kind::kStringMap, 0x3fa, kMap, 0},
    {EventPlan::Kind::kBytes, 0x4a, kRaw, 0},
    {EventPlan::Kind::kUint32, 0x08, kNumber, 0},
    {EventPlan::Kind::kInt32, 0x10, kSigned, 0},
    {EventPlan::Kind::kSafeInteger, 0x18, kWhole, 0},
    {EventPlan::Kind::kBoolean, 0x20, kFlag, kValue},
};

inline constexpr EventPlan::Record kSmallRecords[] = {{0, 9, 0x3f, false}, {9, 13, 0x1f, true}};

inline constexpr EventPlan kSmallPlan{kSmallRecords, kSmallSteps};

struct Event {
  std::vector<std::uint32_t> words;
  std::string latin1;
  std::u16string utf16;

  Bytes Encode() const {
    std::vector<std::uint32_t> all = words;
    all[3] = static_cast<std::uint32_t>(all.size() * 4);
    all[4] = static_cast<std::uint32_t>(latin1.size());
    Bytes bytes(all.size() * 4 + latin1.size() + utf16.size() * 2);
    std::memcpy(bytes.data(), all.data(), all.size() * 4);
    std::copy(latin1.begin(), latin1.end(), bytes.begin() + static_cast<long>(all.size() * 4));
    if (!utf16.empty())
      std::memcpy(bytes.data() + bytes.size() - utf16.size() * 2, utf16.data(), utf16.size() * 2);
    return bytes;
  }
};

inline Event EventOf(std::uint32_t bits) {
  return {{5, 0, bits, 0, 0, kBundled | 1, kBundled, kBundled}, "i", u""};
}

// Everything that there is; texts that need more bytes than they have characters; an interned one.
inline Event FullEvent() {
  Event event = EventOf(kSection | kList | kMap | kRaw | 0x20);
  const double whole = -9007199254740991;
  std::uint32_t halves[2];
  std::memcpy(halves, &whole, 8);
  event.words.insert(event.words.end(), {kNumber | kSigned | kWhole | kFlag | kValue, 300,
                                         static_cast<std::uint32_t>(-1), halves[0], halves[1]});
  event.words.insert(event.words.end(), {2, 1, kUtf16 | 4});
  event.words.insert(event.words.end(), {1, kBundled | 2, kBundled | 200});
  event.words.push_back(0x04030201);
  event.latin1 = "ik\xe9" + std::string(199, 'v') + "\xff";
  event.utf16 = u"\xd83d\xde00\x65e5\xdc00";
  return event;
}

// Events as a take leaves them.
struct Staged {
  Bytes bytes;
  std::vector<std::uint32_t> sizes;

  StagedEvents events() const {
    return {bytes.data(), bytes.size(), sizes.data(), sizes.size(), 8};
  }
};

inline Staged Stage(const std::vector<Bytes>& events) {
  Staged staged;
  for (const Bytes& event : events) {
    staged.bytes.resize(AlignUp(staged.bytes.size(), 8));
    staged.bytes.insert(staged.bytes.end(), event.begin(), event.end());
    staged.sizes.push_back(static_cast<std::uint32_t>(event.size()));
  }
  return staged;
}

// What is left behind so many events, and so many bytes up to the next one.
inline Staged RestOf(const Staged& staged, std::size_t events, std::size_t passed) {
  Staged rest = staged;
  rest.sizes.erase(rest.sizes.begin(), rest.sizes.begin() + static_cast<long>(events));
  const std::size_t bytes = std::min(passed, rest.bytes.size());
  rest.bytes.erase(rest.bytes.begin(), rest.bytes.begin() + static_cast<long>(bytes));
  return rest;
}

// By the tests' Random, whose header has a main of its own.
template <typename Random>
Staged WithAnySizes(const Staged& staged, Random& random) {
  Staged changed = staged;
  for (std::uint32_t& size : changed.sizes) {
    if (random.OneIn(2))
      size = random.OneIn(2) ? random.Below(1024) : static_cast<std::uint32_t>(random.Next());
  }
  return changed;
}

// Without interned texts; the size is what shows which one it is.
inline Bytes EventOfLength(std::size_t more) {
  Event event = FullEvent();
  event.words[14] = kBundled | static_cast<std::uint32_t>(more);
  event.latin1.insert(3, more, 'x');
  return event.Encode();
}

// Of different sizes, so that alignment shows.
inline std::vector<Bytes> FiveEvents() {
  std::vector<Bytes> events;
  for (std::size_t i = 0; i < 5; ++i) events.push_back(EventOfLength(i));
  return events;
}

}  // namespace tapio::test

#endif  // TAPIO_TEST_CORE_ENCODED_EVENTS_H_
