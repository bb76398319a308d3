#if defined(__linux__)

#include "ring_mapping.h"

#include <sys/mman.h>

#include <cerrno>

#include "bpf.h"

namespace tapio::kernel {

std::unique_ptr<RingMapping> RingMapping::Map(int fd, Failure& failure) {
  bpf_map_info info;
  if (!ReadMapInfo(fd, &info)) {
    failure = {Step::kNoRing, errno};
    return nullptr;
  }
  if (info.type != BPF_MAP_TYPE_RINGBUF) {
    failure = {Step::kNoRing, EINVAL, info.type};
    return nullptr;
  }
  std::unique_ptr<RingMapping> mapping(new RingMapping);
  mapping->page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  // The first page is the consumer's. Behind it lie the producer's page and the data, twice.
  void* consumer = mmap(nullptr, mapping->page_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (consumer == MAP_FAILED) {
    failure = {Step::kMapRing, errno};
    return nullptr;
  }
  mapping->consumer_ = consumer;
  mapping->rest_bytes_ = mapping->page_ + 2 * std::size_t{info.max_entries};
  void* rest = mmap(nullptr, mapping->rest_bytes_, PROT_READ, MAP_SHARED, fd,
                    static_cast<off_t>(mapping->page_));
  if (rest == MAP_FAILED) {
    failure = {Step::kMapRing, errno};
    return nullptr;
  }
  mapping->rest_ = rest;
  mapping->memory_ = {static_cast<std::uint64_t*>(consumer), static_cast<std::uint64_t*>(rest),
                      static_cast<const std::uint8_t*>(rest) + mapping->page_, info.max_entries};
  return mapping;
}

RingMapping::~RingMapping() {
  if (consumer_ != nullptr) munmap(consumer_, page_);
  if (rest_ != nullptr) munmap(rest_, rest_bytes_);
}

}  // namespace tapio::kernel

#endif
