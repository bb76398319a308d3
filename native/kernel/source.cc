#if defined(__linux__)

#include "source.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "thread.h"

namespace tapio::kernel {

namespace {

using SteadyClock = std::chrono::steady_clock;

// How long a closed target may go unnoticed while nothing happens.
constexpr std::uint32_t kLookMs = 50;

// A record that is being written is finished in well under a microsecond, unless its CPU is taken
// away by a hypervisor or by a more urgent thread.
constexpr std::int64_t kBusyNs = 20'000;

// The fill is looked at in the time that half of the room would take if records came so many times
// as fast as between the last two looks; but not more often than for the fastest programs there
// are, in bytes of a millisecond.
constexpr std::uint64_t kFasterAtOnce = 8;
constexpr std::uint64_t kFastestFill = 500'000;

// How long the thread reads on once it has to end; how long Stop waits for that, as the thread may
// have to wait for its turn; and then for everything to be given back.
constexpr std::chrono::milliseconds kFinishLimit{60};
constexpr std::chrono::milliseconds kCountLimit{80};
constexpr std::chrono::milliseconds kReleaseLimit{10};

void Add(std::atomic<std::uint64_t>& counter, std::uint64_t by) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace

std::shared_ptr<Source> Source::Make(std::unique_ptr<Tracer> tracer, Origin origin,
                                     std::unique_ptr<RecordMapper> mapper, Target target, Pace pace,
                                     Failure& failure) {
  std::shared_ptr<Source> source(new Source);
  source->tracer_ = std::move(tracer);
  source->origin_ = std::move(origin);
  source->mapping_ = RingMapping::Map(source->ring(), failure);
  if (source->mapping_ == nullptr) return nullptr;
  source->signal_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!source->signal_.valid()) {
    failure = {Step::kStartThread, errno};
    return nullptr;
  }
  ClockShift shift;
  if (mapper != nullptr && mapper->reads_kernel_clocks()) {
    const auto found = FindClockShift();
    if (!found.has_value()) {
      failure = {Step::kReadClock, errno};
      return nullptr;
    }
    shift = *found;
  }
  source->epoch_clock_.emplace(source->clocks_.emplace(shift));
  source->reader_.emplace(source->mapping_->memory());
  if (!source->origin_.path.empty())
    source->pin_.emplace(source->origin_.path, source->origin_.ring.get());
  source->mapper_ = std::move(mapper);
  const bool by_cpu = source->mapper_ != nullptr && source->mapper_->has_cpu();
  const std::uint32_t room =
      source->mapper_ != nullptr ? source->mapper_->max_event() : target.max_record;
  source->target_ = std::move(target);
  source->outlet_.emplace(*source->target_.rings, source->target_.policy, room, by_cpu,
                          source->stop_);
  source->pace_ = pace;
  return source;
}

bool Source::Start(Failure& failure) {
  end_ = End::kRunning;
  auto* self = new std::shared_ptr<Source>(shared_from_this());
  const int error = StartThread("tapio-kernel", Run, self);
  if (error == 0) return true;
  delete self;
  end_ = End::kStopped;
  failure = {Step::kStartThread, error};
  return false;
}

void Source::Run(void* self) {
  const std::unique_ptr<std::shared_ptr<Source>> source(
      static_cast<std::shared_ptr<Source>*>(self));
  (*source)->Loop();
}

void Source::Ask() {
  stop_.store(true, std::memory_order_relaxed);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (signal_.valid()) eventfd_write(signal_.get(), 1);
}

void Source::Stop() {
  Ask();
  WaitFor(Progress::kCounted, kCountLimit);
  WaitFor(Progress::kReleased, kReleaseLimit);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (progress_ == Progress::kCounted) end_ = ending_;
}

void Source::WaitFor(Progress progress, std::chrono::milliseconds limit) {
  const auto reached = [&] {
    const std::lock_guard<std::mutex> lock(mutex_);
    return progress_ >= progress;
  };
  const auto until = SteadyClock::now() + limit;
  while (!reached() && SteadyClock::now() < until) {
    ThreadSleeper sleeper;
    ended_.Park(sleeper);
    // The second look that the parking protocol asks for.
    if (!reached()) sleeper.WaitFor(until - SteadyClock::now());
    ended_.Unpark(sleeper);
  }
}

void Source::Loop() {
  End end = End::kStopped;
  while (!asked()) {
    const std::uint64_t before = reader_->position();
    const RingReader::Rest rest = Drain(reader_->end(), [this] { return asked(); });
    if (rest == RingReader::Rest::kCorrupt) {
      end = End::kCorrupt;
      break;
    }
    if (outlet_->closed()) {
      end = End::kTargetClosed;
      break;
    }
    if (Replaced()) {
      end = End::kReplaced;
      break;
    }
    Wait(rest, reader_->position() - before);
  }
  Finish(end);
}

template <typename Leave>
RingReader::Rest Source::Drain(std::uint64_t end, Leave&& leave) {
  if (mapper_ != nullptr) mapper_->Tell(epoch_clock_->Measure());
  const RingReader::Rest rest = reader_->Drain(
      end, [this](const std::uint8_t* record, std::uint32_t size) { Take(record, size); }, leave);
  outlet_->Flush();
  return rest;
}

void Source::Take(const std::uint8_t* record, std::uint32_t size) {
  if (mapper_ == nullptr) {
    Add(captured_, 1);
    if (size > target_.max_record) {
      Add(too_large_, 1);
      return;
    }
    std::copy_n(record, size, outlet_->Room(0));
    outlet_->Commit(0, size);
    return;
  }
  const std::uint32_t cpu = mapper_->CpuOf(record, size);
  std::uint32_t bytes = 0;
  const RecordMapper::Outcome outcome = mapper_->Map(record, size, outlet_->Room(cpu), bytes);
  if (outcome != RecordMapper::Outcome::kLeftOut) Add(captured_, 1);
  switch (outcome) {
    case RecordMapper::Outcome::kMapped:
      outlet_->Commit(cpu, bytes);
      return;
    case RecordMapper::Outcome::kMalformed:
      Add(malformed_, 1);
      return;
    case RecordMapper::Outcome::kTooLarge:
      Add(too_large_, 1);
      return;
    case RecordMapper::Outcome::kLeftOut:
      return;
  }
}

// The kernel wakes us by the first record behind what we have read. So that a steady stream does
// not wake us for each record, we do not listen for a while after a drain that found some: records
// gather, and nobody pays for them. With a quarter of the room in use there is no time for that.
void Source::Wait(RingReader::Rest rest, std::uint64_t drained) {
  if (rest == RingReader::Rest::kBusy) {
    Sleep(false, kBusyNs);
  } else if (drained > mapping_->memory().size / 4) {
    return;
  } else if (drained != 0) {
    Gather();
  } else {
    Sleep(true, std::int64_t{std::min(pace_.longest_wait_ms, kLookMs)} * 1'000'000);
  }
}

// Nobody wakes us meanwhile, so we look at the fill, often enough for programs that grow much
// faster. When nothing has come since the last look, there is nothing to wait for: to listen costs
// less.
void Source::Gather() {
  const std::uint64_t size = mapping_->memory().size;
  std::int64_t left = std::int64_t{pace_.interval_micros} * 1000;
  auto now = SteadyClock::now();
  while (left > 0) {
    const std::uint64_t seen = reader_->end();
    Sleep(false, std::min(NextLook(size), left));
    const auto woken = SteadyClock::now();
    const auto slept = std::chrono::duration_cast<std::chrono::nanoseconds>(woken - now).count();
    const std::uint64_t end = reader_->end();
    fill_rate_ =
        (end - seen) * 1'000'000 / static_cast<std::uint64_t>(std::max<std::int64_t>(slept, 1));
    left -= slept;
    now = woken;
    if (end == seen || asked() || end - reader_->position() > size / 4) return;
  }
}

std::int64_t Source::NextLook(std::uint64_t size) const {
  // At first, and after a silence, nothing is known.
  const std::uint64_t fastest =
      fill_rate_ == 0 ? kFastestFill : std::min(kFastestFill, fill_rate_ * kFasterAtOnce);
  return static_cast<std::int64_t>(size / 2 * 1'000'000 / fastest);
}

void Source::Sleep(bool for_records, std::int64_t nanoseconds) {
  pollfd waiting[] = {{signal_.get(), POLLIN, 0}, {ring(), POLLIN, 0}};
  timespec timeout{};
  timeout.tv_sec = static_cast<time_t>(nanoseconds / 1'000'000'000);
  timeout.tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000);
  ppoll(waiting, for_records ? 2 : 1, &timeout, nullptr);
  Add(wakes_, 1);
}

// Whether another ring buffer is pinned in place of ours and is not to be followed, or cannot be.
bool Source::Replaced() {
  UniqueFd successor;
  if (!pin_.has_value() || !pin_->Replaced(successor)) return false;
  // Nobody will find the old one again.
  while (!asked() && !outlet_->closed()) {
    const RingReader::Rest rest = Drain(reader_->end(), [this] { return asked(); });
    if (rest == RingReader::Rest::kCorrupt) break;
    if (rest == RingReader::Rest::kNothing && reader_->position() == reader_->end()) break;
    if (rest == RingReader::Rest::kBusy) Sleep(false, kBusyNs);
  }
  return !origin_.follow || !Follow(std::move(successor));
}

bool Source::Follow(UniqueFd successor) {
  Failure failure;
  auto mapping = successor.valid() ? RingMapping::Map(successor.get(), failure) : nullptr;
  if (mapping == nullptr) return false;
  reader_.emplace(mapping->memory());
  mapping_ = std::move(mapping);
  origin_.ring = std::move(successor);
  pin_.emplace(origin_.path, origin_.ring.get());
  Add(followed_, 1);
  return true;
}

// Up to what had been given out when we were asked to end, records that are being written included,
// as far as there is time. False: the ring buffer is corrupt.
bool Source::DrainTheRest() {
  const auto limit = SteadyClock::now() + kFinishLimit;
  const auto late = [limit] { return SteadyClock::now() >= limit; };
  const std::uint64_t end = reader_->end();
  // Signed, as positions wrap around at last.
  const auto left = [this, end] { return static_cast<std::int64_t>(end - reader_->position()); };
  do {
    const RingReader::Rest rest = Drain(end, late);
    if (rest == RingReader::Rest::kCorrupt) return false;
    if (rest == RingReader::Rest::kBusy)
      std::this_thread::sleep_for(std::chrono::nanoseconds(kBusyNs));
  } while (left() > 0 && !late());
  // A tracer's ring buffer goes with it. None of its records is ever discarded.
  if (tracer_ != nullptr && left() > 0) {
    const std::uint64_t each = tracer_->record_bytes();
    const std::uint64_t records =
        each != 0 ? static_cast<std::uint64_t>(left()) / each : reader_->Count(end);
    Add(captured_, records);
    outlet_->Drop(records);
  }
  return true;
}

// First everything is counted, and those who stop us are told. Then it is given back, which takes
// its time for large ring buffers.
void Source::Finish(End end) {
  // Lost first: what happens after this is counted in neither.
  auto lost = Lost();
  const bool of_use = tracer_ != nullptr || !outlet_->closed();
  if (end != End::kCorrupt && of_use && !DrainTheRest()) end = End::kCorrupt;
  std::unique_ptr<Tracer> tracer;
  std::shared_ptr<RingSet> rings;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    lost_ = std::move(lost);
    delivered_ = outlet_->delivered();
    dropped_ = outlet_->dropped();
    outlet_.reset();
    tracer = std::move(tracer_);
    rings = std::move(target_.rings);
    ending_ = end;
    progress_ = Progress::kCounted;
  }
  ended_.WakeAll();
  tracer.reset();
  rings.reset();
  mapper_.reset();
  reader_.reset();
  mapping_.reset();
  origin_.ring.Reset();
  const std::lock_guard<std::mutex> lock(mutex_);
  signal_.Reset();
  end_ = end;
  progress_ = Progress::kReleased;
  ended_.WakeAll();
}

Source::Counts Source::counts() {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto at = [](const std::atomic<std::uint64_t>& counter) {
    return counter.load(std::memory_order_relaxed);
  };
  return {at(captured_),
          outlet_.has_value() ? outlet_->delivered() : delivered_,
          outlet_.has_value() ? outlet_->dropped() : dropped_,
          at(malformed_),
          at(too_large_),
          at(wakes_),
          at(followed_),
          end_};
}

std::vector<std::uint64_t> Source::Lost() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return tracer_ != nullptr ? tracer_->Lost() : lost_;
}

}  // namespace tapio::kernel

#endif
