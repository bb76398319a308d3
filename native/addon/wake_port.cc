#include "wake_port.h"

#include <algorithm>
#include <utility>

namespace tapio::addon {

namespace {

// A producer has claimed a slot and not published it yet, and may have looked for sleepers before
// we parked: it is copying, or was preempted there. Look again this much later.
constexpr std::uint64_t kImminentNs = 50'000;

}  // namespace

bool LoopSleeper::Holds() const {
  if (condition_ == Condition::kRecord) return rings_.HasRecord() || rings_.drained();
  // Who waits for room looks again itself once parked, and gives up on a closed buffer; left is who
  // waits for a closed buffer to be drained, and every take wakes them.
  return rings_.drained();
}

bool LoopSleeper::Imminent() const {
  return condition_ == Condition::kRecord && rings_.size() != 0;
}

bool LoopSleeper::IsModerated() const {
  if (interval_ns_ == 0) return false;
  const std::uint64_t elapsed = uv_hrtime() - last_wake_ns_;
  if (elapsed >= interval_ns_ || rings_.closed()) return false;
  // If records go on coming as they have come since the last wake, half a ring holds them until the
  // next one, even if all go into the same ring, and that is the smallest.
  const double half = static_cast<double>(rings_.smallest_capacity()) / 2;
  const double came = static_cast<double>(rings_.written() - written_at_last_wake_);
  const double growth = came * static_cast<double>(interval_ns_ - elapsed);
  return growth <= (half - static_cast<double>(rings_.size())) * static_cast<double>(elapsed);
}

void LoopSleeper::NoteWake() {
  if (interval_ns_ == 0) return;
  last_wake_ns_ = uv_hrtime();
  written_at_last_wake_ = rings_.written();
}

bool LoopSleeper::Start(bool gathers) {
  if (waiting_) return false;
  told_ = false;
  // Left from an earlier wait; nobody can wake us before Park.
  woken_.store(false, std::memory_order_relaxed);
  const bool moderated = IsModerated();
  if (!(gathers && moderated) && Holds()) {
    NoteWake();
    return true;
  }
  waiting_ = true;
  if (moderated) {
    due_ns_ = last_wake_ns_ + interval_ns_;
  } else if (ParkOrDelay()) {
    waiting_ = false;
    NoteWake();
    return true;
  }
  port_.Add(this);
  return false;
}

bool LoopSleeper::ParkOrDelay() {
  due_ns_ = 0;
  lot().Park(*this);
  // The second look that the parking protocol asks for.
  if (Holds()) {
    lot().Unpark(*this);
    return true;
  }
  if (Imminent()) due_ns_ = uv_hrtime() + kImminentNs;
  return false;
}

void LoopSleeper::Wake() {
  woken_.store(true, std::memory_order_release);  // pairs with the acquire in WakePort::OnSignal
  port_.Signal();
}

void LoopSleeper::Finish() {
  waiting_ = false;
  told_ = true;
  due_ns_ = 0;
  NoteWake();
}

void LoopSleeper::Stop() {
  if (!waiting_) {
    // Woken together with others, one of which stops this one before it hears of it.
    if (std::exchange(told_, false) && Holds()) lot().WakeOne();
    return;
  }
  const bool was_woken = !lot().Unpark(*this);
  // The wake that was meant for us goes to the next one.
  if (was_woken && Holds()) lot().WakeOne();
  waiting_ = false;
  due_ns_ = 0;
  port_.Remove(this);
}

void WakePort::SetDispatcher(napi_value function) {
  if (dispatcher_ != nullptr) napi_delete_reference(env_, dispatcher_);
  dispatcher_ = nullptr;
  napi_create_reference(env_, function, 1, &dispatcher_);
}

bool WakePort::Open() {
  if (open_) return true;
  uv_loop_t* loop;
  if (open_parts_ != 0 || napi_get_uv_event_loop(env_, &loop) != napi_ok) return false;
  const auto on_signal = [](void* self) { return static_cast<WakePort*>(self)->OnSignal(); };
  const auto on_due = [](void* self) { return static_cast<WakePort*>(self)->OnDue(); };
  if (!signal_.Open(loop, runtime_.watches_descriptors, on_signal, this)) return false;
  open_parts_ = 1;
  if (!timer_.Open(loop, runtime_.watches_descriptors, on_due, this)) {
    signal_.Close(OnPartClosed, this);
    return false;
  }
  open_parts_ = 2;
  open_ = true;
  return true;
}

void WakePort::Close(void (*closed)(void*), void* data) {
  if (dispatcher_ != nullptr) napi_delete_reference(env_, dispatcher_);
  dispatcher_ = nullptr;
  if (open_parts_ == 0) {
    closed(data);
    return;
  }
  closed_ = closed;
  closed_data_ = data;
  if (!open_) return;  // what is left of a failed Open is closing already
  open_ = false;
  signal_.Close(OnPartClosed, this);
  timer_.Close(OnPartClosed, this);
}

void WakePort::OnPartClosed(void* port) {
  auto* self = static_cast<WakePort*>(port);
  if (--self->open_parts_ == 0 && self->closed_ != nullptr) self->closed_(self->closed_data_);
}

void WakePort::Add(LoopSleeper* sleeper) {
  if (waiting_.empty()) signal_.Ref();
  waiting_.push_back(sleeper);
  if (sleeper->due_ns_ != 0) timer_.Set(sleeper->due_ns_);
}

void WakePort::Remove(LoopSleeper* sleeper) {
  waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), sleeper), waiting_.end());
  if (waiting_.empty() && open_) signal_.Unref();
}

bool WakePort::OnSignal() {
  std::vector<std::uint32_t> tokens;
  const auto woken = [&tokens](LoopSleeper* sleeper) {
    // Acquire pairs with the release in Wake.
    if (!sleeper->woken_.exchange(false, std::memory_order_acquire)) return false;
    sleeper->Finish();
    tokens.push_back(sleeper->token_);
    return true;
  };
  waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(), woken), waiting_.end());
  Dispatch(tokens);
  return !tokens.empty();
}

bool WakePort::OnDue() {
  const std::uint64_t now = uv_hrtime();
  std::uint64_t next_due = 0;
  bool was_due = false;
  std::vector<std::uint32_t> tokens;
  const auto over = [&](LoopSleeper* sleeper) {
    if (sleeper->due_ns_ == 0) return false;
    if (sleeper->due_ns_ <= now) {
      was_due = true;
      // Parked it is if a record was imminent, and then it may have been woken just now.
      sleeper->lot().Unpark(*sleeper);
      sleeper->woken_.store(false, std::memory_order_relaxed);
      // Not parked before this look, or a producer would wake who is awake.
      if (sleeper->Holds() || sleeper->ParkOrDelay()) {
        sleeper->Finish();
        tokens.push_back(sleeper->token_);
        return true;
      }
    }
    if (sleeper->due_ns_ != 0 && (next_due == 0 || sleeper->due_ns_ < next_due)) {
      next_due = sleeper->due_ns_;
    }
    return false;
  };
  waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(), over), waiting_.end());
  if (next_due != 0) timer_.Set(next_due);
  Dispatch(tokens);
  return was_due;
}

// The callback runs the queue of process.nextTick, too. What is thrown there, Node-API keeps for
// the next call from JavaScript, which has nothing to do with it, and refuses every callback until
// then.
void WakePort::RethrowUncaught() {
  bool pending = false;
  napi_value error = nullptr;
  if (napi_is_exception_pending(env_, &pending) == napi_ok && pending &&
      napi_get_and_clear_last_exception(env_, &error) == napi_ok) {
    napi_fatal_exception(env_, error);
  }
}

void WakePort::Call(napi_value receiver, napi_value function, napi_value argument) {
  if (runtime_.makes_callbacks) {
    napi_make_callback(env_, nullptr, receiver, function, 1, &argument, nullptr);
  } else {
    napi_call_function(env_, receiver, function, 1, &argument, nullptr);
  }
}

void WakePort::Dispatch(const std::vector<std::uint32_t>& tokens) {
  if (waiting_.empty()) signal_.Unref();
  for (const std::uint32_t token : tokens) {
    if (dispatcher_ == nullptr) return;
    napi_handle_scope scope;
    if (napi_open_handle_scope(env_, &scope) != napi_ok) return;
    napi_value function = nullptr;
    napi_value argument = nullptr;
    napi_value receiver = nullptr;
    if (napi_get_reference_value(env_, dispatcher_, &function) == napi_ok &&
        napi_create_uint32(env_, token, &argument) == napi_ok &&
        napi_get_global(env_, &receiver) == napi_ok) {
      Call(receiver, function, argument);
      RethrowUncaught();
    }
    napi_close_handle_scope(env_, scope);
  }
}

}  // namespace tapio::addon
