#include "event_forms.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/event_packer.h"
#include "core/wire_packer.h"
#include "environment.h"
#include "staging.h"
#include "symbols.h"
#include "values.h"

namespace tapio::addon {

namespace {

// What a packer tells: lib/event/encoded-events.ts.
constexpr std::size_t kToldWords = 5;

// argv: events, at, sizes, first, count. False: they do not lie in their arrays.
bool StagedOf(napi_env env, const napi_value* argv, StagedEvents& events) {
  const auto bytes = ElementsOf<std::uint8_t>(env, argv[0]);
  const auto sizes = ElementsOf<std::uint32_t>(env, argv[2]);
  const std::size_t at = Uint32Of(env, argv[1]);
  const std::size_t first = Uint32Of(env, argv[3]);
  const std::size_t count = Uint32Of(env, argv[4]);
  if (at > bytes.count || first > sizes.count || count > sizes.count - first) return false;
  events = {bytes.data + at, bytes.count - at, sizes.data + first, count, kAlignment};
  return true;
}

void Tell(std::uint32_t* told, const std::array<std::size_t, kToldWords>& words) {
  for (std::size_t i = 0; i < kToldWords; ++i) told[i] = static_cast<std::uint32_t>(words[i]);
}

}  // namespace

EventForms::EventForms() : wire_(Symbols()), self_contained_(kUnifiedEventPlan, Symbols()) {}

napi_value EventForms::PackWire(napi_env env, napi_callback_info info) {
  const Arguments<10> argv(env, info);
  StagedEvents events{};
  const bool staged = StagedOf(env, argv.values(), events);
  const auto out = ElementsOf<std::uint8_t>(env, argv[5]);
  const std::size_t out_at = Uint32Of(env, argv[6]);
  const std::size_t most = Uint32Of(env, argv[7]);
  const auto ends = ElementsOf<std::uint32_t>(env, argv[8]);
  const auto told = ElementsOf<std::uint32_t>(env, argv[9]);
  const bool valid =
      staged && out_at <= out.count && events.count <= ends.count && told.count >= kToldWords;
  if (!valid) return nullptr;
  const auto [packed, passed, bytes, stopped, step] =
      WirePacker(static_cast<Environment*>(argv.data())->event_forms().wire_)
          .Pack(events, out.data, out_at, out.count, most, ends.data);
  Tell(told.data, {packed, passed, bytes, static_cast<std::size_t>(stopped), step});
  return nullptr;
}

napi_value EventForms::PackSelfContained(napi_env env, napi_callback_info info) {
  const Arguments<10> argv(env, info);
  StagedEvents events{};
  const bool staged = StagedOf(env, argv.values(), events);
  const auto header = ElementsOf<char>(env, argv[5]);
  const auto out = ElementsOf<std::uint8_t>(env, argv[6]);
  const std::size_t out_at = Uint32Of(env, argv[7]);
  const std::size_t out_end = Uint32Of(env, argv[8]);
  const auto told = ElementsOf<std::uint32_t>(env, argv[9]);
  const bool valid =
      staged && out_at <= out_end && out_end <= out.count && told.count >= kToldWords;
  if (!valid) return nullptr;
  const auto [packed, passed, bytes, stopped] =
      EventPacker(static_cast<Environment*>(argv.data())->event_forms().self_contained_,
                  {header.data, header.count})
          .Pack(events, out.data + out_at, out_end - out_at);
  Tell(told.data, {packed, passed, bytes, static_cast<std::size_t>(stopped), 0});
  return nullptr;
}

}  // namespace tapio::addon
