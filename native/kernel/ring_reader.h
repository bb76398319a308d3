// Reads records out of the memory of a BPF ring buffer.
#ifndef TAPIO_KERNEL_RING_READER_H_
#define TAPIO_KERNEL_RING_READER_H_

#include <cstdint>
#include <utility>

namespace tapio::kernel {

// Where a ring buffer lies. `data` is mapped twice, back to back, so that a record that wraps
// around lies in one piece.
struct RingMemory {
  std::uint64_t* consumer;        // position up to which everything has been read; the reader's
  const std::uint64_t* producer;  // position up to which room has been given out; the kernel's
  const std::uint8_t* data;       // `size` bytes, twice
  std::uint64_t size;             // a power of two
};

// The reading side of one ring buffer.
//
// Threads: one. The kernel's programs write meanwhile, on any CPU.
// Guarantees: visits records in the order in which room was given out, each once and whole; skips
//   those the program discarded. Reads inside the mapping only, whatever lengths it finds.
// Full: the kernel's affair; room comes back in steps of kStep records and at the end of a Drain.
// Memory: the caller's; it outlives the reader.
//
// A record is a header of 8 bytes, then the data, padded to 8. The first word of the header is the
// length, with two bits on top: busy while the program still writes, and discarded.
class RingReader {
 public:
  static constexpr std::uint32_t kBusyBit = std::uint32_t{1} << 31;
  static constexpr std::uint32_t kDiscardBit = std::uint32_t{1} << 30;
  static constexpr std::uint32_t kHeaderBytes = 8;
  // Records between two moves of the consumer position, which producers on every CPU read.
  static constexpr std::uint32_t kStep = 64;

  enum class Rest {
    kNothing,  // all that had been given out is read
    kBusy,     // the next record is still being written
    kLeft,     // `leave` said so
    kCorrupt,  // positions or lengths that no kernel makes: another reader, or foreign memory.
               // Nothing will be read any more
  };

  explicit RingReader(const RingMemory& memory)
      : memory_(memory), position_(__atomic_load_n(memory.consumer, __ATOMIC_RELAXED)) {}

  // Visits every record that is there, up to `end`; visit(data, size) must copy what it wants.
  // After each step it asks leave() whether to end early.
  template <typename Visit, typename Leave>
  Rest Drain(std::uint64_t end, Visit&& visit, Leave&& leave) {
    if (corrupt_ || __atomic_load_n(memory_.consumer, __ATOMIC_RELAXED) != position_) {
      return Refuse();
    }
    std::uint32_t unreported = 0;
    Rest rest = Rest::kNothing;
    // Signed, as positions wrap around at last.
    while (static_cast<std::int64_t>(end - position_) > 0) {
      const std::uint64_t left = end - position_;
      if (left > memory_.size) {
        rest = Refuse();
        break;
      }
      const std::uint8_t* record = memory_.data + (position_ & (memory_.size - 1));
      const std::uint32_t header = LoadHeader(record);
      if ((header & kBusyBit) != 0) {
        rest = Rest::kBusy;
        break;
      }
      const std::uint32_t size = header & ~(kBusyBit | kDiscardBit);
      const std::uint64_t bytes = (std::uint64_t{size} + kHeaderBytes + 7) & ~std::uint64_t{7};
      if (bytes > left) {
        rest = Refuse();
        break;
      }
      if ((header & kDiscardBit) == 0) visit(record + kHeaderBytes, size);
      position_ += bytes;
      if (++unreported == kStep) {
        unreported = 0;
        ReportPosition();
        if (leave()) {
          rest = Rest::kLeft;
          break;
        }
      }
    }
    if (unreported != 0) ReportPosition();
    return rest;
  }

  template <typename Visit>
  Rest Drain(std::uint64_t end, Visit&& visit) {
    return Drain(end, std::forward<Visit>(visit), [] { return false; });
  }

  // Records up to `end` that were not visited, also those that are being written.
  std::uint64_t Count(std::uint64_t end) const {
    std::uint64_t count = 0;
    for (std::uint64_t at = position_; static_cast<std::int64_t>(end - at) > 0; ++count) {
      const std::uint32_t header = LoadHeader(memory_.data + (at & (memory_.size - 1)));
      const std::uint64_t size = header & ~(kBusyBit | kDiscardBit);
      at += (size + kHeaderBytes + 7) & ~std::uint64_t{7};
    }
    return count;
  }

  // Position behind the newest record that room was given out for: what is to be read by now.
  std::uint64_t end() const {
    // Acquire pairs with the kernel's release of the position: the headers below it are set.
    return __atomic_load_n(memory_.producer, __ATOMIC_ACQUIRE);
  }
  std::uint64_t position() const { return position_; }

 private:
  static std::uint32_t LoadHeader(const std::uint8_t* record) {
    // Acquire pairs with the kernel's exchange that clears the busy bit: the data is there.
    return __atomic_load_n(reinterpret_cast<const std::uint32_t*>(record), __ATOMIC_ACQUIRE);
  }
  void ReportPosition() {
    // Release pairs with the kernel's acquire before it gives the room out again.
    __atomic_store_n(memory_.consumer, position_, __ATOMIC_RELEASE);
  }
  Rest Refuse() {
    corrupt_ = true;
    return Rest::kCorrupt;
  }

  const RingMemory memory_;
  std::uint64_t position_;
  bool corrupt_ = false;
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_RING_READER_H_
