// A BPF ring buffer in plain memory: what the kernel does to one, without the kernel.
#ifndef TAPIO_TEST_CORE_FAKE_KERNEL_RING_H_
#define TAPIO_TEST_CORE_FAKE_KERNEL_RING_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "kernel/ring_reader.h"

namespace tapio::test {

// One producer. The data is mapped twice, back to back, as the kernel does it.
class FakeKernelRing {
 public:
  static constexpr std::uint64_t kSize = 4096;

  explicit FakeKernelRing(std::uint64_t start = 0) : consumer_(start), producer_(start) {
    const int fd = memfd_create("ring", MFD_CLOEXEC);
    void* both = mmap(nullptr, 2 * kSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fd < 0 || ftruncate(fd, kSize) != 0 || both == MAP_FAILED) std::abort();
    data_ = static_cast<std::uint8_t*>(both);
    for (std::uint8_t* at : {data_, data_ + kSize}) {
      if (mmap(at, kSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
        std::abort();
    }
    close(fd);
  }
  ~FakeKernelRing() { munmap(data_, 2 * kSize); }
  FakeKernelRing(const FakeKernelRing&) = delete;
  FakeKernelRing& operator=(const FakeKernelRing&) = delete;

  kernel::RingMemory memory() { return {&consumer_, &producer_, data_, kSize}; }

  // bpf_ringbuf_reserve: the header is busy before anybody can see that room was given out.
  // nullptr: full.
  std::uint8_t* Reserve(std::uint32_t size) {
    const std::uint64_t bytes = (std::uint64_t{size} + 8 + 7) & ~std::uint64_t{7};
    const std::uint64_t used = producer_ - __atomic_load_n(&consumer_, __ATOMIC_ACQUIRE);
    if (used + bytes > kSize) return nullptr;
    std::uint8_t* record = At(producer_);
    __atomic_store_n(reinterpret_cast<std::uint32_t*>(record), size | kernel::RingReader::kBusyBit,
                     __ATOMIC_RELAXED);
    __atomic_store_n(&producer_, producer_ + bytes, __ATOMIC_RELEASE);
    return record + 8;
  }
  // bpf_ringbuf_submit and bpf_ringbuf_discard.
  static void Submit(std::uint8_t* data) {
    SetHeader(data, Header(data) & ~kernel::RingReader::kBusyBit);
  }
  static void Discard(std::uint8_t* data) {
    SetHeader(data,
              (Header(data) & ~kernel::RingReader::kBusyBit) | kernel::RingReader::kDiscardBit);
  }
  // Any header at all.
  static void SetHeader(std::uint8_t* data, std::uint32_t header) {
    __atomic_store_n(reinterpret_cast<std::uint32_t*>(data - 8), header, __ATOMIC_RELEASE);
  }

  std::uint64_t consumer() const { return __atomic_load_n(&consumer_, __ATOMIC_ACQUIRE); }
  void set_consumer(std::uint64_t position) { consumer_ = position; }
  void set_producer(std::uint64_t position) { producer_ = position; }

 private:
  std::uint8_t* At(std::uint64_t position) { return data_ + (position & (kSize - 1)); }
  static std::uint32_t Header(std::uint8_t* data) {
    std::uint32_t header;
    std::memcpy(&header, data - 8, sizeof header);
    return header;
  }

  alignas(64) std::uint64_t consumer_;
  alignas(64) std::uint64_t producer_;
  std::uint8_t* data_;
};

}  // namespace tapio::test

#endif  // TAPIO_TEST_CORE_FAKE_KERNEL_RING_H_
