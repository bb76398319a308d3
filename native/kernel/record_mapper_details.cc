// What a RecordMapper does with details: parts of an event that may be absent leave no room in it.
#if defined(__linux__)

#include <cstring>

#include "../core/utf8_text.h"
#include "record_mapper.h"
#include "unaligned.h"

namespace tapio::kernel {

using Kind = Operation::Kind;

void RecordMapper::ApplyDetail(const Operation& operation, std::uint8_t* event) {
  if (details_ == nullptr) return;
  // In a part that goes away.
  if (!gaps_.empty() && operation.target < gaps_.back().at + gaps_.back().bytes) return;
  const auto absent = [&](std::uint32_t bytes) {
    LeaveOut(operation.target, bytes);
    if (operation.presence == kNowhere) return;
    std::uint8_t* const word = event + operation.presence;
    Write(word, Read<std::uint32_t>(word) & ~operation.presence_mask);
  };
  const auto detail = static_cast<Detail>(operation.source);
  switch (operation.kind) {
    case Kind::kDetailText:
      if (details_->HasText(detail)) {
        PatchReference(operation.target, details_->Text(detail), event);
      } else {
        absent(4);
      }
      return;
    case Kind::kDetailNumber:
    case Kind::kDetailFixed: {
      const auto number = details_->Number(detail);
      if (number.has_value()) {
        Write(event + operation.target, static_cast<std::uint32_t>(*number));
      } else if (operation.kind == Kind::kDetailNumber) {
        absent(4);
      } else {
        MakeAbsent(operation, event);
      }
      return;
    }
    case Kind::kDetailPart:
      if ((details_->present() & operation.source) == 0) absent(operation.extra);
      return;
    default:
      PatchPair(operation, event);
      return;
  }
}

// A pair that the target has no room for is left out as well: better an event without it than none.
void RecordMapper::PatchPair(const Operation& operation, std::uint8_t* event) {
  const auto detail = static_cast<Detail>(operation.source);
  const std::uint32_t key_at = operation.target - 4;
  if (details_->HasText(detail)) {
    const std::string_view text = details_->Text(detail);
    const std::size_t most = operation.source_size + (IsAscii(text) ? 1 : 2) * text.size();
    if (most <= room_) {
      if (operation.source_size != 0) {
        PatchText(key_at, {plan_.literals.data() + operation.extra, operation.source_size}, event);
      }
      PatchReference(operation.target, text, event);
      return;
    }
  }
  LeaveOut(key_at, 8);
  std::uint8_t* const count = event + operation.presence;
  Write(count, Read<std::uint32_t>(count) - 1);
}

// By id where it recurs.
void RecordMapper::PatchReference(std::uint32_t target, std::string_view text,
                                  std::uint8_t* event) {
  const std::uint32_t id = names_.Find(text);
  if (id != 0) {
    Write(event + target, id);
  } else {
    PatchText(target, text, event);
  }
}

void RecordMapper::LeaveOut(std::uint32_t at, std::uint32_t bytes) { gaps_.push_back({at, bytes}); }

// All gaps lie before the texts, in the order of their places.
void RecordMapper::CloseGaps(std::uint8_t* event) {
  std::uint32_t to = gaps_.front().at;
  for (std::size_t i = 0; i < gaps_.size(); ++i) {
    const std::uint32_t from = gaps_[i].at + gaps_[i].bytes;
    const std::uint32_t until = i + 1 < gaps_.size() ? gaps_[i + 1].at : end_;
    std::memmove(event + to, event + from, until - from);
    to += until - from;
  }
  const std::uint32_t closed = end_ - to;
  end_ = to;
  std::uint8_t* const start = event + plan_.text_start;
  Write(start, Read<std::uint32_t>(start) - closed);
}

}  // namespace tapio::kernel

#endif
