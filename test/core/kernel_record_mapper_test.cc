#include "kernel/record_mapper.h"

#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "check.h"
#include "mapped_event.h"

using tapio::SymbolTable;
using tapio::kernel::ClockOffsets;
using tapio::kernel::MapperPlan;
using tapio::kernel::Operation;
using tapio::kernel::RecordMapper;
using tapio::test::kBits;
using tapio::test::kId;
using tapio::test::kIdDigits;
using tapio::test::kTexts;
using tapio::test::kTime;
using tapio::test::kUnits;
using tapio::test::kWords;
using tapio::test::MakeShape;
using tapio::test::Op;
using Kind = Operation::Kind;
using Outcome = RecordMapper::Outcome;

namespace {

MapperPlan Plan(std::vector<Operation> operations) {
  MapperPlan plan;
  plan.latin1_units = kUnits;
  plan.limit = 4096;
  plan.shapes.push_back(MakeShape(std::move(operations)));
  return plan;
}

template <typename T>
T At(const std::vector<std::uint8_t>& bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

struct Mapped {
  Mapped(RecordMapper& mapper, const std::string& record) : event(mapper.max_event() + 64, 0xcc) {
    std::uint32_t bytes = 0;
    outcome = mapper.Map(reinterpret_cast<const std::uint8_t*>(record.data()),
                         static_cast<std::uint32_t>(record.size()), event.data(), bytes);
    if (outcome != Outcome::kMapped) return;
    CHECK(bytes <= mapper.max_event());
    for (std::size_t i = mapper.max_event(); i < event.size(); ++i) CHECK_EQ(event[i], 0xcc);
    event.resize(bytes);
  }
  // The Latin-1 bundle behind the id.
  std::string text() const {
    return {event.begin() + kId + kIdDigits,
            event.begin() + kId + At<std::uint32_t>(event, kUnits)};
  }
  std::vector<std::uint8_t> event;
  Outcome outcome;
};

template <typename T>
std::string Bytes(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string Padded(const std::string& text, std::size_t size) {
  return text + std::string(size - text.size(), '\0');
}

}  // namespace

TEST(IdsAreRandomHexDigits) {
  SymbolTable table;
  RecordMapper mapper(Plan({}), table);
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const Mapped mapped(mapper, "x");
    const std::string id(mapped.event.begin() + kId, mapped.event.begin() + kId + kIdDigits);
    CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
    ids.insert(id);
  }
  CHECK_EQ(ids.size(), 1000);
}

TEST(NumbersOfEverySize) {
  SymbolTable table;
  struct Case {
    std::string record;
    bool is_signed;
    std::uint32_t expected;
  };
  for (const Case& each :
       {Case{Bytes<std::uint8_t>(200), false, 200}, Case{Bytes<std::int8_t>(-3), true, 0xfffffffd},
        Case{Bytes<std::uint16_t>(60000), false, 60000},
        Case{Bytes<std::int16_t>(-3), true, 0xfffffffd},
        Case{Bytes<std::uint32_t>(0xfffffffe), false, 0xfffffffe},
        Case{Bytes<std::int32_t>(-3), true, 0xfffffffd}, Case{Bytes<std::uint64_t>(77), false, 77},
        Case{Bytes<std::int64_t>(-3), true, 0xfffffffd}}) {
    const auto size = static_cast<std::uint32_t>(each.record.size());
    const Kind kind = each.is_signed ? Kind::kSigned : Kind::kUnsigned;
    RecordMapper mapper(Plan({Op(kind, 0, size, kWords, each.is_signed, 0x4)}), table);
    const Mapped mapped(mapper, each.record);
    REQUIRE(mapped.outcome == Outcome::kMapped);
    CHECK_EQ(At<std::uint32_t>(mapped.event, kWords), each.expected);
    CHECK_EQ(At<std::uint32_t>(mapped.event, kBits), 0xff);
  }
}

TEST(ANumberOutOfRangeIsAbsent) {
  SymbolTable table;
  struct Case {
    Kind kind;
    bool is_signed;
    std::uint64_t value;
    bool fits;
  };
  constexpr auto kMinus = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  for (const Case& each :
       {Case{Kind::kUnsigned, false, 0xffffffff, true},
        Case{Kind::kUnsigned, false, 0x100000000, false},
        Case{Kind::kUnsigned, true, kMinus(-1), false},
        Case{Kind::kSigned, true, kMinus(-2147483648), true},
        Case{Kind::kSigned, true, kMinus(-2147483649), false},
        Case{Kind::kSigned, true, 2147483647, true}, Case{Kind::kSigned, true, 2147483648, false},
        Case{Kind::kSigned, false, 0xffffffffffffffff, false},
        Case{Kind::kSigned, true, 0x7f1234567000, false}}) {
    RecordMapper mapper(Plan({Op(each.kind, 0, 8, kWords, each.is_signed, 0x4)}), table);
    const Mapped mapped(mapper, Bytes(each.value));
    CHECK_EQ(At<std::uint32_t>(mapped.event, kBits), each.fits ? 0xff : 0xfb);
    CHECK_EQ(At<std::uint32_t>(mapped.event, kWords),
             each.fits ? static_cast<std::uint32_t>(each.value) : 0);
  }
}

TEST(TimesOfThreeClocks) {
  SymbolTable table;
  const ClockOffsets clocks{1'000'000, 2'000'000, 555};
  struct Case {
    Kind kind;
    std::int64_t expected;
  };
  for (const Case& each : {Case{Kind::kMonotonic, 1'000'042}, Case{Kind::kBoottime, 2'000'042},
                           Case{Kind::kRealtime, 42}, Case{Kind::kNow, 555}}) {
    RecordMapper mapper(Plan({Op(each.kind, 0, 8, kTime)}), table);
    mapper.Tell(clocks);
    CHECK_EQ(At<std::int64_t>(Mapped(mapper, Bytes<std::uint64_t>(42)).event, kTime),
             each.expected);
  }
}

TEST(TextOfAnyBytes) {
  SymbolTable table;
  RecordMapper mapper(Plan({Op(Kind::kText, 0, 8, kTexts)}), table);
  constexpr std::uint32_t kBundled = 1U << 31, kUtf16 = 1U << 30;
  struct Case {
    std::string text;
    std::uint32_t reference;
    std::string latin1;
    std::u16string utf16;
  };
  for (const Case& each :
       {Case{"", kBundled, "", u""}, Case{"a", kBundled | 1, "a", u""},
        Case{"12345678", kBundled | 8, "12345678", u""},
        Case{"\xc3\xa9x", kBundled | 2, "\xe9x", u""},
        Case{"\xe2\x82\xac", kBundled | kUtf16 | 1, "", u"\u20ac"},
        Case{"\xf0\x9f\x98\x80", kBundled | kUtf16 | 2, "", u"\U0001F600"},
        // No UTF-8, as TextDecoder spells it: a lone byte, an overlong slash, a surrogate, cut
        // characters, beyond U+10FFFF.
        Case{"\xff", kBundled | kUtf16 | 1, "", u"\ufffd"},
        Case{"\xc0\xaf", kBundled | kUtf16 | 2, "", u"\ufffd\ufffd"},
        Case{"\xed\xa0\x80", kBundled | kUtf16 | 3, "", u"\ufffd\ufffd\ufffd"},
        Case{"\xe2\x82", kBundled | kUtf16 | 1, "", u"\ufffd"},
        Case{"\xf0\x9f\x98", kBundled | kUtf16 | 1, "", u"\ufffd"},
        Case{"\xf0\x9fx", kBundled | kUtf16 | 2, "", u"\ufffdx"},
        Case{"\xf4\x90\x80\x80", kBundled | kUtf16 | 4, "", u"\ufffd\ufffd\ufffd\ufffd"}}) {
    const Mapped mapped(mapper, Padded(each.text, 8));
    REQUIRE(mapped.outcome == Outcome::kMapped);
    CHECK_EQ(At<std::uint32_t>(mapped.event, kTexts), each.reference);
    CHECK(mapped.text() == each.latin1);
    const std::size_t utf16_at = kId + At<std::uint32_t>(mapped.event, kUnits);
    REQUIRE_EQ(mapped.event.size() - utf16_at, each.utf16.size() * 2);
    CHECK(std::memcmp(mapped.event.data() + utf16_at, each.utf16.data(), each.utf16.size() * 2) ==
          0);
  }
}

TEST(DecimalsAndLiteralsInOrder) {
  SymbolTable table;
  MapperPlan plan = Plan(
      {Op(Kind::kLiteral, 0, 3, kTexts, false, 0, 2), Op(Kind::kDecimal, 0, 8, kTexts + 4, true)});
  plan.literals = "xxkeyxx";
  RecordMapper mapper(std::move(plan), table);
  const std::int64_t least = INT64_MIN;
  CHECK(Mapped(mapper, Bytes(least)).text() == "key-9223372036854775808");
  CHECK(Mapped(mapper, Bytes<std::int64_t>(7)).text() == "key7");
}

TEST(NamesOfNumbers) {
  SymbolTable table;
  MapperPlan plan = Plan({Op(Kind::kName, 0, 4, kTexts, false, 0x4)});
  plan.literals = "readwritefork";
  plan.names = {{7, 0, 4}, {0, 4, 5}, {0, 0, 0}};
  // Those of the 32-bit table.
  plan.names.resize(1026);
  plan.names[1025] = {0, 9, 4};
  RecordMapper mapper(std::move(plan), table);
  CHECK_EQ(At<std::uint32_t>(Mapped(mapper, Bytes<std::uint32_t>(0)).event, kTexts), 7);
  CHECK(Mapped(mapper, Bytes<std::uint32_t>(1)).text() == "write");
  CHECK(Mapped(mapper, Bytes<std::uint32_t>(2)).text() == "syscall_2");
  CHECK(Mapped(mapper, Bytes<std::uint32_t>(600)).text() == "syscall_600");
  CHECK(Mapped(mapper, Bytes<std::uint32_t>(1025)).text() == "syscall_1025");
  CHECK(Mapped(mapper, Bytes<std::uint32_t>(0x80000001)).text() == "fork");
  CHECK(Mapped(mapper, Bytes<std::uint32_t>(0x80000005)).text() == "compat_5");
  CHECK(Mapped(mapper, Bytes<std::uint32_t>(0x80000401)).text() == "compat_1025");
  // -1 is the number of no call: the field is absent.
  const Mapped none(mapper, Bytes<std::uint32_t>(0xffffffff));
  CHECK(none.text().empty());
  CHECK_EQ(At<std::uint32_t>(none.event, kTexts), 0);
  CHECK_EQ(At<std::uint32_t>(none.event, kBits), 0xfb);
}

TEST(ANameIsInternedWhenItIsMetAgain) {
  SymbolTable table;
  RecordMapper mapper(Plan({Op(Kind::kInterned, 0, 16, kTexts)}), table);
  CHECK(Mapped(mapper, Padded("dd", 16)).text() == "dd");
  const Mapped again(mapper, Padded("dd", 16));
  CHECK(again.text().empty());
  const std::string* text = table.Find(At<std::uint32_t>(again.event, kTexts));
  REQUIRE(text != nullptr);
  CHECK(*text == "dd");
  // Neither an empty name nor one that is no ASCII has an id.
  for (int i = 0; i < 3; ++i) {
    CHECK(Mapped(mapper, Padded("", 16)).text().empty());
    CHECK(Mapped(mapper, Padded("caf\xc3\xa9", 16)).text() == "caf\xe9");
  }
}

TEST(AFullTableOnlyMakesEventsLonger) {
  SymbolTable table;
  for (std::size_t i = 0; i < SymbolTable::kMaxCount; ++i) table.Intern("t" + std::to_string(i));
  RecordMapper mapper(Plan({Op(Kind::kInterned, 0, 16, kTexts)}), table);
  for (int i = 0; i < 3; ++i) CHECK(Mapped(mapper, Padded("late", 16)).text() == "late");
}

TEST(NamesMadeUpDoNotFillTheTable) {
  SymbolTable table;
  RecordMapper mapper(Plan({Op(Kind::kInterned, 0, 16, kTexts)}), table);
  for (int i = 0; i < 100'000; ++i) {
    const std::string name = "n" + std::to_string(i);
    CHECK(Mapped(mapper, Padded(name, 16)).text() == name);
  }
  CHECK_EQ(table.Intern("first"), 1);
}

TEST(ShortRecordsAndUnknownKindsAreMalformed) {
  SymbolTable table;
  MapperPlan plan = Plan({Op(Kind::kUnsigned, 8, 4, kWords)});
  plan.kind = 0;
  plan.cpu = 4;
  plan.shapes.push_back({});
  RecordMapper mapper(std::move(plan), table);
  const auto record = [](std::uint32_t kind) { return Bytes(kind) + Bytes(5U) + Bytes(9U); };
  CHECK(Mapped(mapper, record(0)).outcome == Outcome::kMapped);
  CHECK(Mapped(mapper, record(0) + "more").outcome == Outcome::kMapped);
  for (std::size_t size = 0; size < 12; ++size)
    CHECK(Mapped(mapper, record(0).substr(0, size)).outcome == Outcome::kMalformed);
  for (const std::uint32_t kind : {1U, 2U, 0xffffffffU})
    CHECK(Mapped(mapper, record(kind)).outcome == Outcome::kMalformed);
  const std::string whole = record(0);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(whole.data());
  CHECK_EQ(mapper.CpuOf(bytes, 12), 5);
  CHECK_EQ(mapper.CpuOf(bytes, 7), 0);
}

TEST(WhatTheTargetDoesNotTakeIsTooLarge) {
  SymbolTable table;
  MapperPlan plan = Plan({Op(Kind::kText, 0, 64, kTexts)});
  plan.limit = kId + kIdDigits + 10;
  RecordMapper mapper(std::move(plan), table);
  CHECK(Mapped(mapper, Padded(std::string(10, 'x'), 64)).outcome == Outcome::kMapped);
  CHECK(Mapped(mapper, Padded(std::string(11, 'x'), 64)).outcome == Outcome::kTooLarge);
  CHECK(Mapped(mapper, Padded("x", 64)).outcome == Outcome::kMapped);
}

TEST(NoMoreRoomIsAskedForThanTheTargetTakes) {
  SymbolTable table;
  std::vector<Operation> operations;
  constexpr std::uint32_t kFields = 60, kBytes = 4096;
  for (std::uint32_t i = 0; i < kFields; ++i)
    operations.push_back(Op(Kind::kText, i * kBytes, kBytes, kTexts));
  MapperPlan plan = Plan(std::move(operations));
  RecordMapper mapper(std::move(plan), table);
  CHECK_EQ(mapper.max_event(), 4096);
  // Mapped checks that nothing is written behind max_event, whatever the width of the text.
  for (const std::string text : {"x", "\xc3\xa9", "\xe2\x82\xac", "\xff"}) {
    std::string field;
    while (field.size() + text.size() <= kBytes) field += text;
    std::string record;
    for (std::uint32_t i = 0; i < kFields; ++i) record += Padded(field, kBytes);
    CHECK(Mapped(mapper, record).outcome == Outcome::kTooLarge);
    CHECK(Mapped(mapper, std::string(kFields * kBytes, '\0')).outcome == Outcome::kMapped);
  }
}

TEST(ATemplateLargerThanTheTargetTakesIsNotWritten) {
  SymbolTable table;
  MapperPlan plan = Plan({});
  plan.limit = kId;
  RecordMapper mapper(std::move(plan), table);
  CHECK(Mapped(mapper, "x").outcome == Outcome::kTooLarge);
}
