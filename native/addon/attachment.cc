#include "attachment.h"

namespace tapio::addon {

Attachment::Attachment(napi_env env, Environment* environment, SharedBuffer* buffer,
                       std::uint64_t wake_interval_ns, std::uint32_t level)
    : env_(env),
      environment_(environment),
      buffer_(buffer),
      rings_(buffer->rings.get()),
      lane_(rings_->Attach(level)),
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

napi_value Attachment::Create(napi_env env, SharedBuffer* buffer,
                              std::uint32_t wake_interval_micros, std::uint32_t level,
                              bool is_maker) {
  napi_value result;
  if (napi_create_object(env, &result) != napi_ok) {
    Registry::Instance().Release(buffer);
    return nullptr;
  }
  Environment* environment = Environment::Of(env);
  const std::uint64_t interval_ns = std::uint64_t{wake_interval_micros} * 1000;
  auto* self = new Attachment(env, environment, buffer, interval_ns, level);
  if (is_maker) self->AccountFor(static_cast<std::int64_t>(self->rings_->memory_size()));

  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<Attachment*>(data); };
  if (!self->Describe(env, result) ||
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
