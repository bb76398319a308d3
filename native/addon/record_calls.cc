// Records by way of the staging: one, or a batch.
#include "calls.h"

#include <algorithm>
#include <cstring>

#include "attachment.h"
#include "call.h"
#include "values.h"

namespace tapio::addon {

namespace {

// After the answer of a put: tells of what gave way to it.
void AnswerDropped(const Call& call) {
  const std::uint32_t dropped = RingSet::TakeDropped(call.attachment->lane());
  if (dropped == 0) [[likely]]
    return;
  call.environment->Uint(kDropped) = dropped;
  if (call.environment->Status() == 0) call.Answer(kDoneByDrop);
}

napi_value Put(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (call.released()) return nullptr;
  const auto on_full = static_cast<RingSet::OnFull>(call.environment->Uint(kOnFull));
  const std::uint32_t size = std::min(call.environment->Uint(kSize), call.attachment->PutBytes());
  call.Answer(call.rings->Put(call.attachment->lane(), call.attachment->PutData(), size, on_full));
  AnswerDropped(call);
  return nullptr;
}

// putText(...texts: string[]): one record, kSize bytes of which are staged; kCount texts follow
// them.
napi_value PutText(napi_env env, napi_callback_info info) {
  const CallWith<kMaxTexts> call(env, info);
  if (call.released()) return nullptr;
  const std::uint32_t room = call.attachment->PutBytes();
  const std::uint32_t start = std::min(call.environment->Uint(kSize), room);
  const std::int64_t units = call.Latin1(call.attachment->PutData() + start, room - start);
  if (units < 0) {
    call.Answer(kNotLatin1);
    return nullptr;
  }
  const auto on_full = static_cast<RingSet::OnFull>(call.environment->Uint(kOnFull));
  call.Answer(call.rings->Put(call.attachment->lane(), call.attachment->PutData(),
                              start + static_cast<std::uint32_t>(units), on_full));
  AnswerDropped(call);
  return nullptr;
}

// stageText(...texts: string[]): kCount texts, each at its byte of kTextAt in the records to put.
// kCount: how many are there, which is all unless one is not Latin-1, or too long.
napi_value StageText(napi_env env, napi_callback_info info) {
  const CallWith<kMaxTexts> call(env, info);
  if (call.released()) return nullptr;
  const std::uint32_t room = call.attachment->PutBytes();
  const std::uint32_t texts = std::min<std::uint32_t>(call.environment->Uint(kCount), kMaxTexts);
  std::uint32_t written = 0;
  for (; written < texts; ++written) {
    const std::uint32_t* const starts = &call.environment->Uint(kTextAt);
    const std::uint32_t start = std::min(starts[written], room);
    if (call.Latin1(written, call.attachment->PutData() + start, room - start) < 0) {
      call.Answer(kNotLatin1);
      break;
    }
  }
  call.environment->Uint(kCount) = written;
  return nullptr;
}

napi_value PutBatch(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (call.released()) return nullptr;
  const auto on_full = static_cast<RingSet::OnFull>(call.environment->Uint(kOnFull));
  const std::uint32_t count = call.attachment->StagedToPut(call.environment->Uint(kCount));
  const PutResult result =
      call.rings->PutBatch(call.attachment->lane(), call.attachment->PutData(),
                           call.attachment->PutSizes(), count, kAlignment, on_full);
  call.Answer(result.status);
  call.environment->Uint(kCount) = result.count;
  AnswerDropped(call);
  return nullptr;
}

// Ends what a put with RingSet::OnFull::kReserve began.
napi_value Unreserve(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.released()) call.rings->Unreserve(call.attachment->lane());
  return nullptr;
}

[[gnu::always_inline]] inline TakeResult TakeRecord(const Call& call) {
  const TakeResult result = call.rings->Take(call.attachment->lane(), call.attachment->TakeData(),
                                             call.attachment->TakeBytes());
  call.Answer(result.status);
  call.environment->Uint(kSize) = result.bytes;
  return result;
}

napi_value Take(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.released()) TakeRecord(call);
  return nullptr;
}

// takeText(): one record, an encoded event; returns its Latin-1 text, or undefined.
napi_value TakeText(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (call.released()) return nullptr;
  const TakeResult result = TakeRecord(call);
  const std::uint8_t* const data = call.attachment->TakeData();
  if (result.status != TakeStatus::kTaken || result.bytes < (kLatin1UnitsWord + 1) * 4)
    return nullptr;
  std::uint32_t start;
  std::uint32_t units;
  std::memcpy(&start, data + kTextStartWord * 4, sizeof start);
  std::memcpy(&units, data + kLatin1UnitsWord * 4, sizeof units);
  // Whoever wrote the record may have written anything. The decoder sees that a text is missing.
  if (start > result.bytes || units > result.bytes - start) return nullptr;
  // The decoder reads longer text in pieces, as each text cut from this would keep all of it alive.
  if (units > kTextPiece) return nullptr;
  return Latin1String(env, data + start, units);
}

// readText(): kSize characters at byte kOffset of the records taken.
napi_value ReadText(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (call.released()) return nullptr;
  const std::uint64_t start = call.environment->Uint(kOffset);
  const std::uint64_t units = call.environment->Uint(kSize);
  if (start + units > call.attachment->TakeBytes()) return nullptr;
  return Latin1String(env, call.attachment->TakeData() + start, units);
}

napi_value TakeBatch(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (call.released()) return nullptr;
  Attachment& self = *call.attachment;
  const std::uint32_t max = std::min<std::uint32_t>(call.environment->Uint(kCount), kMaxBatch);
  const std::uint32_t ring = call.environment->Uint(kRing);
  const TakeResult result =
      ring < call.rings->total_rings()
          ? call.rings->TakeBatchFrom(self.lane(), ring, self.TakeData(), self.TakeBytes(),
                                      self.TakeSizes(), max, kAlignment)
          : call.rings->TakeBatch(self.lane(), self.TakeData(), self.TakeBytes(), self.TakeSizes(),
                                  max, kAlignment);
  call.Answer(result.status);
  call.environment->Uint(kCount) = result.count;
  call.environment->Uint(kMore) = result.more ? 1 : 0;
  return nullptr;
}

// Copies records of ring kRing from ticket kCursor to kEnd without taking them.
napi_value Peek(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (call.released()) return nullptr;
  const std::uint32_t ring = call.environment->Uint(kRing);
  if (ring >= call.rings->total_rings()) return nullptr;
  Attachment& self = *call.attachment;
  const TakeResult result = call.rings->PeekBatch(
      ring, call.environment->Ticket(kCursor), self.TakeData(), self.TakeBytes(), self.TakeSizes(),
      std::min<std::uint32_t>(call.environment->Uint(kCount), kMaxBatch), kAlignment,
      call.environment->Ticket(kEnd));
  call.Answer(result.status);
  call.environment->Uint(kCount) = result.count;
  return nullptr;
}

void SetRegion(const CallWith<1>& call, napi_value memory, Region& region) {
  void* data = nullptr;
  std::size_t size = 0;
  if (napi_get_arraybuffer_info(call.env, memory, &data, &size) == napi_ok) region.Set(data, size);
}

// stageIn(memory: ArrayBuffer): where records to put lie from now on
napi_value StageIn(napi_env env, napi_callback_info info) {
  const CallWith<1> call(env, info);
  if (!call.released()) SetRegion(call, call.Value(0), call.attachment->to_put());
  return nullptr;
}

// stageOut(memory: ArrayBuffer): where records taken lie from now on
napi_value StageOut(napi_env env, napi_callback_info info) {
  const CallWith<1> call(env, info);
  if (!call.released()) SetRegion(call, call.Value(0), call.attachment->taken());
  return nullptr;
}

}  // namespace

NamedCalls RecordCalls() {
  static constexpr NamedCall kCalls[] = {
      {"put", Put},           {"putText", PutText},     {"stageText", StageText},
      {"putBatch", PutBatch}, {"unreserve", Unreserve}, {"take", Take},
      {"takeText", TakeText}, {"readText", ReadText},   {"takeBatch", TakeBatch},
      {"peek", Peek},         {"stageIn", StageIn},     {"stageOut", StageOut},
  };
  return kCalls;
}

}  // namespace tapio::addon
