#include "kernel_sources.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "../kernel/failure.h"
#include "environment.h"
#include "registry.h"
#include "symbols.h"
#include "values.h"

#if defined(__linux__)
#include "../kernel/source.h"
#include "../kernel/tracer_details.h"
#endif

namespace tapio::addon {

namespace {

// [step, errno, detail]: lib/kernel/refusal.ts makes the error.
napi_value Refusal(napi_env env, const kernel::Failure& failure) {
  const double numbers[] = {static_cast<double>(failure.step), static_cast<double>(failure.error),
                            static_cast<double>(failure.detail)};
  return NumberArray(env, numbers);
}

}  // namespace

#if defined(__linux__)

namespace {

// The numbers of `settings`, as lib/kernel/kernel-source.ts packs them.
enum Setting : std::size_t {
  kPolicy,
  kMaxRecord,
  kIntervalMicros,
  kLongestWaitMs,
  kProbes,
  kRingBytes,
  kKeepBelow,
  kSettings,
};

struct Settings {
  Settings(napi_env env, napi_value value) {
    const auto elements = ElementsOf<std::uint32_t>(env, value);
    std::copy_n(elements.data, std::min<std::size_t>(elements.count, kSettings), numbers);
  }
  std::uint32_t operator[](Setting setting) const { return numbers[setting]; }
  kernel::Source::Pace pace() const { return {numbers[kIntervalMicros], numbers[kLongestWaitMs]}; }
  std::uint32_t numbers[kSettings] = {};
};

std::vector<std::uint32_t> Words(napi_env env, napi_value value) {
  const auto elements = ElementsOf<std::uint32_t>(env, value);
  return {elements.data, elements.data + elements.count};
}

template <typename T>
std::vector<T> ReadMany(const Elements<std::uint32_t>& words) {
  std::vector<T> items(words.count * sizeof(std::uint32_t) / sizeof(T));
  if (!items.empty()) std::memcpy(items.data(), words.data, items.size() * sizeof(T));
  return items;
}

napi_value Element(napi_env env, napi_value array, std::uint32_t index) {
  napi_value value = nullptr;
  napi_get_element(env, array, index, &value);
  return value;
}

// [header, names, literals, event, operations, event, operations, ...] as lib/kernel/mapping.ts
// packs it. undefined: no mapper, records travel as they are.
std::unique_ptr<kernel::RecordMapper> ReadMapping(
    napi_env env, napi_value parts, std::unique_ptr<kernel::DetailReader> details = nullptr) {
  std::uint32_t count = 0;
  if (napi_get_array_length(env, parts, &count) != napi_ok || count < 3) return nullptr;
  const auto header = ElementsOf<std::uint32_t>(env, Element(env, parts, 0));
  constexpr std::size_t kFixed = 5;
  if (header.count < kFixed + (count - 3) / 2) return nullptr;
  kernel::MapperPlan plan;
  plan.kind = header.data[0];
  plan.cpu = header.data[1];
  plan.latin1_units = header.data[2];
  plan.text_start = header.data[3];
  plan.limit = header.data[4];
  plan.names = ReadMany<kernel::Name>(ElementsOf<std::uint32_t>(env, Element(env, parts, 1)));
  const auto literals = ElementsOf<char>(env, Element(env, parts, 2));
  plan.literals.assign(literals.data, literals.count);
  for (std::uint32_t i = 3; i + 1 < count; i += 2) {
    const auto event = ElementsOf<std::uint8_t>(env, Element(env, parts, i));
    kernel::Shape shape;
    shape.event.assign(event.data, event.data + event.count);
    shape.id = header.data[kFixed + (i - 3) / 2];
    shape.operations =
        ReadMany<kernel::Operation>(ElementsOf<std::uint32_t>(env, Element(env, parts, i + 1)));
    plan.shapes.push_back(std::move(shape));
  }
  return std::make_unique<kernel::RecordMapper>(std::move(plan), Symbols(), std::move(details));
}

// NativeFilters of lib/binding.ts.
void ReadFilters(napi_env env, napi_value filters, kernel::Tracer::Options& options) {
  const auto words = [&](std::uint32_t index) {
    return ElementsOf<std::uint32_t>(env, Element(env, filters, index));
  };
  options.pids = ReadMany<std::uint32_t>(words(0));
  options.uids = ReadMany<std::uint32_t>(words(1));
  options.comms = ReadMany<std::array<char, 16>>(words(2));
  for (const auto& id : ReadMany<std::array<char, 64>>(words(3)))
    options.containers.emplace_back(id.data(), strnlen(id.data(), id.size()));
  options.paths = ReadMany<kernel::PathPrefix>(words(4));
  options.ports = ReadMany<std::uint32_t>(words(5));
}

// Empty when the buffer is gone or closed.
kernel::Source::Target FindTarget(napi_env env, napi_value id_value, const Settings& settings) {
  std::uint64_t id = 0;
  bool lossless = false;
  napi_get_value_bigint_uint64(env, id_value, &id, &lossless);
  SharedBuffer* buffer = lossless ? Registry::Instance().Find(id) : nullptr;
  if (buffer == nullptr) return {};
  const auto release = [buffer](RingSet*) { Registry::Instance().Release(buffer); };
  std::shared_ptr<RingSet> rings(buffer->rings.get(), release);
  if (rings->closed()) return {};
  return {std::move(rings), static_cast<kernel::Outlet::Policy>(settings[kPolicy]),
          settings[kMaxRecord]};
}

}  // namespace

void KernelSources::StopAll() {
  for (const auto& [number, source] : sources_) source->Ask();
  for (const auto& [number, source] : sources_) source->Stop();
  sources_.clear();
}

napi_value KernelSources::Report(napi_env env, kernel::Source& source, napi_value numbers) {
  // Lost first: what is captured after that can only make the two look like less than it was.
  const std::vector<std::uint64_t> lost = source.Lost();
  const kernel::Source::Counts counts = source.counts();
  const double values[] = {
      static_cast<double>(counts.captured),  static_cast<double>(counts.delivered),
      static_cast<double>(counts.dropped),   static_cast<double>(counts.malformed),
      static_cast<double>(counts.too_large), static_cast<double>(counts.wakes),
      static_cast<double>(counts.end),       static_cast<double>(counts.followed)};
  const auto target = ElementsOf<double>(env, numbers);
  std::copy_n(values, std::min(std::size(values), target.count), target.data);
  return NumberArray(env, lost);
}

napi_value KernelSources::Start(napi_env env, const std::shared_ptr<kernel::Source>& source) {
  kernel::Failure failure;
  if (!source->Start(failure)) return Refusal(env, failure);
  KernelSources& self = Environment::Of(env)->kernel_sources();
  const std::uint32_t number = self.next_++;
  self.sources_.emplace(number, source);
  napi_value result = nullptr;
  napi_create_uint32(env, number, &result);
  return result;
}

napi_value KernelSources::StartTracer(napi_env env, napi_callback_info info) {
  const Arguments<5> argv(env, info);
  const Settings settings(env, argv[1]);
  auto target = FindTarget(env, argv[0], settings);
  if (target.rings == nullptr) return nullptr;
  kernel::Tracer::Options options{};
  ReadFilters(env, argv[2], options);
  options.probes = settings[kProbes];
  options.ring_bytes = settings[kRingBytes];
  options.keep_below = settings[kKeepBelow];
  napi_valuetype type = napi_undefined;
  napi_typeof(env, argv[3], &type);
  options.choose_syscalls = type != napi_undefined;
  options.syscalls = Words(env, argv[3]);
  kernel::Failure failure;
  auto tracer = kernel::Tracer::Open(options, failure);
  if (tracer == nullptr) return Refusal(env, failure);
  auto mapper = ReadMapping(
      env, argv[4],
      std::make_unique<kernel::TracerDetails>(std::move(options.containers), tracer->others()));
  const auto source = kernel::Source::Make(std::move(tracer), {}, std::move(mapper),
                                           std::move(target), settings.pace(), failure);
  return source == nullptr ? Refusal(env, failure) : Start(env, source);
}

napi_value KernelSources::StartRing(napi_env env, napi_callback_info info) {
  const Arguments<5> argv(env, info);
  const Settings settings(env, argv[1]);
  auto target = FindTarget(env, argv[0], settings);
  if (target.rings == nullptr) return nullptr;
  std::int32_t fd = -1;
  kernel::Source::Origin origin{};
  if (napi_get_value_int32(env, argv[2], &fd) == napi_ok) {
    origin.ring = kernel::DuplicateFd(fd);
  } else {
    char path[4096];
    std::size_t length = 0;
    napi_get_value_string_utf8(env, argv[2], path, sizeof path, &length);
    origin.path.assign(path, length);
    origin.ring = kernel::OpenPinned(path);
  }
  kernel::Failure failure{kernel::Step::kOpenRing, errno};
  if (!origin.ring.valid()) return Refusal(env, failure);
  napi_get_value_bool(env, argv[4], &origin.follow);
  const auto source = kernel::Source::Make(nullptr, std::move(origin), ReadMapping(env, argv[3]),
                                           std::move(target), settings.pace(), failure);
  return source == nullptr ? Refusal(env, failure) : Start(env, source);
}

std::shared_ptr<kernel::Source> KernelSources::Find(napi_env env, napi_value number) {
  const std::uint32_t key = Uint32Of(env, number);
  const auto& sources = Environment::Of(env)->kernel_sources().sources_;
  const auto found = sources.find(key);
  return found == sources.end() ? nullptr : found->second;
}

napi_value KernelSources::StopSource(napi_env env, napi_callback_info info) {
  const Arguments<2> argv(env, info);
  const auto source = Find(env, argv[0]);
  if (source == nullptr) return nullptr;
  source->Stop();
  const napi_value lost = Report(env, *source, argv[1]);
  // One that has not ended yet is asked again.
  if (source->counts().end == kernel::Source::End::kRunning) return lost;
  const std::uint32_t key = Uint32Of(env, argv[0]);
  Environment::Of(env)->kernel_sources().sources_.erase(key);
  return lost;
}

napi_value KernelSources::SourceStats(napi_env env, napi_callback_info info) {
  const Arguments<2> argv(env, info);
  const auto source = Find(env, argv[0]);
  return source == nullptr ? nullptr : Report(env, *source, argv[1]);
}

napi_value KernelSources::ProbeTracing(napi_env env, napi_callback_info) {
  return Refusal(env, kernel::ProbeTracing());
}

#else

namespace {
napi_value RefusePlatform(napi_env env) { return Refusal(env, {kernel::Step::kPlatform, ENOSYS}); }
}  // namespace

void KernelSources::StopAll() {}
napi_value KernelSources::StartTracer(napi_env env, napi_callback_info) {
  return RefusePlatform(env);
}
napi_value KernelSources::StartRing(napi_env env, napi_callback_info) {
  return RefusePlatform(env);
}
napi_value KernelSources::ProbeTracing(napi_env env, napi_callback_info) {
  return RefusePlatform(env);
}
napi_value KernelSources::StopSource(napi_env, napi_callback_info) { return nullptr; }
napi_value KernelSources::SourceStats(napi_env, napi_callback_info) { return nullptr; }

#endif

}  // namespace tapio::addon
