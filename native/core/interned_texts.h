// The texts of a symbol table, for one thread.
#ifndef TAPIO_CORE_INTERNED_TEXTS_H_
#define TAPIO_CORE_INTERNED_TEXTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "symbol_table.h"

namespace tapio {

// Threads: one; the table may grow meanwhile. Takes the table's lock once for each id.
// Memory: a view for each id up to the highest that it was asked for.
class InternedTexts {
 public:
  explicit InternedTexts(const SymbolTable& table) : table_(table) {}

  // UTF-8. Without memory: the id was never given out.
  std::string_view Find(std::uint32_t id) {
    if (id < texts_.size() && texts_[id].data() != nullptr) return texts_[id];
    const std::string* const text = table_.Find(id);
    if (text == nullptr) return {};
    if (id >= texts_.size()) texts_.resize(id + 1);
    return texts_[id] = *text;
  }

 private:
  const SymbolTable& table_;
  std::vector<std::string_view> texts_;  // by id
};

}  // namespace tapio

#endif  // TAPIO_CORE_INTERNED_TEXTS_H_
