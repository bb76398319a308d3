// One buffer instance in one thread: the functions JavaScript calls, bound to a lane and a staging.
#ifndef TAPIO_ADDON_ATTACHMENT_H_
#define TAPIO_ADDON_ATTACHMENT_H_

#include <node_api.h>

#include <cstdint>
#include <memory>

#include "registry.h"
#include "staging.h"
#include "wake_port.h"

namespace tapio::addon {

class Environment;

// Threads: its environment's.
// Guarantees: no call throws, allocates on a hot path, or runs JavaScript; after LetGo every call
//   answers kReleased.
// Memory: owned together by the JavaScript functions bound to it; the last one's finalizer frees
// it.
//   The staging is JavaScript's, kept alive by a reference.
class Attachment {
 public:
  // `staging` is an ArrayBuffer laid out as staging.h says, with room for `put_bytes` of records to
  // put; what lies behind is for records taken. Returns the object with the functions, whose type
  // is NativeBuffer in lib/binding.ts, or nullptr when the environment is going down. Takes over
  // the caller's share of `buffer`. The maker's environment answers for its memory before the
  // collector.
  static napi_value Create(napi_env env, SharedBuffer* buffer, napi_value staging,
                           std::uint32_t put_bytes, std::uint32_t wake_interval_micros,
                           bool is_maker);

  // Idempotent. Lets go of the buffer and of those this instance keeps waiting.
  void LetGo();

 private:
  Attachment(napi_env env, Environment* environment, SharedBuffer* buffer, std::uint8_t* staging,
             std::size_t staging_size, std::uint32_t put_bytes);
  ~Attachment();

  // Hot: operands and results in the staging, no arguments.
  static napi_value Put(napi_env env, napi_callback_info info);
  static napi_value PutBatch(napi_env env, napi_callback_info info);
  static napi_value Take(napi_env env, napi_callback_info info);
  static napi_value TakeBatch(napi_env env, napi_callback_info info);
  static napi_value Size(napi_env env, napi_callback_info info);

  // Records in the caller's own typed arrays.
  static napi_value PutPacked(napi_env env, napi_callback_info info);
  static napi_value TakePacked(napi_env env, napi_callback_info info);
  static napi_value TakeInto(napi_env env, napi_callback_info info);

  static napi_value Peek(napi_env env, napi_callback_info info);
  static napi_value Stats(napi_env env, napi_callback_info info);
  static napi_value CountRejected(napi_env env, napi_callback_info info);
  static napi_value Clear(napi_env env, napi_callback_info info);
  static napi_value Close(napi_env env, napi_callback_info info);
  static napi_value Closed(napi_env env, napi_callback_info info);
  static napi_value Drained(napi_env env, napi_callback_info info);
  static napi_value HasRecord(napi_env env, napi_callback_info info);
  static napi_value StartWait(napi_env env, napi_callback_info info);
  static napi_value StopWait(napi_env env, napi_callback_info info);
  static napi_value HasSleepers(napi_env env, napi_callback_info info);
  static napi_value PassWakeOn(napi_env env, napi_callback_info info);
  static napi_value Block(napi_env env, napi_callback_info info);
  static napi_value Release(napi_env env, napi_callback_info info);

  bool BindAll(napi_env env, napi_value target);
  bool SetIdentity(napi_env env, napi_value target);
  void AccountFor(std::int64_t bytes);
  bool Bind(napi_env env, napi_value target, const char* name, napi_callback function);

  static Attachment* Self(napi_env env, napi_callback_info info);
  template <typename T>
  T& At(std::size_t offset) {
    return *reinterpret_cast<T*>(staging_ + offset);
  }
  std::int32_t& Status() { return At<std::int32_t>(kStatus * 4); }
  std::uint32_t& Uint(Word word) { return At<std::uint32_t>(word * 4); }
  std::uint64_t& Ticket(Word word) { return At<std::uint64_t>(word * 4); }
  std::uint32_t* PutSizes() { return &At<std::uint32_t>(kPutSizesOffset); }
  std::uint32_t* TakeSizes() { return &At<std::uint32_t>(kTakeSizesOffset); }
  std::uint8_t* PutData() { return staging_ + kDataOffset; }
  std::uint8_t* TakeData() { return staging_ + kDataOffset + put_bytes_; }
  std::uint64_t TakeBytes() const { return staging_size_ - kDataOffset - put_bytes_; }

  const napi_env env_;
  Environment* environment_;
  SharedBuffer* buffer_;
  RingSet* rings_;  // nullptr once let go
  RingSet::Lane* lane_;
  std::uint8_t* const staging_;
  const std::size_t staging_size_;
  const std::uint32_t put_bytes_;
  napi_ref staging_reference_ = nullptr;
  std::int64_t accounted_bytes_ = 0;
  std::uint32_t functions_ = 0;  // that JavaScript still holds
  std::unique_ptr<LoopSleeper> for_record_;
  std::unique_ptr<LoopSleeper> for_room_;
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_ATTACHMENT_H_
