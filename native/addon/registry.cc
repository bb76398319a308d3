#include "registry.h"

#include <random>
#include <utility>

namespace tapio::addon {

Registry& Registry::Instance() {
  // Never destroyed: threads that outlive main's exit handlers may still hold buffers.
  static Registry* const registry = new Registry;
  return *registry;
}

Registry::Registry() {
  // The upper half is this process's; 2^32 buffers fit below it, and the sum stays below 2^63.
  first_id_ = (static_cast<std::uint64_t>(std::random_device{}() & 0x7fffffff) << 32) + 1;
  next_id_ = first_id_;
}

SharedBuffer* Registry::Add(std::unique_ptr<RingSet> rings, const Traits& traits) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::uint64_t id = next_id_++;
  auto buffer = std::unique_ptr<SharedBuffer>(new SharedBuffer{id, traits, std::move(rings)});
  SharedBuffer* result = buffer.get();
  entries_.emplace(id, Entry{std::move(buffer), 1});
  return result;
}

SharedBuffer* Registry::Find(std::uint64_t id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return nullptr;
  ++found->second.users;
  return found->second.buffer.get();
}

bool Registry::Issued(std::uint64_t id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return id >= first_id_ && id < next_id_;
}

void Registry::Release(SharedBuffer* buffer) {
  std::unique_ptr<SharedBuffer> last;  // declared first, so that the lock is gone when it is freed
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = entries_.find(buffer->id);
  if (--found->second.users != 0) return;
  last = std::move(found->second.buffer);
  entries_.erase(found);
}

}  // namespace tapio::addon
