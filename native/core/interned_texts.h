// The texts of a symbol table, for one thread.
#ifndef TAPIO_CORE_INTERNED_TEXTS_H_
#define TAPIO_CORE_INTERNED_TEXTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "symbol_table.h"

namespace tapio {

// Threads: one; the table may grow meanwhile. Takes the table's lock once for each id.
// Memory: a view for each id up to the highest that it was asked for; copies of those texts that
//   are short.
class InternedTexts {
 public:
  // So many bytes of each text may be read, however short it is: WireWriter copies them all.
  static constexpr std::size_t kPadding = 32;

  explicit InternedTexts(const SymbolTable& table) : table_(table) {}

  // UTF-8. Without memory: the id was never given out.
  std::string_view Find(std::uint32_t id) {
    const std::string_view text = FindKnown(id);
    return text.data() != nullptr ? text : FindFirst(id);
  }

  // Without memory: it was not asked for yet.
  [[gnu::always_inline]] std::string_view FindKnown(std::uint32_t id) const {
    return id < texts_.size() ? texts_[id] : std::string_view();
  }

 private:
  [[gnu::noinline]] std::string_view FindFirst(std::uint32_t id) {
    const std::string* const text = table_.Find(id);
    if (text == nullptr) return {};
    if (id >= texts_.size()) texts_.resize(id + 1);
    const std::string_view view = *text;
    return texts_[id] = view.size() < kPadding ? Padded(view) : view;
  }

  std::string_view Padded(std::string_view text) {
    auto& copy = padded_.emplace_back();
    std::memcpy(copy.data(), text.data(), text.size());
    return {copy.data(), text.size()};
  }

  const SymbolTable& table_;
  std::vector<std::string_view> texts_;  // by id
  std::deque<std::array<char, kPadding>> padded_;
};

}  // namespace tapio

#endif  // TAPIO_CORE_INTERNED_TEXTS_H_
