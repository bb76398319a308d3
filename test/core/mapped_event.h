// A small event that tests of RecordMapper map records to, and operations on it.
#ifndef TAPIO_TEST_CORE_MAPPED_EVENT_H_
#define TAPIO_TEST_CORE_MAPPED_EVENT_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "kernel/record_mapper.h"

namespace tapio::test {

// Where it has its time, Latin-1 units, presence bits, three words, five references, and the id.
inline constexpr std::uint32_t kTime = 0, kUnits = 8, kBits = 12, kWords = 16, kTexts = 28,
                               kId = 48;
inline constexpr std::uint32_t kIdDigits = 32;

inline kernel::Operation Op(kernel::Operation::Kind kind, std::uint32_t source, std::uint32_t size,
                            std::uint32_t target, bool is_signed = false,
                            std::uint32_t presence_mask = 0, std::uint32_t extra = 0) {
  const std::uint32_t bits = presence_mask == 0 ? kernel::kNowhere : kBits;
  return {kind, source, size, is_signed ? 1U : 0U, target, bits, presence_mask, extra};
}

inline kernel::Shape MakeShape(std::vector<kernel::Operation> operations) {
  kernel::Shape shape;
  shape.event.assign(kId + kIdDigits, 0);
  shape.event[kUnits] = kIdDigits;
  shape.event[kBits] = 0xff;
  shape.id = kId;
  shape.operations = std::move(operations);
  return shape;
}

}  // namespace tapio::test

#endif  // TAPIO_TEST_CORE_MAPPED_EVENT_H_
