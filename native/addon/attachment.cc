#include "attachment.h"

#include <algorithm>
#include <chrono>

#include "environment.h"
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

}  // namespace

Attachment::Attachment(napi_env env, Environment* environment, SharedBuffer* buffer,
                       std::uint8_t* staging, std::size_t staging_size, std::uint32_t put_bytes)
    : env_(env),
      environment_(environment),
      buffer_(buffer),
      rings_(buffer->rings.get()),
      lane_(rings_->Attach()),
      staging_(staging),
      staging_size_(staging_size),
      put_bytes_(put_bytes) {
  environment_->Add(this);
}

Attachment::~Attachment() { LetGo(); }

void Attachment::LetGo() {
  if (rings_ == nullptr) return;
  for_record_.reset();
  for_room_.reset();
  rings_->PassWakeOn();  // in case this thread was woken and ended before it could take
  rings_->Detach(lane_);
  rings_ = nullptr;
  lane_ = nullptr;
  environment_->Remove(this);
  Registry::Instance().Release(buffer_);
  buffer_ = nullptr;
  AccountFor(-accounted_bytes_);
}

void Attachment::AccountFor(std::int64_t bytes) {
  std::int64_t total;
  napi_adjust_external_memory(env_, bytes, &total);
  accounted_bytes_ += bytes;
}

napi_value Attachment::Create(napi_env env, SharedBuffer* buffer, napi_value staging,
                              std::uint32_t put_bytes, std::uint32_t wake_interval_micros,
                              bool is_maker) {
  void* memory = nullptr;
  std::size_t size = 0;
  napi_value result;
  if (napi_get_arraybuffer_info(env, staging, &memory, &size) != napi_ok ||
      napi_create_object(env, &result) != napi_ok) {
    Registry::Instance().Release(buffer);
    return nullptr;
  }
  Environment* environment = Environment::Of(env);
  auto* self =
      new Attachment(env, environment, buffer, static_cast<std::uint8_t*>(memory), size, put_bytes);
  if (is_maker) self->AccountFor(static_cast<std::int64_t>(self->rings_->memory_size()));
  const std::uint32_t record_token = environment->NextToken();
  const std::uint32_t room_token = environment->NextToken();
  const std::uint64_t interval_ns = std::uint64_t{wake_interval_micros} * 1000;
  self->for_record_ =
      std::make_unique<LoopSleeper>(environment->port(), *self->rings_,
                                    LoopSleeper::Condition::kRecord, record_token, interval_ns);
  self->for_room_ = std::make_unique<LoopSleeper>(environment->port(), *self->rings_,
                                                  LoopSleeper::Condition::kRoom, room_token, 0);

  const bool made =
      napi_create_reference(env, staging, 1, &self->staging_reference_) == napi_ok &&
      self->BindAll(env, result) && SetNumber(env, result, "recordToken", record_token) &&
      SetNumber(env, result, "roomToken", room_token) &&
      SetNumber(env, result, "rings", self->rings_->ring_count()) && self->SetIdentity(env, result);
  if (made) return result;
  // Finalizers of functions that were bound free the rest later.
  self->LetGo();
  if (self->functions_ == 0) delete self;
  return nullptr;
}

bool Attachment::SetIdentity(napi_env env, napi_value target) {
  napi_value id;
  const napi_value traits = NumberArray(env, buffer_->traits);
  return traits != nullptr && napi_create_bigint_uint64(env, buffer_->id, &id) == napi_ok &&
         napi_set_named_property(env, target, "id", id) == napi_ok &&
         napi_set_named_property(env, target, "traits", traits) == napi_ok;
}

bool Attachment::BindAll(napi_env env, napi_value target) {
  constexpr struct {
    const char* name;
    napi_callback function;
  } kFunctions[] = {
      {"put", Put},
      {"putBatch", PutBatch},
      {"take", Take},
      {"takeBatch", TakeBatch},
      {"size", Size},
      {"putPacked", PutPacked},
      {"takePacked", TakePacked},
      {"takeInto", TakeInto},
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
  };
  for (const auto& [name, function] : kFunctions) {
    if (!Bind(env, target, name, function)) return false;
  }
  return true;
}

bool Attachment::Bind(napi_env env, napi_value target, const char* name, napi_callback function) {
  const auto finalize = [](napi_env finalizing, void* data, void*) {
    auto* self = static_cast<Attachment*>(data);
    if (--self->functions_ != 0) return;
    if (self->staging_reference_ != nullptr) {
      napi_delete_reference(finalizing, self->staging_reference_);
    }
    delete self;
  };
  napi_value value;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, function, this, &value) != napi_ok ||
      napi_add_finalizer(env, value, this, finalize, nullptr, nullptr) != napi_ok) {
    return false;
  }
  ++functions_;
  return napi_set_named_property(env, target, name, value) == napi_ok;
}

Attachment* Attachment::Self(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  auto* self = static_cast<Attachment*>(data);
  self->Status() = self->rings_ == nullptr ? kReleased : 0;
  return self;
}

napi_value Attachment::Put(napi_env env, napi_callback_info info) {
  Attachment* self = Self(env, info);
  if (self->rings_ == nullptr) return nullptr;
  const auto on_full = static_cast<RingSet::OnFull>(self->Uint(kOnFull));
  const std::uint32_t size = std::min(self->Uint(kSize), self->put_bytes_);
  self->Status() =
      static_cast<std::int32_t>(self->rings_->Put(*self->lane_, self->PutData(), size, on_full));
  return nullptr;
}

napi_value Attachment::PutBatch(napi_env env, napi_callback_info info) {
  Attachment* self = Self(env, info);
  if (self->rings_ == nullptr) return nullptr;
  const auto on_full = static_cast<RingSet::OnFull>(self->Uint(kOnFull));
  const std::uint32_t count = std::min<std::uint32_t>(self->Uint(kCount), kMaxBatch);
  const PutResult result = self->rings_->PutBatch(*self->lane_, self->PutData(), self->PutSizes(),
                                                  count, kAlignment, on_full);
  self->Status() = static_cast<std::int32_t>(result.status);
  self->Uint(kCount) = result.count;
  return nullptr;
}

napi_value Attachment::Take(napi_env env, napi_callback_info info) {
  Attachment* self = Self(env, info);
  if (self->rings_ == nullptr) return nullptr;
  const TakeResult result = self->rings_->Take(*self->lane_, self->TakeData(), self->TakeBytes());
  self->Status() = static_cast<std::int32_t>(result.status);
  self->Uint(kSize) = result.bytes;
  return nullptr;
}

napi_value Attachment::TakeBatch(napi_env env, napi_callback_info info) {
  Attachment* self = Self(env, info);
  if (self->rings_ == nullptr) return nullptr;
  const std::uint32_t max = std::min<std::uint32_t>(self->Uint(kCount), kMaxBatch);
  const std::uint32_t ring = self->Uint(kRing);
  const TakeResult result =
      ring < self->rings_->total_rings()
          ? self->rings_->TakeBatchFrom(*self->lane_, ring, self->TakeData(), self->TakeBytes(),
                                        self->TakeSizes(), max, kAlignment)
          : self->rings_->TakeBatch(*self->lane_, self->TakeData(), self->TakeBytes(),
                                    self->TakeSizes(), max, kAlignment);
  self->Status() = static_cast<std::int32_t>(result.status);
  self->Uint(kCount) = result.count;
  self->Uint(kMore) = result.more ? 1 : 0;
  return nullptr;
}

napi_value Attachment::Size(napi_env env, napi_callback_info info) {
  Attachment* self = Self(env, info);
  if (self->rings_ == nullptr) return nullptr;
  self->Uint(kSize) = static_cast<std::uint32_t>(self->rings_->size());
  return nullptr;
}

// putPacked(source: Uint8Array, lengths: Uint32Array): records back to back. kCount: stored.
napi_value Attachment::PutPacked(napi_env env, napi_callback_info info) {
  std::size_t argc = 2;
  napi_value argv[2];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  Attachment* self = Self(env, info);
  if (self->rings_ == nullptr) return nullptr;
  const Elements<std::uint8_t> source(env, argv[0]);
  const Elements<std::uint32_t> lengths(env, argv[1]);
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
      if (size > self->rings_->config().payload || size > source.count - end) break;
      sizes[count] = size;
      end += size;
    }
    if (count == 0) break;
    result = self->rings_->PutBatch(*self->lane_, source.data + offset, sizes, count, 1,
                                    RingSet::OnFull::kTryAgain);
    stored += result.count;
    offset = end;
  }
  if (result.status == PutStatus::kFull) {
    self->rings_->CountRejected(*self->lane_, static_cast<std::uint32_t>(lengths.count) - stored);
  }
  self->Status() = static_cast<std::int32_t>(result.status);
  self->Uint(kCount) = stored;
  return nullptr;
}

// takePacked(target: Uint8Array, lengths: Uint32Array): records back to back. kCount: taken.
napi_value Attachment::TakePacked(napi_env env, napi_callback_info info) {
  std::size_t argc = 2;
  napi_value argv[2];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  Attachment* self = Self(env, info);
  if (self->rings_ == nullptr) return nullptr;
  const Elements<std::uint8_t> target(env, argv[0]);
  const Elements<std::uint32_t> lengths(env, argv[1]);
  TakeResult result{TakeStatus::kTaken, 0, 0, true};
  std::uint32_t taken = 0;
  std::size_t offset = 0;
  while (result.status == TakeStatus::kTaken && result.more && taken < lengths.count) {
    // The sizes are private until the records are ours: other threads may see `lengths`.
    std::uint32_t sizes[kPackedChunk];
    const auto max =
        static_cast<std::uint32_t>(std::min<std::size_t>(kPackedChunk, lengths.count - taken));
    result = self->rings_->TakeBatch(*self->lane_, target.data + offset, target.count - offset,
                                     sizes, max, 1);
    std::copy_n(sizes, result.count, lengths.data + taken);
    taken += result.count;
    if (result.status == TakeStatus::kTaken) offset += result.bytes;
  }
  self->Status() = taken != 0 ? 0 : static_cast<std::int32_t>(result.status);
  self->Uint(kSize) = result.bytes;
  self->Uint(kCount) = taken;
  return nullptr;
}

// takeInto(target: Uint8Array): one record. kSize: its size.
napi_value Attachment::TakeInto(napi_env env, napi_callback_info info) {
  std::size_t argc = 1;
  napi_value argv[1];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  Attachment* self = Self(env, info);
  if (self->rings_ == nullptr) return nullptr;
  const Elements<std::uint8_t> target(env, argv[0]);
  const TakeResult result = self->rings_->Take(*self->lane_, target.data, target.count);
  self->Status() = static_cast<std::int32_t>(result.status);
  self->Uint(kSize) = result.bytes;
  return nullptr;
}

// Copies records of ring kRing from ticket kCursor to kEnd without taking them.
napi_value Attachment::Peek(napi_env env, napi_callback_info info) {
  Attachment* self = Self(env, info);
  const std::uint32_t ring = self->Uint(kRing);
  if (self->rings_ == nullptr || ring >= self->rings_->total_rings()) return nullptr;
  const TakeResult result = self->rings_->PeekBatch(
      ring, self->Ticket(kCursor), self->TakeData(), self->TakeBytes(), self->TakeSizes(),
      std::min<std::uint32_t>(self->Uint(kCount), kMaxBatch), kAlignment, self->Ticket(kEnd));
  self->Status() = static_cast<std::int32_t>(result.status);
  self->Uint(kCount) = result.count;
  return nullptr;
}

// stats(ring: number, target: Float64Array): the numbers of RingSet::RingStats, in its order.
// Leaves the ring's bounds in kCursor and kEnd, for Peek.
napi_value Attachment::Stats(napi_env env, napi_callback_info info) {
  std::size_t argc = 2;
  napi_value argv[2];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  Attachment* self = Self(env, info);
  std::uint32_t ring = 0;
  napi_get_value_uint32(env, argv[0], &ring);
  const Elements<double> target(env, argv[1]);
  if (self->rings_ == nullptr || ring >= self->rings_->total_rings()) return nullptr;
  const RingSet::RingStats stats = self->rings_->Stats(ring);
  const double numbers[] = {
      static_cast<double>(stats.capacity),       static_cast<double>(stats.size),
      static_cast<double>(stats.write_index),    static_cast<double>(stats.read_index),
      static_cast<double>(stats.puts),           static_cast<double>(stats.gets),
      static_cast<double>(stats.rejected),       static_cast<double>(stats.discarded),
      static_cast<double>(stats.high_watermark), stats.closed ? 1.0 : 0.0};
  std::copy_n(numbers, std::min(std::size(numbers), target.count), target.data);
  self->Ticket(kCursor) = stats.read_index;
  self->Ticket(kEnd) = stats.write_index;
  return nullptr;
}

// countRejected(count: number)
napi_value Attachment::CountRejected(napi_env env, napi_callback_info info) {
  std::size_t argc = 1;
  napi_value argv[1];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  Attachment* self = Self(env, info);
  std::uint32_t count = 0;
  napi_get_value_uint32(env, argv[0], &count);
  if (self->rings_ != nullptr) self->rings_->CountRejected(*self->lane_, count);
  return nullptr;
}

napi_value Attachment::Clear(napi_env env, napi_callback_info info) {
  Attachment* self = Self(env, info);
  if (self->rings_ != nullptr) self->rings_->Clear(*self->lane_);
  return nullptr;
}

napi_value Attachment::Close(napi_env env, napi_callback_info info) {
  Attachment* self = Self(env, info);
  if (self->rings_ != nullptr) self->rings_->Close();
  return nullptr;
}

napi_value Attachment::Closed(napi_env env, napi_callback_info info) {
  Attachment* self = Self(env, info);
  return Boolean(env, self->rings_ == nullptr || self->rings_->closed());
}

napi_value Attachment::Drained(napi_env env, napi_callback_info info) {
  Attachment* self = Self(env, info);
  return Boolean(env, self->rings_ == nullptr || self->rings_->drained());
}

napi_value Attachment::HasRecord(napi_env env, napi_callback_info info) {
  Attachment* self = Self(env, info);
  return Boolean(env, self->rings_ != nullptr && self->rings_->HasRecord());
}

// startWait(forRoom: boolean): true if there is nothing to wait for; false: the dispatcher will be
// called; undefined: the event loop refuses. Who waits for room must try once more after this call.
napi_value Attachment::StartWait(napi_env env, napi_callback_info info) {
  std::size_t argc = 1;
  napi_value argv[1];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  Attachment* self = Self(env, info);
  bool for_room = false;
  napi_get_value_bool(env, argv[0], &for_room);
  if (self->rings_ == nullptr) return Boolean(env, true);
  if (!self->environment_->port().Open()) return nullptr;
  return Boolean(env, (for_room ? self->for_room_ : self->for_record_)->Start());
}

// stopWait(forRoom: boolean)
napi_value Attachment::StopWait(napi_env env, napi_callback_info info) {
  std::size_t argc = 1;
  napi_value argv[1];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  Attachment* self = Self(env, info);
  bool for_room = false;
  napi_get_value_bool(env, argv[0], &for_room);
  if (self->rings_ != nullptr) (for_room ? self->for_room_ : self->for_record_)->Stop();
  return nullptr;
}

// hasSleepers(): boolean; whether anybody is parked for a record
napi_value Attachment::HasSleepers(napi_env env, napi_callback_info info) {
  Attachment* self = Self(env, info);
  return Boolean(env, self->rings_ != nullptr && self->rings_->records().HasSleepers());
}

// passWakeOn()
napi_value Attachment::PassWakeOn(napi_env env, napi_callback_info info) {
  Attachment* self = Self(env, info);
  if (self->rings_ != nullptr) self->rings_->PassWakeOn();
  return nullptr;
}

// block(milliseconds: number, forRoom: boolean, size: number): blocks this thread until there may
// be a record (or room), for a bounded time at most. The caller looks itself what became true.
napi_value Attachment::Block(napi_env env, napi_callback_info info) {
  std::size_t argc = 3;
  napi_value argv[3];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  Attachment* self = Self(env, info);
  double milliseconds = 0;
  bool for_room = false;
  std::uint32_t size = 0;
  napi_get_value_double(env, argv[0], &milliseconds);
  napi_get_value_bool(env, argv[1], &for_room);
  napi_get_value_uint32(env, argv[2], &size);
  if (self->rings_ == nullptr) return nullptr;
  RingSet& rings = *self->rings_;
  ParkingLot& lot = for_room ? rings.room() : rings.records();
  std::chrono::nanoseconds limit = kLongestBlock;
  if (milliseconds < 20) {
    limit = std::chrono::nanoseconds(static_cast<std::int64_t>(std::max(milliseconds, 0.0) * 1e6));
  }
  ThreadSleeper sleeper;
  lot.Park(sleeper);
  // The second look that the parking protocol asks for.
  const bool no_need = rings.closed() ? for_room || rings.drained() || rings.HasRecord()
                                      : (for_room ? rings.HasRoom(size) : rings.HasRecord());
  if (!no_need) {
    const bool imminent = !for_room && rings.size() != 0;
    sleeper.WaitFor(imminent ? std::min<std::chrono::nanoseconds>(limit, kImminent) : limit);
  }
  lot.Unpark(sleeper);
  return nullptr;
}

napi_value Attachment::Release(napi_env env, napi_callback_info info) {
  Self(env, info)->LetGo();
  return nullptr;
}

}  // namespace tapio::addon
