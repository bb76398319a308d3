// Records by way of arrays of the user: one, or many back to back.
#include "calls.h"

#include <algorithm>

#include "attachment.h"
#include "call.h"
#include "values.h"

namespace tapio::addon {

namespace {

// Records of a packed batch that are moved with one claim.
constexpr std::uint32_t kPackedChunk = 256;

// An array of the user, of which kSize bytes may be used: a shared one can have grown since that
// was checked.
Elements<std::uint8_t> CheckedArray(const CallWith<1>& call) {
  auto array = call.Array<std::uint8_t>(0);
  array.count = std::min<std::size_t>(array.count, call.environment->Uint(kSize));
  return array;
}

napi_value PutAgain(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (call.released()) return nullptr;
  const Elements<std::uint8_t>& source = call.attachment->last_source();
  call.Answer(call.rings->Put(call.attachment->lane(), source.data,
                              static_cast<std::uint32_t>(source.count), RingSet::OnFull::kRefuse));
  return nullptr;
}

// putFrom(source: Uint8Array): one record, the whole source.
napi_value PutFrom(napi_env env, napi_callback_info info) {
  const CallWith<1> call(env, info);
  if (!call.released()) call.attachment->last_source() = CheckedArray(call);
  return PutAgain(env, info);
}

napi_value TakeAgain(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (call.released()) return nullptr;
  const Elements<std::uint8_t>& target = call.attachment->last_target();
  const TakeResult result = call.rings->Take(call.attachment->lane(), target.data, target.count);
  call.Answer(result.status);
  call.environment->Uint(kSize) = result.bytes;
  return nullptr;
}

// takeInto(target: Uint8Array): one record. kSize: its size.
napi_value TakeInto(napi_env env, napi_callback_info info) {
  const CallWith<1> call(env, info);
  if (!call.released()) call.attachment->last_target() = CheckedArray(call);
  return TakeAgain(env, info);
}

// putPacked(source: Uint8Array, lengths: Uint32Array): records back to back. kCount: stored.
napi_value PutPacked(napi_env env, napi_callback_info info) {
  const CallWith<2> call(env, info);
  if (call.released()) return nullptr;
  const auto source = call.Array<std::uint8_t>(0);
  const auto lengths = call.Array<std::uint32_t>(1);
  RingSet::Lane& lane = call.attachment->lane();
  PutResult result{PutStatus::kStored, 0};
  std::uint32_t stored = 0;
  std::size_t offset = 0;
  while (result.status == PutStatus::kStored && stored < lengths.count) {
    // Both arrays may lie in memory that other threads write: each length is read once, into
    // private memory, and checked there again.
    std::uint32_t sizes[kPackedChunk];
    std::uint32_t count = 0;
    std::size_t end = offset;
    for (; count < kPackedChunk && stored + count < lengths.count; ++count) {
      const std::uint32_t size = __atomic_load_n(&lengths.data[stored + count], __ATOMIC_RELAXED);
      if (size > call.rings->config().payload || size > source.count - end) break;
      sizes[count] = size;
      end += size;
    }
    if (count == 0) break;
    result = call.rings->PutBatch(lane, source.data + offset, sizes, count, 1,
                                  RingSet::OnFull::kTryAgain);
    stored += result.count;
    offset = end;
  }
  if (result.status == PutStatus::kFull) {
    call.rings->CountRejected(lane, static_cast<std::uint32_t>(lengths.count) - stored);
  }
  call.Answer(result.status);
  call.environment->Uint(kCount) = stored;
  return nullptr;
}

// takePacked(target: Uint8Array, lengths: Uint32Array): records back to back. kCount: taken.
napi_value TakePacked(napi_env env, napi_callback_info info) {
  const CallWith<2> call(env, info);
  if (call.released()) return nullptr;
  const auto target = call.Array<std::uint8_t>(0);
  const auto lengths = call.Array<std::uint32_t>(1);
  TakeResult result{TakeStatus::kTaken, 0, 0, true};
  std::uint32_t taken = 0;
  std::size_t offset = 0;
  while (result.status == TakeStatus::kTaken && result.more && taken < lengths.count) {
    // The sizes are private until the records are ours: other threads may see `lengths`.
    std::uint32_t sizes[kPackedChunk];
    const auto max =
        static_cast<std::uint32_t>(std::min<std::size_t>(kPackedChunk, lengths.count - taken));
    result = call.rings->TakeBatch(call.attachment->lane(), target.data + offset,
                                   target.count - offset, sizes, max, 1);
    std::copy_n(sizes, result.count, lengths.data + taken);
    taken += result.count;
    if (result.status == TakeStatus::kTaken) offset += result.bytes;
  }
  call.Answer(taken != 0 ? TakeStatus::kTaken : result.status);
  call.environment->Uint(kSize) = result.bytes;
  call.environment->Uint(kCount) = taken;
  return nullptr;
}

}  // namespace

NamedCalls ArrayCalls() {
  static constexpr NamedCall kCalls[] = {
      {"putFrom", PutFrom},     {"putAgain", PutAgain},   {"takeInto", TakeInto},
      {"takeAgain", TakeAgain}, {"putPacked", PutPacked}, {"takePacked", TakePacked},
  };
  return kCalls;
}

}  // namespace tapio::addon
