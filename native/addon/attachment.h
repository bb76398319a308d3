// One buffer instance in one thread: a lane on the shared buffer, and its staging.
#ifndef TAPIO_ADDON_ATTACHMENT_H_
#define TAPIO_ADDON_ATTACHMENT_H_

#include <node_api.h>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "environment.h"
#include "registry.h"
#include "staging.h"
#include "values.h"

namespace tapio::addon {

// One region of a staging, as staging.h says. One that JavaScript has not set has no data, and
// sizes that nobody reads.
class Region {
 public:
  void Set(void* memory, std::size_t size) {
    if (size < kDataOffset) return;
    memory_ = static_cast<std::uint8_t*>(memory);
    size_ = static_cast<std::uint32_t>(std::min<std::size_t>(size - kDataOffset, UINT32_MAX));
  }
  std::uint32_t* sizes() const { return reinterpret_cast<std::uint32_t*>(memory_); }
  std::uint8_t* data() const { return memory_ + kDataOffset; }
  std::uint32_t size() const { return size_; }

 private:
  alignas(kAlignment) static inline std::uint8_t nowhere[kDataOffset + kAlignment] = {};
  std::uint8_t* memory_ = nowhere;
  std::uint32_t size_ = 0;
};

// Threads: its environment's.
// Memory: owned by the JavaScript object that Create makes, whose finalizer frees it. The regions
//   of the staging are JavaScript's, held by whoever calls on the instance: once that is collected,
//   which may be before the finalizer, nothing here touches them.
class Attachment {
 public:
  // Returns an object of type Attached in lib/binding.ts, or nullptr when the environment is going
  // down. Takes over the caller's share of `buffer`. `level` is where it puts, in a buffer that has
  // levels. The maker's environment answers for its memory before the collector.
  static napi_value Create(napi_env env, SharedBuffer* buffer, std::uint32_t wake_interval_micros,
                           std::uint32_t level, bool is_maker);

  // Idempotent. Lets go of the buffer and of those this instance keeps waiting.
  void LetGo();
  // The environment ends before this does.
  void LeaveEnvironment() {
    LetGo();
    environment_ = nullptr;
  }

  bool released() const { return rings_ == nullptr; }

  // Everything below: only of one that has not let go.
  RingSet& rings() { return *rings_; }
  RingSet::Lane& lane() { return *lane_; }
  LoopSleeper& sleeper(bool for_room) { return for_room ? *for_room_ : *for_record_; }

  Region& to_put() { return to_put_; }
  Region& taken() { return taken_; }
  std::uint32_t* PutSizes() const { return to_put_.sizes(); }
  std::uint32_t* TakeSizes() const { return taken_.sizes(); }
  std::uint8_t* PutData() const { return to_put_.data(); }
  std::uint8_t* TakeData() const { return taken_.data(); }
  std::uint32_t PutBytes() const { return to_put_.size(); }
  // How many of `count` records with the sizes of PutSizes lie in the staging whole.
  std::uint32_t StagedToPut(std::uint32_t count) const {
    std::uint64_t end = 0;
    std::uint32_t whole = 0;
    for (; whole < std::min<std::uint64_t>(count, kMaxBatch); ++whole) {
      end += PutSizes()[whole];
      if (end > PutBytes()) break;
      end = AlignUp(end, kAlignment);
    }
    return whole;
  }
  std::uint64_t TakeBytes() const { return taken_.size(); }

  // Arrays of the user; lib/buffers/last-array.ts says how long they may be used.
  Elements<std::uint8_t>& last_source() { return last_source_; }
  Elements<std::uint8_t>& last_target() { return last_target_; }

 private:
  Attachment(napi_env env, Environment* environment, SharedBuffer* buffer,
             std::uint64_t wake_interval_ns, std::uint32_t level);
  ~Attachment();

  bool Describe(napi_env env, napi_value target) const;
  // Two for each instance, so that they stay small: JavaScript indexes an array with them.
  std::uint32_t record_token() const { return 2 * instance_; }
  std::uint32_t room_token() const { return 2 * instance_ + 1; }
  void AccountFor(std::int64_t bytes);

  const napi_env env_;
  Environment* environment_;  // nullptr once it has ended
  SharedBuffer* buffer_;
  RingSet* rings_;  // nullptr once let go
  RingSet::Lane* lane_;
  Region to_put_;
  Region taken_;
  const std::uint32_t instance_;
  Elements<std::uint8_t> last_source_;
  Elements<std::uint8_t> last_target_;
  std::int64_t accounted_bytes_ = 0;
  std::unique_ptr<LoopSleeper> for_record_;
  std::unique_ptr<LoopSleeper> for_room_;
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_ATTACHMENT_H_
