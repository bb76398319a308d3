#include "event_forms.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "environment.h"
#include "staging.h"
#include "symbols.h"
#include "values.h"

namespace tapio::addon {

namespace {

// Words of a step and of a record, as scripts/codec-generator/emit-event-plan.mjs writes them.
constexpr std::size_t kStepWords = 4;
constexpr std::size_t kRecordWords = 3;
// What a packer tells: lib/event/encoded-events.ts.
constexpr std::size_t kToldWords = 5;

EventPlan PlanOf(const Elements<std::int32_t>& steps, const Elements<std::int32_t>& records) {
  EventPlan plan;
  for (std::size_t i = 0; i + kStepWords <= steps.count; i += kStepWords) {
    const std::int32_t* const word = steps.data + i;
    plan.steps.push_back({static_cast<EventPlan::Kind>(word[0]),
                          static_cast<std::uint32_t>(word[1]), static_cast<std::uint32_t>(word[2]),
                          word[3]});
  }
  std::size_t first = 0;
  for (std::size_t i = 0; i + kRecordWords <= records.count; i += kRecordWords) {
    const std::int32_t* const word = records.data + i;
    const auto end = static_cast<std::size_t>(word[0]);
    plan.records.push_back({first, end, static_cast<std::uint32_t>(word[1]), word[2] != 0});
    first = end;
  }
  return plan;
}

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

napi_value EventForms::Compile(napi_env env, napi_callback_info info) {
  const Arguments<3> argv(env, info);
  const auto header = ElementsOf<char>(env, argv[2]);
  const EventPlan plan =
      PlanOf(ElementsOf<std::int32_t>(env, argv[0]), ElementsOf<std::int32_t>(env, argv[1]));
  EventForms& self = Environment::Of(env)->event_forms();
  self.wire_ = std::make_unique<WireWriter>(plan, Symbols());
  self.wire_packer_ = std::make_unique<WirePacker>(*self.wire_);
  self.self_contained_ = std::make_unique<SelfContainedWriter>(plan, Symbols());
  self.packer_ = std::make_unique<EventPacker>(*self.self_contained_,
                                               std::string_view(header.data, header.count));
  return nullptr;
}

napi_value EventForms::PackWire(napi_env env, napi_callback_info info) {
  const Arguments<10> argv(env, info);
  WirePacker* const packer =
      static_cast<Environment*>(argv.data())->event_forms().wire_packer_.get();
  StagedEvents events{};
  const bool staged = StagedOf(env, argv.values(), events);
  const auto out = ElementsOf<std::uint8_t>(env, argv[5]);
  const std::size_t out_at = Uint32Of(env, argv[6]);
  const std::size_t most = Uint32Of(env, argv[7]);
  const auto ends = ElementsOf<std::uint32_t>(env, argv[8]);
  const auto told = ElementsOf<std::uint32_t>(env, argv[9]);
  const bool valid = packer != nullptr && staged && out_at <= out.count &&
                     events.count <= ends.count && told.count >= kToldWords;
  if (!valid) return nullptr;
  const auto [packed, passed, bytes, stopped, step] =
      packer->Pack(events, out.data, out_at, out.count, most, ends.data);
  Tell(told.data, {packed, passed, bytes, static_cast<std::size_t>(stopped), step});
  return nullptr;
}

napi_value EventForms::PackSelfContained(napi_env env, napi_callback_info info) {
  const Arguments<9> argv(env, info);
  EventPacker* const packer = static_cast<Environment*>(argv.data())->event_forms().packer_.get();
  StagedEvents events{};
  const bool staged = StagedOf(env, argv.values(), events);
  const auto out = ElementsOf<std::uint8_t>(env, argv[5]);
  const std::size_t out_at = Uint32Of(env, argv[6]);
  const std::size_t out_end = Uint32Of(env, argv[7]);
  const auto told = ElementsOf<std::uint32_t>(env, argv[8]);
  const bool valid = packer != nullptr && staged && out_at <= out_end && out_end <= out.count &&
                     told.count >= kToldWords;
  if (!valid) return nullptr;
  const auto [packed, passed, bytes, stopped] =
      packer->Pack(events, out.data + out_at, out_end - out_at);
  Tell(told.data, {packed, passed, bytes, static_cast<std::size_t>(stopped), 0});
  return nullptr;
}

}  // namespace tapio::addon
