// Command names and other short texts that recur, interned once for all threads.
#ifndef TAPIO_KERNEL_NAME_CACHE_H_
#define TAPIO_KERNEL_NAME_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "../core/symbol_table.h"
#include "../core/utf8_text.h"
#include "unaligned.h"

namespace tapio::kernel {

// In front of the process-wide symbol table, whose lock it takes for new texts only.
//
// Threads: one.
// Guarantees: a text enters the table only when it is met a second time, so that names somebody
//   makes up do not fill it.
// Full: beyond the table's bounds a text has no id, and travels in its event.
// Memory: a fixed number of places; texts that share one push each other out.
class NameCache {
 public:
  static constexpr std::size_t kMaxBytes = 32;

  explicit NameCache(SymbolTable& table) : table_(table), places_(kPlaces) {}

  // 0: none, as for any text beyond ASCII.
  std::uint32_t Find(std::string_view text) {
    if (text.empty() || text.size() > kMaxBytes) return 0;
    Place& place = places_[Hash(text) & (kPlaces - 1)];
    if (place.size != text.size() || std::memcmp(place.text, text.data(), text.size()) != 0) {
      if (!IsAscii(text)) return 0;
      std::memcpy(place.text, text.data(), text.size());
      place.size = static_cast<std::uint32_t>(text.size());
      place.id = 0;
      return 0;
    }
    if (place.id == 0 && !table_is_full_) {
      place.id = table_.Intern(text);
      table_is_full_ = place.id == 0;
    }
    return place.id;
  }

 private:
  static constexpr std::size_t kPlaces = 1024;

  struct Place {
    char text[kMaxBytes] = {};
    std::uint32_t size = 0;
    std::uint32_t id = 0;
  };

  // Of all bytes, by words that overlap.
  static std::uint32_t Hash(std::string_view text) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    const std::size_t size = text.size();
    std::uint64_t hash = size;
    const auto mix = [&hash](std::uint64_t word) {
      hash = (hash ^ word) * 0x9e37'79b9'7f4a'7c15;
      hash ^= hash >> 32;
    };
    if (size >= 8) {
      if (size > 16) {
        mix(Read<std::uint64_t>(bytes + 8));
        mix(Read<std::uint64_t>(bytes + size - 16));
      }
      mix(Read<std::uint64_t>(bytes));
      mix(Read<std::uint64_t>(bytes + size - 8));
    } else if (size >= 4) {
      mix(std::uint64_t{Read<std::uint32_t>(bytes)} << 32 | Read<std::uint32_t>(bytes + size - 4));
    } else {
      mix(std::uint64_t{bytes[0]} << 16 | std::uint64_t{bytes[size / 2]} << 8 | bytes[size - 1]);
    }
    return static_cast<std::uint32_t>(hash);
  }

  SymbolTable& table_;
  std::vector<Place> places_;
  bool table_is_full_ = false;
};

}  // namespace tapio::kernel

#endif  // TAPIO_KERNEL_NAME_CACHE_H_
