#include "calls.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iterator>

#include "attachment.h"
#include "projections.h"
#include "values.h"

namespace tapio::addon {

namespace {

// Longest native wait. A worker can be terminated, and a process exit, only between native calls.
constexpr std::chrono::milliseconds kLongestBlock{20};

// How long a blocked thread waits before it looks again for a record that is claimed but
// unpublished.
constexpr std::chrono::microseconds kImminent{50};

// Records of a packed batch that are moved with one claim.
constexpr std::uint32_t kPackedChunk = 256;

// One call, on the instance that the control selects.
//
// Guarantees: no call throws or runs JavaScript, and those on the hot path allocate nothing. One on
//   an instance that has let go does nothing and leaves kReleased.
struct Call {
  Call(napi_env env, napi_callback_info info) : Call(env, info, nullptr, nullptr) {}

  bool released() const { return attachment == nullptr; }
  template <typename Status>
  void Answer(Status status) const {
    control->Status() = static_cast<std::int32_t>(status);
  }

  Environment* control;
  Attachment* attachment = nullptr;  // nullptr when there is nothing to work on
  RingSet* rings = nullptr;

 protected:
  Call(napi_env env, napi_callback_info info, std::size_t* argc, napi_value* argv) {
    void* data = nullptr;
    napi_get_cb_info(env, info, argc, argv, nullptr, &data);
    control = static_cast<Environment*>(data);
    Attachment* selected = control->Selected();
    if (selected == nullptr || selected->released()) {
      control->Status() = kReleased;
      return;
    }
    control->Status() = 0;
    attachment = selected;
    rings = &selected->rings();
  }
};

template <std::size_t kMost>
struct Arguments {
  std::size_t count = kMost;
  napi_value values[kMost];
};

template <std::size_t kMost>
struct CallWith : private Arguments<kMost>, Call {
  CallWith(napi_env call_env, napi_callback_info info)
      : Call(call_env, info, &this->count, this->values), env(call_env) {}

  bool Flag(std::size_t argument) const {
    bool flag = false;
    napi_get_value_bool(env, this->values[argument], &flag);
    return flag;
  }
  std::uint32_t Uint(std::size_t argument) const {
    std::uint32_t number = 0;
    napi_get_value_uint32(env, this->values[argument], &number);
    return number;
  }
  std::int64_t Latin1(std::size_t argument, std::uint8_t* target, std::size_t room) const {
    return CopyLatin1<kMaxText>(env, this->values[argument], target, room);
  }
  // Copies the first kCount arguments, which are texts, one after the other; returns their
  // characters, or -1 if one is not Latin-1 or too long.
  std::int64_t Latin1(std::uint8_t* target, std::size_t room) const {
    const auto texts = std::min<std::size_t>(control->Uint(kCount), kMost);
    std::size_t units = 0;
    for (std::size_t i = 0; i < texts; ++i) {
      const std::int64_t more = Latin1(i, target + units, room - units);
      if (more < 0) return -1;
      units += static_cast<std::size_t>(more);
    }
    return static_cast<std::int64_t>(units);
  }
  double Number(std::size_t argument) const {
    double number = 0;
    napi_get_value_double(env, this->values[argument], &number);
    return number;
  }
  template <typename T>
  Elements<T> Array(std::size_t argument) const {
    return ElementsOf<T>(env, this->values[argument]);
  }

  const napi_env env;
};

// After the answer of a put: tells of what gave way to it.
void AnswerDropped(const Call& call) {
  const std::uint32_t dropped = RingSet::TakeDropped(call.attachment->lane());
  if (dropped == 0) [[likely]]
    return;
  call.control->Uint(kDropped) = dropped;
  if (call.control->Status() == 0) call.Answer(kDoneByDrop);
}

napi_value Put(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (call.released()) return nullptr;
  const auto on_full = static_cast<RingSet::OnFull>(call.control->Uint(kOnFull));
  const std::uint32_t size = std::min(call.control->Uint(kSize), call.attachment->PutBytes());
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
  const std::uint32_t start = std::min(call.control->Uint(kSize), room);
  const std::int64_t units = call.Latin1(call.attachment->PutData() + start, room - start);
  if (units < 0) {
    call.Answer(kNotNarrow);
    return nullptr;
  }
  const auto on_full = static_cast<RingSet::OnFull>(call.control->Uint(kOnFull));
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
  const std::uint32_t texts = std::min<std::uint32_t>(call.control->Uint(kCount), kMaxTexts);
  std::uint32_t written = 0;
  for (; written < texts; ++written) {
    const std::uint32_t* const starts = &call.control->Uint(kTextAt);
    const std::uint32_t start = std::min(starts[written], room);
    if (call.Latin1(written, call.attachment->PutData() + start, room - start) < 0) {
      call.Answer(kNotNarrow);
      break;
    }
  }
  call.control->Uint(kCount) = written;
  return nullptr;
}

napi_value PutBatch(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (call.released()) return nullptr;
  const auto on_full = static_cast<RingSet::OnFull>(call.control->Uint(kOnFull));
  const std::uint32_t count = call.attachment->StagedToPut(call.control->Uint(kCount));
  const PutResult result =
      call.rings->PutBatch(call.attachment->lane(), call.attachment->PutData(),
                           call.attachment->PutSizes(), count, kAlignment, on_full);
  call.Answer(result.status);
  call.control->Uint(kCount) = result.count;
  AnswerDropped(call);
  return nullptr;
}

TakeResult TakeRecord(const Call& call) {
  const TakeResult result = call.rings->Take(call.attachment->lane(), call.attachment->TakeData(),
                                             call.attachment->TakeBytes());
  call.Answer(result.status);
  call.control->Uint(kSize) = result.bytes;
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
  if (result.status != TakeStatus::kTaken || result.bytes < (kNarrowUnitsWord + 1) * 4)
    return nullptr;
  std::uint32_t start;
  std::uint32_t units;
  std::memcpy(&start, data + kTextStartWord * 4, sizeof start);
  std::memcpy(&units, data + kNarrowUnitsWord * 4, sizeof units);
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
  const std::uint64_t start = call.control->Uint(kOffset);
  const std::uint64_t units = call.control->Uint(kSize);
  if (start + units > call.attachment->TakeBytes()) return nullptr;
  return Latin1String(env, call.attachment->TakeData() + start, units);
}

napi_value TakeBatch(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (call.released()) return nullptr;
  Attachment& self = *call.attachment;
  const std::uint32_t max = std::min<std::uint32_t>(call.control->Uint(kCount), kMaxBatch);
  const std::uint32_t ring = call.control->Uint(kRing);
  const TakeResult result =
      ring < call.rings->total_rings()
          ? call.rings->TakeBatchFrom(self.lane(), ring, self.TakeData(), self.TakeBytes(),
                                      self.TakeSizes(), max, kAlignment)
          : call.rings->TakeBatch(self.lane(), self.TakeData(), self.TakeBytes(), self.TakeSizes(),
                                  max, kAlignment);
  call.Answer(result.status);
  call.control->Uint(kCount) = result.count;
  call.control->Uint(kMore) = result.more ? 1 : 0;
  return nullptr;
}

napi_value Size(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.released()) call.control->Uint(kSize) = static_cast<std::uint32_t>(call.rings->size());
  return nullptr;
}

void PutLastSource(const Call& call) {
  if (call.released()) return;
  const Elements<std::uint8_t>& source = call.attachment->last_source();
  call.Answer(call.rings->Put(call.attachment->lane(), source.data,
                              static_cast<std::uint32_t>(source.count), RingSet::OnFull::kRefuse));
}

void TakeToLastTarget(const Call& call) {
  if (call.released()) return;
  const Elements<std::uint8_t>& target = call.attachment->last_target();
  const TakeResult result = call.rings->Take(call.attachment->lane(), target.data, target.count);
  call.Answer(result.status);
  call.control->Uint(kSize) = result.bytes;
}

// An array of the user, of which kSize bytes may be used: a shared one can have grown since that
// was checked.
Elements<std::uint8_t> CheckedArray(const CallWith<1>& call) {
  auto array = call.Array<std::uint8_t>(0);
  array.count = std::min<std::size_t>(array.count, call.control->Uint(kSize));
  return array;
}

// putFrom(source: Uint8Array): one record, the whole source.
napi_value PutFrom(napi_env env, napi_callback_info info) {
  const CallWith<1> call(env, info);
  if (!call.released()) call.attachment->last_source() = CheckedArray(call);
  PutLastSource(call);
  return nullptr;
}

napi_value PutAgain(napi_env env, napi_callback_info info) {
  PutLastSource(Call(env, info));
  return nullptr;
}

// takeInto(target: Uint8Array): one record. kSize: its size.
napi_value TakeInto(napi_env env, napi_callback_info info) {
  const CallWith<1> call(env, info);
  if (!call.released()) call.attachment->last_target() = CheckedArray(call);
  TakeToLastTarget(call);
  return nullptr;
}

napi_value TakeAgain(napi_env env, napi_callback_info info) {
  TakeToLastTarget(Call(env, info));
  return nullptr;
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
  call.control->Uint(kCount) = stored;
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
  call.control->Uint(kSize) = result.bytes;
  call.control->Uint(kCount) = taken;
  return nullptr;
}

// Copies records of ring kRing from ticket kCursor to kEnd without taking them.
napi_value Peek(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (call.released()) return nullptr;
  const std::uint32_t ring = call.control->Uint(kRing);
  if (ring >= call.rings->total_rings()) return nullptr;
  Attachment& self = *call.attachment;
  const TakeResult result = call.rings->PeekBatch(
      ring, call.control->Ticket(kCursor), self.TakeData(), self.TakeBytes(), self.TakeSizes(),
      std::min<std::uint32_t>(call.control->Uint(kCount), kMaxBatch), kAlignment,
      call.control->Ticket(kEnd));
  call.Answer(result.status);
  call.control->Uint(kCount) = result.count;
  return nullptr;
}

// stats(ring: number, target: Float64Array): the numbers of RingSet::RingStats, in its order.
// Leaves the ring's bounds in kCursor and kEnd, for Peek.
napi_value Stats(napi_env env, napi_callback_info info) {
  const CallWith<2> call(env, info);
  if (call.released()) return nullptr;
  const std::uint32_t ring = call.Uint(0);
  const auto target = call.Array<double>(1);
  if (ring >= call.rings->total_rings()) return nullptr;
  const RingSet::RingStats stats = call.rings->Stats(ring);
  const double numbers[] = {
      static_cast<double>(stats.capacity),       static_cast<double>(stats.size),
      static_cast<double>(stats.write_index),    static_cast<double>(stats.read_index),
      static_cast<double>(stats.puts),           static_cast<double>(stats.gets),
      static_cast<double>(stats.rejected),       static_cast<double>(stats.discarded),
      static_cast<double>(stats.high_watermark), stats.closed ? 1.0 : 0.0};
  std::copy_n(numbers, std::min(std::size(numbers), target.count), target.data);
  call.control->Ticket(kCursor) = stats.read_index;
  call.control->Ticket(kEnd) = stats.write_index;
  return nullptr;
}

// countRejected(count: number)
napi_value CountRejected(napi_env env, napi_callback_info info) {
  const CallWith<1> call(env, info);
  if (!call.released()) call.rings->CountRejected(call.attachment->lane(), call.Uint(0));
  return nullptr;
}

napi_value Clear(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.released()) call.rings->Clear(call.attachment->lane());
  return nullptr;
}

napi_value Close(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.released()) call.rings->Close();
  return nullptr;
}

napi_value Closed(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  return Boolean(env, call.released() || call.rings->closed());
}

napi_value Drained(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  return Boolean(env, call.released() || call.rings->drained());
}

napi_value HasRecord(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  return Boolean(env, !call.released() && call.rings->HasRecord());
}

// Ends what a put with RingSet::OnFull::kReserve began.
napi_value Unreserve(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.released()) call.rings->Unreserve(call.attachment->lane());
  return nullptr;
}

// startWait(forRoom: boolean, gathers: boolean): true if there is nothing to wait for; false: the
// dispatcher will be called; undefined: the event loop refuses. Who waits for room must try once
// more after this call.
napi_value StartWait(napi_env env, napi_callback_info info) {
  const CallWith<2> call(env, info);
  if (call.released()) return Boolean(env, true);
  if (!call.control->port().Open()) return nullptr;
  return Boolean(env, call.attachment->sleeper(call.Flag(0)).Start(call.Flag(1)));
}

// stopWait(forRoom: boolean)
napi_value StopWait(napi_env env, napi_callback_info info) {
  const CallWith<1> call(env, info);
  if (!call.released()) call.attachment->sleeper(call.Flag(0)).Stop();
  return nullptr;
}

// hasSleepers(): boolean; whether anybody is parked for a record
napi_value HasSleepers(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  return Boolean(env, !call.released() && call.rings->records().HasSleepers());
}

napi_value PassWakeOn(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.released()) call.rings->PassWakeOn();
  return nullptr;
}

// block(milliseconds: number, forRoom: boolean, size: number): blocks this thread until there may
// be a record (or room), for a bounded time at most. The caller looks itself what became true.
napi_value Block(napi_env env, napi_callback_info info) {
  const CallWith<3> call(env, info);
  if (call.released()) return nullptr;
  const double milliseconds = call.Number(0);
  const bool for_room = call.Flag(1);
  RingSet& rings = *call.rings;
  ParkingLot& lot = for_room ? rings.room() : rings.records();
  std::chrono::nanoseconds limit = kLongestBlock;
  if (milliseconds < 20) {
    limit = std::chrono::nanoseconds(static_cast<std::int64_t>(std::max(milliseconds, 0.0) * 1e6));
  }
  ThreadSleeper sleeper;
  lot.Park(sleeper);
  // The second look that the parking protocol asks for.
  const bool no_need =
      rings.closed()
          ? for_room || rings.drained() || rings.HasRecord()
          : (for_room ? rings.HasRoom(call.attachment->lane(), call.Uint(2)) : rings.HasRecord());
  bool in_vain = false;
  if (!no_need) {
    const bool imminent = !for_room && rings.size() != 0;
    const bool woken =
        sleeper.WaitFor(imminent ? std::min<std::chrono::nanoseconds>(limit, kImminent) : limit);
    in_vain = !woken && !imminent && limit == kLongestBlock;
  }
  lot.Unpark(sleeper);
  if (in_vain) {
    // Nothing that waits for this thread or for another that stands still may keep it waiting.
    call.control->Unreserve();
    rings.PassOverWhoDoesNotCome();
  }
  return nullptr;
}

napi_value Release(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  if (!call.released()) call.attachment->LetGo();
  return nullptr;
}

}  // namespace

bool ExportCalls(napi_env env, napi_value exports, Environment* environment) {
  constexpr struct {
    const char* name;
    napi_callback function;
  } kCalls[] = {
      {"put", Put},
      {"putBatch", PutBatch},
      {"putText", PutText},
      {"unreserve", Unreserve},
      {"stageText", StageText},
      {"take", Take},
      {"takeText", TakeText},
      {"readText", ReadText},
      {"takeBatch", TakeBatch},
      {"size", Size},
      {"putFrom", PutFrom},
      {"putAgain", PutAgain},
      {"takeInto", TakeInto},
      {"takeAgain", TakeAgain},
      {"putPacked", PutPacked},
      {"takePacked", TakePacked},
      {"peek", Peek},
      {"stats", Stats},
      {"countRejected", CountRejected},
      {"clear", Clear},
      {"close", Close},
      {"closed", Closed},
      {"drained", Drained},
      {"hasRecord", HasRecord},
      {"startWait", StartWait},
      {"stopWait", StopWait},
      {"hasSleepers", HasSleepers},
      {"passWakeOn", PassWakeOn},
      {"block", Block},
      {"release", Release},
      {"project", Projections::Project},
  };
  for (const auto& [name, function] : kCalls) {
    napi_value value;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, function, environment, &value) !=
            napi_ok ||
        napi_set_named_property(env, exports, name, value) != napi_ok) {
      return false;
    }
  }
  return true;
}

}  // namespace tapio::addon
