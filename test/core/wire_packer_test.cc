#include "core/wire_packer.h"

#include <vector>

#include "check.h"
#include "encoded_events.h"

using tapio::SymbolTable;
using tapio::WirePacker;
using tapio::WireWriter;
using tapio::test::Bytes;
using tapio::test::EventOfLength;
using tapio::test::FiveEvents;
using tapio::test::kSmallPlan;
using tapio::test::Random;
using tapio::test::RestOf;
using tapio::test::Stage;
using tapio::test::Staged;
using tapio::test::WithAnySizes;
using Status = tapio::WireStatus;

namespace {

// Of the message that stand before what is written.
constexpr std::size_t kStart = 3;
// What the writer may ask for beyond the last byte.
constexpr std::size_t kSlack = 16;
constexpr std::size_t kAnySize = ~std::size_t{0};

WireWriter<kSmallPlan>& Writer() {
  static SymbolTable symbols;
  static WireWriter<kSmallPlan> writer(symbols);
  return writer;
}

struct Message {
  WirePacker<WireWriter<kSmallPlan>>::Outcome outcome;
  Bytes bytes;
  std::vector<std::uint32_t> ends;
};

Message Pack(const Staged& staged, std::size_t room, std::size_t most = kAnySize) {
  // Of the exact size, so that a sanitizer sees what lies outside.
  Bytes out(kStart + room);
  std::vector<std::uint32_t> ends(staged.sizes.size());
  const auto outcome =
      WirePacker(Writer()).Pack(staged.events(), out.data(), kStart, out.size(), most, ends.data());
  ends.resize(outcome.events);
  return {outcome,
          Bytes(out.begin() + kStart, out.begin() + kStart + static_cast<long>(outcome.bytes)),
          ends};
}

Bytes AloneOf(const Bytes& event) {
  Bytes out(1024);
  out.resize(Writer().Write(event.data(), event.size(), out.data(), out.size()).size);
  return out;
}

Bytes MessageOf(const std::vector<Bytes>& events, std::size_t count) {
  Bytes message;
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes alone = AloneOf(events[i]);
    message.insert(message.end(), alone.begin(), alone.end());
  }
  return message;
}

}  // namespace

TEST(AsManyAreInAsFindRoom) {
  const auto events = FiveEvents();
  const Staged staged = Stage(events);
  const std::size_t most = MessageOf(events, events.size()).size() + kSlack;
  for (std::size_t room = 0; room <= most; ++room) {
    const auto [outcome, bytes, ends] = Pack(staged, room);
    CHECK(bytes == MessageOf(events, outcome.events));
    CHECK(outcome.events == events.size() ? outcome.stopped == Status::kWritten
                                          : outcome.stopped == Status::kNoRoom);
    for (std::size_t i = 0; i < outcome.events; ++i)
      CHECK_EQ(ends[i], kStart + MessageOf(events, i + 1).size());
    // No more is left out than what the writer asks for makes it.
    if (outcome.events < events.size())
      CHECK(room < MessageOf(events, outcome.events + 1).size() + kSlack);
    // Those that are left begin where it stopped.
    const Staged rest = RestOf(staged, outcome.events, outcome.passed);
    CHECK_EQ(Pack(rest, most).outcome.events, events.size() - outcome.events);
  }
}

TEST(AnEventOfTooManyBytesLeavesThoseBeforeIt) {
  auto events = FiveEvents();
  events[2] = EventOfLength(100);
  const std::size_t most = AloneOf(events[4]).size() + kSlack;
  const auto [outcome, bytes, ends] = Pack(Stage(events), 4096, most);
  CHECK_EQ(outcome.events, 2U);
  CHECK(outcome.stopped == Status::kNoRoom);
  CHECK(bytes == MessageOf(events, 2));
}

TEST(WhatIsNoEventLeavesThoseBeforeIt) {
  auto events = FiveEvents();
  // A bit that no field has.
  events[2][8] |= 0x80;
  const auto [outcome, bytes, ends] = Pack(Stage(events), 4096);
  CHECK_EQ(outcome.events, 2U);
  CHECK(outcome.stopped == Status::kUnknownBits);
  CHECK(bytes == MessageOf(events, 2));
}

// Sizes lie in memory that anybody may write.
TEST(RandomSizesStayInBounds) {
  Random random;
  const Staged staged = Stage(FiveEvents());
  const auto turns = static_cast<int>(100'000 * tapio::test::Multiplier());
  for (int turn = 0; turn < turns; ++turn) {
    const Staged changed = WithAnySizes(staged, random);
    const auto [outcome, bytes, ends] = Pack(changed, random.Below(2048));
    CHECK(outcome.events <= 5 && bytes.size() <= 2048);
  }
}
