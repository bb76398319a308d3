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

// How long a closed target may go unnoticed while nothing happens.
constexpr std::uint32_t kLookMs = 50;

// A record that is being written is finished in well under a microsecond, as its program cannot be
// preempted, but its CPU may be taken away by a hypervisor.
constexpr std::int64_t kBusyNs = 20'000;
constexpr int kBusyLooks = 500;

void Add(std::atomic<std::uint64_t>& counter, std::uint64_t by) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace

std::shared_ptr<Source> Source::Make(std::unique_ptr<Tracer> tracer, UniqueFd ring,
                                     std::unique_ptr<RecordMapper> mapper, Target target, Pace pace,
                                     Failure& failure) {
  std::shared_ptr<Source> source(new Source);
  const int fd = tracer != nullptr ? tracer->ring() : ring.get();
  source->mapping_ = RingMapping::Map(fd, failure);
  if (source->mapping_ == nullptr) return nullptr;
  source->signal_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!source->signal_.valid()) {
    failure = {Step::kStartThread, errno};
    return nullptr;
  }
  source->reader_.emplace(source->mapping_->memory());
  source->mapper_ = std::move(mapper);
  const bool by_cpu = source->mapper_ != nullptr && source->mapper_->has_cpu();
  const std::uint32_t room =
      source->mapper_ != nullptr ? source->mapper_->max_event() : target.max_record;
  source->target_ = std::move(target);
  source->outlet_.emplace(*source->target_.rings, source->target_.policy, room, by_cpu,
                          source->stop_);
  source->pace_ = pace;
  source->ring_ = std::move(ring);
  source->tracer_ = std::move(tracer);
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

void Source::Stop() {
  Detach();
  stop_.store(true, std::memory_order_relaxed);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (signal_.valid()) eventfd_write(signal_.get(), 1);
  }
  while (counts().end == End::kRunning) {
    ThreadSleeper sleeper;
    ended_.Park(sleeper);
    // The second look that the parking protocol asks for.
    if (counts().end == End::kRunning) sleeper.WaitFor(std::chrono::milliseconds(20));
    ended_.Unpark(sleeper);
  }
}

void Source::Detach() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (tracer_ != nullptr) tracer_->Detach();
}

void Source::Loop() {
  End end = End::kStopped;
  for (;;) {
    // Before the drain: what was there when somebody asked us to stop is drained.
    const bool stopping = stop_.load(std::memory_order_relaxed);
    const std::uint64_t before = reader_->position();
    const RingReader::Rest rest = Drain();
    if (rest == RingReader::Rest::kCorrupt) {
      end = End::kCorrupt;
      break;
    }
    if (stopping) {
      DrainTheRest();
      break;
    }
    if (outlet_->closed()) {
      Detach();
      DrainTheRest();
      end = End::kTargetClosed;
      break;
    }
    Wait(rest, reader_->position() - before);
  }
  Release(end);
}

RingReader::Rest Source::Drain() {
  if (mapper_ != nullptr) mapper_->Tell(ClockOffsets::Measure());
  const RingReader::Rest rest = reader_->Drain(
      reader_->end(),
      [this](const std::uint8_t* record, std::uint32_t size) { Take(record, size); });
  outlet_->Flush();
  return rest;
}

void Source::Take(const std::uint8_t* record, std::uint32_t size) {
  Add(captured_, 1);
  if (mapper_ == nullptr) {
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
  switch (mapper_->Map(record, size, outlet_->Room(cpu), bytes)) {
    case RecordMapper::Outcome::kMapped:
      outlet_->Commit(cpu, bytes);
      return;
    case RecordMapper::Outcome::kMalformed:
      Add(malformed_, 1);
      return;
    case RecordMapper::Outcome::kTooLarge:
      Add(too_large_, 1);
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
    Sleep(false, std::int64_t{pace_.interval_micros} * 1000);
  } else {
    Sleep(true, std::int64_t{std::min(pace_.longest_wait_ms, kLookMs)} * 1'000'000);
  }
}

void Source::Sleep(bool for_records, std::int64_t nanoseconds) {
  pollfd waiting[] = {{signal_.get(), POLLIN, 0},
                      {tracer_ != nullptr ? tracer_->ring() : ring_.get(), POLLIN, 0}};
  timespec timeout{};
  timeout.tv_sec = static_cast<time_t>(nanoseconds / 1'000'000'000);
  timeout.tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000);
  ppoll(waiting, for_records ? 2 : 1, &timeout, nullptr);
  Add(wakes_, 1);
}

// After the programs were detached: up to what has been given out by now, records that are being
// written included. A foreign program goes on, so there is a last record, too.
void Source::DrainTheRest() {
  const std::uint64_t end = reader_->end();
  for (int looks = 0; looks < kBusyLooks; ++looks) {
    const RingReader::Rest rest = Drain();
    if (rest != RingReader::Rest::kBusy) return;
    if (static_cast<std::int64_t>(end - reader_->position()) <= 0) return;
    std::this_thread::sleep_for(std::chrono::nanoseconds(kBusyNs));
  }
}

void Source::Release(End end) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (tracer_ != nullptr) lost_ = tracer_->Lost();
  delivered_ = outlet_->delivered();
  dropped_ = outlet_->dropped();
  outlet_.reset();
  target_.rings.reset();
  reader_.reset();
  mapping_.reset();
  mapper_.reset();
  tracer_.reset();
  ring_.Reset();
  signal_.Reset();
  end_ = end;
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
          end_};
}

std::vector<std::uint64_t> Source::Lost() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return tracer_ != nullptr ? tracer_->Lost() : lost_;
}

}  // namespace tapio::kernel

#endif
