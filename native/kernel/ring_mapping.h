// A BPF ring buffer of the kernel, mapped into this process.
#ifndef TAPIO_KERNEL_RING_MAPPING_H_
#define TAPIO_KERNEL_RING_MAPPING_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "failure.h"
#include "ring_reader.h"

namespace tapio::kernel {

// Owns the two mappings: the consumer's page, which is written, and the rest, which is only read.
class RingMapping {
 public:
  // Of the ring buffer map behind `fd`, which may be closed afterwards. nullptr, and why, on
  // failure.
  static std::unique_ptr<RingMapping> Map(int fd, Failure& failure);
  ~RingMapping();
  RingMapping(const RingMapping&) = delete;
  RingMapping& operator=(const RingMapping&) = delete;

  const RingMemory& memory() const { return memory_; }

 private:
  RingMapping() = default;

  void* consumer_ = nullptr;
  void* rest_ = nullptr;
  std::size_t page_ = 0;
  std::size_t rest_bytes_ = 0;
  RingMemory memory_{};
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_RING_MAPPING_H_
