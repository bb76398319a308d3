// Records whose every byte follows from who put them and as which.
#ifndef TAPIO_TEST_CORE_STRESS_RECORD_H_
#define TAPIO_TEST_CORE_STRESS_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tapio::test {

struct RecordHeader {
  std::uint32_t producer;
  std::uint32_t size;
  std::uint64_t sequence;
};

inline constexpr std::uint32_t kSmallestRecord = sizeof(RecordHeader);

inline std::uint64_t FillWord(const RecordHeader& header, std::size_t offset) {
  return (header.sequence * 0x9e3779b97f4a7c15) ^ (std::uint64_t{header.producer} << 56) ^ offset;
}

// `size` is at least kSmallestRecord.
inline void WriteRecord(std::uint8_t* data, std::uint32_t producer, std::uint64_t sequence,
                        std::uint32_t size) {
  const RecordHeader header{producer, size, sequence};
  std::memcpy(data, &header, sizeof header);
  std::size_t at = sizeof header;
  for (; at + 8 <= size; at += 8) {
    const std::uint64_t word = FillWord(header, at);
    std::memcpy(data + at, &word, 8);
  }
  const std::uint64_t word = FillWord(header, at);
  std::memcpy(data + at, &word, size - at);
}

// Whether `data` is one whole record of this size.
inline bool ReadRecord(const std::uint8_t* data, std::uint32_t size, RecordHeader& header) {
  if (size < kSmallestRecord) return false;
  std::memcpy(&header, data, sizeof header);
  if (header.size != size) return false;
  std::size_t at = sizeof header;
  for (; at + 8 <= size; at += 8) {
    const std::uint64_t word = FillWord(header, at);
    if (std::memcmp(data + at, &word, 8) != 0) return false;
  }
  const std::uint64_t word = FillWord(header, at);
  return std::memcmp(data + at, &word, size - at) == 0;
}

}  // namespace tapio::test

#endif  // TAPIO_TEST_CORE_STRESS_RECORD_H_
