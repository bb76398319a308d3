#include "environment.h"

#include "attachment.h"

namespace tapio::addon {

Environment* Environment::Create(napi_env env, napi_value exports) {
  const Runtime runtime = Runtime::Of(env);
  auto* environment = new Environment(env, runtime);
  if (!environment->MakeControl(env, exports) ||
      napi_set_instance_data(env, environment, nullptr, nullptr) != napi_ok ||
      !environment->AddCleanup(env, runtime)) {
    delete environment;
    return nullptr;
  }
  return environment;
}

bool Environment::AddCleanup(napi_env env, const Runtime& runtime) {
  if (!runtime.waits_for_cleanup) return napi_add_env_cleanup_hook(env, CleanUp, this) == napi_ok;
  const auto clean_up = [](napi_async_cleanup_hook_handle, void* data) { CleanUp(data); };
  return napi_add_async_cleanup_hook(env, clean_up, this, &cleanup_) == napi_ok;
}

bool Environment::MakeControl(napi_env env, napi_value exports) {
  napi_value control;
  napi_ref
      reference;  // never deleted: calls may come as long as the environment can run JavaScript
  void* memory = nullptr;
  if (napi_create_arraybuffer(env, kControlBytes, &memory, &control) != napi_ok ||
      napi_create_reference(env, control, 1, &reference) != napi_ok ||
      napi_set_named_property(env, exports, "control", control) != napi_ok) {
    return false;
  }
  control_ = static_cast<std::uint8_t*>(memory);
  return true;
}

Environment* Environment::Of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return static_cast<Environment*>(data);
}

std::uint32_t Environment::Add(Attachment* attachment) {
  if (free_.empty()) {
    attachments_.push_back(attachment);
    return static_cast<std::uint32_t>(attachments_.size() - 1);
  }
  const std::uint32_t instance = free_.back();
  free_.pop_back();
  attachments_[instance] = attachment;
  return instance;
}

void Environment::Remove(std::uint32_t instance) {
  attachments_[instance] = nullptr;
  free_.push_back(instance);
}

void Environment::Unreserve() {
  for (Attachment* attachment : attachments_) {
    if (attachment != nullptr && !attachment->released())
      attachment->rings().Unreserve(attachment->lane());
  }
}

void Environment::CleanUp(void* data) {
  auto* environment = static_cast<Environment*>(data);
  environment->kernel_sources_.StopAll();
  // The attachments themselves are freed by their finalizers, which run after this.
  for (Attachment* attachment : environment->attachments_) {
    if (attachment != nullptr) attachment->LeaveEnvironment();
  }
  environment->attachments_.clear();
  environment->port_.Close(
      [](void* closed) {
        auto* self = static_cast<Environment*>(closed);
        const napi_async_cleanup_hook_handle cleanup = self->cleanup_;
        delete self;
        if (cleanup != nullptr) napi_remove_async_cleanup_hook(cleanup);
      },
      environment);
}

}  // namespace tapio::addon
