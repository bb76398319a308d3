#if defined(__linux__)

#include "record_mapper.h"

#include "../core/encoded_event.h"
#include "../core/utf8_text.h"
#include "unaligned.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

namespace tapio::kernel {

namespace {

using Kind = Operation::Kind;

constexpr std::uint32_t kBundled = EncodedEvent::kBundled;
constexpr std::uint32_t kUtf16 = EncodedEvent::kUtf16;

// Numbers of system calls: of the 32-bit table, and none at all; names of that table come behind
// those of the first one.
constexpr std::uint32_t kCompatBit = std::uint32_t{1} << 31;
constexpr std::uint32_t kNoNumber = 0xffffffff;
constexpr std::uint32_t kNamesOfTable = 1024;

constexpr std::uint32_t kMaxDigits = 20;
// What an unknown number is called: a word and its digits.
constexpr std::uint32_t kMaxMadeUpName = 32;

// Sign-extended if the source is signed.
std::uint64_t ReadInteger(const Operation& operation, const std::uint8_t* record) {
  const std::uint8_t* from = record + operation.source;
  const bool is_signed = operation.source_signed != 0;
  const auto extended = [](auto value) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  };
  switch (operation.source_size) {
    case 1:
      return is_signed ? extended(Read<std::int8_t>(from)) : *from;
    case 2:
      return is_signed ? extended(Read<std::int16_t>(from)) : Read<std::uint16_t>(from);
    case 4:
      return is_signed ? extended(Read<std::int32_t>(from)) : Read<std::uint32_t>(from);
    default:
      return Read<std::uint64_t>(from);
  }
}

std::string_view ReadText(const Operation& operation, const std::uint8_t* record) {
  const auto* text = reinterpret_cast<const char*>(record + operation.source);
  return {text, strnlen(text, operation.source_size)};
}

bool IsDetail(Kind kind) { return kind >= Kind::kDetailText; }
bool HasSource(Kind kind) {
  return kind != Kind::kNow && kind != Kind::kLiteral && !IsDetail(kind);
}

// Bytes of text an operation may add.
std::uint32_t MostText(const Operation& operation, const MapperPlan& plan) {
  switch (operation.kind) {
    case Kind::kText:
    case Kind::kInterned:
      return 2 * operation.source_size;
    case Kind::kDecimal:
      return kMaxDigits;
    case Kind::kLiteral:
      return operation.source_size;
    case Kind::kDetailText:
    case Kind::kDetailPair:
      return operation.source_size + 2 * MostBytes(static_cast<Detail>(operation.source));
    case Kind::kName: {
      std::uint32_t most = kMaxMadeUpName;
      for (const Name& name : plan.names) most = std::max(most, name.size);
      return most;
    }
    default:
      return 0;
  }
}

}  // namespace

RecordMapper::RecordMapper(MapperPlan plan, SymbolTable& symbols,
                           std::unique_ptr<DetailReader> details)
    : plan_(std::move(plan)), details_(std::move(details)), names_(symbols) {
  for (const Shape& shape : plan_.shapes) {
    bool has_details = false;
    std::uint32_t record = 0;
    auto event = static_cast<std::uint32_t>(shape.event.size());
    for (const Operation& operation : shape.operations) {
      has_details = has_details || IsDetail(operation.kind);
      if (HasSource(operation.kind)) {
        record = std::max(record, operation.source + operation.source_size);
      }
      event += MostText(operation, plan_);
    }
    if (plan_.kind != kNowhere) record = std::max(record, plan_.kind + 4);
    if (plan_.cpu != kNowhere) record = std::max(record, plan_.cpu + 4);
    has_details_.push_back(has_details && details_ != nullptr);
    least_record_.push_back(record);
    max_event_ = std::max(max_event_, std::min(event, plan_.limit));
  }
}

bool RecordMapper::reads_kernel_clocks() const {
  for (const Shape& shape : plan_.shapes) {
    for (const Operation& operation : shape.operations)
      if (operation.kind == Kind::kMonotonic || operation.kind == Kind::kBoottime) return true;
  }
  return false;
}

std::uint32_t RecordMapper::CpuOf(const std::uint8_t* record, std::uint32_t size) const {
  return has_cpu() && size >= plan_.cpu + 4 ? Read<std::uint32_t>(record + plan_.cpu) : 0;
}

RecordMapper::Outcome RecordMapper::Map(const std::uint8_t* record, std::uint32_t size,
                                        std::uint8_t* target, std::uint32_t& bytes) {
  std::uint32_t kind = 0;
  if (plan_.kind != kNowhere) {
    if (size < plan_.kind + 4) return Outcome::kMalformed;
    kind = Read<std::uint32_t>(record + plan_.kind);
  }
  if (details_ != nullptr) kind = details_->ShapeOf(record, size, kind);
  if (kind == kUnwanted && details_ != nullptr) return Outcome::kLeftOut;
  if (kind >= plan_.shapes.size() || size < least_record_[kind]) return Outcome::kMalformed;
  const Shape& shape = plan_.shapes[kind];
  if (shape.event.empty()) return Outcome::kMalformed;
  if (shape.event.size() > plan_.limit) return Outcome::kTooLarge;
  std::memcpy(target, shape.event.data(), shape.event.size());
  ids_.Write(target + shape.id);
  end_ = static_cast<std::uint32_t>(shape.event.size());
  room_ = plan_.limit - end_;
  utf16_.clear();
  fits_ = true;
  const bool has_details = has_details_[kind];
  if (has_details) {
    gaps_.clear();
    details_->Read(record, size);
  }
  for (const Operation& operation : shape.operations) Apply(operation, record, target);
  if (!fits_) return Outcome::kTooLarge;
  const std::uint32_t added = end_ - static_cast<std::uint32_t>(shape.event.size());
  Write(target + plan_.latin1_units, Read<std::uint32_t>(target + plan_.latin1_units) + added);
  if (!utf16_.empty()) {
    std::memcpy(target + end_, utf16_.data(), utf16_.size() * sizeof utf16_[0]);
    end_ += static_cast<std::uint32_t>(utf16_.size() * sizeof utf16_[0]);
  }
  if (has_details && !gaps_.empty()) CloseGaps(target);
  bytes = end_;
  return Outcome::kMapped;
}

void RecordMapper::Apply(const Operation& operation, const std::uint8_t* record,
                         std::uint8_t* event) {
  switch (operation.kind) {
    case Kind::kMonotonic:
      Write(event + operation.target, clocks_.FromMonotonic(ReadInteger(operation, record)));
      return;
    case Kind::kBoottime:
      Write(event + operation.target, clocks_.FromBoottime(ReadInteger(operation, record)));
      return;
    case Kind::kRealtime:
      Write(event + operation.target, ClockOffsets::FromRealtime(ReadInteger(operation, record)));
      return;
    case Kind::kNow:
      Write(event + operation.target, clocks_.now);
      return;
    case Kind::kUnsigned:
      // Most numbers, and always in range.
      if (operation.source_size == 4 && operation.source_signed == 0) {
        Write(event + operation.target, Read<std::uint32_t>(record + operation.source));
        return;
      }
      [[fallthrough]];
    case Kind::kSigned:
      PatchNumber(operation, record, event);
      return;
    case Kind::kName:
      PatchName(operation, record, event);
      return;
    case Kind::kText:
      PatchText(operation.target, ReadText(operation, record), event);
      return;
    case Kind::kInterned: {
      const std::string_view text = ReadText(operation, record);
      const std::uint32_t id = names_.Find(text);
      if (id != 0) {
        Write(event + operation.target, id);
      } else {
        PatchText(operation.target, text, event);
      }
      return;
    }
    case Kind::kDecimal: {
      char digits[kMaxDigits];
      const std::uint64_t value = ReadInteger(operation, record);
      const auto end =
          operation.source_signed != 0
              ? std::to_chars(digits, std::end(digits), static_cast<std::int64_t>(value))
              : std::to_chars(digits, std::end(digits), value);
      PatchText(operation.target, {digits, static_cast<std::size_t>(end.ptr - digits)}, event);
      return;
    }
    case Kind::kLiteral:
      PatchText(operation.target, {plan_.literals.data() + operation.extra, operation.source_size},
                event);
      return;
    default:
      ApplyDetail(operation, event);
      return;
  }
}

void RecordMapper::PatchNumber(const Operation& operation, const std::uint8_t* record,
                               std::uint8_t* event) {
  const std::uint64_t value = ReadInteger(operation, record);
  const auto as_signed = static_cast<std::int64_t>(value);
  const bool negative = operation.source_signed != 0 && as_signed < 0;
  const bool fits =
      negative
          ? operation.kind == Kind::kSigned && as_signed >= std::numeric_limits<std::int32_t>::min()
          : value <= (operation.kind == Kind::kSigned
                          ? std::uint64_t{std::numeric_limits<std::int32_t>::max()}
                          : std::uint64_t{std::numeric_limits<std::uint32_t>::max()});
  if (fits) {
    Write(event + operation.target, static_cast<std::uint32_t>(value));
    return;
  }
  MakeAbsent(operation, event);
}

void RecordMapper::MakeAbsent(const Operation& operation, std::uint8_t* event) {
  Write(event + operation.target, std::uint32_t{0});
  if (operation.presence == kNowhere) return;
  std::uint8_t* const word = event + operation.presence;
  Write(word, Read<std::uint32_t>(word) & ~operation.presence_mask);
}

void RecordMapper::PatchName(const Operation& operation, const std::uint8_t* record,
                             std::uint8_t* event) {
  const std::uint64_t value = ReadInteger(operation, record);
  const auto number = static_cast<std::uint32_t>(value);
  if (number == kNoNumber) {
    MakeAbsent(operation, event);
    return;
  }
  const bool compat = (number & kCompatBit) != 0;
  const std::uint32_t own = number & ~kCompatBit;
  const std::size_t index = compat ? std::size_t{kNamesOfTable} + own : own;
  if (own < kNamesOfTable && index < plan_.names.size()) {
    const Name& name = plan_.names[index];
    if (name.id != 0) {
      Write(event + operation.target, name.id);
      return;
    }
    if (name.size != 0) {
      PatchText(operation.target, {plan_.literals.data() + name.offset, name.size}, event);
      return;
    }
  }
  // Newer than our names.
  const std::string_view prefix = compat ? "compat_" : "syscall_";
  char text[kMaxMadeUpName];
  char* digits = std::copy(prefix.begin(), prefix.end(), text);
  const char* end = std::to_chars(digits, std::end(text), own).ptr;
  PatchText(operation.target, {text, static_cast<std::size_t>(end - text)}, event);
}

// Takes it away from what the target still has room for.
bool RecordMapper::TakeRoom(std::size_t bytes) {
  fits_ = fits_ && bytes <= room_;
  if (fits_) room_ -= static_cast<std::uint32_t>(bytes);
  return fits_;
}

// Each reference takes its text from the bundle of its width, in order.
void RecordMapper::PatchText(std::uint32_t target, std::string_view text, std::uint8_t* event) {
  if (IsAscii(text)) {
    if (!TakeRoom(text.size())) return;
    std::memcpy(event + end_, text.data(), text.size());
    end_ += static_cast<std::uint32_t>(text.size());
    Write(event + target, kBundled | static_cast<std::uint32_t>(text.size()));
    return;
  }
  scratch_.clear();
  DecodeUtf8(text, scratch_);
  const auto units = static_cast<std::uint32_t>(scratch_.size());
  const bool is_latin1 =
      std::all_of(scratch_.begin(), scratch_.end(), [](char16_t unit) { return unit <= 0xff; });
  if (is_latin1) {
    if (!TakeRoom(units)) return;
    for (const char16_t unit : scratch_) event[end_++] = static_cast<std::uint8_t>(unit);
    Write(event + target, kBundled | units);
  } else {
    if (!TakeRoom(units * sizeof scratch_[0])) return;
    utf16_.insert(utf16_.end(), scratch_.begin(), scratch_.end());
    Write(event + target, kBundled | kUtf16 | units);
  }
}

}  // namespace tapio::kernel

#endif
