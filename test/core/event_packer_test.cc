#include "core/event_packer.h"

#include <string>
#include <vector>

#include "check.h"
#include "encoded_events.h"

using tapio::EventPacker;
using tapio::SelfContainedWriter;
using tapio::SymbolTable;
using tapio::test::Bytes;
using tapio::test::FiveEvents;
using tapio::test::kSmallPlan;
using tapio::test::Random;
using tapio::test::RestOf;
using tapio::test::Stage;
using tapio::test::Staged;
using tapio::test::WithAnySizes;
using Status = SelfContainedWriter::Status;

namespace {

EventPacker& Packer() {
  static SymbolTable symbols;
  static SelfContainedWriter writer(kSmallPlan, symbols);
  static EventPacker packer(writer, "HEAD");
  return packer;
}

struct Message {
  EventPacker::Outcome outcome;
  Bytes bytes;
};

Message Pack(const Staged& staged, std::size_t room) {
  // Of the exact size, so that a sanitizer sees what lies outside.
  Bytes out(room);
  const auto outcome = Packer().Pack(staged.events(), out.data(), room);
  out.resize(outcome.bytes);
  return {outcome, out};
}

Bytes MessageOf(const std::vector<Bytes>& events, std::size_t count) {
  Bytes message;
  for (std::size_t i = 0; i < count; ++i) {
    const auto length = static_cast<std::uint32_t>(4 + events[i].size());
    for (const std::uint32_t byte : {length, length >> 8, length >> 16, length >> 24})
      message.push_back(static_cast<std::uint8_t>(byte));
    for (const char c : std::string("HEAD")) message.push_back(static_cast<std::uint8_t>(c));
    message.insert(message.end(), events[i].begin(), events[i].end());
  }
  return message;
}

}  // namespace

TEST(AsManyAreInAsFindRoom) {
  const auto events = FiveEvents();
  const Staged staged = Stage(events);
  const std::size_t most = MessageOf(events, events.size()).size();
  for (std::size_t room = 0; room <= most; ++room) {
    std::size_t fitting = events.size();
    while (MessageOf(events, fitting).size() > room) --fitting;
    const auto [outcome, bytes] = Pack(staged, room);
    CHECK_EQ(outcome.events, fitting);
    CHECK(bytes == MessageOf(events, fitting));
    CHECK(outcome.stopped == (fitting < events.size() ? Status::kNoRoom : Status::kWritten));
    // Those that are left begin where it stopped.
    const Staged rest = RestOf(staged, fitting, outcome.passed);
    CHECK_EQ(Pack(rest, most).outcome.events, events.size() - fitting);
  }
}

TEST(WhatIsNoEventLeavesThoseBeforeIt) {
  auto events = FiveEvents();
  events[2].assign(40, 0);
  const auto [outcome, bytes] = Pack(Stage(events), 4096);
  CHECK_EQ(outcome.events, 2U);
  CHECK(outcome.stopped == Status::kCorrupt);
  CHECK(bytes == MessageOf(events, 2));
}

// Sizes lie in memory that anybody may write.
TEST(RandomSizesStayInBounds) {
  Random random;
  const Staged staged = Stage(FiveEvents());
  const auto turns = static_cast<int>(100'000 * tapio::test::Multiplier());
  for (int turn = 0; turn < turns; ++turn) {
    const Staged changed = WithAnySizes(staged, random);
    const auto [outcome, bytes] = Pack(changed, random.Below(2048));
    CHECK(outcome.events <= 5 && bytes.size() <= 2048);
  }
}
