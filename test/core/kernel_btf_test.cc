#include "kernel/btf.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <vector>

#include "check.h"
#include "kernel/task_layout.h"

using tapio::kernel::Btf;
using tapio::kernel::OwnTaskLayout;
using tapio::kernel::ReadProcessLayout;
using tapio::kernel::ReadSocketLayout;
using tapio::kernel::ReadTaskLayout;
using tapio::test::Random;
using Kind = Btf::Kind;

namespace {

// BTF made word by word.
class Maker {
 public:
  struct Member {
    const char* name;
    std::uint32_t type;
    std::uint32_t place;  // bits, or with the flag: size of a bit field << 24 | bits
  };

  // Each returns the number of the type.
  std::uint32_t Integer(const char* name, std::uint32_t size) {
    return Add(Kind::kInteger, name, 0, size, {size * 8});
  }
  std::uint32_t Reference(Kind kind, const char* name, std::uint32_t type) {
    return Add(kind, name, 0, type, {});
  }
  std::uint32_t Array(std::uint32_t element, std::uint32_t count) {
    return Add(Kind::kArray, "", 0, 0, {element, element, count});
  }
  std::uint32_t Structure(Kind kind, const char* name, std::uint32_t size,
                          const std::vector<Member>& members, bool flag = false) {
    std::vector<std::uint32_t> more;
    for (const Member& member : members)
      more.insert(more.end(), {Text(member.name), member.type, member.place});
    return Add(kind, name, static_cast<std::uint32_t>(members.size()) | (flag ? 1U << 31 : 0), size,
               more);
  }
  std::uint32_t Prototype(std::uint32_t arguments) {
    return Add(Kind::kPrototype, "", arguments, 0, std::vector<std::uint32_t>(2 * arguments));
  }
  std::uint32_t Add(Kind kind, const char* name, std::uint32_t info, std::uint32_t size_or_type,
                    const std::vector<std::uint32_t>& more) {
    types_.insert(types_.end(),
                  {Text(name), info | static_cast<std::uint32_t>(kind) << 24, size_or_type});
    types_.insert(types_.end(), more.begin(), more.end());
    return ++count_;
  }
  // A name without an end, for the last type of all.
  void Unfinish() { strings_.pop_back(); }

  std::vector<std::uint8_t> Bytes(std::uint32_t header = 24) const {
    std::vector<std::uint8_t> bytes(header);
    const auto types = static_cast<std::uint32_t>(types_.size() * 4);
    const auto put = [&](std::size_t at, std::uint32_t word) {
      for (int i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(word >> (8 * i));
    };
    put(0, 0x01eb9f);
    put(4, header);
    put(8, 0);
    put(12, types);
    put(16, types);
    put(20, static_cast<std::uint32_t>(strings_.size()));
    for (const std::uint32_t word : types_) {
      bytes.resize(bytes.size() + 4);
      put(bytes.size() - 4, word);
    }
    bytes.insert(bytes.end(), strings_.begin(), strings_.end());
    return bytes;
  }
  std::optional<Btf> Parse() const { return Btf::Parse(Bytes()); }

 private:
  std::uint32_t Text(const std::string& text) {
    if (text.empty()) return 0;
    const auto at = static_cast<std::uint32_t>(strings_.size());
    strings_ += text + '\0';
    return at;
  }

  std::vector<std::uint32_t> types_;
  std::string strings_ = std::string(1, '\0');
  std::uint32_t count_ = 0;
};

// struct task { int state; union { int number; struct { int x; int deep; }; }; const pair list[2];
// }
Maker SmallKernel() {
  Maker maker;
  const auto word = maker.Integer("int", 4);
  const auto inner = maker.Structure(Kind::kStruct, "", 8, {{"x", word, 0}, {"deep", word, 32}});
  const auto either = maker.Structure(Kind::kUnion, "", 8, {{"number", word, 0}, {"", inner, 0}});
  const auto pair =
      maker.Structure(Kind::kStruct, "pair", 8, {{"first", word, 0}, {"second", word, 32}});
  const auto tagged = maker.Reference(Kind::kTypeTag, "rcu", pair);
  const auto constant = maker.Reference(Kind::kConst, "", tagged);
  const auto list = maker.Array(constant, 2);
  const auto pointer = maker.Reference(Kind::kPointer, "", pair);
  maker.Add(Kind::kForward, "task", 0, 0, {});
  maker.Structure(
      Kind::kStruct, "task", 40,
      {{"state", word, 0}, {"", either, 32}, {"list", list, 128}, {"pointer", pointer, 256}});
  return maker;
}

}  // namespace

TEST(FieldsOfAStructure) {
  const auto types = SmallKernel().Parse();
  REQUIRE(types.has_value());
  CHECK_EQ(types->ByteOffset("task", "state").value_or(99), 0);
  CHECK_EQ(types->ByteOffset("task", "number").value_or(99), 4);
  CHECK_EQ(types->ByteOffset("task", "deep").value_or(99), 8);
  CHECK_EQ(types->ByteOffset("task", "list.second").value_or(99), 20);
  CHECK_EQ(types->SizeOf("task").value_or(99), 40);
  CHECK_EQ(types->SizeOf("pair").value_or(99), 8);
  for (const char* path : {"", ".", "none", "state.x", "list.", "list.none", "pointer.first", "dee",
                           "deeper", ".state"})
    CHECK(!types->FindField("task", path).has_value());
  CHECK(!types->FindField("nobody", "state").has_value());
  CHECK(!types->FindField("", "x").has_value());
  CHECK(!types->SizeOf("int").has_value());
  CHECK(types->FindType(Kind::kForward, "task").has_value());
}

TEST(BitFieldsHaveABitOffset) {
  Maker maker;
  const auto word = maker.Integer("unsigned int", 4);
  maker.Structure(Kind::kStruct, "flags", 8,
                  {{"a", word, 3U << 24 | 5}, {"whole", word, 32}, {"odd", word, 33}}, true);
  const auto types = maker.Parse();
  REQUIRE(types.has_value());
  const auto field = types->FindField("flags", "a");
  REQUIRE(field.has_value());
  CHECK_EQ(field->bit_offset, 5);
  CHECK_EQ(field->bit_size, 3);
  CHECK(!types->ByteOffset("flags", "a").has_value());
  CHECK(!types->ByteOffset("flags", "odd").has_value());
  CHECK_EQ(types->ByteOffset("flags", "whole").value_or(99), 4);
}

TEST(OfTwoStructuresOfOneNameTheOneThatHasTheField) {
  Maker maker;
  const auto word = maker.Integer("int", 4);
  maker.Structure(Kind::kStruct, "twin", 4, {{"a", word, 0}});
  maker.Structure(Kind::kStruct, "twin", 8, {{"a", word, 0}, {"b", word, 32}});
  const auto types = maker.Parse();
  REQUIRE(types.has_value());
  CHECK_EQ(types->ByteOffset("twin", "b").value_or(99), 4);
}

TEST(ArgumentsOfATracepoint) {
  Maker maker;
  const auto pointer = maker.Reference(Kind::kPointer, "", maker.Prototype(3));
  maker.Reference(Kind::kTypedef, "btf_trace_sys_exit", pointer);
  maker.Reference(Kind::kTypedef, "btf_trace_none",
                  maker.Reference(Kind::kPointer, "", maker.Prototype(0)));
  maker.Reference(Kind::kTypedef, "btf_trace_odd", maker.Integer("int", 4));
  const auto types = maker.Parse();
  REQUIRE(types.has_value());
  CHECK_EQ(types->TracepointArguments("sys_exit").value_or(99), 2);
  for (const char* name : {"none", "odd", "missing", ""})
    CHECK(!types->TracepointArguments(name).has_value());
}

TEST(ALongerHeaderIsSkipped) {
  const auto types = Btf::Parse(SmallKernel().Bytes(32));
  REQUIRE(types.has_value());
  CHECK_EQ(types->ByteOffset("task", "deep").value_or(99), 8);
}

TEST(TypesInCirclesHaveNoAnswerAndNoEnd) {
  Maker maker;
  const auto word = maker.Integer("int", 4);
  // Typedefs of one another, an array of itself, a structure inside of itself.
  maker.Reference(Kind::kTypedef, "one", 3);
  maker.Reference(Kind::kTypedef, "other", 2);
  const auto array = maker.Array(4, 2);
  CHECK_EQ(array, 4);
  std::vector<Maker::Member> members(60'000, {"", 5, 0xffff'ffff});
  CHECK_EQ(maker.Structure(Kind::kStruct, "endless", 8, members), 5);
  maker.Structure(Kind::kStruct, "odd", 8, {{"a", 2, 0}, {"b", array, 0}, {"c", word, 0}});
  const auto types = maker.Parse();
  REQUIRE(types.has_value());
  CHECK(!types->FindField("endless", "x").has_value());
  CHECK(!types->FindField("odd", "a.x").has_value());
  CHECK(!types->FindField("odd", "b.x").has_value());
  CHECK(types->FindField("odd", "c").has_value());
}

TEST(OffsetsThatDoNotFitAreNoAnswer) {
  Maker maker;
  const auto word = maker.Integer("int", 4);
  const auto inner = maker.Structure(Kind::kStruct, "inner", 8, {{"x", word, 0xffff'fff8}});
  const auto hidden = maker.Structure(Kind::kStruct, "", 8, {{"y", word, 0xffff'fff8}});
  maker.Structure(Kind::kStruct, "outer", 8, {{"in", inner, 64}, {"", hidden, 64}});
  const auto types = maker.Parse();
  REQUIRE(types.has_value());
  CHECK(!types->FindField("outer", "in.x").has_value());
  CHECK(!types->FindField("outer", "y").has_value());
}

TEST(WhatIsNoBtfIsRefused) {
  const auto whole = SmallKernel().Bytes();
  REQUIRE(Btf::Parse(whole).has_value());
  CHECK(!Btf::Parse({}).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(!Btf::Parse({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}));
  const auto changed = [&](std::size_t at, std::uint8_t value) {
    auto bytes = whole;
    bytes[at] = value;
    return Btf::Parse(std::move(bytes)).has_value();
  };
  CHECK(!changed(0, 0));            // another byte order
  CHECK(!changed(4, 23));           // a short header
  CHECK(!changed(7, 0xff));         // a long one
  CHECK(!changed(11, 0xff));        // types far away
  CHECK(!changed(15, 0xff));        // too many
  CHECK(!changed(19, 0xff));        // strings far away
  CHECK(!changed(24 + 4 + 3, 31));  // an unknown kind
  // A structure that claims more members than there are bytes.
  Maker maker;
  maker.Add(Kind::kStruct, "huge", 0xffff, 8, {});
  CHECK(!maker.Parse().has_value());
}

TEST(ANameWithoutAnEndIsNoName) {
  Maker maker;
  maker.Integer("int", 4);
  maker.Structure(Kind::kStruct, "last", 8, {});
  maker.Unfinish();
  const auto types = maker.Parse();
  REQUIRE(types.has_value());
  CHECK(!types->SizeOf("last").has_value());
}

TEST(AnyBytesGiveAnAnswerOrNone) {
  const auto whole = SmallKernel().Bytes();
  Random random;
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = whole;
    for (int changes = 0; changes < 4; ++changes)
      bytes[random.Next() % bytes.size()] = static_cast<std::uint8_t>(random.Next());
    const auto types = Btf::Parse(std::move(bytes));
    if (!types.has_value()) continue;
    for (const char* path : {"deep", "list.second", "pointer.first"})
      types->FindField("task", path);
    types->SizeOf("pair");
    types->TracepointArguments("sys_exit");
  }
}

namespace {

// Some bytes are changed, a piece is written over another place, or the end is cut off.
void Spoil(std::vector<std::uint8_t>& bytes, Random& random) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  // Of most changes the header would be among them too seldom.
  const auto place = [&] { return random.Below(random.OneIn(16) ? 24 : size); };
  switch (random.Below(4)) {
    case 0: {
      const std::uint32_t piece = 1 + random.Below(1U << random.Below(16));
      const std::uint32_t from = random.Below(size - piece);
      std::copy_n(bytes.begin() + from, piece, bytes.begin() + random.Below(size - piece));
      break;
    }
    case 1:
      bytes.resize(random.Below(size));
      break;
    default:
      for (std::uint32_t changes = 1U << random.Below(10); changes != 0; --changes) {
        std::uint8_t& byte = bytes[place()];
        byte = static_cast<std::uint8_t>(random.OneIn(2) ? random.Next()
                                                         : byte ^ 1U << random.Below(8));
      }
  }
}

}  // namespace

TEST(AnyChangeOfTheRunningKernelsTypesGivesAnAnswerOrNone) {
  std::ifstream file("/sys/kernel/btf/vmlinux", std::ios::binary);
  const std::vector<std::uint8_t> whole{std::istreambuf_iterator<char>(file), {}};
  if (!Btf::Parse(whole).has_value()) {
    std::printf("skipped: no types in /sys/kernel/btf/vmlinux\n");
    return;
  }
  const auto fits = [](const auto& layout) {
    for (std::size_t at = 0; at + 4 <= sizeof layout; at += 4) {
      std::int32_t offset = 0;
      std::memcpy(&offset, reinterpret_cast<const char*>(&layout) + at, sizeof offset);
      if (offset < -1 || offset > 0x7fff) return false;
    }
    return true;
  };
  Random random;
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::milliseconds(static_cast<int>(2000 * tapio::test::Multiplier()));
  std::uint32_t told = 0;
  while (std::chrono::steady_clock::now() < end) {
    auto bytes = whole;
    Spoil(bytes, random);
    const auto types = Btf::Parse(std::move(bytes));
    if (!types.has_value()) continue;
    const auto task = ReadTaskLayout(*types);
    const auto sockets = ReadSocketLayout(*types);
    CHECK(!task.has_value() || fits(*task));
    CHECK(!sockets.has_value() || fits(*sockets));
    ReadProcessLayout(*types);
    types->FindField("task_struct", "thread_info.status");
    if (task.has_value()) ++told;
  }
  CHECK(told > 0);
}

TEST(TheRunningKernel) {
  const auto types = Btf::OfRunningKernel();
  if (!types.has_value()) {
    std::printf("skipped: no types in /sys/kernel/btf/vmlinux\n");
    return;
  }
  CHECK_EQ(types->TracepointArguments("sys_exit").value_or(99), 2);
  CHECK_EQ(types->TracepointArguments("sched_process_fork").value_or(99), 2);
  CHECK(types->FindField("sock_common", "skc_dport").has_value());
  const auto layout = ReadTaskLayout(*types);
  REQUIRE(layout.has_value());
  CHECK_EQ(layout->upid_bytes, 16);
  CHECK_EQ(layout->upid_namespace - layout->upid_number, 8);
  REQUIRE(OwnTaskLayout().has_value());
  CHECK_EQ(OwnTaskLayout()->thread_pid, layout->thread_pid);
}
