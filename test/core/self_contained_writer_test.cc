#include "core/self_contained_writer.h"

#include <cstring>
#include <string>
#include <vector>

#include "check.h"
#include "encoded_events.h"

using tapio::SelfContainedWriter;
using tapio::SymbolTable;
using tapio::test::Bytes;
using tapio::test::Event;
using tapio::test::FullEvent;
using tapio::test::kBundled;
using tapio::test::kSmallPlan;
using tapio::test::kUtf16;
using tapio::test::Random;
using Status = SelfContainedWriter::Status;

namespace {

// Of the interned texts of `Interned`: ASCII, Latin-1, and one that needs two bytes a character.
constexpr std::uint32_t kKnown = 1;
constexpr std::uint32_t kLatin1 = 2;
constexpr std::uint32_t kJapanese = 3;

SelfContainedWriter& Writer() {
  static SymbolTable symbols;
  static SelfContainedWriter writer = [] {
    for (const char* text : {"known", "\xc3\xa9t\xc3\xa9", "\xe6\x97\xa5\xf0\x9f\x98\x80"})
      symbols.Intern(text);
    return SelfContainedWriter(kSmallPlan, symbols);
  }();
  return writer;
}

struct Written {
  SelfContainedWriter::Outcome outcome;
  Bytes bytes;
};

Written WriteInto(const Bytes& event, std::size_t room) {
  // Of the exact size, so that a sanitizer sees what lies outside.
  Bytes out(room);
  const auto outcome = Writer().Write(event.data(), event.size(), out.data(), room);
  if (outcome.size <= room) out.resize(outcome.size);
  return {outcome, out};
}

}  // namespace

TEST(WithoutInternedTextsItIsTheSame) {
  Event event = FullEvent();
  event.words[14] = kBundled;
  const Bytes bytes = event.Encode();
  CHECK(WriteInto(bytes, 1024).bytes == bytes);
}

TEST(InternedTextsGoIntoTheBundlesInTheirOrder) {
  Event event = FullEvent();
  event.words[6] = kJapanese;
  event.words[7] = kLatin1;
  Event expected = event;
  expected.words[6] = kUtf16 | 3;
  expected.words[7] = kBundled | 3;
  expected.words[14] = kBundled | 5;
  expected.latin1 = "i\xe9t\xe9known" + event.latin1.substr(1);
  expected.utf16 = u"\x65e5\xd83d\xde00" + event.utf16;
  const Bytes bytes = expected.Encode();
  REQUIRE(event.words[14] == kKnown);
  // Once more, when they are known.
  for (int turn = 0; turn < 2; ++turn) {
    const Written written = WriteInto(event.Encode(), bytes.size());
    CHECK(written.outcome.status == Status::kWritten);
    CHECK(written.bytes == bytes);
  }
  for (std::size_t room = 0; room < bytes.size(); ++room)
    CHECK(WriteInto(event.Encode(), room).outcome.status == Status::kNoRoom);
}

TEST(WhatIsNoEventIsRefused) {
  const auto status_of = [](std::size_t word, std::uint32_t value) {
    Event event = FullEvent();
    event.words[word] = value;
    return WriteInto(event.Encode(), 1024).outcome.status;
  };
  CHECK(status_of(2, 0x40) == Status::kCorrupt);
  CHECK(status_of(5, kBundled | 500) == Status::kCorrupt);
  CHECK(status_of(5, kBundled) == Status::kCorrupt);
  CHECK(status_of(5, kUtf16 | 5) == Status::kCorrupt);
  CHECK(status_of(5, 0) == Status::kCorrupt);
  CHECK(status_of(5, 77) == Status::kCorrupt);
  CHECK(status_of(13, 1U << 31) == Status::kCorrupt);
  for (std::size_t size = 0; size < 32; ++size)
    CHECK(WriteInto(Bytes(size, 0), 1024).outcome.status == Status::kCorrupt);
}

// What they give does not matter: a sanitizer sees what is read and written.
TEST(RandomBytesStayInBounds) {
  Random random;
  const Bytes event = FullEvent().Encode();
  const auto turns = static_cast<int>(200'000 * tapio::test::Multiplier());
  for (int turn = 0; turn < turns; ++turn) {
    Bytes changed = event;
    for (std::uint32_t left = 1 + random.Below(4); left > 0; --left)
      changed[random.Below(static_cast<std::uint32_t>(changed.size()))] =
          static_cast<std::uint8_t>(random.Next());
    if (random.OneIn(4)) changed.resize(random.Below(static_cast<std::uint32_t>(changed.size())));
    CHECK(WriteInto(changed, random.Below(512)).outcome.size <= 512);
  }
}
