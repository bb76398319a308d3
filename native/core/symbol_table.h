// Strings interned once for all threads of the process.
#ifndef TAPIO_CORE_SYMBOL_TABLE_H_
#define TAPIO_CORE_SYMBOL_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tapio {

// Gives each distinct string a small number, for the life of the process.
//
// Threads: any. Takes a lock: callers keep their own caches and come here once for each new string.
// Guarantees: ids count up from 1 and never change meaning.
// Full: bounded in count and in bytes; beyond either, and for strings over kMaxBytes, Intern gives
//   0 and the caller carries the string itself. Who invents values can so make events slower to
//   carry, never this table larger.
// Memory: the table's own, never freed.
class SymbolTable {
 public:
  static constexpr std::size_t kMaxBytes = 256;
  static constexpr std::size_t kMaxCount = 65536;
  static constexpr std::size_t kMaxTotalBytes = 4 << 20;

  std::uint32_t Intern(std::string_view text) {
    if (text.size() > kMaxBytes) return 0;
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = ids_.find(text);
    if (found != ids_.end()) return found->second;
    if (texts_.size() >= kMaxCount || total_bytes_ + text.size() > kMaxTotalBytes) return 0;
    texts_.emplace_back(text);
    total_bytes_ += text.size();
    const auto id = static_cast<std::uint32_t>(texts_.size());
    ids_.emplace(texts_.back(), id);
    return id;
  }

  // The string of an id; nullptr for one that was never given out. The string lives for ever.
  const std::string* Find(std::uint32_t id) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return id == 0 || id > texts_.size() ? nullptr : &texts_[id - 1];
  }

 private:
  mutable std::mutex mutex_;
  std::deque<std::string> texts_;  // a deque, so that the views below stay valid as it grows
  std::unordered_map<std::string_view, std::uint32_t> ids_;
  std::size_t total_bytes_ = 0;
};

}  // namespace tapio

#endif  // TAPIO_CORE_SYMBOL_TABLE_H_
