#include "calls.h"

#include "event_forms.h"
#include "projections.h"

namespace tapio::addon {

namespace {

// Calls that work on events, not on an instance.
NamedCalls EventCalls() {
  static constexpr NamedCall kCalls[] = {
      {"project", Projections::Project},
      {"packWire", EventForms::PackWire},
      {"packSelfContained", EventForms::PackSelfContained},
  };
  return kCalls;
}

}  // namespace

bool ExportCalls(napi_env env, napi_value exports, Environment* environment) {
  for (const NamedCalls calls :
       {RecordCalls(), ArrayCalls(), WaitCalls(), StateCalls(), EventCalls()}) {
    for (const auto& [name, function] : calls) {
      napi_value value;
      if (napi_create_function(env, name, NAPI_AUTO_LENGTH, function, environment, &value) !=
              napi_ok ||
          napi_set_named_property(env, exports, name, value) != napi_ok)
        return false;
    }
  }
  return true;
}

}  // namespace tapio::addon
