// Zeroed, page-aligned memory from the operating system, committed when first touched.
#ifndef TAPIO_CORE_MEMORY_H_
#define TAPIO_CORE_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#endif

#include "cache_line.h"

namespace tapio {

// Owns one block. A large ring costs address space at once and memory only for the slots it uses,
// which is why rings rely on the zeros instead of initialising each slot.
class Memory {
 public:
  Memory() = default;
  Memory(Memory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Memory& operator=(Memory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() { Release(); }

  // An empty Memory (data() == nullptr) when the system refuses.
  static Memory Allocate(std::size_t size) {
    Memory memory;
    if (size == 0 || size > PTRDIFF_MAX) return memory;
#if defined(__unix__) || defined(__APPLE__)
    void* data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) return memory;
#else
    void* data = ::operator new (size, std::align_val_t{kCacheLine}, std::nothrow);
    if (data == nullptr) return memory;
    std::memset(data, 0, size);
#endif
    memory.data_ = static_cast<std::uint8_t*>(data);
    memory.size_ = size;
    return memory;
  }

  std::uint8_t* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  void Release() {
    if (data_ == nullptr) return;
#if defined(__unix__) || defined(__APPLE__)
    munmap(data_, size_);
#else
    ::operator delete (data_, std::align_val_t{kCacheLine});
#endif
  }

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace tapio

#endif  // TAPIO_CORE_MEMORY_H_
