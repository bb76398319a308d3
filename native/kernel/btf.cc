#if defined(__linux__)

#include "btf.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <string>

#include "bpf.h"

namespace tapio::kernel {

namespace {

constexpr std::uint32_t kMagic = 0xeb9f;
constexpr std::size_t kHeaderBytes = 24;
constexpr std::size_t kTypeBytes = 12;
constexpr std::size_t kMemberBytes = 12;
// A kernel's own is a tenth of it.
constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
// More than any kernel nests or any of its structures has.
constexpr int kMaxDepth = 32;
constexpr std::uint32_t kMaxMembers = std::uint32_t{1} << 20;

// Bytes behind a type.
std::optional<std::size_t> MoreBytes(std::uint32_t kind, std::size_t count) {
  switch (static_cast<Btf::Kind>(kind)) {
    case Btf::Kind::kInteger:
    case Btf::Kind::kVariable:
    case Btf::Kind::kDeclarationTag:
      return 4;
    case Btf::Kind::kArray:
      return 12;
    case Btf::Kind::kStruct:
    case Btf::Kind::kUnion:
    case Btf::Kind::kSection:
    case Btf::Kind::kEnum64:
      return kMemberBytes * count;
    case Btf::Kind::kEnum:
    case Btf::Kind::kPrototype:
      return 8 * count;
    case Btf::Kind::kPointer:
    case Btf::Kind::kForward:
    case Btf::Kind::kTypedef:
    case Btf::Kind::kVolatile:
    case Btf::Kind::kConst:
    case Btf::Kind::kRestrict:
    case Btf::Kind::kFunction:
    case Btf::Kind::kFloat:
    case Btf::Kind::kTypeTag:
      return 0;
    case Btf::Kind::kVoid:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Btf> Btf::Parse(std::vector<std::uint8_t> bytes) {
  Btf btf(std::move(bytes));
  if (!btf.Index()) return std::nullopt;
  return btf;
}

std::optional<Btf> Btf::OfRunningKernel() {
  // Something else in this place must neither hold us up nor fill our memory.
  const UniqueFd file(open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  constexpr std::size_t kChunk = std::size_t{1} << 20;
  for (std::size_t size = 0; size < kMaxBytes;) {
    bytes.resize(size + kChunk);
    const ssize_t read_now = read(file.get(), bytes.data() + size, kChunk);
    if (read_now < 0 && errno == EINTR) continue;
    if (read_now < 0) return std::nullopt;
    size += static_cast<std::size_t>(read_now);
    bytes.resize(size);
    if (read_now == 0) return Parse(std::move(bytes));
  }
  return std::nullopt;
}

bool Btf::Index() {
  if (bytes_.size() < kHeaderBytes || bytes_.size() > kMaxBytes) return false;
  if ((Word(0) & 0xffff) != kMagic) return false;
  const std::size_t header = Word(4);
  if (header < kHeaderBytes || header > bytes_.size()) return false;
  const std::size_t room = bytes_.size() - header;
  const auto inside = [room](std::size_t offset, std::size_t length) {
    return offset <= room && length <= room - offset;
  };
  const std::size_t types = Word(8);
  const std::size_t types_size = Word(12);
  if (!inside(types, types_size) || !inside(Word(16), Word(20))) return false;
  strings_ = header + Word(16);
  strings_size_ = Word(20);
  starts_.assign(1, 0);
  const std::size_t end = header + types + types_size;
  for (std::size_t at = header + types; at < end;) {
    if (end - at < kTypeBytes) return false;
    const std::uint32_t info = Word(at + 4);
    const auto more = MoreBytes(info >> 24 & 0x1f, info & 0xffff);
    if (!more.has_value() || *more > end - at - kTypeBytes) return false;
    starts_.push_back(static_cast<std::uint32_t>(at));
    at += kTypeBytes + *more;
  }
  return true;
}

std::uint32_t Btf::Word(std::size_t at) const {
  std::uint32_t word;
  std::memcpy(&word, bytes_.data() + at, sizeof word);
  return word;
}

bool Btf::NameIs(std::uint32_t offset, std::string_view name) const {
  if (offset >= strings_size_ || name.size() >= strings_size_ - offset) return false;
  const std::uint8_t* const text = bytes_.data() + strings_ + offset;
  return std::memcmp(text, name.data(), name.size()) == 0 && text[name.size()] == 0;
}

Btf::Type Btf::At(std::size_t at) const {
  const std::uint32_t info = Word(at + 4);
  return {static_cast<Kind>(info >> 24 & 0x1f),
          info >> 31 != 0,
          info & 0xffff,
          Word(at),
          Word(at + 8),
          at + kTypeBytes};
}

std::optional<Btf::Type> Btf::Find(std::uint32_t id) const {
  if (id == 0 || id >= starts_.size()) return std::nullopt;
  return At(starts_[id]);
}

bool Btf::IsStructure(const Type& type) {
  return type.kind == Kind::kStruct || type.kind == Kind::kUnion;
}

std::optional<Btf::Type> Btf::Resolve(std::uint32_t id) const {
  std::optional<Type> type = Find(id);
  for (int depth = 0; type.has_value() && depth < kMaxDepth; ++depth) {
    switch (type->kind) {
      case Kind::kTypedef:
      case Kind::kVolatile:
      case Kind::kConst:
      case Kind::kRestrict:
      case Kind::kTypeTag:
        type = Find(type->size_or_type);
        break;
      default:
        return type;
    }
  }
  return std::nullopt;
}

std::optional<Btf::Type> Btf::Inside(std::uint32_t id) const {
  std::optional<Type> type = Resolve(id);
  for (int depth = 0; type.has_value() && depth < kMaxDepth; ++depth) {
    if (type->kind != Kind::kArray) return IsStructure(*type) ? type : std::nullopt;
    type = Resolve(Word(type->more));
  }
  return std::nullopt;
}

std::optional<Btf::Field> Btf::FindMember(const Type& type, std::string_view name, int depth,
                                          Budget& budget) const {
  for (std::uint32_t i = 0; i < type.count; ++i) {
    if (budget.members == 0) return std::nullopt;
    --budget.members;
    const std::size_t at = type.more + std::size_t{i} * kMemberBytes;
    const std::uint32_t place = Word(at + 8);
    const Field field{type.flag ? place & 0xff'ffff : place, type.flag ? place >> 24 : 0,
                      Word(at + 4)};
    if (NameIs(Word(at), name)) return field;
    if (!NameIs(Word(at), "") || depth == kMaxDepth) continue;
    const auto inner = Resolve(field.type);
    if (!inner.has_value() || !IsStructure(*inner)) continue;
    auto found = FindMember(*inner, name, depth + 1, budget);
    if (!found.has_value()) continue;
    if (found->bit_offset > std::numeric_limits<std::uint32_t>::max() - field.bit_offset)
      return std::nullopt;
    found->bit_offset += field.bit_offset;
    return found;
  }
  return std::nullopt;
}

std::optional<Btf::Field> Btf::FindPath(Type type, std::string_view path, Budget& budget) const {
  std::uint64_t before = 0;
  for (;;) {
    const std::size_t dot = path.find('.');
    const std::string_view name = path.substr(0, dot);
    auto field = name.empty() ? std::nullopt : FindMember(type, name, 0, budget);
    if (!field.has_value()) return std::nullopt;
    before += field->bit_offset;
    if (before > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    field->bit_offset = static_cast<std::uint32_t>(before);
    if (dot == std::string_view::npos) return field;
    path.remove_prefix(dot + 1);
    const auto inner = Inside(field->type);
    if (!inner.has_value()) return std::nullopt;
    type = *inner;
  }
}

// What `attempt` makes of the first structure of this name for which it is something.
template <typename Try>
auto Btf::FirstStructure(std::string_view name, Try&& attempt) const
    -> decltype(attempt(std::declval<const Type&>())) {
  if (name.empty()) return std::nullopt;
  for (std::size_t id = 1; id < starts_.size(); ++id) {
    const Type type = At(starts_[id]);
    if (!IsStructure(type) || !NameIs(type.name, name)) continue;
    if (const auto answer = attempt(type); answer.has_value()) return answer;
  }
  return std::nullopt;
}

std::optional<Btf::Field> Btf::FindField(std::string_view structure, std::string_view path) const {
  Budget budget{kMaxMembers};
  return FirstStructure(structure, [&](const Type& type) { return FindPath(type, path, budget); });
}

std::optional<std::uint32_t> Btf::ByteOffset(std::string_view structure,
                                             std::string_view path) const {
  const auto field = FindField(structure, path);
  if (!field.has_value() || field->bit_size != 0 || field->bit_offset % 8 != 0) return std::nullopt;
  return field->bit_offset / 8;
}

std::optional<std::uint32_t> Btf::SizeOf(std::string_view structure) const {
  return FirstStructure(
      structure, [](const Type& type) { return std::optional<std::uint32_t>(type.size_or_type); });
}

std::optional<std::uint32_t> Btf::FindType(Kind kind, std::string_view name) const {
  for (std::uint32_t id = 1; id < starts_.size(); ++id) {
    const Type type = At(starts_[id]);
    if (type.kind == kind && NameIs(type.name, name)) return id;
  }
  return std::nullopt;
}

// A typedef of a pointer to a function, whose first argument is not the tracepoint's.
std::optional<std::uint32_t> Btf::TracepointArguments(std::string_view tracepoint) const {
  const auto id = FindType(Kind::kTypedef, "btf_trace_" + std::string(tracepoint));
  const auto pointer = id.has_value() ? Resolve(*id) : std::nullopt;
  if (!pointer.has_value() || pointer->kind != Kind::kPointer) return std::nullopt;
  const auto prototype = Resolve(pointer->size_or_type);
  if (!prototype.has_value() || prototype->kind != Kind::kPrototype || prototype->count == 0)
    return std::nullopt;
  return prototype->count - 1;
}

}  // namespace tapio::kernel

#endif
