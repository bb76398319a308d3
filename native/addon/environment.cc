#include "environment.h"

#include "attachment.h"

namespace tapio::addon {

Environment* Environment::Create(napi_env env) {
  auto* environment = new Environment(env);
  if (napi_set_instance_data(env, environment, nullptr, nullptr) != napi_ok ||
      napi_add_async_cleanup_hook(env, CleanUp, environment, &environment->cleanup_) != napi_ok) {
    delete environment;
    return nullptr;
  }
  return environment;
}

Environment* Environment::Of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return static_cast<Environment*>(data);
}

void Environment::CleanUp(napi_async_cleanup_hook_handle, void* data) {
  auto* environment = static_cast<Environment*>(data);
  environment->kernel_sources_.StopAll();
  const auto attachments = environment->attachments_;
  for (Attachment* attachment : attachments) attachment->LetGo();
  // The attachments themselves are freed by their finalizers, which run after this and find nothing
  // left to let go of.
  environment->port_.Close(
      [](void* closed) {
        auto* self = static_cast<Environment*>(closed);
        const napi_async_cleanup_hook_handle cleanup = self->cleanup_;
        delete self;
        napi_remove_async_cleanup_hook(cleanup);
      },
      environment);
}

}  // namespace tapio::addon
