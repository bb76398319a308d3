#include "core/wire_writer.h"

#include <algorithm>
#include <string>
#include <vector>

#include "check.h"
#include "encoded_events.h"

using tapio::SymbolTable;
using tapio::WireOutcome;
using tapio::WireWriter;
using tapio::test::Bytes;
using tapio::test::Event;
using tapio::test::EventOf;
using tapio::test::FullEvent;
using tapio::test::kBundled;
using tapio::test::kList;
using tapio::test::kMap;
using tapio::test::kRaw;
using tapio::test::kSection;
using tapio::test::kSmallPlan;
using tapio::test::kUtf16;
using tapio::test::Random;
using Status = tapio::WireStatus;

namespace {

struct Written {
  WireOutcome outcome;
  Bytes bytes;
};

Written WriteInto(const Bytes& event, std::size_t room) {
  static SymbolTable symbols;
  static WireWriter<kSmallPlan> writer = [] {
    symbols.Intern("known");
    return WireWriter<kSmallPlan>(symbols);
  }();
  // Of the exact size, so that a sanitizer sees what lies outside.
  Bytes out(room);
  const WireOutcome outcome = writer.Write(event.data(), event.size(), out.data(), room);
  out.resize(std::min(room, outcome.size));
  return {outcome, out};
}

Written Write(const Bytes& event) { return WriteInto(event, 1024); }

}  // namespace

TEST(WritesEachKindOfField) {
  std::string expected = "\x0a\x01i\x12";
  expected += std::string(1, '\0') + "\x1a" + std::string(1, '\0') + "\x20\x05";
  expected += "\x2a\x12\x08\xac\x02\x10\x01\x18\x81\x80\x80\x80\x80\x80\x80\xf0\xff\x01\x20\x01";
  expected += "\x30\x02";
  expected += "\x3a\x05known";
  expected += "\x3a\x0a\xf0\x9f\x98\x80\xe6\x97\xa5\xef\xbf\xbd";
  expected += "\xfa\x07\xd1\x01\x0a\x03k\xc3\xa9\x12\xc9\x01" + std::string(199, 'v') + "\xc3\xbf";
  expected += std::string("\x4a\x04\x01\x02\x03\x04", 6);
  const auto [outcome, bytes] = Write(FullEvent().Encode());
  CHECK(outcome.status == Status::kWritten);
  REQUIRE(bytes.size() > 3);
  CHECK_EQ(bytes[0], 0x0a);
  CHECK_EQ(static_cast<std::size_t>((bytes[1] & 0x7f) | (bytes[2] << 7)), expected.size());
  CHECK(std::string(bytes.begin() + 3, bytes.end()) == expected);
}

// Short texts are copied with what lies behind them, unless the event ends there.
TEST(TextsOfEveryLength) {
  SymbolTable symbols;
  WireWriter<kSmallPlan> writer(symbols);
  for (std::uint32_t length = 0; length < 80; ++length) {
    const std::string text(length, 'k');
    const std::uint32_t id = symbols.Intern(text);
    for (std::uint32_t last = 0; last < 80; ++last) {
      Event event = EventOf(0);
      event.words[5] = kBundled | length;
      event.words[6] = id;
      event.words[7] = kBundled | last;
      event.latin1 = text + std::string(last, 'l');
      const Bytes encoded = event.Encode();
      Bytes out(1024);
      const auto outcome = writer.Write(encoded.data(), encoded.size(), out.data(), out.size());
      REQUIRE(outcome.status == Status::kWritten);
      const auto field = [](char tag, const std::string& value) {
        return std::string{tag, static_cast<char>(value.size())} + value;
      };
      const std::string expected = field('\x0a', text) + field('\x12', text) +
                                   field('\x1a', event.latin1.substr(length)) + "\x20\x05";
      CHECK(std::string(out.begin(), out.begin() + static_cast<long>(outcome.size))
                .ends_with(expected));
    }
  }
}

TEST(AShortEventHasALengthOfOneByte) {
  const auto [outcome, bytes] = Write(EventOf(0).Encode());
  CHECK(outcome.status == Status::kWritten);
  CHECK(std::string(bytes.begin(), bytes.end()) ==
        std::string("\x0a\x09\x0a\x01i\x12\0\x1a\0\x20\x05", 11));
}

TEST(NoRoomIsTold) {
  const Bytes event = FullEvent().Encode();
  const std::size_t size = Write(event).bytes.size();
  for (std::size_t room = 0; room < size; ++room)
    CHECK(WriteInto(event, room).outcome.status == Status::kNoRoom);
  // Beyond what is written it may ask for what one field takes.
  CHECK(WriteInto(event, size + 16).outcome.status == Status::kWritten);
}

TEST(WhatIsNoEventIsRefused) {
  const auto status_of = [](std::size_t word, std::uint32_t value) {
    Event event = FullEvent();
    event.words[word] = value;
    return Write(event.Encode()).outcome.status;
  };
  CHECK(status_of(1, 1U << 31) == Status::kBadValue);  // the time
  CHECK(status_of(2, 0x40) == Status::kUnknownBits);   // of the root
  CHECK(status_of(2, kSection | kList | kMap | kRaw | 0x30) == Status::kBadValue);
  CHECK(status_of(5, kBundled | 500) == Status::kPastEnd);
  CHECK(status_of(5, kBundled) == Status::kPastEnd);  // text is left over
  Event left_over = EventOf(0);
  left_over.latin1 += "x";
  CHECK_EQ(Write(left_over.Encode()).outcome.step, kSmallPlan.records[0].end - 1);
  CHECK(status_of(5, kUtf16 | 5) == Status::kPastEnd);
  CHECK(status_of(5, 0) == Status::kUnknownText);
  CHECK(status_of(5, 77) == Status::kUnknownText);
  CHECK(status_of(8, 0x20) == Status::kUnknownBits);      // of the section
  CHECK(status_of(12, 0x7ff00000) == Status::kBadValue);  // not whole
  CHECK(status_of(13, 1U << 31) == Status::kPastEnd);     // a count
  for (std::size_t size = 0; size < 32; ++size)
    CHECK(Write(Bytes(size, 0)).outcome.status == Status::kPastEnd);
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
    const auto [outcome, bytes] = WriteInto(changed, random.Below(512));
    CHECK(outcome.size <= 512);
  }
}
