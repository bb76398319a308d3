#include "attachment.h"

namespace tapio::addon {

Attachment::Attachment(napi_env env, Environment* environment, SharedBuffer* buffer,
                       std::uint8_t* staging, std::size_t staging_size, std::uint32_t put_bytes,
                       std::uint64_t wake_interval_ns, std::uint32_t level)
    : env_(env),
      environment_(environment),
      buffer_(buffer),
      rings_(buffer->rings.get()),
      lane_(rings_->Attach(level)),
      staging_(staging),
      staging_size_(staging_size),
      put_bytes_(put_bytes),
      instance_(environment->Add(this)),
      for_record_(std::make_unique<LoopSleeper>(environment->port(), *rings_,
                                                LoopSleeper::Condition::kRecord, record_token(),
                                                wake_interval_ns)),
      for_room_(std::make_unique<LoopSleeper>(environment->port(), *rings_,
                                              LoopSleeper::Condition::kRoom, room_token(), 0)) {}

Attachment::~Attachment() {
  LetGo();
  if (environment_ != nullptr) environment_->Remove(instance_);
}

void Attachment::LetGo() {
  if (released()) return;
  for_record_.reset();
  for_room_.reset();
  rings_->PassWakeOn();  // in case this thread was woken and ended before it could take
  rings_->Detach(lane_);
  rings_ = nullptr;
  lane_ = nullptr;
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
                              std::uint32_t level, bool is_maker) {
  void* memory = nullptr;
  std::size_t size = 0;
  napi_value result;
  if (napi_get_arraybuffer_info(env, staging, &memory, &size) != napi_ok ||
      napi_create_object(env, &result) != napi_ok) {
    Registry::Instance().Release(buffer);
    return nullptr;
  }
  Environment* environment = Environment::Of(env);
  auto* bytes = static_cast<std::uint8_t*>(memory);
  const std::uint64_t interval_ns = std::uint64_t{wake_interval_micros} * 1000;
  auto* self = new Attachment(env, environment, buffer, bytes, size, put_bytes, interval_ns, level);
  if (is_maker) self->AccountFor(static_cast<std::int64_t>(self->rings_->memory_size()));

  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<Attachment*>(data); };
  // The staging is a property and no reference: that would keep it until a turn of the loop after
  // the finalizer, and a thread that makes buffers without a pause would only ever add to them.
  if (!self->Describe(env, result) ||
      napi_set_named_property(env, result, "staging", staging) != napi_ok ||
      napi_add_finalizer(env, result, self, finalize, nullptr, nullptr) != napi_ok) {
    delete self;
    return nullptr;
  }
  return result;
}

bool Attachment::Describe(napi_env env, napi_value target) const {
  napi_value id;
  const napi_value traits = NumberArray(env, buffer_->traits);
  return traits != nullptr && napi_create_bigint_uint64(env, buffer_->id, &id) == napi_ok &&
         napi_set_named_property(env, target, "id", id) == napi_ok &&
         napi_set_named_property(env, target, "traits", traits) == napi_ok &&
         SetNumber(env, target, "instance", instance_) &&
         SetNumber(env, target, "recordToken", record_token()) &&
         SetNumber(env, target, "roomToken", room_token()) &&
         SetNumber(env, target, "rings", rings_->ring_count());
}

}  // namespace tapio::addon
