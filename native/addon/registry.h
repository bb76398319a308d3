// The process-wide table of buffers that threads share by handle.
#ifndef TAPIO_ADDON_REGISTRY_H_
#define TAPIO_ADDON_REGISTRY_H_

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "../core/ring_set.h"

namespace tapio::addon {

// What TypeScript wants to know when it attaches: the class and its options. Native code stores
// these numbers and never reads them.
using Traits = std::array<double, 8>;

struct SharedBuffer {
  std::uint64_t id;
  Traits traits;
  std::unique_ptr<RingSet> rings;
};

// Threads: any.
// Guarantees: an id is never used twice in a process, and ids of other processes are not taken for
//   ours, as each process starts from a random one.
// Memory: a buffer lives while somebody who called Add or Find has not called Release. The table
//   itself must outlive every thread, workers that exit included: the addon is linked with -z
//   nodelete, as Node would otherwise unmap it with the last worker that loaded it.
class Registry {
 public:
  static Registry& Instance();

  SharedBuffer* Add(std::unique_ptr<RingSet> rings, const Traits& traits);
  // nullptr when the buffer is gone or never was.
  SharedBuffer* Find(std::uint64_t id);
  // Whether the id has ever been given out by this process.
  bool Issued(std::uint64_t id);
  void Release(SharedBuffer* buffer);

 private:
  Registry();

  struct Entry {
    std::unique_ptr<SharedBuffer> buffer;
    std::uint32_t users;
  };
  std::mutex mutex_;
  std::uint64_t first_id_;
  std::uint64_t next_id_;
  std::unordered_map<std::uint64_t, Entry> entries_;
};

}  // namespace tapio::addon

#endif  // TAPIO_ADDON_REGISTRY_H_
